"""The engine `python`: a double of hnskit's own remote commands, on psrpcore. It needs no PowerShell."""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from typing import Any
from uuid import UUID

from psrpcore import (
    Command as Statement,
)
from psrpcore import (
    CreatePipelineEvent,
    EndOfPipelineInputEvent,
    GetAvailableRunspacesEvent,
    GetCommandMetadataEvent,
    PowerShell,
    ResetRunspaceStateEvent,
)
from psrpcore.types import PipelineResultTypes, PSRPMessageType, RunspaceAvailability

from hnskit.emulator.engines.engine import EngineError, Sink
from hnskit.emulator.engines.records import (
    command_not_found,
    error_record,
    no_such_module,
    not_emulated,
    output,
    scripts_not_allowed,
)
from hnskit.emulator.engines.runspace import Pool, RemotePipeline
from hnskit.emulator.engines.runspaces import IN_THE_BOX, Runspace, Runspaces, module_functions
from hnskit.emulator.powershell.binder import bind
from hnskit.emulator.powershell.command import Command, PSError, StreamRecord
from hnskit.emulator.powershell.expressions import Expressions
from hnskit.foreign_text.escaping import shortened
from hnskit.remote.module_source import module_text

log = logging.getLogger(__name__)


OneRunspace = Callable[[], AbstractAsyncContextManager[Runspace]]
"""Gives a runspace for a statement."""


class _StatementError(Exception):
    """A statement ended with an error of a command."""

    def __init__(self, error: PSError, command: str = "") -> None:
        super().__init__(error.message)
        self.error = error
        self.command = command


