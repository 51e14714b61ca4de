"""Carry out plans: the only writer. It asks the host what is left to do, never its own memory.

One round: plan against the facts, send every step that can be done now in one pipeline together with the
calls of a new snapshot, and plan again. A step counts as done only when the new snapshot shows it.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from hnskit.desired import ALL_PARTS, Desired, Part
from hnskit.errors import HnsError, HnskitError, OutcomeUnknownError, PreflightError, RemoteCommandError, StepError
from hnskit.facts import Facts, fact_calls, facts_from_results, gather_facts
from hnskit.journal import Journal, Made
from hnskit.model import HOST_COMPARTMENT
from hnskit.operations import Operation, operation
from hnskit.planning import plan
from hnskit.remote import hns
from hnskit.remote.session import CallResult, Session, invoke_calls
from hnskit.steps import Action, Plan, Step
from hnskit.teardown import plan_destroy

EventKind = Literal["plan", "start", "done", "failed", "wait", "cut", "note"]

_ATTEMPTS = 3  # of one step, where trying again is safe: each is planned anew from what the host shows
_PATIENCE = 30.0  # seconds for what Windows does late: an adapter, ManagementIP, a compartment (HNS facts 19, 64)
_PAUSE = 1.0
_TRANSIENT = frozenset(
    {
        0x80004005,  # "Unspecified error" on creations that overlap (HNS fact 69)
        0x80070015,  # ERROR_NOT_READY: the adapter is not ready yet
        0x800706BE,  # RPC_S_CALL_FAILED: the HNS service was restarted during the call
        0x490,  # ERROR_NOT_FOUND: attach races "are retried" (HNS fact 40); UNCONFIRMED for how long
        0x80070490,
    }
)
_UNSEEN = "route"  # UNCONFIRMED whether Get-NetRoute on the host shows the routes of a container's compartment


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
    """As the host measured it."""
    id: str = ""
    """Of what was made."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a plan."""

    plan: Plan
    """The plan as it was before anything was changed."""
    done: tuple[StepResult, ...]
    before: Facts
    after: Facts
    seconds: float
    notes: tuple[str, ...] = ()
    """What else happened: the connection was lost and came back, an address was lost in the move."""

    @property
    def changed(self) -> int:
        """The number of steps that changed something."""
        return len(self.done)

    def to_json(self) -> dict[str, Any]:
        """As `--json` prints it."""
        return {
            "target": self.plan.target,
            "changed": self.changed,
            "seconds": round(self.seconds, 3),
            "done": [
                {"step": result.step.id, "id": result.id, "seconds": round(result.seconds, 3)} for result in self.done
            ],
            "kept": [f"{step.kind} {step.name}: {step.reason}" for step in self.plan.steps if not step.pending],
            "notes": list(self.notes),
        }


def apply(
    session: Session,
    desired: Desired,
    *,
    parts: Iterable[Part] = ALL_PARTS,
    facts: Facts | None = None,
    journal: Journal | None = None,
    on_event: OnEvent | None = None,
) -> Outcome:
    """Make the host as desired; run it again at any time.

    Args:
        session: from `connect`.
        desired: from `desired_from`.
        parts: which parts of the redirect.
        facts: a snapshot that was just taken, to save taking it again.
        journal: where to write what is done.
        on_event: called as things happen.

    Raises:
        PreflightError: something that is there must not be touched; nothing was changed.
        StepError: a step failed; the others of its round were done. `StepError.outcome` has what was done.
        ConnectError: the host is gone.
    """
    wanted = tuple(parts)
    return _Work(session, desired, lambda now: plan(desired, now, wanted), journal, on_event).run(facts)


def destroy(
    session: Session,
    desired: Desired,
    made: Made | None = None,
    *,
    keep_network: bool = False,
    facts: Facts | None = None,
    journal: Journal | None = None,
    on_event: OnEvent | None = None,
) -> Outcome:
    """Take away what hnskit made, in the right order; run it again at any time.

    Args:
        made: from `made_on`: what the journals say was made and what was found.
        keep_network: leave the bridge, so that the host is not cut again.

    Other arguments and errors are those of `apply`.
    """
    return _Work(
        session, desired, lambda now: plan_destroy(desired, now, made, keep_network=keep_network), journal, on_event
    ).run(facts)


def _ignore(_: Event) -> None:
    """Nobody looks."""


