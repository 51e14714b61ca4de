"""The runspaces of a pool of the python engine, and the only script that they take: hnskit's own module."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from functools import cache
from typing import Any

from hnskit.emulator.engines.runspace import Pool
from hnskit.emulator.powershell.command import Command, Parameter
from hnskit.remote.module_source import module_text


@cache
def module_functions() -> frozenset[str]:
    """Names of the functions of the module text that hnskit sends, in lower case."""
    return frozenset(name.lower() for name in re.findall(r"^function ([\w-]+)", module_text(), re.MULTILINE))


async def _nothing(host: Any, bound: Mapping[str, Any]) -> AsyncIterator[dict[str, Any] | str]:
    """A preference of scripts, of which the python engine runs none."""
    del host, bound
    if False:
        yield ""


IN_THE_BOX = {"set-strictmode": Command("Set-StrictMode", (Parameter("Version", "string", mandatory=True),), _nothing)}
"""Lower-case name -> the commands of Windows PowerShell itself that it takes."""


class Runspace:
    """The commands and variables that one runspace of a pool has."""

    def __init__(self, functions: frozenset[str] = frozenset()) -> None:
        self.functions = functions


class Runspaces:
    """The runspaces of a pool: made when needed, up to its maximum; pipelines wait for a free one."""

    def __init__(self, pool: Pool, functions: frozenset[str]) -> None:
        self._pool = pool
        self._functions = functions
        self._idle: list[Runspace] = []
        self._busy = 0
        self._freed = asyncio.Event()

    @property
    def available(self) -> int:
        """The number of pipelines that could still be started now."""
        return max(0, int(self._pool.max_runspaces) - self._busy)

    @asynccontextmanager
    async def one(self, *, after: Runspace | None = None) -> AsyncIterator[Runspace]:
        """A runspace for a statement, for as long as it runs; another than `after`, if one is idle.

        A real engine gives any that is free: its batches were seen to go on in another one in 7 of 8 tries.
        """
        while not self.available:
            freed = self._freed
            await freed.wait()
        self._busy += 1
        idle = [runspace for runspace in self._idle if runspace is not after] or self._idle
        runspace = idle[-1] if idle else Runspace(self._functions)
        if idle:
            self._idle.remove(runspace)
        try:
            yield runspace
        finally:
            self._busy -= 1
            self._idle.append(runspace)
            freed, self._freed = self._freed, asyncio.Event()
            freed.set()
