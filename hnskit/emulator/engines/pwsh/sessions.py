"""Starts the engine's processes of one emulated host, each for one shell."""

from __future__ import annotations

import asyncio
import os
import shutil
import tempfile
from collections.abc import Awaitable, Callable
from importlib import resources
from pathlib import Path
from typing import Any

from hnskit.emulator.engines.pwsh import native_build
from hnskit.emulator.engines.pwsh.host_socket import HostSocket
from hnskit.emulator.engines.pwsh.locate import find_engine, session_command
from hnskit.emulator.engines.pwsh.process import EngineProcess
from hnskit.emulator.engines.pwsh.wmi_processes import WmiProcesses
from hnskit.emulator.host.containerd_commands import TOOLS
from hnskit.local.private_files import private_directory

_KEPT = ("DOTNET_ROOT",)
"""Where the runtime of an engine is that does not bring its own."""


class Sessions:
    """The command of the engine, its environment and the socket to the host, which all shells of a host share."""

    def __init__(self, host: Any, *, computer: str, user: str) -> None:
        self._host = host
        self._computer = computer
        self._user = user
        self.processes = WmiProcesses()
        self._socket = HostSocket(host, user, self._create_process)
        self._engine = find_engine()

    async def open(self) -> None:
        """Make ready what the processes need.

        Raises:
            ConnectError: the library or the programs cannot be made.
        """
        self._libraries, self._programs = await asyncio.to_thread(native_build.build)
        # A path of its own, and a short one: a UNIX socket's has at most 107 bytes.
        self._directory = Path(tempfile.mkdtemp(prefix="hnskit-"))
        self._work = self._directory / "work"
        self._work.mkdir()
        self._drive = self._directory / "c"
        for path in self._host.docker.engine.disk.tarballs:
            placed = self._drive.joinpath(*path.split("\\")[1:])
            placed.parent.mkdir(parents=True, exist_ok=True)
            placed.touch()
        windows = Path(str(resources.files("hnskit.emulator.engines.pwsh").joinpath("windows")))
        self._windows = windows
        session = (windows / "session.ps1").read_text(encoding="utf-8")
        (self._directory / "session.ps1").write_text(session, encoding="utf-8")
        restricted = session + (windows / "restricted.ps1").read_text(encoding="utf-8")
        (self._directory / "restricted.ps1").write_text(restricted, encoding="utf-8")
        await self._socket.open(self._directory / "host")

    async def close(self) -> None:
        """Leave nothing behind; the shells are closed already."""
        await self.processes.close()
        await self._socket.close()
        shutil.rmtree(self._directory, ignore_errors=True)

    def starter(self, *, restricted: bool) -> Callable[[], Awaitable[EngineProcess]]:
        """Return the function that starts the process of a new shell."""

        async def start() -> EngineProcess:
            return await EngineProcess.start(self.command(restricted=restricted), self.environment(), self.directory)

        return start

    def command(self, *, restricted: bool) -> list[str]:
        """The program of a new shell, and its arguments."""
        startup = self._directory / ("restricted.ps1" if restricted else "session.ps1")
        return session_command(self._engine, startup)

    async def _create_process(self, command_line: str, directory: str) -> dict[str, int]:
        place = Path(directory) if directory else self._directory
        return await self.processes.create(command_line, self._engine, self.environment(), place)

    @property
    def directory(self) -> Path:
        """Working directory of a new shell."""
        return self._work

    def environment(self) -> dict[str, str]:
        """All that a process inherits: nothing of this process's own environment but what is named here."""
        home = native_build.cache() / "pwsh"
        private_directory(home)
        module = Path(str(resources.files("hnskit.remote").joinpath("scripts/hnskit.psd1")))
        faults = self._host.faults
        kept = {name: value for name in _KEPT if (value := os.environ.get(name))}
        return {
            **kept,
            # Nothing of this machine: a real docker must never be met.
            "PATH": str(self._programs / native_build.folder_of(_programs(self._host))),
            "LD_LIBRARY_PATH": "" if faults.hns_missing else str(self._libraries),
            "VMCOMPUTE_SOCKET": str(self._directory / "host"),
            "PSModulePath": str(self._windows),
            "PSModuleAnalysisCachePath": str(home / "modules"),
            "HNSKIT_MODULE": str(module),
            "HNSKIT_DRIVE_C": str(self._drive),
            "HOME": str(home),
            "TMPDIR": str(self._work),
            "LANG": "C.UTF-8",
            "COMPUTERNAME": self._computer,
            "USERNAME": self._user,
            "POWERSHELL_TELEMETRY_OPTOUT": "1",
            "POWERSHELL_UPDATECHECK": "Off",
            "DOTNET_EnableDiagnostics": "0",
        }


def _programs(host: Any) -> list[str]:
    """Those of Docker and containerd that a host has."""
    docker = ["docker"] if host.has_docker else []
    return [*docker, *(name for name in TOOLS if host.has_tool(name))]
