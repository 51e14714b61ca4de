"""Packets on their way: out of a stack, through a port, over a segment, into another stack, and back."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from hnskit.emulator.host.dataplane.ip_stack import Stack, StackNic
from hnskit.emulator.host.dataplane.vfp_port import VfpPort
from hnskit.emulator.host.dataplane.wire_packet import FIRST_DYNAMIC_PORT, Packet, PacketLostError
from hnskit.model.objects import HOST_COMPARTMENT

Place = Literal["", "compartment", "host", "outside"]
_MOST_HOPS = 16


@dataclass(slots=True)
class Segment:
    """An HNS network: who is plugged into it."""

    id: str
    name: str
    translates: bool = False
    """The host is its gateway, and gives what leaves its own address: NAT and ICS."""
    prefixes: tuple[ipaddress.IPv4Network, ...] = ()
    physical: bool = False
    """Its containers stand on the wire outside: Transparent."""
    default_gateways: Mapping[str, str] = field(default_factory=dict)
    """Endpoint's ID -> its gateway."""


@dataclass(frozen=True, slots=True)
class Arrival:
    """End of the way of a connection's first packet."""

    place: Place
    packet: Packet | None = None
    """As the target sees it."""
    compartment: int = 0
    code: str = "delivered"
    reason: str = ""
    rewritten: bool = False
    """True if a proxy policy of the source's port gave it another destination."""
    answered: bool = False
    """True if the answer's first packet gets back to who asked."""

    @property
    def target(self) -> tuple[str, int] | None:
        """Address and port where it arrived; None where it did not."""
        return (self.packet.destination, self.packet.port) if self.place and self.packet else None

    @property
    def source_address(self) -> str:
        """The address that the target sees; "" where it did not arrive."""
        return self.packet.source if self.place and self.packet else ""


@dataclass(slots=True)
class _Way:
    """One packet on its way: what the host put into its own NAT state, and how far it has come."""

    origin: VfpPort | None
    origin_segment: Segment | None
    answer: bool = False
    hops: int = 0
    arrived_by: StackNic | None = None
    translated: Packet | None = None
    """The packet as it was before the host gave it its own address."""


