"""The IPv4 stack of a compartment: its adapters, their addresses, its routes."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass, field

from hnskit.emulator.host.dataplane.vfp_port import VfpPort
from hnskit.emulator.host.dataplane.wire_packet import PacketLostError

_LINK_LOCAL = ipaddress.IPv4Network("169.254.0.0/16")
_ON_LINK = ("", "0.0.0.0")  # noqa: S104 - how Windows prints that there is no next hop


@dataclass(frozen=True, slots=True)
class StackRoute:
    """One route of an adapter."""

    prefix: ipaddress.IPv4Network
    next_hop: str
    """"" where it is on-link."""
    metric: int = 0


@dataclass(slots=True)
class StackNic:
    """One adapter of a compartment, with what it is plugged into."""

    addresses: tuple[str, ...]
    routes: tuple[StackRoute, ...]
    forwarding: bool = False
    loopback: bool = False
    port: VfpPort | None = None
    """Of an endpoint's vNIC."""
    segment: str = ""
    """ID of the HNS network; "" for the host's own adapter, which leads outside."""

    @property
    def address(self) -> str:
        """The address that its packets have."""
        return self.addresses[0] if self.addresses else ""


@dataclass(slots=True)
class Stack:
    """A compartment."""

    number: int
    nics: list[StackNic] = field(default_factory=list)

    def holds(self, address: str) -> bool:
        """Tell whether the address is one of its own."""
        return ipaddress.IPv4Address(address).is_loopback or any(address in nic.addresses for nic in self.nics)

    def nic_for(self, destination: str) -> tuple[StackNic, str]:
        """The adapter that a packet leaves by, and the address whose MAC is asked for.

        Windows takes 169.254.0.0/16 as on-link without any route; a longer prefix wins over that (HNS fact 84).

        Raises:
            PacketLostError: there is no route, or no adapter at all.
        """
        real = [nic for nic in self.nics if not nic.loopback]
        if not real:
            raise PacketLostError("no-endpoint", f"compartment {self.number} has no adapter (HNS fact 80)")
        wanted = ipaddress.IPv4Address(destination)
        fitting = [(route, nic) for nic in real for route in nic.routes if wanted in route.prefix]
        if wanted in _LINK_LOCAL:
            fitting = [item for item in fitting if item[0].prefix.prefixlen >= _LINK_LOCAL.prefixlen]
            if not fitting:
                return next((nic for nic in real if nic.addresses), real[0]), destination
        if not fitting:
            raise PacketLostError("no-route", f"compartment {self.number} has no route to {destination} (HNS fact 29)")
        route, nic = min(fitting, key=lambda item: (-item[0].prefix.prefixlen, item[0].metric))
        return nic, destination if route.next_hop in _ON_LINK else route.next_hop
