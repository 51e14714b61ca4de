"""DataFrames of a plan, an outcome, a proof, findings and differences; see `frames` for the rules. Imports pandas."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import pandas as pd

from hnskit.planning.steps import Change, Plan
from hnskit.views.columns import columns_of, make_frame

if TYPE_CHECKING:
    from hnskit.applying.api import Outcome
    from hnskit.applying.verification import Verification
    from hnskit.facts.differences import Difference
    from hnskit.facts.finding import Finding


def plan_frame(plan: Plan) -> pd.DataFrame:
    """A plan, a row a step, in the plan's order.

    Args:
        plan: from `plan` or `plan_destroy`.

    Returns:
        A DataFrame with the columns action (create, …; `keep` or `not there` where nothing is to do), object (`network
        hnskit-l2bridge`), change (a line `field: before -> after` each, `field: from … to …` where a value has an
        arrow itself), reason: str; cuts (whether the host's own network goes away meanwhile): boolean; wave (1 is
        done first; 0: nothing to do): Int64; part, id: str.
    """
    columns = columns_of("action object change reason cuts:boolean wave:Int64 part id")
    rows = (
        (
            step.word,
            f"{step.noun} {step.title}",
            "\n".join(one.describe() for one in step.changes),
            step.reason,
            step.disruptive,
            plan.level(step),
            str(step.part),
            step.id,
        )
        for step in plan.steps
    )
    return make_frame(columns, rows)


def differences_frame(found: Iterable[Difference]) -> pd.DataFrame:
    """Tabulate the differences between two snapshots, a row an object.

    Args:
        found: from `differences`.

    Returns:
        A DataFrame with the columns what (new, gone, changed), object, change: str.
    """
    rows = (
        (
            one.what,
            f"{one.kind} {one.name}" + (f" of {one.owner}" if one.owner else ""),
            "\n".join(
                Change(name, before, after).describe() if one.what == "changed" else f"{name}: {after or before}"
                for name, before, after in one.changes
            ),
        )
        for one in found
    )  # fmt: skip
    return make_frame(columns_of("what object change"), rows)


def findings_frame(findings: Iterable[Finding]) -> pd.DataFrame:
    """Findings of preflight or of the doctor, a row each, in their order.

    Args:
        findings: from `preflight` or `diagnose`.

    Returns:
        A DataFrame with the columns severity (error, warning, note, ok), object, message, evidence, next_step,
        reference: str; confirmed: boolean; check: str.
    """
    columns = columns_of("severity object message evidence next_step reference confirmed:boolean check")
    rows = (
        (one.severity, one.object, one.message, one.evidence, one.next_step, one.reference, one.confirmed, one.check)
        for one in findings
    )
    return make_frame(columns, rows)


def verification_frame(verification: Verification) -> pd.DataFrame:
    """Tabulate the checks from inside each client, a row a check.

    Args:
        verification: from `verify`.

    Returns:
        A DataFrame with the columns client, check: str; ok: boolean; wanted, seen: str.
    """
    columns = columns_of("client check ok:boolean wanted seen")
    rows = (
        (proof.client, check.name, check.ok, check.wanted, check.seen)
        for proof in verification.clients
        for check in proof.checks
    )
    return make_frame(columns, rows)


def outcome_frame(outcome: Outcome) -> pd.DataFrame:
    """Tabulate the steps that were done, in their order.

    Args:
        outcome: from `apply` or `destroy`.

    Returns:
        A DataFrame with the columns action, object, reason: str; seconds (as the host measured it): float64; id (of
        what was made): str.
    """
    columns = columns_of("action object reason seconds:float64 id")
    rows = (
        (
            result.step.word,
            f"{result.step.noun} {result.step.title}",
            result.step.reason,
            result.seconds,
            result.id,
        )
        for result in outcome.done
    )
    return make_frame(columns, rows)
