"""A process of a real PowerShell engine, and the conversation with it over its standard input and output."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import signal
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from uuid import UUID

from hnskit.remote.stdio_elements import SESSION, Element, ElementError, bare, data, parse

log = logging.getLogger(__name__)

_LONGEST_LINE = 16 * 1024 * 1024
_ACK_SECONDS = 30.0
_CLOSE_SECONDS = 1.0
_UNREAD = "Remoting.Server.OutOfProcessMediatorBase.On"
"""In the stack trace that an engine writes to its stderr over a message that it cannot read; it goes on after it."""


class EngineGoneError(Exception):
    """The process ended, or does not answer any more."""


class EngineProcess:
    """One session: elements in, elements out.

    The engine hands each line to a thread pool, so order is kept only if the next one is sent after the
    last was acknowledged: `_ask` does one at a time.
    """

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self._turn = asyncio.Lock()
        self._awaited: tuple[str, UUID] | None = None
        self._acknowledged: asyncio.Future[None] | None = None
        self._closing = False
        self._gone = False
        self._last_words = ""
        self._on_data: Callable[[UUID, bytes], None]
        self._on_end: Callable[[str], None]
        self._on_unread: Callable[[UUID, str], None]
        self._last_sent = SESSION
        self._readers: list[asyncio.Task[None]] = []

    @classmethod
    async def start(cls, command: Sequence[str], environment: Mapping[str, str], directory: Path) -> EngineProcess:
        """Start the engine; it says nothing before it is asked.

        Raises:
            OSError: it cannot be started.
        """
        return cls(
            await asyncio.create_subprocess_exec(
                *command,
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.PIPE,
                env=dict(environment),
                cwd=directory,
                limit=_LONGEST_LINE,
                start_new_session=True,
            )
        )

    @property
    def pid(self) -> int:
        """Of the process."""
        return self._process.pid

    @property
    def alive(self) -> bool:
        """Tell whether it still runs, as far as is known."""
        return not self._gone and self._process.returncode is None

    def listen(
        self,
        on_data: Callable[[UUID, bytes], None],
        on_end: Callable[[str], None],
        on_unread: Callable[[UUID, str], None],
    ) -> None:
        """Hear what it says, why it ended if nobody asked it to, and of what it could not read something."""
        self._on_data, self._on_end, self._on_unread = on_data, on_end, on_unread
        loop = asyncio.get_running_loop()
        self._readers = [loop.create_task(self._read_output()), loop.create_task(self._read_errors())]

    async def send(self, guid: UUID, fragments: bytes, *, prompt: bool = False) -> None:
        """Fragments for a pipeline or the session."""
        await self._ask(data(guid, fragments, prompt=prompt), "DataAck", guid)

    async def command(self, guid: UUID) -> None:
        """Announce a pipeline."""
        await self._ask(bare("Command", guid), "CommandAck", guid)

    async def signal(self, guid: UUID) -> None:
        """Stop a pipeline."""
        await self._ask(bare("Signal", guid), "SignalAck", guid)

    async def end(self, guid: UUID) -> None:
        """Forget a pipeline."""
        await self._ask(bare("Close", guid), "CloseAck", guid)

    async def close(self) -> None:
        """End the session and the process: in order if it can, else at once. Never raises."""
        self._closing = True
        if self.alive:
            with contextlib.suppress(EngineGoneError, TimeoutError):
                async with asyncio.timeout(_CLOSE_SECONDS):
                    if self._readers:
                        await self._ask(bare("Close", SESSION), "CloseAck", SESSION)
        # What is left to it is to notice that its input ended, which takes it longer than to be ended.
        self._kill()
        if self._process.stdin is not None:
            self._process.stdin.close()
        await self._process.wait()
        if self._readers:
            await asyncio.wait(self._readers, timeout=1.0)

    def _kill(self) -> None:
        """End the process and the programs that it started: it leads a group of its own."""
        if self._process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.pid, signal.SIGKILL)

    async def _ask(self, line: bytes, answer: str, guid: UUID) -> None:
        async with self._turn:
            if not self.alive or self._process.stdin is None:
                raise EngineGoneError(self._epitaph())
            self._awaited = (answer, guid)
            self._last_sent = guid
            self._acknowledged = asyncio.get_running_loop().create_future()
            try:
                self._process.stdin.write(line)
                await self._process.stdin.drain()
                async with asyncio.timeout(_ACK_SECONDS):
                    await self._acknowledged
            except (OSError, TimeoutError) as problem:
                raise EngineGoneError(self._epitaph() or "the PowerShell engine does not answer") from problem
            finally:
                self._awaited = None

    async def _read_output(self) -> None:
        assert self._process.stdout is not None  # noqa: S101 - it was made with pipes
        reason = ""
        try:
            while line := await self._process.stdout.readline():
                self._take(parse(line))
        except (ElementError, ValueError, OSError) as problem:
            reason = f"the PowerShell engine sent text that is not PSRP: {problem}"
        self._gone = True
        if not self._closing:
            self._kill()
            await self._process.wait()
            # Its last words may still be on their way.
            await asyncio.wait(self._readers[1:], timeout=0.5)
        reason = reason or self._epitaph()
        if self._acknowledged is not None and not self._acknowledged.done():
            self._acknowledged.set_exception(EngineGoneError(reason))
            self._acknowledged.exception()
        if not self._closing:
            log.warning("%s", reason)
            self._on_end(reason)

    async def _read_errors(self) -> None:
        assert self._process.stderr is not None  # noqa: S101 - it was made with pipes
        with contextlib.suppress(ValueError, OSError):
            while line := await self._process.stderr.readline():
                text = line.decode("utf-8", "replace").strip()
                if text:
                    self._last_words = text[:200]
                    log.info("process %d: %s", self.pid, self._last_words)
                    if _UNREAD in text and not self._closing:
                        self._refuse(f"the PowerShell engine could not read a message: {text[:200]}")

    def _refuse(self, reason: str) -> None:
        """The last message is answered with this, in place of an acknowledgement that may never come."""
        self._on_unread(self._last_sent, reason)
        if self._awaited is not None and self._acknowledged is not None and not self._acknowledged.done():
            self._acknowledged.set_exception(EngineGoneError(reason))

    def _take(self, element: Element) -> None:
        if element.name == "Data":
            self._on_data(element.guid, element.data)
        elif (element.name, element.guid) == self._awaited:
            self._awaited = None
            if self._acknowledged is not None and not self._acknowledged.done():
                self._acknowledged.set_result(None)

    def _epitaph(self) -> str:
        status = self._process.returncode
        how = "" if status is None else f" by signal {-status}" if status < 0 else f" with status {status}"
        return f"the PowerShell engine of this shell ended{how}" + (f": {self._last_words}" if self._last_words else "")
