"""Doubles of the functions of scripts/hnskit.psm1: the same properties, in the same order and types, the same error ids."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from hnskit.emulator.interface import Command, Parameter, PSError

if TYPE_CHECKING:
    from hnskit.emulator.host.host import Host

Row = dict[str, Any]

_DOCKER_ALLOWED = (
    "exec", "image", "import", "inspect", "load", "logs", "ps", "rm", "run", "start", "stop", "version",
)  # fmt: skip
_SECONDS = "Seconds"  # of a run, beside its output, until it has been waited for


def _hns(host: Host, bound: Mapping[str, Any]) -> list[Row]:
    hresult, response = host.hns.call(bound["Method"], bound["Path"], bound.get("Body", ""))
    return [{"HResult": hresult, "Response": response}]


def _docker(host: Host, bound: Mapping[str, Any]) -> list[Row]:
    words = list(bound["ArgumentList"])
    if words[0] not in _DOCKER_ALLOWED:
        raise PSError(
            f"docker {words[0]} is not one of: {', '.join(_DOCKER_ALLOWED)}.",
            error_id="Hnskit.DockerCommandNotAllowed", category="PermissionDenied", target=words[0],
        )  # fmt: skip
    ran = host.docker.run(words)
    limit = bound.get("TimeoutSeconds", 600)
    if ran.seconds > limit:
        raise _Slow(limit, PSError(
            f"docker {words[0]} did not end within {limit} seconds.",
            error_id="Hnskit.DockerTimeout", category="OperationTimeout", target=words[0],
        ))  # fmt: skip
    return [{"ExitCode": ran.exit_code, "StdOut": ran.stdout, "StdErr": ran.stderr, _SECONDS: ran.seconds}]


def _containers(host: Host, _bound: Mapping[str, Any]) -> list[Row]:
    listed = _docker(host, {"ArgumentList": ["ps", "--all", "--quiet", "--no-trunc"]})
    if listed[0]["ExitCode"] != 0:
        return listed
    ids = listed[0]["StdOut"].split()
    if not ids:
        return [{"ExitCode": 0, "StdOut": "[]", "StdErr": ""}]
    return _docker(host, {"ArgumentList": ["inspect", "--type", "container", *ids]})


def _system(host: Host, _bound: Mapping[str, Any]) -> list[Row]:
    profile, now = host.windows_profile, datetime.now(UTC)
    return [{
        "ComputerName": host.windows.computer_name,
        "ProductName": profile.product,
        "Build": profile.build,
        "Revision": profile.revision,
        "PSVersion": f"5.1.{profile.build}.{profile.revision}",
        "Culture": "en-US",
        "Administrator": True,
        "UtcNow": now.strftime("%Y-%m-%dT%H:%M:%S.") + f"{now.microsecond * 10:07d}Z",
    }]  # fmt: skip


def _set_forwarding(host: Host, bound: Mapping[str, Any]) -> list[Row]:
    index, state = bound["InterfaceIndex"], bound["State"]
    nic = host.windows.nic_at(index)
    if nic is None or not nic.bound:
        # Id and words are those of a CIM query of the NetTCPIP module that finds nothing.
        raise PSError(
            f"No MSFT_NetIPInterface objects found with property 'InterfaceIndex' equal to '{index}'.  Verify the value of "
            "the property and retry.",
            error_id="CmdletizationQuery_NotFound_InterfaceIndex,Set-NetIPInterface",
            category="ObjectNotFound", target=str(index),
        )  # fmt: skip
    nic.forwarding = state.lower() == "enabled"
    return [{"InterfaceIndex": index, "Forwarding": state}]


class _Slow(Exception):  # noqa: N818 - carries the error that comes after the wait
    def __init__(self, seconds: float, error: PSError) -> None:
        super().__init__(error.message)
        self.seconds = seconds
        self.error = error


Run = Callable[["Host", Mapping[str, Any]], Iterable[Row]]

_RUNS: Mapping[str, Run] = {
    "Invoke-HnskitHns": _hns,
    "Invoke-HnskitDocker": _docker,
    "Get-HnskitContainer": _containers,
    "Get-HnskitSystem": _system,
    "Get-HnskitAdapter": lambda host, _: host.windows.adapter_rows(),
    "Get-HnskitInterface": lambda host, _: host.windows.interface_rows(),
    "Get-HnskitAddress": lambda host, _: host.windows.address_rows(),
    "Get-HnskitRoute": lambda host, _: host.windows.route_rows(),
    "Get-HnskitCompartment": lambda host, _: host.windows.compartment_rows(),
    "Set-HnskitForwarding": _set_forwarding,
}

_PARAMETERS: Mapping[str, tuple[Parameter, ...]] = {
    "Invoke-HnskitHns": (
        Parameter("Method", "string", mandatory=True, one_of=("GET", "POST", "DELETE")),
        Parameter("Path", "string", mandatory=True, pattern=r"^/[A-Za-z0-9/_.{}-]*$"),
        Parameter("Body", "string", allow_empty=True, default=""),
    ),
    "Invoke-HnskitDocker": (
        Parameter("ArgumentList", "string[]", mandatory=True),
        Parameter("TimeoutSeconds", "int", default=600, between=(1, 86400)),
    ),
    "Set-HnskitForwarding": (
        Parameter("InterfaceIndex", "int", mandatory=True, between=(1, 2147483647)),
        Parameter("State", "string", mandatory=True, one_of=("Enabled", "Disabled")),
    ),
    "Invoke-HnskitCall": (Parameter("Call", "string[]", mandatory=True),),
}


async def _rows(host: Host, name: str, bound: Mapping[str, Any]) -> list[Row]:
    """Run a command, and wait as long as Windows would, scaled."""
    try:
        rows = list(_RUNS[name](host, bound))
    except _Slow as slow:
        await _wait(host, slow.seconds)
        raise slow.error from None
    for row in rows:
        await _wait(host, row.pop(_SECONDS, 0.0))
    return rows


async def _wait(host: Host, seconds: float) -> None:
    if seconds and host.time_scale:
        await asyncio.sleep(seconds * host.time_scale)


def _command(name: str) -> Command:
    async def run(host: Host, bound: Mapping[str, Any]) -> AsyncIterator[Row | str]:
        for row in await _rows(host, name, bound):
            yield row

    return Command(name, _PARAMETERS.get(name, ()), run)
