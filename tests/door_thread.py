"""A door in a thread of its own, and pools of real clients that come in by it."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Self

from pypsrp.powershell import PowerShell, RunspacePool
from pypsrp.wsman import WSMan

from hnskit.emulator.winrm.winrm_server import WinrmServer
from hnskit.remote.module_source import module_text


class DoorThread:
    """The door is open as long as the context lasts."""

    def __init__(self, host: Any, directory: Path, username: str, password: str, **settings: Any) -> None:
        self.door = WinrmServer(host, directory=directory, username=username, password=password, **settings)
        self.loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self.loop.run_forever, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        self.run(self.door.open())
        return self

    def __exit__(self, *reason: object) -> None:
        self.run(self.door.close())
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join(10)

    def run(self, coroutine: Any) -> Any:
        """Run something in the door's thread."""
        return asyncio.run_coroutine_threadsafe(coroutine, self.loop).result(30)

    def port_of(self, scheme: str) -> int:
        """Where it listens, by `http` or `https`."""
        return int(getattr(self.door, scheme).rsplit(":", 1)[1].partition("/")[0])


@contextlib.contextmanager
def pool_of(wsman: WSMan, *, module: bool = True, **settings: Any) -> Iterator[RunspacePool]:
    """A pool, in which hnskit's commands are there already unless there is to be no `module`."""
    with wsman, RunspacePool(wsman, **settings) as pool:
        if module:
            script = PowerShell(pool)
            script.add_script(module_text(), use_local_scope=False)
            script.invoke()
        yield pool
