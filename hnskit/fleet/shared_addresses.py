"""Addresses that more than one host of a fleet has, or is to get: wrong wherever these hosts share a network.

HNS gives out addresses host by host, and knows of none on another. Whether two hosts are on one wire is not in the
facts of either, so that each such address is named, and none is refused.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from hnskit.facts.host_facts import Facts
from hnskit.fleet.host_result import HostResult
from hnskit.fleet.inventory import FleetHost
from hnskit.model.objects import NetworkType
from hnskit.model.wording import counted
from hnskit.params.desired import desired_from

_ON_THE_WIRE = (NetworkType.L2BRIDGE, NetworkType.L2TUNNEL, NetworkType.TRANSPARENT)
"""Networks whose addresses others on the physical network see."""
_NAMED = 3


@dataclass(frozen=True, slots=True)
class SharedAddress:
    """An address, and who has it."""

    address: str
    holders: tuple[tuple[str, str], ...]
    """Host and object, at least two hosts."""

    @property
    def hosts(self) -> tuple[str, ...]:
        """The hosts, in the order of the alphabet."""
        return tuple(sorted({host for host, _ in self.holders}))

    @property
    def sentence(self) -> str:
        """Say who has it, in short."""
        return f"{self.address} is on {counted(len(self.hosts), 'hosts')}: {self.holding(_NAMED)}"

    def holding(self, most: int) -> str:
        """The objects with their hosts, at most so many."""
        names = {name for _, name in self.holders}
        if len(names) == 1:
            said = f"{names.pop()} on {', '.join(self.hosts[:most])}"
        else:
            said = ", ".join(f"{name} on {host}" for host, name in self.holders[:most])
        more = len(self.holders) - most
        return said + (f", {more} more" if more > 0 else "")


def addresses_of(facts: Facts) -> dict[str, str]:
    """Address -> object, of what others on the host's physical networks can see."""
    wires = {network.id.lower() for network in facts.networks if network.is_type(*_ON_THE_WIRE)}
    return {
        endpoint.address: f"endpoint {endpoint.name}"
        for endpoint in facts.endpoints
        if endpoint.address and not endpoint.remote and endpoint.network_id.lower() in wires
    }


def shared_addresses(found: Iterable[tuple[str, Mapping[str, str]]]) -> tuple[SharedAddress, ...]:
    """Addresses that more than one host has, those of most hosts first.

    Args:
        found: names of hosts with their addresses, each with its object.
    """
    holders: dict[str, list[tuple[str, str]]] = {}
    for host, addresses in found:
        for address, name in addresses.items():
            holders.setdefault(address, []).append((host, name))
    shared = [SharedAddress(address, tuple(sorted(who))) for address, who in holders.items() if len(who) > 1]
    return tuple(sorted(shared, key=lambda one: (-len(one.holders), one.address)))


def found_on(results: Iterable[HostResult]) -> tuple[SharedAddress, ...]:
    """Of hosts that were read."""
    return shared_addresses((one.name, one.addresses) for one in results)


def asked_for(hosts: Iterable[FleetHost]) -> tuple[SharedAddress, ...]:
    """Of the parameters of hosts: the addresses that they fix; no host is contacted."""
    return shared_addresses((host.name, _fixed(host)) for host in hosts)


def warning(shared: tuple[SharedAddress, ...]) -> str:
    """One sentence for all of them; "" where there are none."""
    if not shared:
        return ""
    more = f" (and {counted(len(shared) - 1, 'addresses')} more)" if len(shared) > 1 else ""
    return f"{shared[0].sentence}{more}: right only where these hosts share no network"


def _fixed(host: FleetHost) -> dict[str, str]:
    endpoints = desired_from(host.params).endpoints
    return {one.address: f"endpoint {one.name}" for one in endpoints if one.address}
