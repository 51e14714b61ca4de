"""The process of one emulated host: the host, its door and its control channel, until it is stopped."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import os
import secrets
import signal
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from hnskit.emulator.control import Control
from hnskit.emulator.door import Door
from hnskit.emulator.files import write_private
from hnskit.emulator.interface import Cut
from hnskit.emulator.listener import Listener
from hnskit.emulator.registry import ENGINES, Entry

USERNAME = "Administrator"
log = logging.getLogger(__name__)


class Served:
    """One host in this process."""

    def __init__(self, name: str, profile: str, options: Mapping[str, Any], directory: Path) -> None:
        from hnskit.emulator.host import create_host

        settings = dict(options)
        self._engine = str(settings.pop("engine", ENGINES[0]))
        self._restricted = bool(settings.pop("restricted", False))
        self._host = create_host(name, profile, settings)
        self._name = name
        self._profile = profile
        self._directory = directory
        self._instance = secrets.token_hex(16)
        self._token = secrets.token_hex(32)
        self._password = secrets.token_urlsafe(18)
        self._door = Door(
            self._host,
            directory=directory,
            username=USERNAME,
            password=self._password,
            engine=self._engine,
            restricted=self._restricted,
        )
        self._control = Listener(Control(self._token, self._act).handle)
        self._stopped = asyncio.Event()

    async def run(self) -> None:
        """Serve until stopped, by the control channel or a signal."""
        self._watch_signals()
        await self._door.open()
        await self._control.open()
        write_private(self._directory / "password", self._password)
        write_private(self._directory / "control-token", self._token)
        write_private(self._directory / "host.json", json.dumps(self._entry(), indent=2))
        log.info("%s serves at %s and %s", self._name, self._door.http, self._door.https)
        try:
            await self._stopped.wait()
        finally:
            for secret in ("host.json", "control-token", "password", "ntlm-users"):
                (self._directory / secret).unlink(missing_ok=True)
            await self._door.close()
            await self._control.close()

    def _entry(self) -> dict[str, Any]:
        from dataclasses import asdict

        return asdict(
            Entry(
                name=self._name,
                pid=os.getpid(),
                http=self._door.http,
                https=self._door.https,
                ca=str(self._door.ca),
                username=USERNAME,
                password_file=str(self._directory / "password"),
                engine=self._engine,
                restricted=self._restricted,
                profile=self._profile,
                instance=self._instance,
                control=self._control.port,
            )
        )

    async def _act(self, request: Mapping[str, Any]) -> dict[str, Any]:
        match request.get("do"):
            case "ping":
                return {"instance": self._instance}
            case "status":
                return {"shells": len(self._door.shells), "host": self._host.status()}
            case "reset":
                self._host.reset()
                return {}
            case "fault":
                self._host.set_fault(str(request.get("name")), request.get("value"))
                return {}
            case "cut":
                self._door.cut(_cut(request))
                return {}
            case "stop":
                asyncio.get_running_loop().call_later(0.1, self._stopped.set)
                return {}
        raise ValueError(f"there is no {request.get('do')!r} to do")

    def _watch_signals(self) -> None:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            # Windows' loop has no handlers; SIGTERM ends the process there at once.
            with contextlib.suppress(NotImplementedError):
                loop.add_signal_handler(number, self._stopped.set)


def _cut(request: Mapping[str, Any]) -> Cut:
    seconds, mode = request.get("seconds"), request.get("mode", "refuse")
    if isinstance(seconds, bool) or not isinstance(seconds, int | float) or not 0 < seconds <= 3600:
        raise ValueError(f"a cut lasts more than 0 and at most 3600 seconds, not {seconds!r}")
    if mode not in {"reset", "refuse", "stall", "blackhole"}:
        raise ValueError(f"a cut is one of reset, refuse, stall, blackhole, not {mode!r}")
    return Cut(float(seconds), mode)


async def serve(name: str, profile: str, options: Mapping[str, Any], directory: Path) -> None:
    """Be the emulated host of this name until stopped."""
    await Served(name, profile, options, directory).run()
