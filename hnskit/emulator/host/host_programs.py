"""Programs of the host itself, beside docker.exe: netsh, ipconfig, route, hnsdiag, sc."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from hnskit.emulator.host import hnsdiag, ipconfig, netsh, route
from hnskit.emulator.host.containers import Ran
from hnskit.emulator.host.faults import Faults
from hnskit.emulator.host.hns_service import HnsService
from hnskit.emulator.host.windows_network import Windows
from hnskit.model.objects import HOST_COMPARTMENT

NAMES = ("hnsdiag", "ipconfig", "netsh", "route", "sc")


@dataclass(frozen=True, slots=True)
class HostService:
    """A Windows service of the host."""

    name: str
    display_name: str
    running: bool = True


class WindowsHost(Protocol):
    """The host on which the programs run."""

    windows: Windows
    faults: Faults
    hns: HnsService


def run(host: WindowsHost, name: str, words: list[str]) -> Ran:
    """One run of a program of `NAMES`, in the host's compartment, as administrator."""
    if name == "netsh":
        return netsh.run(host.windows, words)
    if name == "ipconfig":
        return ipconfig.run(host.windows, HOST_COMPARTMENT, words)
    if name == "route":
        return route.on_host(host.windows, words)
    if name == "sc":
        return _sc(host, words)
    if host.faults.hns_missing:
        return Ran(1, "", "hnsdiag: the Host Network Service is not installed\r\n")  # from memory: UNCONFIRMED
    return hnsdiag.run(host.hns, words)


def services(host: WindowsHost) -> list[HostService]:
    """The services that matter to containers; the rest of Windows' is not here."""
    found = [HostService("WinRM", "Windows Remote Management (WS-Management)")]
    if not host.faults.hns_missing:
        found += [HostService("hns", "Host Network Service"), HostService("vmcompute", "Hyper-V Host Compute Service")]
    if not host.faults.docker_missing:
        found.append(HostService("docker", "Docker Engine", running=not host.faults.docker_stopped))
    return sorted(found, key=lambda item: item.name.lower())


_STATES: Mapping[bool, str] = {True: "4  RUNNING", False: "1  STOPPED"}


def _sc(host: WindowsHost, words: list[str]) -> Ran:
    """`sc query NAME`, in the layout of memory: UNCONFIRMED."""
    if len(words) != 2 or words[0].lower() != "query":
        return Ran(1, f"hnskit emulator: sc {' '.join(words)} is not emulated\r\n")
    found = next((item for item in services(host) if item.name.lower() == words[1].lower()), None)
    if found is None:
        said = "[SC] EnumQueryServicesStatus:OpenService FAILED 1060:\r\n\r\n"
        return Ran(1060, f"{said}The specified service does not exist as an installed service.\r\n\r\n")
    lines = ["", f"SERVICE_NAME: {found.name}", "        TYPE               : 20  WIN32_SHARE_PROCESS",
             f"        STATE              : {_STATES[found.running]}",
             "        WIN32_EXIT_CODE    : 0  (0x0)", ""]  # fmt: skip
    return Ran(stdout="\r\n".join([*lines, ""]))