class Fabric:
    """The stacks and segments of one host."""

    def __init__(self, stacks: Mapping[int, Stack], segments: Mapping[str, Segment]) -> None:
        self.stacks = self._stacks = stacks
        self.segments = self._segments = segments
        self._host = stacks[HOST_COMPARTMENT]

    def connect(self, compartment: int, destination: str, port: int, protocol: str = "tcp") -> Arrival:
        """Send the first packet of a connection from a compartment, and the answer back.

        Returns:
            Where it arrived, or `place` "" with the code and the reason of its loss.
        """
        stack = self._stacks.get(compartment)
        if stack is None:
            return Arrival("", code="no-compartment", reason=f"there is no compartment {compartment} (HNS fact 80)")
        for nic in stack.nics:
            if nic.port is not None:
                nic.port.rewrote = False
        way = _Way(None, None)
        try:
            packet = self._first(stack, destination, port, protocol)
            place, seen, where = self._send(stack, packet, way)
        except PacketLostError as lost:
            return Arrival("", code=lost.code, reason=lost.reason, rewritten=_rewrote(stack))
        answered, reason = self._return(seen, place, where, way, stack)
        code = "left" if place == "outside" else "delivered"
        return Arrival(place, seen, where, code, reason, _rewrote(stack), answered)

    @staticmethod
    def _first(stack: Stack, destination: str, port: int, protocol: str) -> Packet:
        if stack.holds(destination):
            return Packet(protocol, destination, FIRST_DYNAMIC_PORT, destination, port)
        nic, _ = stack.nic_for(destination)
        return Packet(protocol, nic.address, FIRST_DYNAMIC_PORT, destination, port)

    def _send(self, stack: Stack, packet: Packet, way: _Way) -> tuple[Place, Packet, int]:
        """Send a packet from a stack to its end."""
        way.hops += 1
        if way.hops > _MOST_HOPS:
            raise PacketLostError("loop", f"{packet} goes round and round")
        if stack.holds(packet.destination) and not (way.answer and way.arrived_by and way.arrived_by.port):
            return self._place_of(stack), packet, stack.number
        if stack.holds(packet.destination) and way.arrived_by is not None:
            nic, next_hop = way.arrived_by, packet.destination  # a flow that came in by a port goes back by it
        else:
            nic, next_hop = stack.nic_for(packet.destination)
        segment = self._segments.get(nic.segment)
        trapped = next_hop == packet.destination and ipaddress.IPv4Address(next_hop).is_link_local
        if trapped and stack is self._host:
            raise PacketLostError("host-route", f"the host has no route of its own to {next_hop} (HNS fact 67)")
        if nic.port is not None and segment is not None:
            return self._through_port(nic, nic.port, segment, packet, next_hop, way)
        if segment is not None:
            return self._over(segment, packet, next_hop, way)  # the host's own foot in a NAT network
        return self._leave(stack, nic, packet, next_hop, way)

    def _through_port(  # noqa: PLR0917 - a packet, where it is and where it goes
        self, nic: StackNic, port: VfpPort, segment: Segment, packet: Packet, next_hop: str, way: _Way
    ) -> tuple[Place, Packet, int]:
        sent = port.outbound(packet)
        if way.origin is None and not way.answer:
            way.origin, way.origin_segment = port, segment
        if sent.destination != packet.destination:
            # That it is rewritten before Windows asks for a MAC address is UNCONFIRMED (HNS fact 84).
            next_hop = self._next_hop_below(nic, port, segment, sent.destination)
        return self._over(segment, sent, next_hop, way)

    @staticmethod
    def _next_hop_below(nic: StackNic, port: VfpPort, segment: Segment, destination: str) -> str:
        """Deliver a rewritten packet: VFP is below the stack and asks its routes no more."""
        wanted = ipaddress.IPv4Address(destination)
        direct = [route.prefix for route in nic.routes if route.next_hop in ("", "0.0.0.0")]  # noqa: S104
        if any(wanted in prefix and prefix.prefixlen > 4 for prefix in direct):
            return destination
        gateway = segment.default_gateways.get(port.id, "")
        if gateway in ("", "0.0.0.0"):  # noqa: S104
            raise PacketLostError("no-route", f"no gateway leads to {destination} (HNS fact 29)")
        return gateway

    def _over(self, segment: Segment, packet: Packet, next_hop: str, way: _Way) -> tuple[Place, Packet, int]:
        """Ask on a segment who holds the next hop, and give it the packet."""
        holder = self._holder(segment, next_hop)
        if holder is None and segment.physical:
            raise PacketLostError("beyond", f"{next_hop} is on the wire outside {segment.name}, which is not emulated")
        if holder is None:
            trap = next_hop == packet.destination and ipaddress.IPv4Address(next_hop).is_link_local
            code = "on-link" if trap else "nobody" if next_hop == packet.destination else "no-gateway"
            raise PacketLostError(code, f"nobody on {segment.name} has {next_hop} (HNS facts 70, 84)")
        stack, nic = holder
        if nic.port is not None:
            packet = nic.port.inbound(packet)  # that a port looks at what only passes it is UNCONFIRMED
        way.arrived_by = nic
        if stack.holds(packet.destination):
            return self._place_of(stack), packet, stack.number
        if not nic.forwarding:
            raise PacketLostError("forwarding-off", f"forwarding is off on the interface of {next_hop} (HNS fact 71)")
        return self._send(stack, packet, way)

    def _holder(self, segment: Segment, address: str) -> tuple[Stack, StackNic] | None:
        for stack in self._stacks.values():
            for nic in stack.nics:
                if nic.segment == segment.id and address in nic.addresses:
                    return stack, nic
        return None

    def _leave(
        self, stack: Stack, nic: StackNic, packet: Packet, next_hop: str, way: _Way
    ) -> tuple[Place, Packet, int]:
        """Send a packet out of the host's own adapter."""
        inside = next((item for item in self._segments.values() if self._holder(item, packet.destination)), None)
        if inside is not None and next_hop == packet.destination:
            return self._over(inside, packet, next_hop, way)
        if way.origin is not None and not self._translates(way, packet.destination):
            raise PacketLostError(
                "no-way-back", f"{packet.source} is not an address of this host outside: answers are lost (HNS fact 86)"
            )
        way.translated = packet
        port = packet.source_port
        return "outside", Packet(packet.protocol, nic.address, port, packet.destination, packet.port), stack.number

    @staticmethod
    def _translates(way: _Way, destination: str) -> bool:
        if way.origin_segment is not None and way.origin_segment.translates:
            return True
        return way.origin is not None and way.origin.rules.hides(destination)

    def _return(self, seen: Packet, place: Place, where: int, way: _Way, asker: Stack) -> tuple[bool, str]:
        """Send the answer back by the same state; tell whether it arrives."""
        if place == "outside":
            before = way.translated
            if before is None or before.source in {address for nic in self._host.nics for address in nic.addresses}:
                return True, ""
            back, start = before.answer(), self._host
        else:
            back, start = seen.answer(), self._stacks[where]
        if start is asker and way.origin is None:
            return True, ""  # it never left the stack
        home = _Way(None, None, answer=True, arrived_by=way.arrived_by if place == "compartment" else None)
        try:
            _, _, arrived = self._send(start, back, home)
        except PacketLostError as lost:
            return False, f"the answer is lost: {lost.reason}"
        return arrived == asker.number, ""

    @staticmethod
    def _place_of(stack: Stack) -> Place:
        return "host" if stack.number == HOST_COMPARTMENT else "compartment"


def _rewrote(stack: Stack) -> bool:
    return any(nic.port is not None and nic.port.rewrote for nic in stack.nics)
