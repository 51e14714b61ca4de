"""Proof between containers that are replaced one after another: the next one goes only while the redirect holds."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import replace

from hnskit.applying.outcomes import EventKind
from hnskit.applying.polling import RetryPolicy
from hnskit.applying.verification import ClientProof, failed_checks, verify
from hnskit.errors import VerificationError
from hnskit.facts.host_facts import Facts
from hnskit.model.wording import counted
from hnskit.params.desired import Desired
from hnskit.planning.provenance import Provenance
from hnskit.planning.setup import plan
from hnskit.planning.steps import Action, Plan, Step
from hnskit.remote.session import Session

Tell = Callable[[EventKind, str], None]
_OWN_KINDS = ("container", "attachment")
"""Kinds of the steps that replace a client's container."""
_TELLS_EVERY = 4.0  # seconds
_NEXT_STEP = (
    "The containers that were not replaced yet are as they were. Look at `hnskit doctor`, and at the new image or "
    "command; set the old one back, or mend it. The same command run again goes on with the next container."
)


class ReplacementProof:
    """One run that replaces containers; it asks the clients from inside, after each of them.

    A new container may need a moment before it listens, so that a client is asked again until patience ends. Asked
    are the clients that are as they are wanted, and those that wait for their own replacement and were proved before
    the first container was touched: of others a failure says nothing about the change.
    """

    def __init__(self, session: Session, desired: Desired, pace: RetryPolicy | None = None) -> None:
        self._session = session
        self._desired = desired
        self._pace = pace or RetryPolicy()
        self._unproved: list[str] = []
        self._proved_before: set[str] = set()

    def begins(self, first: Plan, now: Facts, known: Provenance, tell: Tell) -> None:
        """Take the plan of a run, before its first step.

        Args:
            first: what is about to be done.
            now: the host.
            known: what hnskit made there.
            tell: a listener for what a reader may want to see.

        Raises:
            ConnectError, OutcomeUnknownError: the host is gone.
        """
        if not _replaced(first):
            return
        # Also what a run before this one had removed, and could not run again: it comes before the next one goes.
        self._unproved = [step.name for step in first.pending if _runs(step)]
        waiting = self._waiting(now, known)
        if waiting:
            tell("wait", f"asked before the first is replaced: {counted(len(waiting), 'clients')}")
            self._proved_before = {client.client for client in self._ask(waiting, now) if client.ok}

    def holds_back(self, step: Step, current: Plan) -> bool:
        """Tell whether a step takes the next container away while the one before it is not proved.

        Args:
            step: one that is ready.
            current: the plan as it is now.
        """
        begun = [name for name in self._unproved if name not in _replaced(current)]
        takes_away = step.action in (Action.DETACH, Action.DELETE) and step.kind in _OWN_KINDS
        return takes_away and step.name in self._unproved and bool(begun) and step.name not in begun

    def after_round(self, left: Iterable[Step], now: Facts, known: Provenance, tell: Tell) -> str:
        """Prove the redirect for a container that has just been replaced; do nothing where none has.

        Args:
            left: the steps that are still to be done.
            now: the host.
            known: what hnskit made there.
            tell: a listener.

        Returns:
            The proof in a sentence; "" where nothing was asked.

        Raises:
            VerificationError: the redirect does not hold any more.
            ConnectError, OutcomeUnknownError: the host is gone.
        """
        names = {name for step in left for name in (step.name, step.container)}
        done = [name for name in self._unproved if name not in names]
        self._unproved = [name for name in self._unproved if name in names]
        return self._prove(done, now, known, tell) if done else ""

    def _prove(self, replaced: list[str], now: Facts, known: Provenance, tell: Tell) -> str:
        names = ", ".join(replaced)
        settled, waiting = self._settled(now, known), self._waiting(now, known)
        asked = [name for name in replaced if name in settled]
        if self._desired.proxy.name in replaced:
            asked = [*settled, *(name for name in waiting if name in self._proved_before)]
        if not asked:
            return f"{names} was replaced; no client was there to be asked for the proof"
        since, pause, told = time.monotonic(), self._pace.pause, -_TELLS_EVERY
        while True:
            found = self._ask(asked, now)
            proved, seconds = sum(client.ok for client in found), time.monotonic() - since
            if proved == len(asked):
                return f"proved after {names} was replaced: {proved} of {counted(len(asked), 'clients')}"
            if seconds > self._pace.patience:
                raise self._not_proved(names, found)
            if seconds - told >= _TELLS_EVERY:
                told, those = seconds, counted(len(asked), "clients")
                tell("wait", f"{names} was replaced, {proved} of {those} proved yet; {seconds:.0f} s")
            time.sleep(pause)
            pause = min(2 * pause, self._pace.longest_pause)

    def _not_proved(self, names: str, found: Iterable[ClientProof]) -> VerificationError:
        failed = failed_checks(found)
        more = f"; {len(failed) - 1} more" if len(failed) > 1 else ""
        left = f"; {counted(len(self._unproved), 'containers')} to be replaced after it stayed"
        said = (
            f"the redirect is not proved after {names} was replaced: {failed[0]}{more}{left if self._unproved else ''}"
        )
        return VerificationError(said, host=self._session.target, next_step=_NEXT_STEP)

    def _ask(self, names: Iterable[str], now: Facts) -> tuple[ClientProof, ...]:
        chosen = set(names)
        clients = tuple(client for client in self._desired.clients if client.name in chosen)
        return verify(self._session, replace(self._desired, clients=clients), facts=now).clients

    def _settled(self, now: Facts, known: Provenance) -> list[str]:
        """Clients of which all is as it is wanted."""
        steps = plan(self._desired, now, made=known).steps
        changing = {step.name for step in steps if step.action is not Action.NONE}
        there = {step.name for step in steps if step.kind == "policy"}
        names = [client.name for client in self._desired.clients]
        return [name for name in names if name in there and name not in changing]

    def _waiting(self, now: Facts, known: Provenance) -> list[str]:
        """Clients that are to be replaced, and have all else."""
        whole = plan(self._desired, now, made=known)
        others = {step.name for step in whole.steps if step.action is not Action.NONE and step.kind not in _OWN_KINDS}
        replaced = set(_replaced(whole))
        return [client.name for client in self._desired.clients if client.name in replaced - others]


def _runs(step: Step) -> bool:
    return (step.kind, step.action) == ("container", Action.RUN)


def _replaced(current: Plan) -> list[str]:
    """Names of the containers that a plan removes and runs again."""
    again = {step.name for step in current.pending if _runs(step)}
    gone = [step.name for step in current.pending if (step.kind, step.action) == ("container", Action.DELETE)]
    return [name for name in gone if name in again]
