"""A request and its answer over a connection that may be lost: what is sent again, and what must not be.

Sent again is a request of which no byte went out, or that the host could not decrypt; one that changes nothing, however
often it is done; and a Receive, where the service keeps its answers (`robust_requests`). What starts something is not:
whether Windows acts once on what it gets twice is UNCONFIRMED. Then it is said that the answer is lost, and what was
sent may have been acted on, or not, or may be so later.
"""

from __future__ import annotations

import time
from typing import Protocol

from hnskit.remote import failures, robust_requests
from hnskit.remote.failures import LOST

_PAUSE = 0.25  # seconds before the second attempt to get a connection back; doubled up to _LONGEST_PAUSE
_LONGEST_PAUSE = 1.0
_RETENTION = 185.0
"""Seconds after the loss in which a client may still ask for what was kept (MS-WSMV 3.2.5.3)."""
_HARMLESS = (b"transfer/Get<", b"transfer/Delete<", b"enumeration/Enumerate<", b"shell/Signal<")
_RECEIVE = b"shell/Receive<"


class AnswerLostError(Exception):
    """The answer to a request did not come, and cannot be had any more; the host is there again."""


class Line(Protocol):
    """One connection with its login, as `psrp` has it."""

    handed_over: bool
    """True if bytes of the last message went to a connection."""

    def transmit(self, message: bytes, timeout: float | None) -> bytes:
        """Send, and wait for the answer; raises one of `LOST`, or what the answer says."""

    def rebuild(self) -> None:
        """Forget connection, login and encryption: after a loss all of them are stale."""

    def ask(self) -> None:
        """Ask for something that changes nothing; raises one of `LOST` while the host does not answer."""

    def is_stale(self, cause: Exception) -> bool:
        """Tell whether a request was encrypted for a lost connection, and so was neither understood nor acted on."""


class Delivery:
    """Requests to one host."""

    def __init__(self, line: Line, target: str, patience: float) -> None:
        self.line = line
        self._target = target
        self._asking = False
        self.patience = patience
        """Seconds to get a lost connection back."""
        self.reached = False
        """The host has answered before: what fails from now on is a loss."""
        self.keeps = False
        """The service keeps its answers: it says so in each."""
        self.repeats = 0
        """Number of requests that were sent once more, marked as repetitions."""
        self.seconds_lost = 0.0
        """Seconds, in all, during which the connection was lost before it was found again."""

    def send(self, message: bytes, *, timeout: float | None = None, **_: object) -> bytes:
        """Send a message; come back with its answer.

        Raises:
            AnswerLostError: see there.
            HostUnreachableError: the host did not come back.
        """
        if self._asking or not self.reached:
            return self._received(message, self.line.transmit(message, timeout))
        try:
            return self._received(message, self.line.transmit(message, timeout))
        except LOST as lost:
            return self._after(lost, message, timeout)
        except Exception as cause:
            if not self.line.is_stale(cause):
                raise
            self.line.rebuild()
            return self._received(message, self.line.transmit(message, timeout))

    def _after(self, lost: Exception, message: bytes, timeout: float | None) -> bytes:
        """Send it again as long as that is right, until the host answers."""
        began, pause = time.monotonic(), 0.0
        marked = self.line.handed_over
        try:
            while self._may_repeat(message, marked, time.monotonic() - began):
                if time.monotonic() + pause > began + self.patience:
                    raise failures.did_not_come_back(self.patience, self._target) from lost
                time.sleep(pause)
                pause = min(2 * pause, _LONGEST_PAUSE) or _PAUSE
                self.line.rebuild()
                self.repeats += marked
                try:
                    sent = robust_requests.retransmission(message) if marked and self.keeps else message
                    return self._received(message, self.line.transmit(sent, timeout))
                except LOST as again:
                    lost = again
                    marked = marked or self.line.handed_over
        finally:
            self.seconds_lost += time.monotonic() - began
        self.come_back(lost, began + self.patience - time.monotonic())
        raise AnswerLostError from lost

    def _may_repeat(self, message: bytes, handed_over: bool, seconds: float) -> bool:
        if not handed_over or any(action in message for action in _HARMLESS):
            return True
        return self.keeps and seconds < _RETENTION and _RECEIVE in message

    def come_back(self, lost: Exception, seconds: float) -> None:
        """Wait until the host answers again, with a new connection and a new login.

        Raises:
            HostUnreachableError: it does not within these seconds.
        """
        pause, since = _PAUSE, time.monotonic()
        self._asking = True
        try:
            while True:
                self.line.rebuild()
                try:
                    return self.line.ask()
                except LOST as again:
                    lost = again
                    if time.monotonic() + pause > since + seconds:
                        raise failures.did_not_come_back(seconds, self._target) from lost
                    time.sleep(pause)
                    pause = min(2 * pause, _LONGEST_PAUSE)
        finally:
            self._asking = False
            self.seconds_lost += time.monotonic() - since

    def _received(self, message: bytes, body: bytes) -> bytes:
        answer = robust_requests.answer_to(message, body)
        self.reached = True
        if not self._asking:
            self.keeps = robust_requests.is_kept(answer)
        return answer
