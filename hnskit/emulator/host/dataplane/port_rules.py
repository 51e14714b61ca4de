"""The rules of a port, compiled from the JSON of HNS policies: ACLs, proxy rewrites, outbound NAT.

Nothing here raises: HNS v1 stores whatever it is sent (HNS fact 47); what cannot be carried out is not a rule.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from hnskit.emulator.host.dataplane.wire_packet import Packet

_PROTOCOL_NUMBERS = {"tcp": 6, "udp": 17}
_ANY_PROTOCOL = 256
_LAST_PRIORITY = 65500
"""Of the rules that HNS itself puts behind all others (HNS fact 33)."""
_V1_PROXY = frozenset({"Type", "IP", "Port", "Destination", "OutboundNat", "ExceptionList", "Protocol"})
_V2_PROXY = _V1_PROXY | {"Exceptions", "OutboundNAT"}
"""Microsoft's two descriptions of L4Proxy have two spellings (HNS fact 51)."""
Prefix = ipaddress.IPv4Network


def _number(value: object) -> int | None:
    """A number from a number or its text; HNS prints ports as text (HNS fact 44)."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return value
    text = value.strip() if isinstance(value, str) else ""
    return int(text) if text.isascii() and text.isdigit() else None


def _items(value: object) -> list[object]:
    """A list, a text with commas, or one value (HNS fact 43)."""
    if value is None or value == "":
        return []
    if isinstance(value, list):
        return list(value)
    return list(value.split(",")) if isinstance(value, str) else [value]


def _prefixes(value: object) -> list[Prefix]:
    found = []
    for item in _items(value):
        try:
            found.append(Prefix(str(item).strip(), strict=False))
        except ValueError:
            continue
    return found


def _port_ranges(value: object) -> list[range]:
    found = []
    for item in _items(value):
        first, _, last = str(item).strip().partition("-")
        low, high = _number(first), _number(last or first)
        if low is not None:
            found.append(range(low, (low if high is None else high) + 1))
    return found


def _wanted(value: object) -> bool:
    """Tell whether a selector was given at all; one that is there and means nothing selects nothing."""
    return bool([item for item in _items(value) if str(item).strip()])


@dataclass(frozen=True, slots=True)
class Selector:
    """One condition of an ACL: any value, or one of these."""

    given: bool
    values: tuple[Any, ...]

    def takes(self, value: Any) -> bool:
        """Tell whether the condition holds."""
        return not self.given or any(value in item for item in self.values)


@dataclass(frozen=True, slots=True)
class AclRule:
    """One ACL of a port."""

    inbound: bool
    blocks: bool
    priority: int
    protocols: frozenset[int]
    remote_addresses: Selector
    local_addresses: Selector
    remote_ports: Selector
    local_ports: Selector

    def takes(self, packet: Packet, *, inbound: bool) -> bool:
        """Tell whether the rule is about this packet on its way into or out of the port."""
        if inbound != self.inbound:
            return False
        if self.protocols and not self.protocols & {_PROTOCOL_NUMBERS.get(packet.protocol, -1), _ANY_PROTOCOL, 0}:
            return False
        remote, local = (packet.destination, packet.port), (packet.source, packet.source_port)
        if inbound:
            remote, local = local, remote
        return (
            self.remote_addresses.takes(ipaddress.IPv4Address(remote[0]))
            and self.local_addresses.takes(ipaddress.IPv4Address(local[0]))
            and self.remote_ports.takes(remote[1])
            and self.local_ports.takes(local[1])
        )


@dataclass(frozen=True, slots=True)
class RewriteRule:
    """One proxy policy that is carried out (HNS facts 44, 48)."""

    address: Prefix | None
    port: int | None
    exceptions: tuple[Prefix, ...]
    protocol: int
    target: tuple[str, int]

    def takes(self, packet: Packet) -> bool:
        """Tell whether the packet's destination is rewritten."""
        wanted = ipaddress.IPv4Address(packet.destination)
        return (
            _PROTOCOL_NUMBERS.get(packet.protocol) == self.protocol
            and (self.address is None or wanted in self.address)
            and self.port in (None, packet.port)
            and not any(wanted in prefix for prefix in self.exceptions)
        )


@dataclass(frozen=True, slots=True)
class PortRules:
    """All rules of one port."""

    acls: tuple[AclRule, ...] = ()
    rewrites: tuple[RewriteRule, ...] = ()
    outbound_nat: tuple[Prefix, ...] | None = None
    """Destinations that keep their source; None: there is no outbound NAT."""
    nat_only: tuple[Prefix, ...] = ()
    """Destinations that outbound NAT is for; (): for all. By the CNI's sources alone (containerd fact 57)."""

    def hides(self, destination: str) -> bool:
        """Tell whether outbound NAT gives what goes there the host's address (HNS facts 43, 86)."""
        wanted = ipaddress.IPv4Address(destination)
        if self.nat_only and not any(wanted in prefix for prefix in self.nat_only):
            return False
        return self.outbound_nat is not None and not any(wanted in prefix for prefix in self.outbound_nat)

    def verdict(self, packet: Packet, *, inbound: bool, default_deny: bool) -> AclRule | bool:
        """The ACL that blocks a packet, True where none allows it and one must, else False.

        The lowest Priority decides; that the first in the list does among equals is UNCONFIRMED.
        """
        for rule in self.acls:
            if rule.takes(packet, inbound=inbound):
                return rule if rule.blocks else False
        return bool(default_deny and self.acls and not inbound)


