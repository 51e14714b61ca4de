"""The process of one emulated host: the host, its door and its control channel, until it is stopped."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import json
import logging
import os
import secrets
import signal
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

from hnskit.emulator.constants import NETWORKS
from hnskit.emulator.control_server import ControlServer
from hnskit.emulator.fleet_faults import AWAY, KINDS
from hnskit.emulator.powershell.command import Cut, CutMode
from hnskit.emulator.registry import ENGINES, RegistryEntry
from hnskit.emulator.winrm.listener import Listener
from hnskit.emulator.winrm.service_settings import ServiceSettings
from hnskit.emulator.winrm.winrm_server import Certificate, WinrmServer
from hnskit.local.private_files import write_private
from hnskit.remote.module_source import module_digest

if TYPE_CHECKING:
    from hnskit.emulator.host import EmulatedHost

USERNAME = "Administrator"
_SOCKETS = 8192
log = logging.getLogger(__name__)


class Served:
    """One host in this process; `stop_all` ends all that are in it."""

    def __init__(
        self,
        name: str,
        profile: str,
        options: Mapping[str, Any],
        directory: Path,
        *,
        stop_all: Callable[[], None] | None = None,
        certificate: Certificate | None = None,
    ) -> None:
        from hnskit.emulator.host import create_host

        settings = dict(options)
        self._engine = str(settings.pop("engine", ENGINES[0]))
        self._restricted = bool(settings.pop("restricted", False))
        winrm = ServiceSettings.of(settings.pop("winrm", {}))
        round_trip = float(settings.pop("latency", 0.0)) / 1000
        self._restart_seconds = float(settings.pop("restarting", 0.0))
        self._churn_seconds = float(settings.pop("churn", 0.0))
        self._fault = str(settings.pop("fault_hosts", {}).get(name, ""))
        settings["faults"] = {**(settings.get("faults") or {}), **KINDS.get(self._fault, {})}
        self._network = str(settings.get("network") or NETWORKS[0])
        self._host = _create(create_host, name, profile, {**settings, "network": self._network})
        self._name = name
        self._profile = profile
        self._directory = directory
        self._shared = stop_all is not None
        self._instance = secrets.token_hex(16)
        self._token = secrets.token_hex(32)
        self._password = secrets.token_urlsafe(18)
        self._limited_password = secrets.token_urlsafe(18)
        self._door = WinrmServer(
            self._host,
            directory=directory,
            username=USERNAME,
            password=self._password,
            settings=winrm,
            engine=self._engine,
            restricted=self._restricted,
            certificate=certificate,
            limited_password=self._limited_password,
            round_trip=round_trip,
        )
        self._control = Listener(ControlServer(self._token, self._act).handle)
        self._stopped = asyncio.Event()
        self._stop_all = stop_all or self.stop

    async def run(self, announced: Callable[[], Awaitable[object]]) -> None:
        """Serve until stopped; `announced` is awaited before anybody can find the host."""
        await self._door.open()
        await self._control.open()
        write_private(self._directory / "password", self._password)
        write_private(self._directory / "password-user", self._limited_password)
        write_private(self._directory / "control-token", self._token)
        log.info("%s serves at %s and %s", self._name, self._door.http, self._door.https)
        if self._fault == "unreachable":
            self._door.cut(AWAY)
        turns = [
            asyncio.create_task(_for_ever(seconds, turn))
            for seconds, turn in (
                (self._restart_seconds, self._host.restart_container),
                (self._churn_seconds, self._host.churn),
            )
            if seconds
        ]
        try:
            await announced()
            write_private(self._directory / "host.json", json.dumps(self._entry(), indent=2))
            await self._stopped.wait()
        finally:
            for task in turns:
                task.cancel()
            self._remove("password", "password-user", "client.pem", "ntlm-users")
            await self._door.close()
            self._host.close()
            self._remove("host.json", "control-token")  # from now on it has ended, for who waits for that
            await self._control.close()

    def _remove(self, *names: str) -> None:
        for name in names:
            (self._directory / name).unlink(missing_ok=True)

    def _entry(self) -> dict[str, Any]:
        from dataclasses import asdict

        return asdict(
            RegistryEntry(
                name=self._name,
                pid=os.getpid(),
                http=self._door.http,
                https=self._door.https,
                ca=str(self._door.ca),
                username=USERNAME,
                password_file=str(self._directory / "password"),
                engine=self._engine,
                network=self._network,
                runtime=self._host.runtime,
                module=module_digest(),
                restricted=self._restricted,
                profile=self._profile,
                instance=self._instance,
                control=self._control.port,
                shared=self._shared,
            )
        )

    async def _act(self, request: Mapping[str, Any]) -> dict[str, Any]:
        match request.get("do"):
            case "ping":
                return {"instance": self._instance}
            case "status":
                return {"shells": len(self._door.shells), "host": self._host.status()}
            case "shell":
                return self._door.shell_program()
            case "captures":
                kept = {name: base64.b64encode(pcap).decode() for name, pcap in self._host.network.pcaps().items()}
                return {"captures": kept}
            case "docker":
                ran = self._host.docker.run([str(word) for word in request.get("words") or ()])
                return {"exit_code": ran.exit_code, "stdout": ran.stdout, "stderr": ran.stderr}
            case "reset":
                self._host.reset()
                return {}
            case "fault":
                self._host.set_fault(str(request.get("name")), request.get("value"))
                return {"faults": self._host.faults.to_json()}
            case "faults":
                self._host.want_faults(request.get("wanted") or {})
                return {"faults": self._host.faults.to_json()}
            case "cut":
                self._door.cut(_cut(request))
                return {}
            case "restart":
                return {"container": self._host.restart_container(str(request.get("container") or ""))}
            case "stop":
                stop = self._stop_all if request.get("all") else self.stop
                asyncio.get_running_loop().call_later(0.1, stop)
                return {}
        raise ValueError(f"there is no {request.get('do')!r} to do")

    def stop(self) -> None:
        """End it."""
        self._stopped.set()


async def _for_ever(seconds: float, turn: Callable[[], object]) -> None:
    """Do something with the host every so many seconds."""
    while True:
        await asyncio.sleep(seconds)
        turn()


def _create(make: Callable[..., EmulatedHost], *arguments: Any) -> EmulatedHost:
    """Make the host; that there can be no real packets is the log's last line, in a sentence."""
    from hnskit.emulator.packets.helper_client import PacketsError

    try:
        return make(*arguments)
    except PacketsError as problem:
        raise SystemExit(f"there can be no real packets here: {problem}") from problem


