"""One host, kept: read, put back, prove, wait; in a thread of its own."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from hnskit.applying import host_lock
from hnskit.applying.api import apply
from hnskit.applying.outcomes import Event
from hnskit.applying.verification import verify
from hnskit.errors import (
    BusyError,
    HnskitError,
    HostUnreachableError,
    LoginRefusedError,
    OutcomeUnknownError,
    PreflightError,
    StoppedError,
)
from hnskit.facts.host_facts import Facts, gather_facts, unread_parts
from hnskit.facts.source import connect
from hnskit.fleet.inventory import FleetHost
from hnskit.fleet.keeping.keep_state import KeepState, KeptHost
from hnskit.fleet.keeping.known_objects import KnownObjects
from hnskit.fleet.keeping.login_guard import LoginGuard
from hnskit.fleet.keeping.pauses import Pauses
from hnskit.fleet.keeping.runtime_events import Watched, watch
from hnskit.model.wording import counted
from hnskit.params.desired import Desired, desired_from
from hnskit.planning.least_disruption import LeastPlan, least
from hnskit.planning.provenance import Provenance
from hnskit.planning.setup import plan
from hnskit.planning.steps import Plan
from hnskit.remote.session import ConnectedSession
from hnskit.running.lazy_journal import journalled

POLL_SECONDS = 50.0
"""Seconds of a long poll: WinRM's own limit is 60 (MaxTimeoutms), and an idle host costs one request each."""
_AFTER_AN_END = 4.0
"""Seconds that a container that ended may take to start again by itself, before keep starts it."""
_RUNTIME_BACK = 10.0
"""Seconds after which a runtime that has stopped is asked again."""

Log = Callable[[str, str], None]
"""Told a host's name and a line on a change."""


@dataclass(frozen=True, slots=True)
class KeepOptions:
    """The ways of keeping hosts; times in seconds."""

    interval: float = 300.0
    """Between two readings, where no event comes."""
    prove_every: float = 3600.0
    """Between two proofs, where nothing changes; 0: only after a change."""
    allow_disruptive: bool = False
    events: bool = True
    once: bool = False
    runs: Path = Path("runs")
    """Folder of run folders: a change has a journal in one of its own."""
    longest_pause: float = 300.0


