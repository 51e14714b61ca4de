"""The double of Watch-HnskitEvent: the events of the host's runtime, line by line."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Mapping
from typing import Any, Protocol

from hnskit.emulator.host.containerd.tools import ContainerdTools
from hnskit.emulator.host.containers import Ran
from hnskit.emulator.host.docker_cli import DockerCli
from hnskit.emulator.host.docker_events import EventQuery
from hnskit.emulator.powershell.command import Command, Parameter, PSError

NAME = "Watch-HnskitEvent"
_LOOK = 0.25
"""Seconds between two looks whether the runtime is still there."""
_DOCKER = (
    "events", "--format", "{{json .}}", "--filter", "type=container", "--filter", "event=start",
    "--filter", "event=die", "--filter", "event=destroy",
)  # fmt: skip
_CTR = ("events", 'topic=="/tasks/start"', 'topic=="/tasks/exit"')


class WatchedHost(Protocol):
    """The host whose events are followed."""

    docker: DockerCli
    containerd: ContainerdTools | None

    @property
    def has_docker(self) -> bool:
        """Tell whether Docker is installed."""

    def has_tool(self, name: str) -> bool:
        """Tell whether a tool of containerd's is installed."""


async def _watch(host: WatchedHost, bound: Mapping[str, Any]) -> AsyncIterator[str]:
    query = _query(host, bound["Runtime"].lower(), bound.get("Since", ""))
    last, ends = query.begin, time.monotonic() + bound.get("Seconds", 300)
    while (left := ends - time.monotonic()) > 0:
        if said := query.ends():
            raise _ended(bound["Runtime"], said)
        await query.log.wait_beyond(last, min(left, _LOOK))
        last, lines = query.lines_after(last)
        if lines:
            ends = min(ends, time.monotonic() + bound.get("SettleMilliseconds", 500) / 1000)
        for line in lines:
            yield line
        await asyncio.sleep(0)


def _query(host: WatchedHost, runtime: str, since: str) -> EventQuery:
    tool = "docker" if runtime == "docker" else "ctr"
    if not (host.has_docker if runtime == "docker" else host.has_tool("ctr")):
        kind = "Docker" if runtime == "docker" else "Tool"
        raise PSError(
            f"{tool}.exe was not found on PATH.",
            error_id=f"Hnskit.{kind}Missing",
            category="ObjectNotFound",
            target=tool,
        )
    found: EventQuery | Ran
    if runtime == "docker":
        found = host.docker.follow([*_DOCKER, *(["--since", since] if since else [])])
    else:
        assert host.containerd is not None  # noqa: S101 - asked above
        found = host.containerd.follow(list(_CTR))
    if isinstance(found, Ran):
        raise _ended(runtime, found.stderr)
    return found


def _ended(runtime: str, said: str) -> PSError:
    tool = "docker" if runtime.lower() == "docker" else "ctr"
    return PSError(
        f"{tool} events ended: {said.strip()}",
        error_id="Hnskit.EventsEnded",
        category="ResourceUnavailable",
        target=tool,
    )


WATCH = Command(
    NAME,
    (
        Parameter("Runtime", "string", mandatory=True, one_of=("docker", "containerd")),
        Parameter("Since", "string", allow_empty=True, default="", pattern=r"^([0-9]{1,12}(\.[0-9]{1,9})?)?\z"),
        Parameter("Seconds", "int", default=300, between=(1, 86400)),
        Parameter("SettleMilliseconds", "int", default=500, between=(0, 60000)),
    ),
    _watch,
)
