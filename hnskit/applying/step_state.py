"""Progress of one step of a run: one value for each step, over all its attempts."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from hnskit.applying.outcomes import StepResult
from hnskit.errors import HnskitError
from hnskit.planning.steps import Step


class StepPhase(StrEnum):
    """State of a step."""

    PLANNED = "planned"
    """To be sent, for the first time or again."""
    SENT = "sent"
    """Under way: its answer is awaited, or was lost."""
    ACCEPTED = "accepted"
    """The host says that it did it; a snapshot has not shown it yet."""
    DONE = "done"
    GONE = "gone"
    """A deletion failed, and the object is not there any more: another user was faster."""
    FAILED = "failed"


@dataclass(slots=True)
class StepState:
    """One step of a run."""

    step: Step
    phase: StepPhase = StepPhase.PLANNED
    attempts: int = 0
    error: HnskitError | None = None
    """Of the last attempt that failed, also where the step is tried again."""
    seconds: float = 0.0
    """As the host measured it; 0 where the answer was lost."""
    object_id: str = ""
    """Of the object that was made, as the answer tells it."""
    was_sent: bool = False
    existed: bool = False
    """True if the host said that it was there already."""
    answer_lost: bool = False
    """True if an answer to this step was ever lost: a change by somebody else may then be its own, come late."""

    def send(self) -> None:
        """Note that it is sent now."""
        self.phase, self.was_sent = StepPhase.SENT, True

    def lose_answer(self) -> None:
        """Note that its answer does not come: it stays under way until the host is read."""
        self.answer_lost = True

    def accept(self, seconds: float, object_id: str = "") -> None:
        """Note that the host says that it is done."""
        self.phase, self.seconds, self.object_id = StepPhase.ACCEPTED, seconds, object_id

    def plan_again(self, error: HnskitError | None = None) -> None:
        """Note that the host is asked again what is left to do."""
        self.phase, self.error = StepPhase.PLANNED, error or self.error

    def fail(self, error: HnskitError) -> None:
        """Note that it failed for good."""
        self.phase, self.error = StepPhase.FAILED, error

    @property
    def result(self) -> StepResult:
        """Result of a step that is done."""
        return StepResult(self.step, self.seconds, self.object_id)
