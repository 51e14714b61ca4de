"""Doubles of the functions of remote/scripts/: the same properties in the same order and types, the same errors."""

from __future__ import annotations

import asyncio
import base64
import gzip
import json
import math
import re
import time
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from datetime import UTC, datetime
from typing import Any, Protocol

from hnskit.emulator.host import containerd_commands, guards, watching
from hnskit.emulator.host.command_results import Done, Row
from hnskit.emulator.host.containerd.tools import ContainerdTools
from hnskit.emulator.host.docker_cli import DockerCli
from hnskit.emulator.host.faults import Faults
from hnskit.emulator.host.hns_service import HnsService
from hnskit.emulator.host.powershell_json import from_json, no_property
from hnskit.emulator.host.profiles import Profile
from hnskit.emulator.host.windows_network import Windows
from hnskit.emulator.powershell.binder import bind, text_of
from hnskit.emulator.powershell.command import Command, Parameter, PSError, UInt32
from hnskit.model.objects import HOST_COMPARTMENT

_LONGEST_SILENCE = 1.0
"""Seconds that the answers of calls that only read may wait for each other."""
_COMPRESSED = (16 * 1024, 16 * 1024 * 1024)
"""Shortest and longest record that is compressed, where its calls ask for that."""
_NOT_CARRIED = re.compile("[\ud800-\udfff\ufffe\uffff]")

_INSPECTED = 250
"""Containers that one `docker inspect` is asked about."""

_DOCKER_ALLOWED = (
    "exec", "image", "import", "inspect", "load", "logs", "ps", "pull", "rm", "run", "start", "stop", "version",
)  # fmt: skip


class Machine(Protocol):
    """The host on which the functions run."""

    windows: Windows
    windows_profile: Profile
    faults: Faults
    hns: HnsService
    docker: DockerCli
    containerd: ContainerdTools | None
    time_scale: float

    @property
    def has_docker(self) -> bool:
        """Tell whether Docker is installed."""

    def has_tool(self, name: str) -> bool:
        """Tell whether a tool of containerd's is installed."""

    def docker_seconds(self, seconds: float) -> float:
        """Scale the seconds that docker.exe takes on Windows to those it takes here."""


def _hns(host: Machine, bound: Mapping[str, Any]) -> Done:
    if broken := guards.broken(host.hns, bound):
        return Done(error=broken)
    if host.faults.hns_missing:
        return Done(error=PSError(
            "vmcompute.dll was not found: the Containers feature of Windows is not installed.",
            error_id="Hnskit.HnsMissing", category="ObjectNotFound", target="vmcompute.dll",
        ))  # fmt: skip
    # ValidateSet takes any letter case, and the parameter keeps what was sent.
    hresult, response = host.hns.call(bound["Method"].upper(), bound["Path"], bound.get("Body", ""))
    return Done([{"HResult": hresult, "Response": response}])


_GUID = f"^{'-'.join(f'[0-9A-Fa-f]{{{digits}}}' for digits in (8, 4, 4, 4, 12))}\\z"
_HCN_OPERATIONS = ("QueryEndpoint", "ModifyEndpoint", "QueryNetwork", "ModifyNetwork", "ModifyNamespace")


def _hcn(host: Machine, bound: Mapping[str, Any]) -> Done:
    if broken := guards.broken(host.hns, bound):
        return Done(error=broken)
    if host.faults.hns_missing:
        return Done(error=PSError(
            "computenetwork.dll was not found: this Windows has no v2 API of HNS, or no Containers feature.",
            error_id="Hnskit.HcnMissing", category="ObjectNotFound", target="computenetwork.dll",
        ))  # fmt: skip
    operation = next(item for item in _HCN_OPERATIONS if item.lower() == bound["Operation"].lower())
    hresult, properties, record = host.hns.hcn.call(operation, bound["Id"], bound.get("Settings", ""))
    return Done([{"HResult": hresult, "Properties": properties, "ErrorRecord": record}])


def _docker(host: Machine, bound: Mapping[str, Any]) -> Done:
    words = list(bound["ArgumentList"])
    if words[0] not in _DOCKER_ALLOWED:
        return Done(error=PSError(
            f"docker {words[0]} is not one of: {', '.join(_DOCKER_ALLOWED)}.",
            error_id="Hnskit.DockerCommandNotAllowed", category="PermissionDenied", target=words[0],
        ))  # fmt: skip
    if not host.has_docker:
        return Done(error=PSError(
            "docker.exe was not found on PATH.",
            error_id="Hnskit.DockerMissing", category="ObjectNotFound", target="docker",
        ))  # fmt: skip
    ran = host.docker.run(words)
    limit, seconds = bound.get("TimeoutSeconds", 600), host.docker_seconds(ran.seconds)
    if seconds > limit:
        return Done(seconds=limit if host.time_scale or not math.isinf(seconds) else 0.0, error=PSError(
            f"docker {words[0]} did not end within {limit} seconds.",
            error_id="Hnskit.DockerTimeout", category="OperationTimeout", target=words[0],
        ))  # fmt: skip
    return Done([{"ExitCode": ran.exit_code, "StdOut": ran.stdout, "StdErr": ran.stderr}], seconds)


