"""Services of Windows as Get-Service and sc print them, and what docker's client says of a daemon that is silent."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from hnskit.model.windows_service import Service

_NAMES = frozenset(
    {
        "hns", "vmcompute", "docker", "com.docker.service", "containerd", "kubelet", "kube-proxy", "mpssvc", "bfe",
        "sharedaccess", "winnat",
    }
)  # fmt: skip
"""Services that say something of the network of containers, in lower case."""
_STATUSES = {
    "1": "Stopped", "2": "StartPending", "3": "StopPending", "4": "Running", "5": "ContinuePending",
    "6": "PausePending", "7": "Paused",
}  # fmt: skip
_STARTS = {"0": "Boot", "1": "System", "2": "Automatic", "3": "Manual", "4": "Disabled"}
_WORDS = frozenset(_STATUSES.values())

# `sc query` is in the host's language but for the state's number: SERVICE_NAME, NOMBRE_SERVICIO, …
_SC_NAME = re.compile(r"^[A-Za-z][\w ]{2,30}:\s*(?P<name>[\w.-]+)\s*$")
_SC_STATE = re.compile(r"^\s+[^:]{2,30}:\s*(?P<state>[1-7])\s+[A-Z_]{6,}\s*$")
_SC_LINES = 8  # lines behind the name, within which the state stands

_DOCKER_SILENT = re.compile(
    r"error during connect:|Cannot connect to the Docker daemon|docker daemon is not running"
    r"|open (?:[/\\]{1,4}\.[/\\]{1,2})pipe[/\\]{1,2}docker_engine\w*:|failed to connect to the docker API",
    re.IGNORECASE,
)
_LONGEST = 400


def is_service(value: Mapping[Any, Any]) -> bool:
    """Tell whether an object is one of the services that are looked at."""
    status = str(value.get("Status", ""))
    name = value.get("Name", value.get("ServiceName"))
    known = isinstance(name, str) and name.lower() in _NAMES
    return known and (status in _WORDS or status in _STATUSES) and not {"State", "Image", "ID", "Id"} & value.keys()


def read_service(row: Mapping[str, Any]) -> Service | None:
    """One row of Get-Service, as text or as JSON, where words are numbers."""
    name, status = str(row.get("Name", row.get("ServiceName", ""))), str(row.get("Status", ""))
    start = str(row.get("StartType", row.get("StartupType", "")))
    return Service(name.lower(), _STATUSES.get(status, status), _STARTS.get(start, start))


def read_sc(lines: list[str], number: int) -> tuple[dict[str, str], int] | None:
    """A service that `sc query` begins to print at a line, and the line behind its state; None of anything else."""
    name = _SC_NAME.match(lines[number])
    if name is None or name["name"].lower() not in _NAMES:
        return None
    for place in range(number + 1, min(number + _SC_LINES, len(lines))):
        if state := _SC_STATE.match(lines[place]):
            return {"Name": name["name"], "Status": state["state"]}, place + 1
    return None


def docker_silence(line: str) -> str:
    """Return the words of a line on a Docker daemon that does not answer; "" where it has none."""
    found = _DOCKER_SILENT.search(line)
    return line[found.start() :].strip()[:_LONGEST] if found else ""
