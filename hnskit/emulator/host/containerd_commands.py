"""Doubles of the functions of remote/scripts/ that run containerd's tools."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any, Protocol

from hnskit.emulator.host.command_results import Done, Row
from hnskit.emulator.host.containerd.sandboxes import PODS
from hnskit.emulator.host.containerd.tools import ContainerdTools
from hnskit.emulator.powershell.command import PSError

TOOLS = ("crictl", "ctr", "nerdctl")

_ALLOWED = {
    "crictl": ("exec", "images", "inspect", "inspectp", "logs", "pods", "ps", "version"),
    "ctr": ("containers", "images", "namespaces", "run", "snapshots", "tasks", "version"),
    "nerdctl": ("exec", "inspect", "ps", "rm", "run", "start", "stop", "version"),
}
_OF_DOCKER = "moby"


class ToolHost(Protocol):
    """The host on which the tools run."""

    containerd: ContainerdTools | None
    time_scale: float

    def has_tool(self, name: str) -> bool:
        """Tell whether a tool of containerd's is installed."""

    def docker_seconds(self, seconds: float) -> float:
        """Scale the seconds that a program takes on Windows to those it takes here."""


def tool(host: ToolHost, bound: Mapping[str, Any]) -> Done:
    """Invoke-HnskitContainerTool."""
    name, words = bound["Tool"].lower(), list(bound["ArgumentList"])
    allowed = _ALLOWED[name]
    if words[0] not in allowed:
        return Done(error=PSError(
            f"{name} {words[0]} is not one of: {', '.join(allowed)}.",
            error_id="Hnskit.ToolCommandNotAllowed", category="PermissionDenied", target=words[0],
        ))  # fmt: skip
    if host.containerd is None or not host.has_tool(name):
        return Done(error=PSError(
            f"{name}.exe was not found on PATH.",
            error_id="Hnskit.ToolMissing", category="ObjectNotFound", target=name,
        ))  # fmt: skip
    namespace = bound.get("Namespace", "")
    ran = host.containerd.run(name, [*(["--namespace", namespace] if namespace else []), *words])
    limit, seconds = bound.get("TimeoutSeconds", 600), host.docker_seconds(ran.seconds)
    if seconds > limit:
        # The first of the words that the program was given.
        first = "--namespace" if namespace else words[0]
        return Done(seconds=limit if host.time_scale or not math.isinf(seconds) else 0.0, error=PSError(
            f"{name} {first} did not end within {limit} seconds.",
            error_id="Hnskit.ToolTimeout", category="OperationTimeout", target=first,
        ))  # fmt: skip
    return Done([{"ExitCode": ran.exit_code, "StdOut": ran.stdout, "StdErr": ran.stderr}], seconds)


def listed(host: ToolHost, _bound: Mapping[str, Any]) -> Done:
    """Get-HnskitContainerd: the runs of both tools, in the order in which the script makes them."""
    return Done([] if host.containerd is None else list(_runs(host)))


def _runs(host: ToolHost) -> Iterator[Row]:
    understood = False
    if host.has_tool("crictl"):
        version = _row(host, "crictl", "version", ["version"])
        understood = not version["ExitCode"]
        yield version
    if understood:
        yield _row(host, "crictl", "pods", ["pods", "--output", "json"])
        yield _row(host, "crictl", "containers", ["ps", "--all", "--output", "json"])
        yield _row(host, "crictl", "images", ["images", "--output", "json"])
    if host.has_tool("nerdctl"):
        yield {"Tool": "nerdctl", "Namespace": "", "List": "found", "ExitCode": 0, "StdOut": "", "StdErr": ""}
    if not host.has_tool("ctr"):
        return
    spaces = _row(host, "ctr", "namespaces", ["namespaces", "list", "--quiet"])
    yield spaces
    for space in str(spaces["StdOut"]).split():
        if space == _OF_DOCKER or (space == PODS and understood):
            continue
        ids = _row(host, "ctr", "containers", ["containers", "list", "--quiet"], space)
        yield ids
        yield _row(host, "ctr", "tasks", ["tasks", "list"], space)
        yield _row(host, "ctr", "images", ["images", "list", "--quiet"], space)
        for id in str(ids["StdOut"]).split():
            yield _row(host, "ctr", "info", ["containers", "info", id], space)


def _row(host: ToolHost, name: str, what: str, words: list[str], namespace: str = "") -> Row:
    ran = tool(host, {"Tool": name, "ArgumentList": words, "Namespace": namespace}).rows[0]
    return {"Tool": name, "Namespace": namespace, "List": what, **ran}