def compile_rules(policies: Iterable[Mapping[str, Any]], shared: Iterable[Mapping[str, Any]] = ()) -> PortRules:
    """Compile a port's rules.

    Args:
        policies: the endpoint's, in HNS's order.
        shared: those of its network: an L4Proxy there comes after the endpoint's own (the order is UNCONFIRMED).

    ROUTE, NAT, L2Driver, QOS and L4WFPPROXY are not rules here: ROUTE's and L4WFPPROXY's effect on a connection was not
    seen (HNS facts 42, 54: UNCONFIRMED), NAT is about connections from outside.
    """
    made = _Compiler()
    for policy in policies:
        made.add(policy)
    for policy in shared:
        if _kind(policy) in ("PROXY", "L4PROXY"):
            made.add(policy)
    return PortRules(
        tuple(sorted(made.acls, key=lambda rule: rule.priority)), tuple(made.rewrites), made.nat, tuple(made.nat_only)
    )


def _kind(policy: Mapping[str, Any]) -> str:
    return str(policy.get("Type", "")).upper()


def _settings(policy: Mapping[str, Any]) -> Mapping[str, Any]:
    """The members of the v1 form, or of the v2 form's Settings (HNS fact 42)."""
    nested = policy.get("Settings")
    return {"Type": policy.get("Type"), **nested} if isinstance(nested, Mapping) else policy


@dataclass(slots=True)
class _Compiler:
    acls: list[AclRule] = field(default_factory=list)
    rewrites: list[RewriteRule] = field(default_factory=list)
    nat: tuple[Prefix, ...] | None = None
    nat_only: list[Prefix] = field(default_factory=list)

    def add(self, policy: Mapping[str, Any]) -> None:
        makers: dict[str, Callable[[Mapping[str, Any]], None]] = {
            "ACL": self._acl,
            "PROXY": self._rewrite,
            "L4PROXY": self._rewrite,
            "OUTBOUNDNAT": self._outbound_nat,
        }
        make = makers.get(_kind(policy))
        if make is not None:
            make(_settings(policy))

    def _acl(self, said: Mapping[str, Any]) -> None:
        direction = str(said.get("Direction", "")).lower()
        if direction not in ("in", "out"):
            return  # which way one without a direction works is UNCONFIRMED: none
        priority = said.get("Priority")
        numbers = (_number(item) for item in _items(said.get("Protocols", said.get("Protocol"))))
        self.acls.append(
            AclRule(
                inbound=direction == "in",
                blocks=str(said.get("Action", "")).lower() == "block",
                priority=priority if isinstance(priority, int) else _LAST_PRIORITY,
                protocols=frozenset(number for number in numbers if number is not None),
                remote_addresses=_selector(said, "RemoteAddress", _prefixes),
                local_addresses=_selector(said, "LocalAddress", _prefixes),
                remote_ports=_selector(said, "RemotePort", _port_ranges),
                local_ports=_selector(said, "LocalPort", _port_ranges),
            )
        )

    def _rewrite(self, said: Mapping[str, Any]) -> None:
        known = _V1_PROXY if str(said.get("Type")).upper() == "PROXY" else _V2_PROXY
        if set(said) - known:
            return  # seen with OutbountNat: stored, printed back, and nothing redirected (HNS fact 47)
        # One captured run lacked OutboundNat, by its misspelling, and was not redirected (HNS fact 47). Whether that
        # holds for a policy that leaves it out by intent is UNCONFIRMED.
        if str(said.get("OutboundNat", said.get("OutboundNAT", ""))).lower() != "true":
            return
        target = _target(said.get("Destination"))
        address, asked = said.get("IP") or "", said.get("Port") or ""
        prefixes, port, protocol = _prefixes(address), _number(asked), said.get("Protocol") or 6
        if target is None or (address and len(prefixes) != 1) or (asked and port is None):
            return
        self.rewrites.append(
            RewriteRule(
                address=prefixes[0] if prefixes else None,
                port=port,
                exceptions=tuple(_prefixes(said.get("ExceptionList", said.get("Exceptions")))),
                protocol=_number(protocol) or 0,  # v1 names none, and only TCP was seen (HNS fact 54b)
                target=target,
            )
        )

    def _outbound_nat(self, said: Mapping[str, Any]) -> None:
        # Of several the first for everywhere counts; those for some places add up (UNCONFIRMED).
        everywhere = self.nat is not None and not self.nat_only
        if only := _prefixes(said.get("Destinations")):
            self.nat_only += [] if everywhere else only
            self.nat = self.nat or ()
        elif not everywhere:
            self.nat_only, self.nat = [], tuple(_prefixes(said.get("ExceptionList", said.get("Exceptions"))))


def _selector(said: Mapping[str, Any], key: str, read: Callable[[object], list[Any]]) -> Selector:
    plural = f"{key}es" if key.endswith("s") else f"{key}s"
    value = said.get(plural, said.get(key))
    return Selector(_wanted(value), tuple(read(value)))


def _target(value: object) -> tuple[str, int] | None:
    """`ip:port`; without both it is not a target (HNS fact 49, UNCONFIRMED)."""
    address, _, port = str(value or "").rpartition(":")
    number = _number(port)
    try:
        ipaddress.IPv4Address(address)
    except ValueError:
        return None
    return (address, number) if number is not None and 0 < number < 65536 else None
