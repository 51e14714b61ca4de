"""A stand-in for the host behind the door, and the door in a thread, for the tests of the door."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterator, Mapping
from pathlib import Path
from typing import Any, Literal

from pypsrp.powershell import PowerShell, RunspacePool
from pypsrp.wsman import WSMan

from hnskit.emulator.powershell.command import Command, Cut, Parameter, PSError
from hnskit.emulator.winrm.http_connection import Limits
from tests.door_thread import DoorThread, pool_of

USER, PASSWORD = "operator", "correct-horse-battery"


class StandIn:
    """A host with hnskit's command names and behaviours that a test of the door needs."""

    def __init__(self) -> None:
        self.name = "standin"
        self.on_cut: list[Any] = []
        self.runs = 0
        self.commands = {command.name: command for command in self._commands()}

    def cut(self, cut: Cut) -> None:
        """The network goes away."""
        for listener in self.on_cut:
            listener(cut)

    def _commands(self) -> Iterator[Command]:
        yield Command("Get-HnskitSystem", (), _system)
        yield Command(
            "Invoke-HnskitHns",
            (
                Parameter("Method", "string", mandatory=True, one_of=("GET", "POST", "DELETE")),
                Parameter("Path", "string", mandatory=True, pattern="^/[A-Za-z0-9/_.{}-]*$"),
                Parameter("Body", "string", allow_empty=True, default=""),
            ),
            _hns,
        )
        yield Command(
            "Invoke-HnskitDocker",
            (
                Parameter("ArgumentList", "string[]", mandatory=True),
                Parameter("TimeoutSeconds", "int", default=600, between=(1, 86400)),
            ),
            _docker,
        )
        yield Command("Invoke-HnskitCall", (Parameter("Call", "string[]", mandatory=True),), _call)


async def _system(host: StandIn, bound: Mapping[str, Any]) -> AsyncIterator[dict[str, Any] | str]:
    yield {
        "ComputerName": "STANDIN",
        "ProductName": "Windows Server 2019 Datacenter",
        "Build": 17763,
        "Revision": 1,
        "PSVersion": "5.1.17763.1",
        "Culture": "en-US",
        "Administrator": True,
        "UtcNow": "2024-01-01T00:00:00.0000000Z",
    }


async def _hns(host: StandIn, bound: Mapping[str, Any]) -> AsyncIterator[dict[str, Any] | str]:
    yield {"HResult": 0, "Response": bound["Body"] or bound["Path"]}


async def _docker(host: StandIn, bound: Mapping[str, Any]) -> AsyncIterator[dict[str, Any] | str]:
    """`sleep SECONDS`, `cut SECONDS MODE`, `big CHARACTERS`; anything else is refused."""
    verb, *rest = bound["ArgumentList"]
    host.runs += 1
    if verb == "sleep":
        yield "asleep"
        await asyncio.sleep(float(rest[0]))
        yield "awake"
    elif verb == "cut":
        await asyncio.sleep(0.05)
        host.cut(Cut(float(rest[0]), rest[1]))
        await asyncio.sleep(0.05)
        yield {"ExitCode": 0, "StdOut": "done", "StdErr": ""}
    elif verb == "big":
        yield "x" * int(rest[0])
    elif verb == "bug":
        raise RuntimeError("a mistake in the emulator, with a secret in it")
    else:
        raise PSError(
            f"docker {verb} is not allowed.",
            error_id="Hnskit.DockerCommandNotAllowed",
            category="PermissionDenied",
            target=verb,
        )


async def _call(host: StandIn, bound: Mapping[str, Any]) -> AsyncIterator[dict[str, Any] | str]:
    for text in bound["Call"]:
        yield text


class Served(DoorThread):
    """The stand-in behind its door, in a thread of its own."""

    def __init__(self, directory: Path, *, limits: Limits | None = None, **settings: Any) -> None:
        self.host = StandIn()
        super().__init__(self.host, directory, USER, PASSWORD, limits=limits, **settings)

    def cut(self, seconds: float, mode: Literal["reset", "refuse", "stall", "blackhole", "forget"]) -> None:
        async def now() -> None:
            self.door.cut(Cut(seconds, mode))

        self.run(now())

    def wsman(self, scheme: str = "https", **settings: Any) -> WSMan:
        options: dict[str, Any] = {
            "port": self.port_of(scheme),
            "username": USER,
            "password": PASSWORD,
            "ssl": scheme == "https",
            "auth": "basic" if scheme == "https" else "negotiate",
            "cert_validation": str(self.door.ca),
            "operation_timeout": 20,
            "read_timeout": 120,
            "no_proxy": True,
        }
        return WSMan("127.0.0.1", **{**options, **settings})

    @contextlib.contextmanager
    def pool(
        self, scheme: str = "https", *, module: bool = True, configuration: str = "", **settings: Any
    ) -> Iterator[RunspacePool]:
        wsman = self.wsman(scheme, **settings)
        with pool_of(wsman, module=module, configuration_name=configuration or "Microsoft.PowerShell") as pool:
            yield pool


def invoke(pool: RunspacePool, name: str, **parameters: Any) -> list[Any]:
    """The output of one command; its error is in the exception."""
    script = command(pool, name, **parameters)
    output = script.invoke()
    if script.had_errors or script.streams.error:
        raise AssertionError(str(script.streams.error[0]))
    return list(output)


def command(pool: RunspacePool, name: str, **parameters: Any) -> PowerShell:
    script = PowerShell(pool)
    script.add_cmdlet(name)
    for key, value in parameters.items():
        script.add_parameter(key, value)
    return script
