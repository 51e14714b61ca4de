"""One run of one planner against one host: the only writer. It asks the host what is left to do, never its own memory.

One round: plan against the facts, send every step that can be done now in one pipeline together with the
calls of a new snapshot, and plan again. A step counts as done only when the new snapshot shows it.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator, Mapping, Sequence

from hnskit.applying import host_lock
from hnskit.applying.journal import Records
from hnskit.applying.operation import Operation
from hnskit.applying.operations import build_operation, in_sending_order
from hnskit.applying.outcomes import OnEvent, Outcome
from hnskit.applying.polling import Poller, RetryPolicy
from hnskit.applying.refused_plans import adoption_unasked, refusals
from hnskit.applying.replacement_proof import ReplacementProof
from hnskit.applying.run_recorder import RunRecorder
from hnskit.applying.step_state import StepPhase, StepState
from hnskit.errors import (
    ContainerdError,
    DockerError,
    HnsError,
    HnskitError,
    OutcomeUnknownError,
    PreflightError,
    RemoteCommandError,
    StepError,
    StoppedError,
)
from hnskit.facts.host_facts import Facts, fact_calls, facts_from_results, gather_facts, unread_parts
from hnskit.params.desired import Desired
from hnskit.planning import interruption
from hnskit.planning.bindings import seen_by
from hnskit.planning.provenance import Provenance
from hnskit.planning.steps import Action, Plan, Step, StepKey
from hnskit.remote import ctr_containers, docker, hns
from hnskit.remote.session import CallResult, Session, invoke_calls

_TRANSIENT = frozenset(
    {
        0x80004005,  # "Unspecified error" on creations that overlap (HNS fact 69)
        0xD0000035,  # "{Object Exists}": what was just deleted is not gone yet; its code is UNCONFIRMED
        0x80070015,  # ERROR_NOT_READY: the adapter is not ready yet
        0x800706BE,  # RPC_S_CALL_FAILED: the HNS service was restarted during the call
        0x490,  # ERROR_NOT_FOUND: attach races "are retried" (HNS fact 40); UNCONFIRMED for how long
        0x80070490,
    }
)
Planner = Callable[[Facts, Provenance], Plan]
"""From a host, and what is known to be made there by this run and those before, to what is left to do."""
AGAIN = "Mend the cause, then run the same command again"
"""Next step where a step failed and nothing better is known."""
_UNSEEN = "route"  # that the host shows the routes of a container is UNCONFIRMED: see planning/routes.py
OperationBuilder = Callable[[Step, Desired, Facts], Operation]


class Reconciler:
    """One run."""

    def __init__(
        self,
        session: Session,
        desired: Desired,
        planner: Planner,
        *,
        known: Provenance | None = None,
        journal: Records | None = None,
        on_event: OnEvent | None = None,
        pace: RetryPolicy | None = None,
        build: OperationBuilder = build_operation,
        proof: ReplacementProof | None = None,
    ) -> None:
        self._session = session
        self._desired = desired
        self._planner = planner
        self._recorder = RunRecorder(session.target, known, journal, on_event, desired.runtime)
        self._run_dir = journal.run_dir if journal is not None else None
        self._policy = pace or RetryPolicy()
        self._poller = Poller(self._policy, self._read, lambda text, step: self._recorder.tell("wait", text, step))
        self._build = build
        self._proof = proof

    @property
    def sent(self) -> tuple[Step, ...]:
        """The steps that were sent, whatever came of them."""
        return self._recorder.sent

    def run(self, facts: Facts | None = None, *, write_found: bool = False, adopt: bool = False) -> Outcome:
        """Carry the plan out, alone at work on the host; errors are those of `apply`, with the outcome so far.

        Args:
            facts: a snapshot that was just taken.
            write_found: note what is there already as found: it is not this run that made it.
            adopt: take over what was made by hand; else a plan that would is refused.
        """
        with host_lock.claim(self._session.target, self._run_dir):
            return self._run(facts, write_found, adopt)

    def _run(self, facts: Facts | None, write_found: bool, adopt: bool) -> Outcome:
        before = self._now = facts or gather_facts(self._session)
        if unread := unread_parts(before):
            raise PreflightError(f"nothing was changed: the host cannot be read: {unread}", host=before.target)
        self._recorder.meets(before)
        first = current = self._plan(before)
        if first.refused:
            raise PreflightError(f"nothing was changed: {refusals(first)}", host=before.target)
        if first.adopted and not adopt:
            raise adoption_unasked(first)
        self._recorder.tell("plan", first.summary)
        try:
            if write_found:
                self._recorder.found(first, before)
            if self._proof is not None:
                self._proof.begins(first, before, self._recorder.made, self._recorder.tell)
            while steps := self._left(current):
                self._round(in_sending_order(steps, self._desired))
                current = self._goes_on(self._plan(self._now))
                self._prove_replaced(current)
        except KeyboardInterrupt as cause:
            stopped = self._recorder.stopped_by(StoppedError(host=before.target))
            raise stopped.but(outcome=self._recorder.outcome(first, before, self._now)) from cause
        except HnskitError as cause:
            stopped = self._recorder.stopped_by(cause)
            raise stopped.but(outcome=self._recorder.outcome(first, before, self._now)) from cause.__cause__
        return self._recorder.outcome(first, before, self._now)

    def _plan(self, now: Facts) -> Plan:
        return self._planner(now, self._recorder.made)

    @staticmethod
    def _goes_on(current: Plan) -> Plan:
        if current.refused or current.adopted:  # what was made by hand meanwhile was not asked about
            raise StepError(f"it cannot go on: {refusals(current)}", host=current.target)
        return current

    def _left(self, current: Plan) -> tuple[Step, ...]:
        ready = tuple(self._unfinished(current.ready()))
        if self._proof is None:
            return ready
        return tuple(step for step in ready if not self._proof.holds_back(step, current)) or ready

    def _unfinished(self, steps: Sequence[Step]) -> Iterator[Step]:
        done = {result.step.key for result in self._recorder.done}
        return (step for step in steps if not (step.kind == _UNSEEN and step.key in done))

    def _prove_replaced(self, current: Plan) -> None:
        if self._proof is not None:
            left = tuple(self._unfinished(current.pending))
            if said := self._proof.after_round(left, self._now, self._recorder.made, self._recorder.tell):
                self._recorder.note(said)

    def _round(self, steps: Sequence[Step]) -> None:
        """Do these steps; `_now` is the host afterwards."""
        before = self._now = self._poller.for_what_is_needed(steps, self._desired, self._now)
        seen = seen_by(self._desired, before, self._recorder.made)
        sent = [(self._build(step, self._desired, seen), self._recorder.state_of(step)) for step in steps]
        for _, state in sent:
            self._count(state)
        for step in steps:
            self._announce(step, before)
        states = [state for _, state in sent]
        results: dict[str, CallResult] = {}
        try:
            self._send([operation for operation, _ in sent], results)
        except (HnskitError, KeyboardInterrupt):
            self._take_answers(sent, results)
            self._recorder.record_results(states, self._now)
            raise
        self._take_answers(sent, results)
        try:
            self._now = self._poller.for_reading(self._now)
        except (HnskitError, KeyboardInterrupt):
            self._recorder.record_results(states, self._now)
            raise
        self._compare_with_host(states)
        self._recorder.record_results(states, self._now)
        if any(step.disruptive for step in steps):
            self._look_after_the_cut(steps, before)
        self._recorder.round_over()
        if failed := [state for state in states if state.phase is StepPhase.FAILED]:
            raise self._step_error(failed)

    def _compare_with_host(self, states: Sequence[StepState]) -> None:
        """Wait until the host shows what it accepted, and read from it what came of the steps without an answer."""
        accepted = [state.step for state in states if state.phase is StepPhase.ACCEPTED]
        self._now, hidden = self._poller.for_what_was_done(self._now, lambda now: self._not_shown(accepted, now))
        for step in hidden:
            said = "the host accepted it, but does not show it"
            self._recorder.state_of(step).fail(self._poller.too_late(step, said, self._now))
        pending = {step.key for step in self._plan(self._now).pending}
        for state in states:
            if state.phase is StepPhase.SENT and state.step.key not in pending and state.step.kind != _UNSEEN:
                state.accept(0.0)
            elif state.phase is StepPhase.FAILED and self._is_gone(state.step, pending):
                state.phase = StepPhase.GONE

    def _look_after_the_cut(self, steps: Sequence[Step], before: Facts) -> None:
        self._now, note = self._poller.for_management_ip(steps, self._desired, self._now)
        if note:
            self._recorder.note(note)
        for loss in interruption.losses(self._desired, before, self._now):
            self._recorder.note(loss)

    def _is_gone(self, step: Step, pending: set[StepKey]) -> bool:
        """Tell whether a removal failed because somebody else was faster."""
        if step.action is not Action.DELETE or step.key in pending:
            return False
        self._recorder.note(f"{step.noun} {step.title} was gone already: another user removed it")
        return True

    def _announce(self, step: Step, now: Facts) -> None:
        if step.disruptive:
            risks = "; ".join(f"{risk.object} {risk.message}" for risk in interruption.risks(self._desired, now))
            text = "the host's own network goes away for seconds now" + (risks and f": {risks}")
            self._recorder.cut(step, text, **interruption.recorded(self._desired, now))
        self._recorder.started(step, now)

    def _count(self, state: StepState) -> None:
        state.attempts += 1
        if state.attempts <= self._policy.attempts:
            return
        if state.error is not None:
            state.fail(state.error)
            self._recorder.record_results([state], self._now)
            raise self._step_error([state])
        said = f"it was tried {self._policy.attempts} times and is not done"
        raise StepError(said, object=state.step.name, step=state.step.id)

    def _send(self, operations: Sequence[Operation], results: dict[str, CallResult]) -> None:
        """One pipeline: the steps' calls, then a new snapshot, `_now`; `results` fills while the host answers."""
        calls = [call for one in operations for call in one.calls]
        lost, known = self._session.seconds_lost, self._now
        reading = fact_calls(known, imported=any(one.step.kind == "image" for one in operations))
        try:
            for result in invoke_calls(self._session, [*calls, *reading]):
                results[result.id] = result
                self._report(operations, result)
        except OutcomeUnknownError:
            self._recorder.note("the host lost the pipeline when it was cut; what was done is read from the host")
        if self._session.seconds_lost > lost:
            self._recorder.note(
                f"the connection was lost and came back after {self._session.seconds_lost - lost:.1f} s"
            )
        read = all(call.id in results for call in reading)
        self._now = facts_from_results(self._session.target, results.values(), known) if read else self._read()

    def _take_answers(self, sent: Sequence[tuple[Operation, StepState]], results: Mapping[str, CallResult]) -> None:
        """Give each step what the host answered: accepted, failed, to be planned again, or nothing."""
        for operation, state in sent:
            result = results.get(operation.call.id)
            if result is None:
                state.lose_answer()
                continue
            seconds = result.milliseconds / 1000
            try:
                state.accept(seconds, operation.read(result))
            except HnskitError as error:
                looked = results.get(operation.look.call.id) if operation.look else None
                if operation.look and looked and operation.look.shows(looked):
                    self._recorder.note(f"{state.step.noun} {state.step.title} was there already")
                    state.existed = True
                    state.accept(seconds)
                    self._recorder.tell("done", state.step.reason, state.step, seconds)
                elif self._may_try_again(state, error):
                    state.plan_again(error)
                else:
                    state.fail(error)

    def _read(self) -> Facts:
        """A snapshot; reading is safe to repeat."""
        for _ in range(self._policy.attempts - 1):
            try:
                return gather_facts(self._session)
            except OutcomeUnknownError:
                continue
        return gather_facts(self._session)

    def _may_try_again(self, state: StepState, error: HnskitError) -> bool:
        """Tell whether the host is to be read and the step planned again, instead of failing now."""
        step, left = state.step, state.attempts < self._policy.attempts
        changed = isinstance(error, RemoteCommandError) and error.error_id.startswith(hns.CHANGED)
        changed = changed or (isinstance(error, DockerError) and docker.is_name_conflict(error))
        changed = changed or (isinstance(error, ContainerdError) and ctr_containers.is_name_conflict(error))
        if changed or (step.kind == "forwarding" and _found_nothing(error)):
            again = "; it is read again" if left else ""
            self._recorder.note(f"{step.noun} {step.title} was changed by another user meanwhile{again}")
            # After a loss that somebody may be this run itself, by a command that arrived late.
            if changed and not state.answer_lost:
                self._recorder.lost_race(step)
            return left
        if isinstance(error, HnsError) and error.code in _TRANSIENT and left:
            self._recorder.note(f"{step.id}: {error.message}; it is tried again")
            time.sleep(self._policy.pause)
            return True
        return False

    def _report(self, operations: Sequence[Operation], result: CallResult) -> None:
        """Live: a call of a step has come back."""
        one = next((one for one in operations if one.call.id == result.id), None)
        if one is None:
            return
        with contextlib.suppress(HnskitError):  # a failure is told when it is certain that it is one
            one.read(result)
            self._recorder.tell("done", one.step.reason, one.step, result.milliseconds / 1000)

    def _not_shown(self, steps: Sequence[Step], now: Facts) -> list[Step]:
        planned = self._plan(now).pending
        pending = {step.key for step in planned}
        again = {step.object_id for step in steps if step.action is Action.DELETE and step.object_id}
        there = {item.id for item in now.endpoints} | {item.id for item in now.networks}
        # What is replaced is planned again under the same name: that the old one is gone is all there is to see. And
        # what was just created is there if it is to be deleted: HNS may have drawn an address that another one wants.
        deleted = {(step.kind, step.name) for step in planned if step.action is Action.DELETE and not step.ambiguous}
        return [
            step
            for step in steps
            if step.key in pending
            and step.kind != _UNSEEN
            and not (step.object_id in again and step.object_id not in there)
            and not (step.action is Action.CREATE and (step.kind, step.name) in deleted)
        ]

    def _step_error(self, failed: Sequence[StepState]) -> StepError:
        step, error = failed[0].step, failed[0].error
        more = f" ({len(failed) - 1} more failed)" if len(failed) > 1 else ""
        new = StepError(
            f"{step.id} failed: {error.message if error else 'its cause is not known'}{more}",
            host=self._session.target,
            step=step.id,
            next_step=(error.next_step if error else "") or f"{AGAIN}: what is done stays done.",
        )
        new.__cause__ = error
        return new


def _found_nothing(error: HnskitError) -> bool:
    """Tell whether a command of the host found nothing of the number that it was given."""
    return isinstance(error, RemoteCommandError) and error.category == "ObjectNotFound"
