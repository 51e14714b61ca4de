"""An emulated host with real PowerShell sessions, reached over stdio: on this machine, or through a real sshd."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shlex
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Self, TypeVar

import pytest

from hnskit.emulator import registry
from hnskit.emulator.engines.pwsh.wmi_processes import WmiProcesses
from hnskit.emulator.host import EmulatedHost
from hnskit.emulator.powershell.command import Cut
from hnskit.emulator.serve import Served
from hnskit.facts.host_facts import Facts
from tests.remote.sshd import Sshd
from tests.tcp_relay import TcpRelay
from tests.waiting import LONG

T = TypeVar("T")
SHELL = (sys.executable, "-m", "hnskit.emulator.shell_over_stdio")


class StdioHost:
    """A host in a thread, whose shells are programs; its network's cuts come to `relays`."""

    def __init__(self, state: Path, **options: Any) -> None:
        self.state = state
        self.name = "stdio"
        self.relays: list[TcpRelay] = []
        directory = registry.directory(self.name)
        settings = {"engine": "pwsh", "cut_seconds": 0, **options}
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._served = Served(self.name, "ws2019", settings, directory)
        self.host: EmulatedHost = self._served._host
        self.host.on_cut.append(self._cut)

    def __enter__(self) -> Self:
        self._thread.start()
        there = threading.Event()

        async def announced() -> None:
            self._loop.call_later(0.05, there.set)

        self._running = asyncio.run_coroutine_threadsafe(self._served.run(announced), self._loop)
        assert there.wait(LONG)
        while registry.find(self.name) is None:
            assert not self._running.done(), self._running.result()
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._served.stop)
        self._running.result(30)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)

    def do(self, act: Callable[[EmulatedHost], T]) -> T:
        """Do something with the host in its own thread."""

        async def now() -> T:
            return act(self.host)

        return asyncio.run_coroutine_threadsafe(now(), self._loop).result(30)

    def facts(self) -> Facts:
        """The host now, without the wire."""
        return self.do(lambda host: host.snapshot())

    @property
    def shells_start_in(self) -> Path:
        """The working directory of each shell's process, and of no other process."""
        sessions = self._served._door._sessions
        assert sessions is not None
        return sessions.directory

    @property
    def processes(self) -> WmiProcesses:
        """Processes that WMI starts on this host."""
        sessions = self._served._door._sessions
        assert sessions is not None
        return sessions.processes

    @property
    def detached(self) -> int:
        """How many processes WMI has started on this host."""
        return self.processes.created

    def fresh(self, **faults: Any) -> None:
        """Put it back to how it was made, and switch these faults on."""

        def act(host: EmulatedHost) -> None:
            host.reset()
            for name, value in faults.items():
                host.set_fault(name, value)

        self.do(act)
        for relay in self.relays:
            relay.restore()

    def _cut(self, cut: Cut) -> None:
        for relay in self.relays:
            relay.cut(cut.seconds, "reset" if cut.mode == "forget" else cut.mode)


@contextlib.contextmanager
def stdio_host(state: Path, **options: Any) -> Iterator[StdioHost]:
    """A host, and HNSKIT_STATE_DIR as it needs it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HNSKIT_STATE_DIR", str(state))
        with StdioHost(state, **options) as host:
            yield host


def shell_program(host: StdioHost, folder: Path) -> Path:
    """A program without arguments that gives a PowerShell of the host."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "shell-of-host"
    command = " ".join(map(shlex.quote, (*SHELL, host.name)))
    path.write_text(f"#!/bin/sh\nHNSKIT_STATE_DIR={shlex.quote(str(host.state))} exec {command}\n")
    path.chmod(0o755)
    return path


@contextlib.contextmanager
def ssh_way(host: StdioHost, place: Path) -> Iterator[tuple[Sshd, TcpRelay]]:
    """A real sshd in front of the host, and a relay in front of it that is cut with the host's network."""
    with (
        Sshd(place, str(shell_program(host, place)), {}) as server,
        TcpRelay(server.port) as relay,
        pytest.MonkeyPatch.context() as patch,
    ):
        patch.setenv("PATH", f"{server.client(relay.port)}{os.pathsep}{os.environ['PATH']}")
        host.relays.append(relay)
        try:
            yield server, relay
        finally:
            host.relays.remove(relay)
