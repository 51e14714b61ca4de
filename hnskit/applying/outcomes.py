"""Events and the outcome of a plan that is carried out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from hnskit.facts.host_facts import Facts
from hnskit.planning.provenance import Provenance
from hnskit.planning.steps import Plan, Step
from hnskit.planning.teardown import Leftover

EventKind = Literal["plan", "start", "done", "failed", "wait", "cut", "note", "answer"]


@dataclass(frozen=True, slots=True)
class Event:
    """Something a person may want to see while it happens."""

    kind: EventKind
    text: str
    step: Step | None = None
    seconds: float | None = None


OnEvent = Callable[[Event], None]


@dataclass(frozen=True, slots=True)
class StepResult:
    """One step that was done."""

    step: Step
    seconds: float
    """As the host measured it; 0 where its answer was lost, and the host showed that it was done."""
    id: str = ""
    """Of what was made."""


@dataclass(frozen=True, slots=True, repr=False)
class Outcome:
    """The result of carrying out a plan."""

    plan: Plan
    """The plan as it was before anything was changed."""
    done: tuple[StepResult, ...]
    before: Facts
    after: Facts
    seconds: float
    made: Provenance = field(default_factory=Provenance)
    """Provenance of the host's objects now: `destroy` takes it."""
    notes: tuple[str, ...] = ()
    """Other events: the connection was lost and came back, an address was lost in the move."""
    left: tuple[Leftover, ...] | None = None
    """After a teardown: what carries hnskit's mark and is still there, each with the reason; else None."""

    @property
    def changed(self) -> int:
        """The number of steps that changed something."""
        return len(self.done)

    @property
    def nothing_left(self) -> bool:
        """After a teardown: whether it is proved that only what was to be kept is left."""
        return self.left is not None and all(item.reason for item in self.left)

    def __repr__(self) -> str:
        left = "" if self.left is None else f", {len(self.left)} left"
        return f"<Outcome on {self.plan.target}: {self.changed} steps changed, {self.seconds:.1f} s{left}>"

    def to_json(self) -> dict[str, Any]:
        """As `--json` prints it."""
        proof = (
            {}
            if self.left is None
            else {
                "nothing_left": self.nothing_left,
                "left": [asdict(item) for item in self.left],
            }
        )
        return {
            "target": self.plan.target,
            "changed": self.changed,
            "seconds": round(self.seconds, 3),
            "done": [
                {"step": result.step.id, "id": result.id, "seconds": round(result.seconds, 3)} for result in self.done
            ],
            "kept": [f"{step.kind} {step.title}: {step.reason}" for step in self.plan.steps if not step.pending],
            "notes": list(self.notes),
            **proof,
        }


def outcome_of(error: BaseException) -> Outcome | None:
    """Return the outcome so far of the plan that an error stopped; None if no plan was being carried out.

    Args:
        error: any error of `apply`, `destroy` or `policies.apply`.

    Returns:
        The outcome until then; None where no plan was being carried out.
    """
    found = getattr(error, "outcome", None)
    return found if isinstance(found, Outcome) else None


def undone_of(error: BaseException) -> Outcome | None:
    """Return the outcome of the rollback after an error; None if there was no rollback.

    Args:
        error: an error of `apply(…, rollback=True)`.

    Returns:
        The outcome of the way back; None where none was asked for or made.
    """
    found = getattr(error, "undone", None)
    return found if isinstance(found, Outcome) else None