class _Work:
    """One run of one planner against one host."""

    def __init__(
        self,
        session: Session,
        desired: Desired,
        planner: Callable[[Facts], Plan],
        journal: Journal | None,
        on_event: OnEvent | None,
    ) -> None:
        self._session = session
        self._desired = desired
        self._planner = planner
        self._journal = journal
        self._on_event = on_event or _ignore
        self._done: list[StepResult] = []
        self._notes: list[str] = []
        self._attempts: dict[str, int] = {}
        self._again: dict[str, HnskitError] = {}
        self._since = time.monotonic()

    def run(self, facts: Facts | None) -> Outcome:
        before = now = facts or gather_facts(self._session)
        first = self._planner(before)
        if first.refused:
            reasons = "; ".join(f"{step.kind} {step.name}: {step.reason}" for step in first.refused)
            raise PreflightError(f"nothing was changed: {reasons}", host=before.target)
        self._tell("plan", f"{len(first.pending)} to do, {len(first.steps) - len(first.pending)} to keep")
        self._write_found(first, before)
        while steps := self._left(self._planner(now)):
            now = self._round(steps, now, first, before)
        return self._outcome(first, before, now)

    def _left(self, current: Plan) -> tuple[Step, ...]:
        done = {result.step.id for result in self._done}
        return tuple(step for step in current.ready() if not (step.kind == _UNSEEN and step.id in done))

    def _round(self, steps: Sequence[Step], now: Facts, first: Plan, before: Facts) -> Facts:
        try:
            operations = [operation(step, self._desired, now) for step in steps]
            for step in steps:
                self._count(step)
                if step.disruptive:
                    self._tell("cut", "the host's own network goes away for seconds now", step)
                self._tell("start", step.reason, step)
                if self._journal:
                    self._journal.started(step)
            done, failed, now_after = self._send(operations)
            now_after = self._wait_for([result.step for result in done], now_after)
            for result in done:
                self._finish(result)
            if any(step.disruptive for step in steps):
                self._compare(now, now_after)
            if failed:
                self._fail(failed)
        except StepError as error:
            error.outcome = self._outcome(first, before, now)
            raise
        return now_after

    def _count(self, step: Step) -> None:
        self._attempts[step.id] = self._attempts.get(step.id, 0) + 1
        if self._attempts[step.id] <= _ATTEMPTS:
            return
        last = self._again.get(step.id)
        if last is not None:
            self._fail([(step, last)])
        raise StepError(f"it was tried {_ATTEMPTS} times and is not done", object=step.name, step=step.id)

    def _send(self, operations: Sequence[Operation]) -> tuple[list[StepResult], list[tuple[Step, HnskitError]], Facts]:
        """One pipeline: the steps' calls, then a new snapshot."""
        calls = [call for one in operations for call in one.calls]
        results: dict[str, CallResult] = {}
        lost = self._session.seconds_lost
        try:
            for result in invoke_calls(self._session, [*calls, *fact_calls()]):
                results[result.id] = result
                self._report(operations, result)
        except OutcomeUnknownError:
            self._note("the host lost the pipeline when it was cut; what was done is read from the host")
        if self._session.seconds_lost > lost:
            self._note(f"the connection was lost and came back after {self._session.seconds_lost - lost:.1f} s")
        done: list[StepResult] = []
        failed: list[tuple[Step, HnskitError]] = []
        for one in operations:
            outcomes = [results[call.id] for call in one.calls if call.id in results]
            if len(outcomes) < len(one.calls):
                continue  # unknown: the next plan says whether it is left to do
            seconds = sum(outcome.milliseconds for outcome in outcomes) / 1000
            try:
                made = [one.read(outcome) for outcome in outcomes]
            except HnskitError as error:
                if self._may_try_again(one.step, error):
                    self._again[one.step.id] = error
                else:
                    failed.append((one.step, error))
            else:
                done.append(StepResult(one.step, seconds, made[-1]))
        try:
            now = facts_from_results(self._session.target, results.values())
        except HnskitError:
            now = gather_facts(self._session)
        return done, failed, now

    def _may_try_again(self, step: Step, error: HnskitError) -> bool:
        """Whether the host is to be read and the step planned again, instead of failing now."""
        if isinstance(error, RemoteCommandError) and error.error_id.startswith(hns.CHANGED):
            self._note(f"{step.noun} {step.name} was changed by somebody else meanwhile; it is read again")
            return True
        if isinstance(error, HnsError) and error.code in _TRANSIENT and self._attempts[step.id] < _ATTEMPTS:
            self._note(f"{step.id}: {error.message}; it is tried again")
            time.sleep(_PAUSE)
            return True
        return False

    def _report(self, operations: Sequence[Operation], result: CallResult) -> None:
        """Live: a call of a step has come back."""
        for one in operations:
            if result.id == one.calls[-1].id and result.error is None:
                self._tell("done", one.step.reason, one.step, result.milliseconds / 1000)

    def _wait_for(self, steps: Sequence[Step], now: Facts) -> Facts:
        """Windows does some things late: read again until the host shows what was done."""
        deadline = time.monotonic() + _PATIENCE
        while missing := self._not_shown(steps, now):
            if time.monotonic() > deadline:
                raise StepError(
                    f"the host accepted it, but does not show it after {_PATIENCE:.0f} s",
                    host=now.target,
                    object=f"{missing[0].noun} {missing[0].name}",
                    step=missing[0].id,
                    next_step="Look at `hnskit show`; run the same command again to go on.",
                )
            self._tell("wait", "the host does not show it yet", missing[0])
            time.sleep(_PAUSE)
            now = gather_facts(self._session)
        return now

    def _not_shown(self, steps: Sequence[Step], now: Facts) -> list[Step]:
        pending = {step.id for step in self._planner(now).pending}
        return [
            step for step in steps if step.id in pending and step.kind != _UNSEEN and not self._made_again(step, steps)
        ]

    @staticmethod
    def _made_again(step: Step, steps: Sequence[Step]) -> bool:
        """An endpoint that is replaced is created in the next round; until then its deletion is all there is to see."""
        return step.action is Action.DELETE and any(other.id != step.id and other.name == step.name for other in steps)

    def _finish(self, result: StepResult) -> None:
        self._done.append(result)
        if self._journal:
            self._journal.finished(result.step, result.id, result.seconds)

    def _fail(self, failed: Sequence[tuple[Step, HnskitError]]) -> None:
        for step, error in failed:
            self._tell("failed", error.message, step)
            if self._journal:
                self._journal.failed(step, error)
        step, error = failed[0]
        more = f" ({len(failed) - 1} more failed)" if len(failed) > 1 else ""
        raise StepError(
            f"{step.id} failed: {error.message}{more}",
            host=self._session.target,
            step=step.id,
            next_step=error.next_step or "Mend the cause, then run the same command again: what is done stays done.",
        ) from error

    def _compare(self, before: Facts, after: Facts) -> None:
        """What the move of the adapter's address may lose (HNS fact 67)."""
        held = {item.address for item in after.addresses}
        for address in before.addresses:
            if address.address not in held and not address.address.startswith("169.254."):
                owned_by_hns = any(endpoint.address == address.address for endpoint in before.endpoints)
                if not owned_by_hns:
                    self._note(f"the host's address {address.address} is gone: it was lost in the move")
        routes = {(route.prefix, route.next_hop) for route in after.routes if route.compartment_id == HOST_COMPARTMENT}
        for route in before.routes:
            lost = route.compartment_id == HOST_COMPARTMENT and (route.prefix, route.next_hop) not in routes
            if lost and route.prefix in ("0.0.0.0/0", f"{self._desired.redirect.address}/32"):
                self._note(
                    f"the host's route to {route.prefix} through {route.next_hop} is gone: it was lost in the move"
                )

    def _write_found(self, first: Plan, facts: Facts) -> None:
        if self._journal is None:
            return
        for kind, name, id in _identities(first, facts):
            self._journal.found(kind, name, id)

    def _note(self, text: str) -> None:
        self._notes.append(text)
        self._tell("note", text)
        if self._journal:
            self._journal.write("note", text=text)

    def _tell(self, kind: EventKind, text: str, step: Step | None = None, seconds: float | None = None) -> None:
        self._on_event(Event(kind, text, step, seconds))

    def _outcome(self, first: Plan, before: Facts, after: Facts) -> Outcome:
        return Outcome(first, tuple(self._done), before, after, time.monotonic() - self._since, tuple(self._notes))


def _identities(current: Plan, facts: Facts) -> Iterable[tuple[str, str, str]]:
    """(kind, name, id) of what a plan keeps."""
    for step in current.steps:
        if step.action is not Action.NONE:
            continue
        if step.kind == "network":
            yield from ((step.kind, step.name, item.id) for item in facts.networks_named(step.name))
        elif step.kind == "endpoint":
            yield from ((step.kind, step.name, item.id) for item in facts.endpoints_named(step.name))
        elif step.kind == "image" and (image := facts.image_named(step.name)):
            yield step.kind, step.name, image.id
        elif step.kind == "container" and (container := facts.container_named(step.name)):
            yield step.kind, step.name, container.id