def _containers(host: Machine, _bound: Mapping[str, Any]) -> Done:
    listed = _docker(host, {"ArgumentList": ["ps", "--all", "--quiet", "--no-trunc"]})
    if listed.error is not None or listed.rows[0]["ExitCode"] != 0:
        return listed
    ids = listed.rows[0]["StdOut"].split()
    if not ids:
        return Done([{"ExitCode": 0, "StdOut": "[]", "StdErr": ""}])
    done = Done(seconds=listed.seconds)
    for first in range(0, len(ids), _INSPECTED):
        part = _docker(host, {"ArgumentList": ["inspect", "--type", "container", *ids[first : first + _INSPECTED]]})
        done.rows += part.rows
        done.seconds += part.seconds
        done.error = part.error
        if done.error is not None:
            break
    return done


def _system(host: Machine, _bound: Mapping[str, Any]) -> Done:
    profile, now = host.windows_profile, datetime.now(UTC)
    return Done([{
        "ComputerName": host.windows.computer_name,
        "ProductName": profile.product,
        "Build": profile.build,
        "Revision": profile.revision,
        "PSVersion": f"5.1.{profile.build}.{profile.revision}",
        "Culture": "en-US",
        "Administrator": True,
        "UtcNow": now.strftime("%Y-%m-%dT%H:%M:%S.") + f"{now.microsecond * 10:07d}Z",
    }])  # fmt: skip


def _set_forwarding(host: Machine, bound: Mapping[str, Any]) -> Done:
    index, state = bound["InterfaceIndex"], bound["State"]
    nic = host.windows.nic_at(index)
    if nic is None or not nic.bound or nic.compartment_id != HOST_COMPARTMENT:
        # Id and words are those of a query of the NetTCPIP module that finds nothing.
        return Done(error=PSError(
            f"No MSFT_NetIPInterface objects found with property 'InterfaceIndex' equal to '{index}'.  "
            "Verify the value of the property and retry.",
            error_id="CmdletizationQuery_NotFound_InterfaceIndex", origin="Set-NetIPInterface",
            category="ObjectNotFound", target=UInt32(index), stops=True,
        ))  # fmt: skip
    nic.forwarding = state.lower() == "enabled"
    return Done([{"InterfaceIndex": index, "Forwarding": state}])


def _test_path(host: Machine, bound: Mapping[str, Any]) -> Done:
    # Of all files the host's disk has the tarballs.
    there = host.docker.engine.disk.tarball(bound["Path"]) is not None
    return Done([{"Path": bound["Path"], "Exists": there}])


def _listing(rows: Callable[[Windows], Iterable[Row]]) -> Callable[[Machine, Mapping[str, Any]], Done]:
    return lambda host, _bound: Done(list(rows(host.windows)))


_RUNS: Mapping[str, Callable[[Machine, Mapping[str, Any]], Done]] = {
    "Invoke-HnskitHns": _hns,
    "Invoke-HnskitHcn": _hcn,
    "Invoke-HnskitDocker": _docker,
    "Get-HnskitContainer": _containers,
    "Get-HnskitContainerd": containerd_commands.listed,
    "Invoke-HnskitContainerTool": containerd_commands.tool,
    "Get-HnskitSystem": _system,
    "Get-HnskitAdapter": _listing(Windows.adapter_rows),
    "Get-HnskitInterface": _listing(Windows.interface_rows),
    "Get-HnskitAddress": _listing(Windows.address_rows),
    "Get-HnskitRoute": _listing(Windows.route_rows),
    "Get-HnskitCompartment": _listing(Windows.compartment_rows),
    "Set-HnskitForwarding": _set_forwarding,
    "Test-HnskitPath": _test_path,
}

_PARAMETERS: Mapping[str, tuple[Parameter, ...]] = {
    "Invoke-HnskitHns": (
        Parameter("Method", "string", mandatory=True, one_of=("GET", "POST", "DELETE")),
        Parameter("Path", "string", mandatory=True, pattern=r"^/[A-Za-z0-9/_.{}-]*\z"),
        Parameter("Body", "string", allow_empty=True, default=""),
        Parameter("Guard", "string", allow_empty=True, default=""),
    ),
    "Invoke-HnskitHcn": (
        Parameter("Operation", "string", mandatory=True, one_of=_HCN_OPERATIONS),
        Parameter("Id", "string", mandatory=True, pattern=_GUID),
        Parameter("Settings", "string", allow_empty=True, default=""),
        Parameter("Guard", "string", allow_empty=True, default=""),
    ),
    "Invoke-HnskitDocker": (
        Parameter("ArgumentList", "string[]", mandatory=True),
        Parameter("TimeoutSeconds", "int", default=600, between=(1, 86400)),
    ),
    "Invoke-HnskitContainerTool": (
        Parameter("Tool", "string", mandatory=True, one_of=containerd_commands.TOOLS),
        Parameter("ArgumentList", "string[]", mandatory=True),
        Parameter("Namespace", "string", allow_empty=True, default=""),
        Parameter("TimeoutSeconds", "int", default=600, between=(1, 86400)),
    ),
    "Set-HnskitForwarding": (
        Parameter("InterfaceIndex", "int", mandatory=True, between=(1, 2147483647)),
        Parameter("State", "string", mandatory=True, one_of=("Enabled", "Disabled")),
    ),
    "Test-HnskitPath": (Parameter("Path", "string", mandatory=True),),
}


