"""Record the steps of one run: for the progress display, in the journal, and as an `Outcome`."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterable, Iterator

from hnskit.applying.journal import Records
from hnskit.applying.outcomes import Event, EventKind, OnEvent, Outcome, StepResult
from hnskit.applying.step_state import StepPhase, StepState
from hnskit.errors import HnskitError
from hnskit.facts.host_facts import Facts
from hnskit.planning.chosen_pods import is_pod_name
from hnskit.planning.provenance import Provenance, provenance_from
from hnskit.planning.routes import route_place
from hnskit.planning.steps import Action, Plan, Step, StepKey

_OBJECTS = ("network", "endpoint", "image", "container")
"""Kinds whose steps name the object that is meant by its id, where it is there."""
_OF_ENDPOINTS = ((Action.UPDATE, "forwarding"), (Action.UPDATE, "policy"), (Action.ATTACH, "attachment"))
"""Changes of a state of an endpoint."""


class RunRecorder:
    """Of one run; it has the state of each step that was sent."""

    def __init__(
        self,
        target: str,
        known: Provenance | None,
        journal: Records | None,
        on_event: OnEvent | None,
        runtime: str = "docker",
    ) -> None:
        """`runtime` is that of the containers that hnskit runs."""
        self.done: list[StepResult] = []
        self._journal = journal or Records(target)
        self._known = known or Provenance()
        self._runtime = runtime
        self._first_record = len(self._journal.records)
        self._on_event = on_event or _ignore
        self._states: dict[StepKey, StepState] = {}
        self._notes: list[str] = []
        self._since = time.monotonic()

    @property
    def sent(self) -> tuple[Step, ...]:
        """The steps that were sent, in the order in which they first were, whatever came of them."""
        return tuple(state.step for state in self._states.values() if state.was_sent)

    @property
    def _under_way(self) -> tuple[Step, ...]:
        return tuple(state.step for state in self._states.values() if state.phase is StepPhase.SENT)

    def state_of(self, step: Step) -> StepState:
        """The state of a step, kept under its key over all its attempts."""
        state = self._states.setdefault(step.key, StepState(step))
        state.step = step  # as it is planned now
        return state

    @property
    def made(self) -> Provenance:
        """The provenance of objects after this run and those before it."""
        return provenance_from(self._journal.records[self._first_record :], self._known)

    def tell(self, kind: EventKind, text: str, step: Step | None = None, seconds: float | None = None) -> None:
        """Tell whoever looks, and keep nothing."""
        self._on_event(Event(kind, text, step, seconds))

    def note(self, text: str) -> None:
        """Something else happened that belongs to the outcome."""
        self._notes.append(text)
        self.tell("note", text)
        self._journal.write("note", text=text)

    def meets(self, facts: Facts) -> None:
        """The host is known now: each record says which computer it is about."""
        self._journal.computer = facts.system.name if facts.system else ""

    def found(self, first: Plan, facts: Facts) -> None:
        """Record existing objects as pre-existing."""
        for step in first.steps:
            if step.action is Action.ADOPT:
                self._journal.found(step.kind, step.name, step.object_id, adopted=True)
            elif step.action is Action.NONE and (identity := _identity(step, facts, self._runtime)):
                self._journal.found(step.kind, step.name, identity)

    def cut(self, step: Step, text: str, **before: object) -> None:
        """The host's network is about to go away; `before` is what may be lost."""
        self.tell("cut", text, step)
        self._journal.write("cut", step=step.id, **before)

    def started(self, step: Step, now: Facts) -> None:
        """A step is about to be sent; what it changes of a pod is written down, since its answer may be lost."""
        self.tell("start", step.reason, step)
        of_pod = is_pod_name(step.container or step.name) and step.kind in ("policy", "route")
        self._journal.started(step, _identity(step, now, self._runtime) if of_pod else "")
        self.state_of(step).send()

    def lost_race(self, step: Step) -> None:
        """Write that another user was faster: this run has not made the object."""
        self._journal.lost_race(step)

    def record_results(self, states: Iterable[StepState], now: Facts) -> None:
        """Write down which steps are done and which failed.

        Args:
            states: of the steps of one round.
            now: the host after it, as far as it could be read.
        """
        states = tuple(states)
        for state in states:
            if state.phase is not StepPhase.ACCEPTED:
                continue
            step = state.step
            # Its own id where the answer told none: HNS answers some requests without an Output (HNS fact 2).
            state.object_id = state.object_id or (
                "" if step.action is Action.DELETE else _identity(step, now, self._runtime)
            )
            state.phase = StepPhase.DONE
            self.done.append(state.result)
            self._journal.finished(step, state.object_id, state.seconds, existed=state.existed)
        for state in states:
            if state.phase is StepPhase.FAILED and state.error is not None:
                self.tell("failed", state.error.message, state.step)
                self._journal.failed(state.step, state.error)

    def round_over(self) -> None:
        """The host was read after all that was sent: what was lost on the way is planned again."""
        for state in self._states.values():
            if state.phase is StepPhase.SENT:
                state.plan_again()

    def stopped_by(self, error: HnskitError) -> HnskitError:
        """Write down that an error ends the run.

        Returns:
            The error, with the steps whose outcome is unknown.
        """
        under_way = self._under_way
        if not under_way:
            return error
        names = ", ".join(step.id for step in under_way)
        said = f"{error.message}; whether these were done is not known: {names}"
        error = error.but(message=said, step=error.step or under_way[0].id)
        with contextlib.suppress(HnskitError):  # the journal may be what failed
            for step in under_way:
                self.tell("failed", "what came of it is not known", step)
                self._journal.failed(step, error)
        return error

    def outcome(self, first: Plan, before: Facts, after: Facts) -> Outcome:
        """All of it."""
        seconds = time.monotonic() - self._since
        return Outcome(first, tuple(self.done), before, after, seconds, self.made, tuple(self._notes))


def _ignore(_: Event) -> None:
    """Drop an event that has no reader."""


def _identity(step: Step, facts: Facts, runtime: str) -> str:
    """The id of the object that a step is about, as the host shows it."""
    return next(_identities(step, facts, runtime), "")


def _identities(step: Step, facts: Facts, runtime: str) -> Iterator[str]:
    if step.object_id and step.kind in _OBJECTS:
        yield step.object_id  # of several of one name it is the one that was meant
    if step.kind == "network":
        yield from (item.id for item in facts.networks_named(step.name))
    elif step.kind == "endpoint":
        yield from (item.id for item in facts.endpoints_named(step.name))
    elif step.kind == "image" and (image := facts.image_named(step.name, runtime)):
        yield image.id
    elif step.kind == "container" and (container := facts.container_named(step.name, runtime)):
        yield container.id
    elif (step.action, step.kind) in _OF_ENDPOINTS:
        if step.object_id:
            yield step.object_id
        yield from (item.id for item in facts.endpoints_named(step.name))
    elif step.kind == "route" and step.action is Action.CREATE:
        place = route_place(facts.container_named(step.container, runtime), facts)
        yield from [place] if place else []
