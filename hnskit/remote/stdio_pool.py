"""A runspace pool of PowerShell behind a program's standard input and output: psrpcore's protocol, line by line.

The other side hands each line to a thread pool, so that order is kept only if the next one is sent after the last was
acknowledged. A side that is quiet for long is asked something that is acknowledged in any case.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterator
from typing import Any
from uuid import UUID
from xml.etree import ElementTree

from psrpcore import (
    ClientPowerShell,
    ClientRunspacePool,
    PipelineStateEvent,
    PSRPCoreError,
    PSRPEvent,
    PSRPPayload,
    RunspacePoolStateEvent,
    StreamType,
)
from psrpcore.types import PSInvocationState, RunspacePoolState

from hnskit.remote.stdio_elements import SESSION, Element, ElementError, bare, data, parse
from hnskit.remote.stdio_process import ProcessEndedError, StdioProcess

Event = PSRPEvent[Any, UUID | None]

_FRAGMENT = 32 * 1024
_MOST_BANNER_LINES = 1000
_MOST_BANNER_BYTES = 1024 * 1024
_LONGEST_TEXT = 4096
_ERROR_PREFIX = b"__NamedPipeError__:"
"""Beginning of an error of `pwsh -sshs`'s remoting; `-s` says it on its standard error."""
_FAILED = (RunspacePoolState.Broken, RunspacePoolState.Closed)
_OVER = (PSInvocationState.Stopped, PSInvocationState.Completed, PSInvocationState.Failed)
_CLOSE_SECONDS = 2.0


class LostError(Exception):
    """There is no conversation (any more); the reason is a sentence without a full stop."""

    def __init__(self, reason: str, banner: str = "") -> None:
        super().__init__(reason)
        self.reason = reason
        self.banner = banner
        """Lines that came in place of PowerShell's first words."""


