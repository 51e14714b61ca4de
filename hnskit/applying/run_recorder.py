"""What one run has begun and done: told to whoever looks, written to the journal, and summed up as an `Outcome`."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator, Sequence

from hnskit.applying.journal import Records
from hnskit.applying.outcomes import Event, EventKind, OnEvent, Outcome, StepResult
from hnskit.errors import HnskitError
from hnskit.facts.host_facts import Facts
from hnskit.planning.provenance import Provenance, provenance_from
from hnskit.planning.routes import route_place
from hnskit.planning.steps import Action, Plan, Step, StepKey

_OBJECTS = ("network", "endpoint", "image", "container")
"""Kinds whose steps name the object that is meant by its id, where it is there."""


class RunRecorder:
    """Of one run. `begun` has the steps that were sent, whatever came of them."""

    def __init__(
        self, target: str, known: Provenance | None, journal: Records | None, on_event: OnEvent | None
    ) -> None:
        self.sent: dict[StepKey, Step] = {}
        self.done: list[StepResult] = []
        self._journal = journal or Records(target)
        self._known = known or Provenance()
        self._first_record = len(self._journal.records)
        self._on_event = on_event or _ignore
        self._under_way: dict[StepKey, Step] = {}
        self._notes: list[str] = []
        self._since = time.monotonic()

    @property
    def made(self) -> Provenance:
        """What this run, and those before it, made and found."""
        return provenance_from(self._journal.records[self._first_record :], self._known)

    def tell(self, kind: EventKind, text: str, step: Step | None = None, seconds: float | None = None) -> None:
        """Tell whoever looks, and keep nothing."""
        self._on_event(Event(kind, text, step, seconds))

    def note(self, text: str) -> None:
        """Something else happened that belongs to the outcome."""
        self._notes.append(text)
        self.tell("note", text)
        self._journal.write("note", text=text)

    def found(self, first: Plan, facts: Facts) -> None:
        """What is there already was found: it is not this run that made it."""
        for step in first.steps:
            if step.action is Action.NONE and (identity := _identity(step, facts)):
                self._journal.found(step.kind, step.name, identity)

    def cut(self, step: Step, text: str, **before: object) -> None:
        """The host's network is about to go away; `before` is what may be lost."""
        self.tell("cut", text, step)
        self._journal.write("cut", step=step.id, **before)

    def started(self, step: Step) -> None:
        """A step is about to be sent."""
        self.tell("start", step.reason, step)
        self._journal.started(step)
        self.sent[step.key] = self._under_way[step.key] = step

    def lost_race(self, step: Step) -> None:
        """Somebody else was faster: this run has not made what is there."""
        self._journal.lost_race(step)

    def again(self, step: Step) -> None:
        """A step came to nothing, and is to be planned again."""
        self._under_way.pop(step.key, None)

    def record_results(
        self, done: Sequence[StepResult], failed: Sequence[tuple[Step, HnskitError]], now: Facts
    ) -> None:
        """What came of steps."""
        for result in done:
            # Its own id where the answer told none: HNS answers some requests without an Output (HNS fact 2).
            id = result.id or ("" if result.step.action is Action.DELETE else _identity(result.step, now))
            self._under_way.pop(result.step.key, None)
            self.done.append(StepResult(result.step, result.seconds, id))
            self._journal.finished(result.step, id, result.seconds)
        for step, error in failed:
            self._under_way.pop(step.key, None)
            self.tell("failed", error.message, step)
            self._journal.failed(step, error)

    def round_over(self) -> None:
        """The host was read after all that was sent: what was lost on the way is planned again."""
        self._under_way.clear()

    def stopped_by(self, error: HnskitError) -> None:
        """An error ends the run: it names what was under way, whose end nobody knows."""
        if not self._under_way:
            return
        error.message += f"; under way, with an end that is not known: {', '.join(map(str, self._under_way))}"
        error.step = error.step or str(next(iter(self._under_way)))
        with contextlib.suppress(HnskitError):  # the journal may be what failed
            for step in self._under_way.values():
                self.tell("failed", "what came of it is not known", step)
                self._journal.failed(step, error)

    def outcome(self, first: Plan, before: Facts, after: Facts) -> Outcome:
        """All of it."""
        seconds = time.monotonic() - self._since
        return Outcome(first, tuple(self.done), before, after, seconds, self.made, tuple(self._notes))


def _ignore(_: Event) -> None:
    """Nobody looks."""


def _identity(step: Step, facts: Facts) -> str:
    """The id of the object that a step is about, as the host shows it."""
    return next(_identities(step, facts), "")


def _identities(step: Step, facts: Facts) -> Iterator[str]:
    if step.object_id and step.kind in _OBJECTS:
        yield step.object_id  # of several of one name it is the one that was meant
    if step.kind == "network":
        yield from (item.id for item in facts.networks_named(step.name))
    elif step.kind == "endpoint":
        yield from (item.id for item in facts.endpoints_named(step.name))
    elif step.kind == "image" and (image := facts.image_named(step.name)):
        yield image.id
    elif step.kind == "container" and (container := facts.container_named(step.name)):
        yield container.id
    elif step.kind in ("forwarding", "policy") and step.action is Action.UPDATE:
        yield from (item.id for item in facts.endpoints_named(step.name))
    elif step.kind == "route" and step.action is Action.CREATE and (place := route_place(step.container, facts)):
        yield place
