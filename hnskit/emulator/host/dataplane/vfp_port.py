"""A port of a virtual switch with its layers, as VFP has them: ACL, proxy rewrite; and its flows.

Going out a packet meets the ACLs, then the rewrite; that order is UNCONFIRMED. A connection that was let through is a
flow: its answer passes, and is put back to what was asked for (HNS fact 48). That ACLs let answers pass is UNCONFIRMED.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from hnskit.emulator.host.dataplane.port_rules import PortRules
from hnskit.emulator.host.dataplane.wire_packet import Packet, PacketLostError


@dataclass(slots=True)
class VfpPort:
    """The port of one attached endpoint."""

    id: str
    """Of the endpoint."""
    name: str
    address: str
    rules: PortRules = field(default_factory=PortRules)
    default_deny: bool = False
    """True if any ACL denies what none allows out: Server 2025 [microsoft/Windows-Containers#616]."""
    _flows: dict[Packet, Packet] = field(default_factory=dict)
    """The answer that is expected -> the answer as who asked expects it."""
    rewrote: bool = False
    """True if it rewrote the last connection that it let out."""

    def outbound(self, packet: Packet) -> Packet:
        """Send a packet of the compartment to the switch.

        Raises:
            PacketLostError: an ACL blocks it.
        """
        if packet in self._flows:
            return self._flows[packet]
        self._check(packet, inbound=False)
        sent = next((packet.to(*rule.target) for rule in self.rules.rewrites if rule.takes(packet)), packet)
        self.rewrote = sent is not packet
        self._flows[sent.answer()] = packet.answer()
        return sent

    def inbound(self, packet: Packet) -> Packet:
        """Take a packet from the switch.

        Raises:
            PacketLostError: an ACL blocks it.
        """
        if packet in self._flows:
            return self._flows[packet]
        self._check(packet, inbound=True)
        self._flows[packet.answer()] = packet.answer()
        return packet

    def _check(self, packet: Packet, *, inbound: bool) -> None:
        verdict = self.rules.verdict(packet, inbound=inbound, default_deny=self.default_deny)
        if verdict is False:
            return
        way = "in" if inbound else "out"
        said = "no ACL allows" if verdict is True else f"an ACL (Priority {verdict.priority}) blocks"
        raise PacketLostError("acl", f"{self.name}: {said} {packet} {way}")