class StdioPool:
    """One session.

    Args:
        process: what carries it.
        quiet: seconds without a word until it is doubted.
        limit: seconds until a silence is a loss.
        doubt: asked when it was quiet for so long; True if the host can be reached otherwise meanwhile.
    """

    def __init__(self, process: StdioProcess, quiet: float, limit: float, doubt: Callable[[], bool]) -> None:
        self.process = process
        self._quiet = quiet
        self._limit = limit
        self._doubt = doubt
        self._pool = ClientRunspacePool()
        self._awaited: tuple[str, UUID] | None = None
        self._heard = time.monotonic()
        self._events: deque[Event] = deque()
        self._opened = False
        self._banner: deque[str] = deque(maxlen=5)
        self._banner_lines = self._banner_bytes = 0

    def open(self, seconds: float) -> None:
        """Open it; what comes before its first words (a banner) is passed over.

        Raises:
            LostError: there is no PowerShell that answers.
        """
        deadline = time.monotonic() + seconds
        self._pool.open()
        payload = self._pool.data_to_send()
        assert payload is not None  # noqa: S101 - there are two messages
        self._say(data(SESSION, payload.data), ("DataAck", SESSION))
        while not self._opened:
            try:
                line = self.process.read(deadline - time.monotonic())
            except ProcessEndedError:
                raise LostError("it ended before a session was open", self.banner) from None
            if line is None:
                raise LostError(f"no session was open after {seconds:.0f} s", self.banner)
            self._take(line)
            for event in self._drained():
                if isinstance(event, RunspacePoolStateEvent):
                    self._opened = event.state == RunspacePoolState.Opened
        self._await()

    @property
    def banner(self) -> str:
        """Return the lines that are not PSRP, from before the session was open."""
        return " | ".join(self._banner)

    def pipeline(self, *, has_input: bool) -> ClientPowerShell:
        """A pipeline that is not sent yet."""
        return ClientPowerShell(self._pool, no_input=not has_input)

    def start(self, pipeline: ClientPowerShell, inputs: tuple[str, ...] = ()) -> Iterator[None]:
        """Send it, element by element: it may run from the moment when the last was handed over, which is yielded.

        Raises:
            LostError: there is no conversation any more.
        """
        guid = pipeline.pipeline_id
        self._await()
        self._say(bare("Command", guid), ("CommandAck", guid))
        self._await()
        pipeline.start()
        lines = list(self._lines(guid))
        for number, line in enumerate(lines):
            self._await()
            if number == len(lines) - 1:
                yield
            self._say(line, ("DataAck", guid))
        for text in inputs:
            pipeline.send(text)
        if inputs:
            pipeline.send_eof()
        for line in self._lines(guid):
            self._await()
            self._say(line, ("DataAck", guid))

    def events(self, pipeline: ClientPowerShell) -> Iterator[Event]:
        """Yield the events of a pipeline, to the one that ends it.

        Raises:
            LostError: there is no conversation any more.
        """
        guid = pipeline.pipeline_id
        while True:
            for event in self._drained():
                if event.pipeline_id == guid:
                    yield event
                    if isinstance(event, PipelineStateEvent) and event.state in _OVER:
                        self._await()
                        # The other side keeps a pipeline until it is told.
                        self._say(bare("Close", guid), ("CloseAck", guid))
                        self._pool.pipeline_table.pop(guid, None)
                        return
            self._hear()

    def stop(self, pipeline: ClientPowerShell) -> None:
        """Stop a pipeline and wait for its end, as Ctrl+C does.

        Raises:
            LostError: there is no conversation any more.
        """
        self._await()
        self._say(bare("Signal", pipeline.pipeline_id), ("SignalAck", pipeline.pipeline_id))
        for _ in self.events(pipeline):
            pass

    def check(self) -> None:
        """Take what has come meanwhile.

        Raises:
            LostError: the program has ended.
        """
        try:
            while line := self.process.read(0):
                self._take(line)
        except ProcessEndedError:
            raise LostError("it ended") from None
        self._events.clear()

    def close(self) -> None:
        """End the session and the program. Never raises."""
        deadline = time.monotonic() + _CLOSE_SECONDS
        try:
            while self._awaited is not None and time.monotonic() < deadline:
                self._take_within(deadline)
            self._say(bare("Close", SESSION), ("CloseAck", SESSION))
            while self._awaited is not None and time.monotonic() < deadline:
                self._take_within(deadline)
        except (LostError, ProcessEndedError):
            pass
        self.process.end(max(deadline - time.monotonic(), 0) if self._awaited is None else 0)

    def _take_within(self, deadline: float) -> None:
        if (line := self.process.read(deadline - time.monotonic())) is not None:
            self._take(line)

    def _lines(self, guid: UUID) -> Iterator[bytes]:
        while payload := self._pool.data_to_send(_FRAGMENT):
            yield data(guid, payload.data)

    def _say(self, line: bytes, answer: tuple[str, UUID]) -> None:
        self._awaited = answer
        self._heard = time.monotonic()
        self.process.write(line)

    def _await(self) -> None:
        """Wait for the acknowledgement of what was said last."""
        while self._awaited is not None:
            self._hear()

    def _hear(self) -> None:
        """Wait for a line, and take it."""
        while True:
            try:
                line = self.process.read(self._quiet)
            except ProcessEndedError:
                raise LostError("it ended") from None
            if line is not None:
                self._take(line)
                return
            silence = time.monotonic() - self._heard
            if self._awaited is None:
                self._pool.get_available_runspaces()
                payload = self._pool.data_to_send()
                assert payload is not None  # noqa: S101 - a message was just made
                self._say(data(SESSION, payload.data), ("DataAck", SESSION))
            elif silence > self._limit or (silence > self._quiet and self._doubt() and not self._speaks()):
                raise LostError(f"nothing was heard for {silence:.0f} s")

    def _speaks(self) -> bool:
        """Tell whether it says something after all, once more waited for."""
        try:
            line = self.process.read(min(self._quiet, 2.0))
        except ProcessEndedError:
            return False
        if line is not None:
            self._take(line)
        return line is not None

    def _take(self, line: bytes) -> None:
        try:
            element = parse(line)
        except ElementError:
            self._take_other(line)
            return
        self._heard = time.monotonic()
        if element.name == "Data":
            self._take_data(element)
        elif (element.name, element.guid) == self._awaited:
            self._awaited = None

    def _take_other(self, line: bytes) -> None:
        """A line that is not an element: a banner, or a complaint of the remoting itself."""
        text = line[:_LONGEST_TEXT].removeprefix(_ERROR_PREFIX).decode("utf-8", "replace").strip()
        self._banner_lines += 1
        self._banner_bytes += len(line)
        if text:
            self._banner.append(text[:200])
        endless = self._banner_lines > _MOST_BANNER_LINES or self._banner_bytes > _MOST_BANNER_BYTES
        if self._opened or line.startswith(_ERROR_PREFIX) or endless:
            raise LostError(f"it sent text that is not PSRP: {text[:200]}", self.banner)

    def _take_data(self, element: Element) -> None:
        try:
            self._pool.receive_data(PSRPPayload(element.data, StreamType.default, element.guid))
            while (event := self._next_event()) is not None:
                if isinstance(event, RunspacePoolStateEvent) and event.state in _FAILED:
                    raise LostError(f"PowerShell ended the session: {event.reason or event.state.name}")
                self._events.append(event)
        except (PSRPCoreError, ElementTree.ParseError, ValueError) as cause:
            raise LostError(f"it sent text that is not PSRP: {cause}") from cause

    def _next_event(self) -> Event | None:
        while True:
            try:
                return self._pool.next_event()
            except KeyError:
                continue  # of a pipeline that is over, or that nobody here has begun: a startup script is one

    def _drained(self) -> Iterator[Event]:
        while self._events:
            yield self._events.popleft()
