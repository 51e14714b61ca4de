"""Win32_Process.Create of the emulated host: processes that no session has started, and that none ends."""

from __future__ import annotations

import asyncio
import base64
import binascii
import contextlib
import os
import re
import signal
from collections.abc import Mapping
from pathlib import Path

_POWERSHELL = re.compile(r'^"?[^"]*powershell(?:\.exe)?"? .*-EncodedCommand (?P<text>[A-Za-z0-9+/=]+)$', re.IGNORECASE)
_NO_SUCH_FILE = 9  # "Path Not Found", of the method's return values


class WmiProcesses:
    """Processes started by WMI, until the host is closed: only powershell.exe with -EncodedCommand.

    It has HNS as every shell of the host has it, and no stand-ins of Windows' own commands.
    """

    def __init__(self) -> None:
        self._started: list[asyncio.subprocess.Process] = []
        self.created = 0
        """Number of processes, in all."""

    async def create(
        self, command_line: str, engine: Path, environment: Mapping[str, str], directory: Path
    ) -> dict[str, int]:
        """Start a command line; the method's output parameters.

        Args:
            command_line: as the caller wrote it.
            engine: what stands for powershell.exe.
            environment: of the process.
            directory: where it starts.
        """
        match = _POWERSHELL.match(command_line)
        try:
            text = base64.b64decode(match["text"], validate=True).decode("utf-16-le") if match else ""
        except (binascii.Error, UnicodeDecodeError):
            text = ""
        if not text:
            return {"ProcessId": 0, "ReturnValue": _NO_SUCH_FILE}
        if not directory.is_dir():
            return {"ProcessId": 0, "ReturnValue": _NO_SUCH_FILE}
        process = await asyncio.create_subprocess_exec(
            str(engine),
            "-NoProfile",
            "-Command",
            text,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
            env=dict(environment),
            cwd=directory,
            start_new_session=True,
        )
        self._started = [one for one in self._started if one.returncode is None]
        self._started.append(process)
        self.created += 1
        return {"ProcessId": process.pid, "ReturnValue": 0}

    async def close(self) -> None:
        """End those that still run."""
        for process in self._started:
            if process.returncode is None:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)
                await process.wait()