class PythonEngine:
    """One runspace pool on an emulated host."""

    def __init__(
        self, sink: Sink, host: Any, expressions: Expressions, *, version_table: Mapping[str, Any], restricted: bool
    ) -> None:
        self._sink = sink
        self._host = host
        self._expressions = expressions
        self._restricted = restricted
        self._commands: dict[str, Command] = {name.lower(): command for name, command in host.commands.items()}
        self._pool = Pool(version_table)
        functions = frozenset(self._commands) if restricted else frozenset()
        self._runspaces = Runspaces(self._pool, functions)
        self._pipelines: dict[UUID, RemotePipeline] = {}
        self._input_ends: dict[UUID, asyncio.Event] = {}
        self._tasks: dict[UUID, asyncio.Task[None]] = {}
        self._first = True

    # Engine

    @property
    def process_id(self) -> int:
        """Of the emulated host's own process."""
        return os.getpid()

    async def open(self, fragments: bytes) -> None:
        """The creationXml of the shell."""
        self._take(fragments)

    async def begin(self, pipeline: UUID, fragments: bytes) -> None:
        """A new pipeline, with the first of its fragments."""
        self._pipelines[pipeline] = RemotePipeline(self._pool, pipeline)
        self._input_ends[pipeline] = asyncio.Event()
        try:
            self._take(fragments)
        except EngineError:
            self._forget(pipeline)
            raise

    async def send(self, pipeline: UUID | None, fragments: bytes, *, prompt: bool) -> None:
        """More for a pipeline or the pool."""
        del pipeline, prompt
        self._take(fragments)

    async def stop(self, pipeline: UUID) -> None:
        """Ctrl+C."""
        task = self._tasks.get(pipeline)
        if task is None:
            return
        task.cancel()
        await asyncio.wait({task})
        if self._tasks.pop(pipeline, None) is not None:  # it had not come to its first step
            self._pipelines[pipeline].stop()
            self._flush()
            self._sink.finished(pipeline)

    async def end(self, pipeline: UUID) -> None:
        """Forget the pipeline; stop it if it still runs."""
        await self.stop(pipeline)
        self._forget(pipeline)

    async def connect(self, fragments: bytes) -> bytes:
        """Another client takes over."""
        response, rest = self._pool.accept_connect(fragments)
        self._sink.put(None, rest)
        return response

    async def close(self) -> None:
        """The shell is deleted."""
        tasks = set(self._tasks.values())
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)

    # Messages

    def _take(self, fragments: bytes) -> None:
        try:
            for event in self._pool.events(fragments):
                self._react(event)
        finally:
            self._flush()

    def _react(self, event: Any) -> None:
        match event:
            case CreatePipelineEvent():
                self._start(event.pipeline_id, event.pipeline)
            case GetCommandMetadataEvent():
                self._start(event.pipeline_id, None)
            case EndOfPipelineInputEvent():
                if event.pipeline_id in self._input_ends:
                    self._input_ends[event.pipeline_id].set()
            case GetAvailableRunspacesEvent():
                free = self._runspaces.available
                self._pool.prepare_message(RunspaceAvailability(SetMinMaxRunspacesResponse=free, ci=event.ci))
            case ResetRunspaceStateEvent():
                # A pool that may have several runspaces is not reset, as a real engine was seen to answer.
                done = int(self._pool.max_runspaces) == 1
                self._pool.prepare_message(RunspaceAvailability(SetMinMaxRunspacesResponse=done, ci=event.ci))

    def _flush(self) -> None:
        for payload in self._pool.outgoing():
            self._sink.put(payload.pipeline_id, payload.data)

    def _forget(self, pipeline: UUID) -> None:
        self._pipelines.pop(pipeline, None)
        self._input_ends.pop(pipeline, None)
        self._pool.pipeline_table.pop(pipeline, None)

    # Pipelines

    def _start(self, identity: UUID, script: PowerShell | None) -> None:
        pipeline = self._pipelines[identity]
        pipeline.run()
        if self._first and not self._restricted:
            pipeline.prepare_modules()
        self._first = False
        task = asyncio.get_running_loop().create_task(self._run(identity, pipeline, script))
        self._tasks[identity] = task

    async def _run(self, identity: UUID, pipeline: RemotePipeline, script: PowerShell | None) -> None:
        try:
            await self._all(identity, pipeline, script)
            pipeline.complete()
        except _StatementError as ended:
            pipeline.fail(error_record(ended.error, ended.command, terminating=True))
        except asyncio.CancelledError:
            pipeline.stop()
        except Exception:
            log.exception("a command of the emulated host failed")
            failure = not_emulated("what this command ran into (the emulator's log says more)")
            pipeline.fail(error_record(failure, "", terminating=True))
        finally:
            self._tasks.pop(identity, None)
            self._flush()
            self._sink.finished(identity)

    async def _all(self, identity: UUID, pipeline: RemotePipeline, script: PowerShell | None) -> None:
        if script is None:
            raise _StatementError(not_emulated("command metadata"))
        if not script.no_input:
            # hnskit's functions take none, and run when it ends.
            await self._input_ends[identity].wait()
        if int(self._pool.max_runspaces) == 1:
            async with self._runspaces.one() as runspace:
                await self._statements(pipeline, script, _always(runspace))
            return
        # Where there are several, each statement of a batch takes any that is free (docs/engines.md).
        last: Runspace | None = None

        @asynccontextmanager
        async def another() -> AsyncIterator[Runspace]:
            nonlocal last
            async with self._runspaces.one(after=last) as last:
                yield last

        await self._statements(pipeline, script, another)

    async def _statements(self, pipeline: RemotePipeline, script: PowerShell, one: OneRunspace) -> None:
        """Run a batch as PowerShell does: if its first statement fails, the second is run besides, and no other; if a
        later one fails, that is the end of it."""
        statements = _split(script.commands)
        if len(statements) > 1:
            try:
                async with one() as runspace:
                    await self._statement(pipeline, statements[0], runspace)
            except _StatementError as ended:
                if ended.error.stops:
                    raise
                record = error_record(ended.error, ended.command, terminating=False)
                pipeline.prepare_message(record, message_type=PSRPMessageType.ErrorRecord)
                self._flush()
                del statements[2:]
            del statements[0]
        for statement in statements:
            async with one() as runspace:
                await self._statement(pipeline, statement, runspace)

    async def _statement(self, pipeline: RemotePipeline, commands: list[Statement], runspace: Runspace) -> None:
        if len(commands) > 1:
            raise _StatementError(not_emulated("commands piped into each other"))
        statement = commands[0]
        if statement.merge_error != PipelineResultTypes.none or statement.merge_my != PipelineResultTypes.none:
            raise _StatementError(not_emulated("merging of streams"))
        text = str(statement.command_text)
        if statement.is_script:
            if self._restricted:
                raise _StatementError(scripts_not_allowed(text))
            if text == module_text():
                runspace.functions |= module_functions()
                return
            value = await self._expressions.evaluate(text)
            if value is None:
                raise _StatementError(not_emulated(f"the script '{shortened(text, 80)}'"))
            self._write(pipeline, value)
            return
        arguments = [(None if name is None else str(name), value) for name, value in statement.parameters]
        await self._invoke(pipeline, text, arguments, runspace)

    async def _invoke(
        self, pipeline: RemotePipeline, name: str, arguments: list[tuple[str | None, Any]], runspace: Runspace
    ) -> None:
        key = name.lower()
        in_the_box = {} if self._restricted else IN_THE_BOX
        if key not in runspace.functions and key not in in_the_box:
            value = None if self._restricted or arguments else await self._expressions.evaluate(name)
            if value is None:
                of_module = "\\" in name and ":" not in name and not self._restricted
                raise _StatementError(no_such_module(name) if of_module else command_not_found(name))
            self._write(pipeline, value)
            return
        command = in_the_box.get(key) or self._commands.get(key)
        if command is None:
            raise _StatementError(not_emulated(f"the command {name}"))
        try:
            bound = bind(command, arguments)
            async for value in command.run(self._host, bound):
                if isinstance(value, PSError):
                    record = error_record(value, command.name, terminating=False)
                    pipeline.prepare_message(record, message_type=PSRPMessageType.ErrorRecord)
                    self._flush()
                elif isinstance(value, StreamRecord):
                    pipeline.say(value)
                    self._flush()
                else:
                    self._write(pipeline, output(value))
        except PSError as error:
            raise _StatementError(error, command.name) from error

    def _write(self, pipeline: RemotePipeline, value: Any) -> None:
        pipeline.write_output(value)
        self._flush()


def _always(runspace: Runspace) -> OneRunspace:
    """The same runspace each time."""
    return lambda: nullcontext(runspace)


def _split(commands: list[Statement]) -> list[list[Statement]]:
    statements: list[list[Statement]] = [[]]
    for command in commands:
        statements[-1].append(command)
        if command.end_of_statement:
            statements.append([])
    return [statement for statement in statements if statement]
