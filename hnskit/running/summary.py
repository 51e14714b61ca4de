"""The summary of a run, by notebook and as a whole, and its watchers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Protocol

from hnskit.model.wording import MANY, counted
from hnskit.running.run_verdict import achieved, verdict_sentence


def describe_changes(changed: int, earlier: int) -> str:
    """Count the changes of a run: `17 changes`, or `13 changes now, 4 before it stopped` for one that went on."""
    return f"{changed} changes now, {earlier} before it stopped" if earlier else counted(changed, "changes")


def kept_lines(kept: Sequence[str]) -> list[str]:
    """Return why nothing was to do, object by object; many objects are counted."""
    return [f"{len(kept)} objects are as they should be already"] if len(kept) > MANY else list(kept)


@dataclass(slots=True)
class StepSummary:
    """The result of one notebook."""

    notebook: str
    part: str
    file: str = ""
    """The executed notebook, relative to the run folder; "" if it was not begun."""
    ok: bool = False
    stopped: bool = False
    """True if somebody stopped it: then it did not fail."""
    changed: int = 0
    seconds: float = 0.0
    done: list[dict[str, Any]] = field(default_factory=list)
    kept: list[str] = field(default_factory=list)
    """Reasons why nothing was to do, for each object that was already as it should be."""
    notes: list[str] = field(default_factory=list)
    findings: list[dict[str, str]] = field(default_factory=list)
    left: list[str] = field(default_factory=list)
    """Of a teardown: what bears hnskit's marks and stayed, each with the reason."""


@dataclass(slots=True)
class Summary:
    """A run, as summary.json has it."""

    target: str
    params_file: str
    run_dir: str
    started: str
    ok: bool = False
    exit_status: int = 1
    seconds: float = 0.0
    stopped_at: str = ""
    """The notebook that failed."""
    error: dict[str, Any] | None = None
    steps: list[StepSummary] = field(default_factory=list)
    kept: list[str] = field(default_factory=list)
    """Parts that an earlier run in this folder has done and that are still true."""
    earlier: list[dict[str, Any]] = field(default_factory=list)
    """Steps that earlier attempts in this folder have done, as its journal says: they are this run's, too."""
    verification: dict[str, Any] | None = None
    achieved: str = ""
    """Of a run that went well: `proved`, `removed`, `fit` or `unproved`, as `run_verdict.Achievement` has them."""
    report: str = ""
    record: dict[str, Any] = field(default_factory=dict)
    """Its originator, the versions and the parameters, as `change_record.change_record` has them."""

    @property
    def changed(self) -> int:
        """The number of steps that changed something, in this attempt."""
        return sum(step.changed for step in self.steps)

    @property
    def left(self) -> list[str]:
        """The leftovers of this run's teardown."""
        return [one for step in self.steps for one in step.left]

    @property
    def verdict(self) -> str:
        """The verdict on a run that went well, in a sentence without a full stop."""
        return verdict_sentence(achieved(map(asdict, self.steps), self.verification), left=len(self.left))

    def succeed(self) -> None:
        """It came to its end."""
        self.ok, self.exit_status = True, 0
        self.achieved = str(achieved(map(asdict, self.steps), self.verification))

    def fail(self, error: dict[str, Any], place: str) -> None:
        """It failed, with an error as `results.error_json` has it; it stopped at the first place that is named."""
        self.ok, self.error, self.exit_status = False, error, int(error.get("exit_status", 1))
        self.stopped_at = self.stopped_at or place

    def to_json(self) -> dict[str, Any]:
        """As summary.json and `hnskit run --json` have it."""
        return asdict(self)


class Watcher(Protocol):
    """A watcher of a run."""

    def begins(self, notebook: str) -> None:
        """A notebook begins."""

    def happens(self, line: str, lasting: bool) -> None:
        """Something happens in it; not `lasting` is what the next line will outdate."""

    def ends(self, step: StepSummary) -> None:
        """It has ended."""


class SilentWatcher:
    """A watcher that shows nothing."""

    def begins(self, notebook: str) -> None:
        """Show nothing."""

    def happens(self, line: str, lasting: bool) -> None:
        """Show nothing."""

    def ends(self, step: StepSummary) -> None:
        """Show nothing."""
