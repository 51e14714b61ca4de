"""Compare a host with the desired state: each difference with its reason and its repair. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from hnskit.facts.host_facts import Facts
from hnskit.foreign_text.escaping import join_lines
from hnskit.params.desired import Desired
from hnskit.planning.provenance import Provenance
from hnskit.planning.setup import plan
from hnskit.planning.steps import Plan, Step, steps_text


@dataclass(frozen=True, slots=True, repr=False)
class Drift:
    """The differences of a host from the desired state."""

    plan: Plan
    problems: tuple[str, ...]
    """What could not be read: of that nothing is known."""

    @property
    def differences(self) -> tuple[Step, ...]:
        """The steps that would change something, and those that are refused."""
        return tuple(step for step in self.plan.steps if step.pending or step in self.plan.refused)

    @property
    def ok(self) -> bool:
        """Tell whether all was read and nothing differs."""
        return not self.differences and not self.problems

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
            "problems": list(self.problems),
        }

    def to_text(self) -> str:
        """For a terminal, the verdict first."""
        count = len(self.differences)
        verdict = "as desired" if self.ok else f"{count} differences" if count != 1 else "1 difference"
        lines = [f"{self.plan.target}: {verdict}"]
        if self.differences:
            lines.append(steps_text(self.differences))
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
        made: from `made_on`: tells an endpoint that hnskit left behind from somebody else's.

    Returns:
        The differences, each a step that would repair it, and what could not be read.
    """
    return Drift(plan(desired, facts, made=made), facts.caveats())
