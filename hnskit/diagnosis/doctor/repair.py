"""The plan that mends what the doctor found, as far as the engine can: it touches only what the parameters name."""

from __future__ import annotations

from collections.abc import Iterable

from hnskit.facts.finding import Finding
from hnskit.facts.host_facts import Facts
from hnskit.params.desired import Desired
from hnskit.planning.provenance import Provenance
from hnskit.planning.setup import plan
from hnskit.planning.steps import Plan


def plan_repair(desired: Desired, facts: Facts, made: Provenance | None = None) -> Plan:
    """The plan of `hnskit apply` for this host.

    A repair is nothing else than the way to what is wanted: what differs is mended with the least disruption, and what
    belongs to others is left alone.
    """
    return plan(desired, facts, made=made)


def mended_by(found: Plan, findings: Iterable[Finding]) -> tuple[tuple[Finding, ...], tuple[Finding, ...]]:
    """Errors and warnings that the plan has a step for, by the name of their object; and those that it has none for."""
    names = {step.container or step.name for step in found.pending}
    listed = [finding for finding in findings if finding.severity != "note"]
    mended = tuple(finding for finding in listed if finding.name and finding.name in names)
    return mended, tuple(finding for finding in listed if finding not in mended)
