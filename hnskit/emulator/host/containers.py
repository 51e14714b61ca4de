"""A container of the emulated host: what a program in it finds around it, is given and gives back."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from hnskit.emulator.host.images import Content
from hnskit.emulator.host.profiles import Profile
from hnskit.emulator.host.surroundings import HttpResult, Request
from hnskit.emulator.host.windows_network import Windows

ZERO_TIME = "0001-01-01T00:00:00Z"

ADMINISTRATOR = "ContainerAdministrator"
FOR_EVER = math.inf
"""Seconds of a program that does not end by itself."""


@dataclass(slots=True)
class Ran:
    """The exit code and output of a program."""

    exit_code: int = 0
    stdout: str = ""
    stderr: str = ""
    seconds: float = 0.0
    """Seconds that it takes on Windows."""


@dataclass(slots=True)
class DockerContainer:
    """One container."""

    id: str
    name: str
    image_name: str
    image_id: str
    content: Content
    command: tuple[str, ...]
    created: float
    network: str = "nat"
    network_id: str = ""
    labels: Mapping[str, str] = field(default_factory=dict)
    environment: tuple[str, ...] = ()
    isolation: str = "process"
    user: str = ""
    hostname: str = ""
    restart: str = "no"
    auto_remove: bool = False
    detached: bool = True
    tty: bool = False
    """True if it has a terminal: a shell then waits for what is typed."""
    status: str = "created"
    started: float = 0.0
    finished: float = 0.0
    exit_code: int = 0
    error: str = ""
    pid: int = 0
    sandbox: str = ""
    endpoint_id: str = ""
    """Of the endpoint that Docker itself made, on its nat network."""
    logs: list[tuple[float, str]] = field(default_factory=list)
    files: dict[str, str] = field(default_factory=dict)
    """Files that its programs wrote, by path in lower case."""
    listening: dict[int, Callable[..., Any]] = field(default_factory=dict)
    """TCP port -> what answers there."""
    compartment_owner: str = ""
    """Id of the container in whose compartment it is; "" for one of its own."""

    @property
    def running(self) -> bool:
        """Tell whether it runs."""
        return self.status == "running"

    @property
    def compartment_id(self) -> str:
        """Id of the container whose compartment it is in: a pod's containers share that of its sandbox."""
        return self.compartment_owner or self.id

    def log(self, moment: float, line: str) -> None:
        """Its process prints a line."""
        self.logs.append((moment, line))


class Surroundings(Protocol):
    """The host around a container: its Windows, and the network it reaches."""

    windows: Windows
    windows_profile: Profile

    def clock(self) -> float:
        """Seconds since 1970."""

    def http(self, container: DockerContainer, address: str, port: int, request: Request) -> HttpResult:
        """An HTTP request from inside a container."""