async def _wait(seconds: float) -> None:
    if seconds:
        await asyncio.sleep(seconds)


def _command(name: str) -> Command:
    async def run(host: Machine, bound: Mapping[str, Any]) -> AsyncIterator[Row | str]:
        done = _RUNS[name](host, bound)
        await _wait(done.seconds)
        for row in done.rows:
            yield row
        if done.error is not None:
            raise done.error

    return Command(name, _PARAMETERS.get(name, ()), run)


def _carried(line: str) -> str:
    """JSON that XML can carry, as `Invoke-HnskitCall` writes it."""
    return _NOT_CARRIED.sub(lambda match: f"\\u{ord(match[0]):04x}", line)


def _record(lines: list[str], *, compress: bool) -> str:
    """The record of these answers, as `ConvertTo-HnskitRecord` makes it."""
    text = "\n".join(lines)
    # .NET counts in units of UTF-16, so that near the limits the two engines differ, and the lines read the same.
    if not compress or not _COMPRESSED[0] <= len(text) <= _COMPRESSED[1]:
        return text
    return f"gzip {len(lines)} {base64.b64encode(gzip.compress(text.encode(), 6, mtime=0)).decode()}"


async def _run_calls(host: Machine, bound: Mapping[str, Any]) -> AsyncIterator[Row | str]:
    lines: list[str] = []
    compress = False
    spoke = time.monotonic()
    for text in bound["Call"]:
        request = _request(text)
        reads = request.get("reads") is True
        if lines and not reads:
            yield _record(lines, compress=compress)
            lines = []
        compress = "gzip" in request
        started = time.monotonic()
        answer, seconds = _answer(host, request)
        await _wait(seconds)
        answer["ms"] = int((time.monotonic() - started) * 1000)
        lines.append(_carried(json.dumps(answer, separators=(",", ":"), ensure_ascii=False)))
        if not reads or time.monotonic() - spoke >= _LONGEST_SILENCE:
            yield _record(lines, compress=compress)
            lines, spoke = [], time.monotonic()
    if lines:
        yield _record(lines, compress=compress)


COMMANDS: Mapping[str, Command] = {
    **{name: _command(name) for name in _RUNS},
    "Invoke-HnskitCall": Command("Invoke-HnskitCall", (Parameter("Call", "string[]", mandatory=True),), _run_calls),
    watching.NAME: watching.WATCH,
}
"""The functions of the module, but for its helpers."""


def answer_call(host: Machine, text: str) -> tuple[dict[str, Any], float]:
    """One call of Invoke-HnskitCall, and the seconds that it takes.

    Raises:
        PSError: the call's text is not JSON, or has no id: that ends the whole batch.
    """
    return _answer(host, _request(text))


def _answer(host: Machine, request: Mapping[str, Any]) -> tuple[dict[str, Any], float]:
    answer: dict[str, Any] = {"id": text_of(request["id"]), "ok": True, "ms": 0}
    try:
        done = _perform(host, request)
    except PSError as error:
        done = Done(error=error)
    if done.error is None:
        answer["output"] = done.rows
    else:
        answer["ok"] = False
        answer["error"] = {
            "id": done.error.full_id(str(request.get("command"))),
            "category": done.error.category,
            "target": str(done.error.target),
            "message": done.error.message,
        }
    return answer, done.seconds


def _perform(host: Machine, request: Mapping[str, Any]) -> Done:
    for member in ("command", "parameters"):
        if member not in request:
            raise no_property(member, origin="")
    name = text_of(request["command"])
    if name not in _RUNS:
        raise PSError(
            f"{name} is not a command of hnskit.",
            error_id="Hnskit.UnknownCommand", category="ObjectNotFound", target=name, origin="",
        )  # fmt: skip
    if request["parameters"] is None:
        raise no_property("Properties", origin="")
    parameters = request["parameters"] if isinstance(request["parameters"], dict) else {}
    return _RUNS[name](host, bind(COMMANDS[name], list(parameters.items())))


def _request(text: str) -> Mapping[str, Any]:
    request = from_json(text)
    if not isinstance(request, dict) or "id" not in request:
        raise no_property("id")
    return request