class HostKeeper(threading.Thread):
    """Keeps one host until it is told to stop."""

    def __init__(
        self, host: FleetHost, options: KeepOptions, kept: KeptHost, state: KeepState, log: Log, *,
        stop: threading.Event, gate: AbstractContextManager[object], logins: LoginGuard, known: KnownObjects,
    ) -> None:  # fmt: skip
        super().__init__(name=f"keep {host.name}", daemon=True)
        self._host, self._options, self._kept, self._state, self._log = host, options, kept, state, log
        self._stop_asked, self._gate, self._logins, self._known = stop, gate, logins, known
        self._desired: Desired = desired_from(host.params)
        self._pauses = Pauses(longest=options.longest_pause)
        self._session: ConnectedSession | None = None
        self._waiting = threading.Lock()  # held while the session is only waited on, or is interrupted
        self._watches = False
        self._since = ""
        self._proof_due = True
        self.works = False
        """True while the host is read or changed: it is let come to its step's end."""

    def run(self) -> None:
        """Keep the host."""
        while not self._stop_asked.is_set():
            try:
                self._connected()
            except StoppedError as stopped:
                self._outcome("stopped", stopped.paragraph())
                break
            except Exception as error:  # whatever one host makes of it, the others are kept
                self._failed(error)
                pause = self._pauses.next(login=isinstance(error, LoginRefusedError))
                if self._options.once:
                    return
                self._change(next_at=time.time() + pause)
                self._stop_asked.wait(pause)
            else:
                if self._options.once:
                    return
        if not self._options.once:
            self._change(follows_events=False)

    def interrupt(self) -> None:
        """End the wait for events; does nothing while the host is at work."""
        with self._waiting:
            if self._watches and self._session is not None:
                self._session.interrupt()

    def _connected(self) -> None:
        """A session, for as long as it lasts."""
        with self._gate, self._logins.attempt(self._host):
            self._session = session = connect(self._host.params, poll_seconds=POLL_SECONDS)
        try:
            while not self._stop_asked.is_set():
                with self._gate:
                    self.works = True
                    try:
                        self._reconcile(session)
                    finally:
                        self.works = False
                self._pauses.success()
                if self._options.once:
                    return
                self._wait(session)
        finally:
            self._session = None
            session.close()

    def _reconcile(self, session: ConnectedSession) -> None:
        """Read the host, put back what is missing, prove it."""
        host_lock.require_nobody(self._host.target)
        now = gather_facts(session)
        self._change(read_at=time.time(), reads=self._kept.reads + 1, next_at=0.0)
        if unread := unread_parts(now):
            raise HnskitError(f"the host cannot be read: {unread}", host=now.target)
        found = self._least(plan(self._desired, now, made=self._made()))
        self._note_withheld(found)
        after = now
        try:
            if found.plan.pending or found.plan.refused or found.plan.adopted:
                after = self._put_back(session, now)
        except PreflightError as error:  # refused until somebody mends it: no reason to come more often
            self._outcome("refused", error.paragraph())
            self._since = _clock(now)
            return
        self._since = _clock(after)
        if found.withheld:
            named = ", ".join(item.step.id for item in found.withheld)
            self._outcome("withheld", f"{counted(len(found.withheld), 'steps')} withheld: {named}")
            return
        self._prove(session)

    def _made(self) -> Provenance:
        return self._known.made_on(self._host.target)

    def _least(self, whole: Plan) -> LeastPlan:
        return least(whole, allow_disruptive=self._options.allow_disruptive)

    def _put_back(self, session: ConnectedSession, now: Facts) -> Facts:
        with journalled(self._host.target, runs=self._options.runs) as journal:
            outcome = apply(
                session, self._desired, facts=now, made=self._made(), journal=journal, on_event=self._listen,
                choose=lambda whole: self._least(whole).plan,
            )  # fmt: skip
        return outcome.after

    def _listen(self, event: Event) -> None:
        if event.kind == "start" and self._stop_asked.is_set():
            raise KeyboardInterrupt  # before it is sent: nothing of it is lost
        if event.kind == "done" and event.step is not None:
            self._change(changes=self._kept.changes + 1, changed_at=time.time())
            self._proof_due = True
            self._log(self._host.name, f"{event.step.id}: {event.step.reason}")

    def _prove(self, session: ConnectedSession) -> None:
        every = self._options.prove_every
        due = self._proof_due or (every and time.time() - self._kept.proved_at >= every)
        if not due or not (self._desired.clients or self._desired.pods):
            if self._kept.state not in ("ok", "unproved"):
                self._outcome("ok", "as the parameters say")
            return
        found = verify(session, self._desired)
        if found.clients and not found.ok:
            self._proof_due = True
            failed = ", ".join(client.client for client in found.clients if not client.ok)
            self._outcome("unproved", f"the redirect is not proved for {failed}")
            return
        self._proof_due = False
        if found.clients:
            self._change(proofs=self._kept.proofs + 1, proved_at=time.time())
        self._outcome("ok", f"{counted(len(found.clients), 'clients')} proved")

    def _wait(self, session: ConnectedSession) -> None:
        """Wait for an event or the interval; a host that is gone raises."""
        seconds = self._pauses.spread(self._options.interval)
        if not self._options.events:
            self._stop_asked.wait(seconds)
            return
        with self._waiting:
            self._watches = not self._stop_asked.is_set()
        if not self._watches:
            return
        self._change(follows_events=True)
        began = time.monotonic()
        try:
            found = watch(session, self._desired.runtime, seconds=seconds, since=self._since)
        except OutcomeUnknownError:
            if self._stop_asked.is_set():
                return
            raise
        finally:
            with self._waiting:
                self._watches = False
        self._came(found, seconds - (time.monotonic() - began))

    def _came(self, found: Watched, left: float) -> None:
        if found.unavailable:
            self._change(follows_events=False, no_events=found.unavailable)
            self._stop_asked.wait(min(left, _RUNTIME_BACK) if found.ended else max(left, 1.0))
        elif found.events:
            self._proof_due = True
            self._change(event_at=time.time(), events=self._kept.events + len(found.events), no_events="")
            if found.only_ends:
                self._stop_asked.wait(_AFTER_AN_END)

    def _note_withheld(self, found: LeastPlan) -> None:
        rows = [item.to_json() for item in found.withheld]
        if rows != self._kept.withheld:
            for item in found.withheld:
                self._log(self._host.name, f"withheld: {item.step.id}, since {item.reason}")
            self._change(withheld=rows)

    def _failed(self, cause: Exception) -> None:
        unexpected = f"something that keep did not expect: {type(cause).__name__}: {cause}"
        error = cause if isinstance(cause, HnskitError) else HnskitError(unexpected, host=self._host.target)
        state = next((name for kind, name in _STATES if isinstance(error, kind)), "failed")
        self._change(failures=self._kept.failures + 1, follows_events=False)
        self._outcome(state, error.paragraph())

    def _outcome(self, state: str, verdict: str) -> None:
        if state != self._kept.state and (state, self._kept.state) != ("ok", "starting"):
            self._log(self._host.name, f"{state}: {verdict}")
        elif state == "ok" and self._kept.state == "starting":
            self._log(self._host.name, f"kept: {verdict}")
        self._change(state=state, verdict=verdict)

    def _change(self, **fields: object) -> None:
        with self._state.changing():
            for name, value in fields.items():
                setattr(self._kept, name, value)


_STATES: tuple[tuple[type[HnskitError], str], ...] = (
    (BusyError, "busy"),
    (LoginRefusedError, "login"),
    (HostUnreachableError, "unreachable"),
    (OutcomeUnknownError, "unknown"),
)


def _clock(facts: Facts) -> str:
    """Unix time of the host's own clock when it was read, as Docker takes it; "" where it did not say."""
    clock = facts.system.clock if facts.system else ""
    try:
        moment = datetime.fromisoformat(clock[:19]).replace(tzinfo=UTC)
    except ValueError:
        return ""
    fraction = clock[19:].removesuffix("Z")
    return f"{int(moment.timestamp())}{fraction if fraction[1:].isdecimal() else ''}"
