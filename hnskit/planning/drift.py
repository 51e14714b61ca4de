"""Compare a host with the desired state: each difference with its reason and its repair. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from hnskit.facts.host_facts import Facts
from hnskit.foreign_text.escaping import join_lines
from hnskit.model.wording import counted
from hnskit.params.desired import Desired
from hnskit.planning.provenance import Provenance
from hnskit.planning.setup import plan
from hnskit.planning.steps import Plan, Step, steps_text

_NEEDED: Mapping[str, tuple[str, ...]] = {
    "network": ("networks",),
    "endpoint": ("networks", "endpoints"),
    "attachment": ("networks", "endpoints", "containers", "compartments"),
    "image": ("images",),
    "container": ("containers",),
    "forwarding": ("networks", "endpoints", "interfaces"),
    "route": ("networks", "endpoints", "containers", "compartments"),
    "policy": ("networks", "endpoints"),
    "pod": ("networks", "endpoints", "namespaces"),
    "pods": (),
    "proxy": (),
}
"""Kind of a step, and the lists that have to be whole for the absence of its object to be known."""
_OF_SEVERAL = frozenset({"attachment", "forwarding", "route"})
"""Kinds that depend on those lists even where the object itself was seen."""


@dataclass(frozen=True, slots=True, repr=False)
class Drift:
    """The differences of a host from the desired state."""

    plan: Plan
    problems: tuple[str, ...]
    """Parts that could not be read: of those nothing is known."""
    not_compared: tuple[Step, ...] = ()
    """Steps of a plan that took for absent what was only not read: no difference is known there."""

    @property
    def differences(self) -> tuple[Step, ...]:
        """The steps that would change something, and those that are refused."""
        steps = (step for step in self.plan.steps if step.pending or step in self.plan.refused)
        return tuple(step for step in steps if step not in self.not_compared)

    @property
    def ok(self) -> bool:
        """Tell whether all was read and nothing differs."""
        return not self.differences and not self.problems

    @property
    def _left_out(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(f"{step.kind} {step.title}" for step in self.not_compared))

    def to_json(self) -> dict[str, Any]:
        """As `hnskit drift --json` prints it."""
        rows = {row["id"]: row for row in self.plan.to_json()["steps"]}
        return {
            "ok": self.ok,
            "target": self.plan.target,
            "differences": [
                {
                    "object": f"{step.kind} {step.title}",
                    "reason": step.reason,
                    "changes": rows[step.id]["changes"],
                    "repair": step.id if step.pending else None,
                    "disruptive": step.disruptive,
                }
                for step in self.differences
            ],
            "not_compared": list(self._left_out),
            "problems": list(self.problems),
        }

    def to_text(self) -> str:
        """For a terminal, the verdict first."""
        count = len(self.differences)
        verdict = "as desired" if self.ok else counted(count, "differences")
        if self.not_compared:
            left = f"{len(self.not_compared)} could not be compared"
            verdict = f"{verdict}; {left}" if count else f"no difference is known; {left}"
        lines = [f"{self.plan.target}: {verdict}"]
        if self.differences:
            lines.append(steps_text(self.differences))
        if self.not_compared:
            lines.append(f"not compared, for what it needs was not read: {', '.join(self._left_out)}")
        lines += [f"not readable: {problem}" for problem in self.problems]
        return join_lines(lines)

    def __str__(self) -> str:
        return self.to_text()

    def __repr__(self) -> str:
        return f"<Drift of {self.plan.target}: {len(self.differences)} differences, {len(self.problems)} problems>"


def drift(desired: Desired, facts: Facts, *, made: Provenance | None = None) -> Drift:
    """Compare a host with what is desired.

    Args:
        desired: from `desired_from`.
        facts: from `gather_facts`.
        made: from `made_on`: tells an endpoint that hnskit left behind from another user's.

    Returns:
        The differences, each a step that would repair it, and what could not be read.
    """
    found = plan(desired, facts, made=made)
    unknown = (step for step in found.steps if step.pending or step in found.refused)
    return Drift(found, facts.caveats(), tuple(step for step in unknown if not _is_known(step, facts)))


def _is_known(step: Step, facts: Facts) -> bool:
    """Tell whether what a step rests on was read: an object that was seen, or lists that are whole."""
    seen = next((item for item in facts.endpoints if item.id and item.id == step.object_id), None)
    if step.kind == "policy" and seen is not None and not seen.knows("policies"):
        return False
    if step.object_id and step.kind not in _OF_SEVERAL:
        return True
    return all(map(facts.knows, _NEEDED.get(step.kind, ())))
