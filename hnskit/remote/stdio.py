"""A session over a program's standard input and output: PowerShell on this machine, or ssh to another one.

This transport cannot take a pipeline up again, as WinRM can. So what happens on a loss is always the same: it is
noticed, a new connection is made, and of the command that ran the outcome is unknown: whoever asked for it reads the
host's state. A command that surely did not begin is sent again over the new connection.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, Self

from psrpcore import (
    ClientPowerShell,
    ErrorRecordEvent,
    PipelineOutputEvent,
    PipelineStateEvent,
)
from psrpcore.types import ErrorRecord, PSInvocationState

from hnskit.errors import ConnectError, HostAnswerError, HostUnreachableError
from hnskit.remote import failures, stdio_failures
from hnskit.remote.module_source import module_text
from hnskit.remote.stdio_pool import LostError, StdioPool
from hnskit.remote.stdio_process import StdioProcess
from hnskit.remote.stdio_settings import StdioSettings

_PAUSE = 0.25  # seconds before the first attempt to get a connection back; doubled up to _LONGEST_PAUSE
_LONGEST_PAUSE = 2.0


class StdioSession:
    """A `Session` that keeps one program and its PowerShell. Not for use by two threads at once."""

    def __init__(self, settings: StdioSettings) -> None:
        self.target = settings.target
        self.seconds_lost = 0.0
        self.survives_cuts = not settings.host
        self._settings = settings
        self._pool: StdioPool | None = None
        self._next: StdioPool | None = None  # opened while the first was doubted
        self._command = 0  # which of the settings' commands has worked
        self._loaded = settings.loaded

    def open(self) -> None:
        """Connect and log in. `invoke` does it by itself; call this to know at once.

        Raises:
            ConnectError: in one of its kinds.
        """
        if self._pool is None:
            self._take(self._opened(self._settings.start_timeout))

    def invoke(
        self, command: str, parameters: Mapping[str, Any] | None = None, inputs: Sequence[str] = ()
    ) -> Iterator[str]:
        """See `Session.invoke`."""
        pool, pipeline = self._start(command, parameters or {}, tuple(inputs))
        over = False
        problem: ErrorRecord | None = None
        try:
            for event in pool.events(pipeline):
                if isinstance(event, PipelineOutputEvent):
                    self._loaded = True  # the text that comes before the command has been run
                    yield _text(event.data, command)
                elif isinstance(event, ErrorRecordEvent):
                    problem = event.record
                elif isinstance(event, PipelineStateEvent):
                    over = event.state not in (PSInvocationState.NotStarted, PSInvocationState.Running)
                    problem = event.reason or problem
        except LostError as lost:
            over = True
            self._recover(pool)
            raise failures.outcome_unknown(command, self.target) from lost
        finally:
            if not over:
                self._abandon(pool, pipeline)
        error = _command_error(problem, command, self.target) if problem is not None else None
        # Where no command of hnskit can run, the text before it was not run, either.
        self._loaded = self._loaded or not isinstance(error, ConnectError)
        self._let_successor_go()
        if error is not None:
            raise error

    def close(self) -> None:
        """See `Session.close`."""
        pools, self._pool, self._next = (self._pool, self._next), None, None
        for pool in pools:
            if pool is not None:
                pool.close()

    def interrupt(self) -> None:
        """See `ConnectedSession.interrupt`."""
        pool = self._pool
        if pool is not None:
            pool.process.end()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"StdioSession({self.target!r})"

    def _start(
        self, command: str, parameters: Mapping[str, Any], inputs: tuple[str, ...]
    ) -> tuple[StdioPool, ClientPowerShell]:
        """Send the command; come back with a pipeline that runs, or may run, on the host."""
        deadline = time.monotonic() + self._settings.recovery_timeout
        while True:
            self.open()
            pool = self._pool
            assert pool is not None  # noqa: S101  `open` made it
            may_run = False
            try:
                pool.check()
                pipeline = self._pipeline(pool, command, parameters, has_input=bool(inputs))
                for _ in pool.start(pipeline, inputs):
                    may_run = True
            except LostError as lost:
                self._recover(pool)
                if may_run or time.monotonic() > deadline:
                    raise failures.outcome_unknown(command, self.target) from lost
            else:
                return pool, pipeline

    def _pipeline(
        self, pool: StdioPool, command: str, parameters: Mapping[str, Any], *, has_input: bool
    ) -> ClientPowerShell:
        pipeline = pool.pipeline(has_input=has_input)
        if not self._loaded:
            pipeline.add_script(module_text(), use_local_scope=False)
            pipeline.add_statement()
        pipeline.add_command(command)
        for name, value in parameters.items():
            pipeline.add_parameter(name, value)
        return pipeline

    def _take(self, pool: StdioPool) -> None:
        self._pool = pool
        self._loaded = self._settings.loaded

    def _opened(self, seconds: float) -> StdioPool:
        """A new connection with an open session.

        Raises:
            ConnectError: in one of its kinds.
        """
        for number in range(self._command, len(self._settings.commands)):
            command = self._settings.commands[number]
            try:
                process = StdioProcess(command, self._settings.environment)
            except OSError as cause:
                raise stdio_failures.not_started(self._settings, command[0], cause) from cause
            pool = StdioPool(process, self._settings.quiet_timeout, self._settings.recovery_timeout, self._is_reachable)
            try:
                pool.open(seconds)
            except LostError as lost:
                status = process.status
                process.end()
                last = number + 1 == len(self._settings.commands)
                if last or not stdio_failures.offers_no_powershell(process.errors, status):
                    raise self._no_session(number, lost, process.errors, status) from lost
            except BaseException:
                process.end()
                raise
            else:
                self._command = number
                return pool
        raise AssertionError("settings name a command")

    def _no_session(self, number: int, lost: LostError, errors: str, status: int | None) -> ConnectError:
        tried = replace(self._settings, commands=self._settings.commands[number : number + 1])
        reason = f"{lost.reason}, with status {status}" if status else lost.reason
        if tried.host:
            return stdio_failures.of_ssh(tried, reason, errors, status, lost.banner)
        return stdio_failures.of_local(tried, reason, errors, lost.banner)

    def _is_reachable(self) -> bool:
        """Tell whether another connection can be made while this one is silent; it is kept for then."""
        if self._next is None:
            try:
                self._next = self._opened(self._settings.quiet_timeout)
            except ConnectError:
                return False
        return True

    def _recover(self, pool: StdioPool) -> None:
        """End what was lost, and wait until there is a new connection.

        Raises:
            HostUnreachableError: there is none in time.
            ConnectError: the host is there and refuses.
        """
        began = time.monotonic()
        deadline, pause = began + self._settings.recovery_timeout, _PAUSE
        self._pool = None
        pool.process.end()
        successor = self._alive(self._next)
        self._next = None
        while successor is None:
            try:
                successor = self._opened(min(self._settings.start_timeout, max(deadline - time.monotonic(), 1.0)))
            except HostUnreachableError as cause:
                if time.monotonic() + pause > deadline:
                    raise failures.did_not_come_back(deadline - began, self.target) from cause
                time.sleep(pause)
                pause = min(2 * pause, _LONGEST_PAUSE)
        self._take(successor)
        self.seconds_lost += time.monotonic() - began

    @staticmethod
    def _alive(pool: StdioPool | None) -> StdioPool | None:
        try:
            if pool is not None:
                pool.check()
        except LostError:
            pool = None
        return pool

    def _let_successor_go(self) -> None:
        """Take back a doubt: the session has spoken again, and no second one is left on the host."""
        successor, self._next = self._next, None
        if successor is not None:
            successor.close()

    def _abandon(self, pool: StdioPool, pipeline: ClientPowerShell) -> None:
        """The reader went away: stop what still runs, and do not mind if the host is gone."""
        try:
            pool.stop(pipeline)
        except LostError:
            pool.process.end()
            self._pool = None


def _text(record: object, command: str) -> str:
    if not isinstance(record, str):
        raise HostAnswerError(f"{command} put out something else than text", got=str(record))
    return str(record)


class _Record:
    """An error record as `failures.command_error` reads it."""

    def __init__(self, record: ErrorRecord) -> None:
        info = record.CategoryInfo
        self.category = int(info.Category.value) if info is not None else 0
        self.fq_error = record.FullyQualifiedErrorId
        self.target_name = info.TargetName if info is not None else ""
        self._text = str(record)

    def __str__(self) -> str:
        return self._text


def _command_error(record: ErrorRecord, command: str, host: str) -> Exception:
    return failures.command_error(_Record(record), command, host)
