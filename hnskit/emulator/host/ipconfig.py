"""ipconfig.exe, on the host and inside a container. Its layout follows the samples (ipconfig-*.txt)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from hnskit.emulator.host.containers import Ran
from hnskit.emulator.host.route import mask
from hnskit.emulator.host.windows_network import DNS_SUFFIX, Nic, Windows
from hnskit.model.objects import HOST_COMPARTMENT

_RULE = "=" * 78


def run(windows: Windows, compartment: int, arguments: list[str]) -> Ran:
    """One run of ipconfig.

    Args:
        compartment: in which it runs; 0 where there is none.
        arguments: none, or `/allcompartments`; every other one is refused by name.
    """
    words = [word.lower().replace("-", "/", 1) for word in arguments]
    if words not in ([], ["/allcompartments"]):
        return Ran(1, "", f"hnskit emulator: ipconfig {' '.join(arguments)} is not emulated\r\n")
    lines = ["", "Windows IP Configuration", "", ""]
    if not words:
        lines += _adapters(windows.nics_in(compartment))
    for number in _seen_from(windows, compartment) if words else ():
        # That the one in which it runs is marked is DERIVED: a container's print has its own alone, and marked.
        active = " (ACTIVE)" if number == compartment else ""
        lines += [_RULE, f"Network Information for Compartment {number}{active}", _RULE, ""]
        lines += _adapters(windows.nics_in(number))
    return Ran(stdout="\r\n".join([*lines, ""]))


def _seen_from(windows: Windows, compartment: int) -> list[int]:
    """The compartments that `/allcompartments` shows: all of them on the host, its own in a container."""
    if compartment != HOST_COMPARTMENT:
        return [compartment]
    return [item.id for item in windows.compartments]


def _adapters(nics: Iterable[Nic]) -> Iterator[str]:
    for nic in nics:
        if nic.loopback or not nic.bound:
            continue
        suffix = DNS_SUFFIX if nic.dhcp else ""
        yield from (f"Ethernet adapter {nic.name}:", "", f"   Connection-specific DNS Suffix  . : {suffix}")
        for item in nic.addresses:
            yield f"   IPv4 Address. . . . . . . . . . . : {item.address}"
            yield f"   Subnet Mask . . . . . . . . . . . : {mask(item.prefix_length)}"
        gateway = next((item.next_hop for item in nic.routes if item.prefix == "0.0.0.0/0"), "")
        yield f"   Default Gateway . . . . . . . . . : {gateway}"
        yield ""
