"""`hnskit doctor`: faults of a host, and --fix, which carries out the plan that mends them."""

from __future__ import annotations

import sys
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import click

from hnskit.commands.agreeing import require_yes
from hnskit.commands.changing import apply_to, made_before, print_outcome
from hnskit.commands.envelope import print_result
from hnskit.commands.host_input import read_input
from hnskit.commands.options import common_input, completes
from hnskit.commands.plan_lines import say_plan
from hnskit.commands.reaching import connected
from hnskit.foreign_text.escaping import Lines, one_line
from hnskit.foreign_text.terminal import say
from hnskit.model.wording import counted

if TYPE_CHECKING:
    from hnskit.facts.finding import Finding
    from hnskit.facts.host_facts import Facts
    from hnskit.params.loading import Params
    from hnskit.planning.steps import Plan


@click.command()
@common_input
@click.option("--fix", is_flag=True, help="Show the plan that mends what the engine can, and carry it out.")
@click.option("--yes", "-y", is_flag=True, help="With --fix: carry it out without asking.")
@click.option("--dry-run", is_flag=True, help="With --fix: show the plan, and change nothing.")
@click.option("--strict", is_flag=True, help="End with 1 for a warning, too.")
@click.option(
    "--check",
    "only",
    multiple=True,
    metavar="NAME",
    help="Only findings of this check.",
    shell_complete=completes("complete_check"),
)
def doctor(  # noqa: PLR0917 - click passes options by name
    params: str,
    overrides: tuple[str, ...],
    as_json: bool,
    fix: bool,
    yes: bool,
    dry_run: bool,
    strict: bool,
    only: tuple[str, ...],
) -> None:
    """Find faults on a host or in a paste, and say what to do about each.

    In place of PARAMS: a file, folder or zip of a host's output (docs/explain.md), - for standard input, or a target
    such as emulator://lab or winrm://host. With PARAMS it also says what differs from them.

    It ends with 1 if there is an error, with --strict also for a warning, else with 0; with 3 if nothing of a host is
    in it or the host cannot be reached. With --fix what counts is what is left.
    """
    from hnskit.diagnosis.doctor import findings_text

    if (yes or dry_run) and not fix:
        raise click.UsageError("--yes and --dry-run go with --fix.")
    require_known_checks(only)
    asked = _Asked(params, overrides, only, as_json, yes, dry_run)
    found = read_input(params, overrides)
    loaded, facts = found.params, found.facts
    found.announce()
    findings = _examined(asked, loaded, facts)
    result: dict[str, Any] = {
        "target": facts.target,
        "taken_for": found.taken_for,
        "counts": {},
        "unknown": {problem.part: problem.message for problem in facts.unread if problem.part},
        "findings": [item.to_json() for item in findings],
    }
    if not as_json:
        say(findings_text(findings, facts.target))
    if fix:
        findings = _fixed(asked, loaded, facts, findings, result)
    counts = Counter(item.severity for item in findings)
    failed = counts["error"] > 0 or (strict and counts["warning"] > 0)
    if as_json:
        result["counts"] = {name: counts[name] for name in ("error", "warning", "note")}
        print_result(result, ok=not failed)
    sys.exit(1 if failed else 0)


@dataclass(frozen=True, slots=True)
class _Asked:
    """The command as it was typed."""

    params: str
    overrides: tuple[str, ...]
    only: tuple[str, ...]
    as_json: bool
    yes: bool
    dry_run: bool


def require_known_checks(only: tuple[str, ...]) -> None:
    """Refuse names that no check has."""
    from hnskit.diagnosis.doctor import CHECKS

    names = {check.name for check in CHECKS}
    if unknown := sorted(set(only) - names):
        from hnskit.errors.nearest import did_you_mean

        near = did_you_mean(unknown[0], names)
        said = f"There is no check {', '.join(unknown)}" + (f"; {near}" if near else "")
        raise click.UsageError(f"{said}; there are: {', '.join(sorted(names))}.")


def _examined(asked: _Asked, loaded: Params | None, facts: Facts) -> tuple[Finding, ...]:
    from hnskit.diagnosis.doctor import diagnose
    from hnskit.params.desired import desired_from

    findings = (
        diagnose(
            facts,
            desired=desired_from(loaded),
            params_file=asked.params,
            overrides=asked.overrides,
            made=made_before(loaded),
        )
        if loaded
        else diagnose(facts)
    )
    return tuple(item for item in findings if not asked.only or item.check in asked.only)


def _fixed(
    asked: _Asked, loaded: Params | None, facts: Facts, findings: tuple[Finding, ...], result: dict[str, Any]
) -> tuple[Finding, ...]:
    """Show the plan; carry it out; give the findings that are left."""
    from hnskit.diagnosis.doctor.repair import mended_by, plan_repair
    from hnskit.facts.host_facts import gather_facts, unread_parts
    from hnskit.facts.source import is_snapshot
    from hnskit.params.desired import ALL_PARTS, desired_from

    if loaded is None:
        raise click.UsageError("--fix needs a parameter file: it says what the host should be.")
    if unread := unread_parts(facts):
        result["unread"] = unread
        if not asked.as_json:
            say("", f"There is no plan: what was not read of the host may be there ({unread}).")
        return findings
    found = plan_repair(desired_from(loaded), facts, made_before(loaded))
    mended, left = mended_by(found, findings)
    result["plan"] = found.to_json()
    result["left_to_you"] = [item.to_json() for item in left]
    if not asked.as_json:
        _print_plan(found, mended, left)
    if asked.dry_run or not found.pending or found.refused or found.adopted:
        return findings
    if is_snapshot(loaded.target):
        say("A snapshot can be looked at, and never changed: this is only the plan.", err=True)
        return findings
    if not asked.yes:
        question = f"Make {counted(len(found.pending), 'changes')} on {one_line(loaded.target)}?"
        require_yes(question, loaded.target, as_json=asked.as_json)
    with connected(asked.params, asked.overrides) as (_, session):
        outcome = apply_to(loaded, session, parts=ALL_PARTS, yes=True)  # agreed to above
        if not asked.as_json:
            print_outcome(outcome, as_json=False)
        after = _examined(asked, loaded, gather_facts(session))
    result["outcome"] = outcome.to_json()
    result["after"] = [item.to_json() for item in after]
    if not asked.as_json:
        from hnskit.diagnosis.doctor import findings_text

        say("", Lines(f"Afterwards: {findings_text(after, loaded.target)}"))
    return after


def _print_plan(found: Plan, mended: tuple[Finding, ...], left: tuple[Finding, ...]) -> None:
    say("", f"The plan mends {len(mended)} of {len(mended) + len(left)} errors and warnings:", "")
    say_plan(found)
    for item in left:
        say(f"left to you: {item.object}: {item.next_step}")
    if found.adopted:
        by_hand = counted(len(found.adopted), "objects")
        say(f"It is not carried out here: {by_hand} of it made by hand, which `hnskit apply --adopt` takes over.")
