"""Make a host as desired, or take the redirect away: what notebooks, scripts and the command line call."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

from hnskit.applying import host_lock
from hnskit.applying.journal import Records
from hnskit.applying.operations import build_operation
from hnskit.applying.outcomes import Event, EventKind, OnEvent, Outcome, StepResult, outcome_of
from hnskit.applying.polling import RetryPolicy
from hnskit.applying.reconciler import AGAIN, OperationBuilder, Planner, Reconciler
from hnskit.applying.replacement_proof import ReplacementProof
from hnskit.applying.rollback import Rollback
from hnskit.errors import HnskitError, PreflightError, StepError, StoppedError
from hnskit.facts.host_facts import Facts
from hnskit.params.desired import ALL_PARTS, Desired, Part, parts_of
from hnskit.planning.provenance import Provenance
from hnskit.planning.setup import plan
from hnskit.planning.steps import Plan
from hnskit.planning.teardown import leftovers, plan_destroy
from hnskit.remote.session import Session

__all__ = ["Event", "EventKind", "OnEvent", "Outcome", "RetryPolicy", "StepResult", "apply", "destroy"]


def apply(
    session: Session,
    desired: Desired,
    *,
    parts: Iterable[Part | str] = ALL_PARTS,
    facts: Facts | None = None,
    made: Provenance | None = None,
    journal: Records | None = None,
    on_event: OnEvent | None = None,
    rollback: bool = False,
    adopt: bool = False,
    choose: Callable[[Plan], Plan] | None = None,
    pace: RetryPolicy | None = None,
) -> Outcome:
    """Make the host as desired; run it again at any time.

    Args:
        session: from `connect`.
        desired: from `desired_from`.
        parts: which parts of the redirect.
        facts: a snapshot that was just taken, to save taking it again.
        made: from `made_on`: tells an endpoint that hnskit left behind from another user's.
        journal: where to write what is done.
        on_event: called as things happen.
        rollback: when a step fails, go back to the facts before.
        adopt: take over what was made by hand, and repair it; without it nothing is changed on a host that has such.
        choose: takes steps from each plan that are not to be done, and those that wait for them.
        pace: how often a step is tried, and how long Windows is waited for.

    Returns:
        The outcome: the plan, the steps that were done with their seconds, facts before and after, provenance.

    Raises:
        ParamsError: an item of `parts` is not a part.
        BusyError: another process of this user holds the host's lock; nothing was changed.
        PreflightError: something must not be touched, or is not to be adopted; nothing was changed.
        StepError: a step failed; the others of its round were done.
        VerificationError: the redirect is not proved after a container was replaced; the next ones were left.
        ConnectError, OutcomeUnknownError: the host is gone; the steps that were under way are named.
        HostAnswerError: the host answered nonsense.
        StoppedError: by Ctrl-C. Each has what was done in `outcome`, and what was rolled back in `undone`.
    """
    options: dict[str, Any] = {"known": made, "journal": journal, "on_event": on_event, "pace": pace}

    def work(planner: Planner, build: OperationBuilder = build_operation, **more: Any) -> Reconciler:
        return Reconciler(session, desired, planner, build=build, **options, **more)

    forth = work(_planner(desired, parts_of(parts), choose), proof=ReplacementProof(session, desired, pace))
    run_dir = journal.run_dir if journal is not None else None
    with host_lock.claim(session.target, run_dir):  # also between forth and back
        try:
            return forth.run(facts, write_found=True, adopt=adopt)
        except HnskitError as error:
            stopped = None if isinstance(error, PreflightError | StoppedError) else outcome_of(error)
            if rollback and stopped is not None and forth.sent:
                back = Rollback(desired, stopped.before, forth.sent)
                undoing = work(lambda now, _: back.plan(now), back.build_operation)
                raise _rolled_back(error, undoing) from error.__cause__
            raise


def _planner(desired: Desired, parts: Iterable[Part], choose: Callable[[Plan], Plan] | None) -> Planner:
    """The plan of a set-up, or the steps of it that are chosen."""

    def planned(now: Facts, known: Provenance) -> Plan:
        whole = plan(desired, now, parts=parts, made=known)
        return choose(whole) if choose is not None else whole

    return planned


def _rolled_back(error: HnskitError, back: Reconciler) -> HnskitError:
    """Go back.

    Returns:
        The error, with what became of that.
    """
    try:
        undone = back.run()
    except HnskitError as second:
        said, next_step = f"; going back failed too: {second.message}", second.next_step or error.next_step
        undone_then = outcome_of(second)
    else:
        lost = "; ".join(step.reason for step in undone.plan.steps if not step.pending)
        said, next_step = "; what this run had done was undone" + (f", but {lost}" if lost else ""), error.next_step
        undone_then = undone
    if next_step.startswith(AGAIN):
        next_step = f"{AGAIN}."  # what was done does not stay
    return error.but(message=error.message + said, next_step=next_step, undone=undone_then)


def destroy(
    session: Session,
    desired: Desired,
    *,
    made: Provenance | None = None,
    keep_network: bool = False,
    by_name: bool = False,
    facts: Facts | None = None,
    journal: Records | None = None,
    on_event: OnEvent | None = None,
    pace: RetryPolicy | None = None,
) -> Outcome:
    """Take away what hnskit made, in the right order, and prove that nothing is left; run it again at any time.

    Args:
        session: from `connect`.
        desired: from `desired_from`: its names are those that are looked for.
        made: from `made_on`, or `Outcome.made` of `apply`: what was made and what was found. What nothing shows to
            be hnskit's stays, and `Outcome.left` says why.
        keep_network: leave the bridge, so that the host is not cut again.
        by_name: remove networks and endpoints of these names, though no journal says that hnskit made them.
        facts: a snapshot that was just taken, to save taking it again.
        journal: where to write what is done.
        on_event: called as things happen.
        pace: how often a step is tried, and how long Windows is waited for.

    Returns:
        The outcome; `Outcome.left` is the proof.

    Raises:
        BusyError: another process of this user holds the host's lock; nothing was changed.
        PreflightError: a step is refused; nothing was changed.
        StepError: a step failed, or something is left that nothing explains.
        ConnectError, OutcomeUnknownError: the host is gone; the steps that were under way are named.
        HostAnswerError: the host answered nonsense.
        StoppedError: by Ctrl-C.
    """
    work = Reconciler(
        session,
        desired,
        lambda now, _: plan_destroy(desired, now, made=made, keep_network=keep_network, by_name=by_name),
        known=made,
        journal=journal,
        on_event=on_event,
        pace=pace,
    )
    outcome = work.run(facts)
    left = tuple(leftovers(desired, outcome.after, made, keep_network=keep_network, by_name=by_name))
    outcome = replace(outcome, left=left)
    if not outcome.nothing_left:
        what = ", ".join(f"{item.kind} {item.name} ({item.id})" for item in left if not item.reason)
        error = StepError(
            f"something of hnskit's is left: {what}",
            host=outcome.plan.target,
            next_step="Look at `hnskit show` who uses it, then run the same command again.",
        )
        raise error.but(outcome=outcome)
    return outcome