def _cut(request: Mapping[str, Any]) -> Cut:
    seconds, mode = request.get("seconds"), request.get("mode", "refuse")
    if isinstance(seconds, bool) or not isinstance(seconds, int | float) or not 0 < seconds <= 3600:
        raise ValueError(f"a cut lasts more than 0 and at most 3600 seconds, not {seconds!r}")
    if mode not in get_args(CutMode):
        raise ValueError(f"a cut is one of {', '.join(get_args(CutMode))}, not {mode!r}")
    return Cut(float(seconds), mode)


async def serve(name: str, profile: str, options: Mapping[str, Any], directory: Path) -> None:
    """Be the emulated host of this name until stopped, by its control channel or a signal."""
    host = Served(name, profile, options, directory)
    _stop_at_signals(host.stop)
    await host.run(lambda: asyncio.sleep(0))


async def serve_many(directories: Mapping[str, Path], profile: str, options: Mapping[str, Any]) -> None:
    """Be many emulated hosts, until each was stopped. The last one's entry is written when all are there."""
    _allow_many_sockets()
    certificate = Certificate()
    hosts: list[Served] = []

    def stop_all() -> None:
        for host in hosts:
            host.stop()

    for name, directory in directories.items():
        hosts.append(Served(name, profile, options, directory, stop_all=stop_all, certificate=certificate))
    _stop_at_signals(stop_all)
    all_there = asyncio.Barrier(len(hosts))
    await asyncio.gather(*(host.run(all_there.wait) for host in hosts))


def _stop_at_signals(stop: Callable[[], None]) -> None:
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        # Windows' loop has no handlers; SIGTERM ends the process there at once.
        with contextlib.suppress(NotImplementedError):
            loop.add_signal_handler(number, stop)


def _allow_many_sockets() -> None:
    """Each host listens on three, and a client needs one more."""
    with contextlib.suppress(ImportError, OSError, ValueError):
        import resource

        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        wanted = _SOCKETS if hard == resource.RLIM_INFINITY else min(_SOCKETS, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, wanted), hard))
