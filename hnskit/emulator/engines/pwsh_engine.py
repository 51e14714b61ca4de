"""The engine `pwsh`: each shell is a process of a real PowerShell engine, its PSRP carried between WinRM and stdio."""

from __future__ import annotations

import asyncio
import contextlib
import re
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from uuid import UUID

from hnskit.emulator.engines.engine import PIPELINE_STATE, EngineError, Sink, fragments_of
from hnskit.emulator.engines.pwsh.process import EngineGoneError, EngineProcess
from hnskit.remote.stdio_elements import SESSION

_STATE = re.compile(rb'<I32 N="PipelineState">(\d+)</I32>')
_RUNNING = b"2"
_PIPELINES = 0x00040000
"""In the type of each message that belongs to a pipeline."""


@dataclass(slots=True)
class _Ending:
    """Watches the output of a pipeline for the message that says that it is over."""

    object_id: int | None = None
    text: bytearray = field(default_factory=bytearray)

    def over(self, fragments: bytes) -> bool:
        """Tell whether the last of these fragments ends a PipelineState message with a state that is final."""
        for fragment in fragments_of(fragments):
            if fragment.starts and fragment.message_type == PIPELINE_STATE:
                self.object_id = fragment.object_id
                self.text.clear()
            if fragment.object_id != self.object_id:
                continue
            self.text += fragment.data
            if fragment.ends:
                self.object_id = None
                state = _STATE.search(self.text)
                if state is not None and state[1] != _RUNNING:
                    return True
        return False


class PwshEngine:
    """The runspace pool of one shell."""

    def __init__(self, sink: Sink, start: Callable[[], Awaitable[EngineProcess]]) -> None:
        self._sink = sink
        self._start = start
        self._process: EngineProcess | None = None
        self._endings: dict[UUID, _Ending] = {}
        self._of_startup = False
        self._forgetting: set[asyncio.Task[None]] = set()

    @property
    def process(self) -> EngineProcess:
        """The engine's process.

        Raises:
            EngineError: the shell was not opened.
        """
        if self._process is None:
            raise EngineError("the shell is not open")
        return self._process

    @property
    def process_id(self) -> int:
        """Of the engine's process; 0 before the shell is open."""
        return self._process.pid if self._process is not None else 0

    async def open(self, fragments: bytes) -> None:
        """The creationXml of the shell: a process of its own."""
        _check(fragments)
        try:
            self._process = await self._start()
        except OSError as problem:
            raise EngineError(f"the PowerShell engine cannot be started: {problem.strerror or problem}") from problem
        self._process.listen(self._hear, self._sink.broken, self._unread)
        await self._ask(self._process.send(SESSION, fragments))

    async def begin(self, pipeline: UUID, fragments: bytes) -> None:
        """A new pipeline, with the first of its fragments."""
        _check(fragments)
        self._endings[pipeline] = _Ending()
        await self._ask(self.process.command(pipeline))
        await self._ask(self.process.send(pipeline, fragments))

    async def send(self, pipeline: UUID | None, fragments: bytes, *, prompt: bool) -> None:
        """More for a pipeline or the pool."""
        _check(fragments)
        await self._ask(self.process.send(pipeline or SESSION, fragments, prompt=prompt))

    async def stop(self, pipeline: UUID) -> None:
        """Ctrl+C."""
        await self._ask(self.process.signal(pipeline))

    async def end(self, pipeline: UUID) -> None:
        """Forget the pipeline; stop it if it still runs."""
        if self._endings.pop(pipeline, None) is not None:
            await self._ask(self.process.end(pipeline))

    async def connect(self, fragments: bytes) -> bytes:
        """Another client takes over: PSRP over stdio has no such message."""
        del fragments
        raise EngineError("the engine pwsh lets no second client connect to a shell; reconnect with the first one")

    async def close(self) -> None:
        """The shell is deleted, and its process ends."""
        if self._process is not None:
            await self._process.close()

    def _unread(self, guid: UUID, reason: str) -> None:
        """Its client waits for what will not come."""
        if guid == SESSION:
            self._sink.broken(reason)
        elif self._endings.pop(guid, None) is not None:
            self._sink.refused(guid, reason)

    def _hear(self, guid: UUID, fragments: bytes) -> None:
        if guid == SESSION:
            self._sink.put(None, b"".join(self._of_the_pool(fragments)))
            return
        self._sink.put(guid, fragments)
        ending = self._endings.get(guid)
        if ending is not None and ending.over(fragments):
            del self._endings[guid]
            self._sink.finished(guid)
            # A WinRM client need not say that it is done with a pipeline that ended; the engine keeps it until told.
            task = asyncio.get_running_loop().create_task(self._forget(guid))
            self._forgetting.add(task)
            task.add_done_callback(self._forgetting.discard)

    def _of_the_pool(self, fragments: bytes) -> Iterator[bytes]:
        """Without what the startup script said: it comes as a pipeline's, and there is none."""
        for fragment in fragments_of(fragments):
            if fragment.starts:
                self._of_startup = fragment.message_type & _PIPELINES == _PIPELINES
            if not self._of_startup:
                yield fragment.raw

    async def _forget(self, pipeline: UUID) -> None:
        with contextlib.suppress(EngineGoneError):
            await self.process.end(pipeline)

    @staticmethod
    async def _ask(question: Awaitable[None]) -> None:
        try:
            await question
        except EngineGoneError as gone:
            raise EngineError(str(gone)) from gone


def _check(fragments: bytes) -> None:
    """Refuse what is not a fragment here: the engine would end itself over it."""
    if not fragments:
        raise EngineError("no fragment")
    for _ in fragments_of(fragments):
        pass
