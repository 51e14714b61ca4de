"""One model for the policies that can be set: what each says, whether it can be right, and how HNS spells it.

| kind | what | through | facts |
|---|---|---|---|
| PROXY | ip:port is redirected to ip:port, on an endpoint | v1 | 44-49 |
| L4Proxy | the same, on an endpoint or a whole network | v2 | 51 |
| L4WFPPROXY | inbound and outbound TCP of a container goes to a port inside it | v2 | 54 |
| OutBoundNAT | what leaves gets the host's address | v1; taken away by v2 | 43, 86 |
| ROUTE | where a prefix goes to (v2: SDNRoute) | v1; taken away by v2 | 42 |
| ACL | what is let through | v1 | 43, 53 |
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from enum import StrEnum
from typing import Any, ClassVar, TypeAlias

from hnskit import codec
from hnskit.errors import Mistake
from hnskit.model import Policy
from hnskit.policies import codec as policy_codec
from hnskit.policies.values import (
    PROTOCOLS,
    address_problem,
    port_problem,
    ports_problem,
    prefix_problem,
    prefixes_problem,
    protocols_problem,
    sid_problem,
    target_problem,
    within,
)

LOCAL_SYSTEM = "S-1-5-18"
"""What `system` stands for as a UserSID, as in hcnproxyctrl."""
_PRIORITIES = 65535


class Kind(StrEnum):
    """Kinds of policies that can be set."""

    PROXY = "PROXY"
    L4PROXY = "L4Proxy"
    L4WFPPROXY = "L4WFPPROXY"
    OUTBOUND_NAT = "OutBoundNAT"
    ROUTE = "ROUTE"
    ACL = "ACL"

    @classmethod
    def _missing_(cls, value: object) -> Kind | None:
        wanted = {"SDNROUTE": "ROUTE"}.get(str(value).upper(), str(value).upper())
        return next((member for member in cls if member.value.upper() == wanted), None)


PROXIES = frozenset({"PROXY", "L4WFPPROXY"})
"""Types of proxy policies, as `policy_codec.kind_of` has them."""


class _Checks:
    """Collects what is wrong."""

    def __init__(self) -> None:
        self.found: list[Mistake] = []

    def __call__(self, path: str, value: str, problem: str) -> None:
        if problem:
            self.found.append(Mistake(path, problem, value))

    def given(self, path: str, value: str, problem: Any) -> None:
        """Only where there is a value."""
        if value:
            self(path, value, problem(value))


@dataclass(frozen=True, slots=True)
class ProxyRule:
    """What goes to `ip` and `port` is redirected to `destination` (kinds PROXY and L4Proxy)."""

    destination: str
    """`ip:port`, both (HNS fact 49)."""
    ip: str = ""
    """An IPv4 address or prefix; "" for any."""
    port: str = ""
    """One port; "" for any."""
    outbound_nat: bool = True
    exceptions: tuple[str, ...] = ()
    """Addresses or prefixes that are not redirected; whose, the caller's or the target's, is UNCONFIRMED."""
    protocol: str = ""
    """`tcp` or `udp`; v1 has no word for it (HNS fact 54b)."""
    kind: Kind = Kind.PROXY

    def mistakes(self) -> tuple[Mistake, ...]:
        """What is wrong in itself, whatever the host is."""
        check = _Checks()
        check("destination", self.destination, target_problem(self.destination))
        check.given("ip", self.ip, prefix_problem)
        check.given("port", self.port, port_problem)
        check("exceptions", "", prefixes_problem(self.exceptions))
        if self.protocol not in ("", "tcp", "udp"):
            check("protocol", self.protocol, "is neither tcp nor udp")
        elif self.kind is Kind.PROXY and self.protocol == "udp":
            check("protocol", "udp", "cannot be said in a v1 PROXY policy, and only TCP was ever seen: take L4Proxy")
        if not check.found and self.covers(*self._target()):
            said = "is itself redirected by this rule: the proxy's answer would be redirected to the proxy"
            check("destination", self.destination, said)
        return tuple(check.found)

    def _target(self) -> tuple[str, str]:
        address, _, port = self.destination.rpartition(":")
        return address, port

    @property
    def target(self) -> str:
        """The proxy's address."""
        return self._target()[0]

    def covers(self, address: str, port: str) -> bool:
        """Whether a connection to this address and port would be redirected."""
        here = not self.ip or within(address, [self.ip])
        return here and self.port in ("", port) and not within(address, self.exceptions)

    def policy(self) -> Policy:
        """As HNS v1 has it; `policy_codec.settings_form` makes v2's of it."""
        made = codec.proxy_policy(self.destination, self.ip, self.port, self.outbound_nat, self.exceptions)
        said = {key: value for key, value in made.settings.items() if value != ""}
        if self.kind is Kind.L4PROXY:
            said["Protocol"] = int(PROTOCOLS[self.protocol or "tcp"])
        return Policy("PROXY", said)

    @classmethod
    def read(cls, policy: Policy) -> ProxyRule:
        """From what a host has; keys that HNS does not know are left behind.

        Raises:
            HostAnswerError: a key of it has a type that HNS does not give it.
        """
        said = codec.proxy_settings(policy_codec.flat(policy))
        protocol = {number: name for name, number in PROTOCOLS.items()}.get(said.protocol, said.protocol)
        kind = Kind.L4PROXY if said.protocol or policy.type.upper() == "L4PROXY" else Kind.PROXY
        return cls(said.destination, said.ip, said.port, said.outbound_nat, said.exceptions, protocol, kind)


@dataclass(frozen=True, slots=True)
class _Tuple:
    """A filter tuple: texts with commas, as HNS has them; "" for any."""

    protocols: str = ""
    local_addresses: str = ""
    remote_addresses: str = ""
    local_ports: str = ""
    remote_ports: str = ""
    priority: int = 0

    KEYS: ClassVar[Mapping[str, str]] = {
        "protocols": "Protocols",
        "local_addresses": "LocalAddresses",
        "remote_addresses": "RemoteAddresses",
        "local_ports": "LocalPorts",
        "remote_ports": "RemotePorts",
        "priority": "Priority",
    }

    def _check_tuple(self, check: _Checks) -> None:
        check.given("protocols", self.protocols, protocols_problem)
        for name in ("local_addresses", "remote_addresses"):
            check.given(name, getattr(self, name), lambda text: prefixes_problem(text.split(",")))
        for name in ("local_ports", "remote_ports"):
            check.given(name, getattr(self, name), ports_problem)
        if not 0 <= self.priority <= _PRIORITIES:
            check("priority", str(self.priority), f"is not from 0 to {_PRIORITIES}")

    def _tuple(self) -> dict[str, Any]:
        return {key: value for name, key in self.KEYS.items() if (value := getattr(self, name))}

    @classmethod
    def _read_tuple(cls, said: Mapping[str, Any]) -> dict[str, Any]:
        texts = {name: _text(said.get(key)) for name, key in _Tuple.KEYS.items() if name != "priority"}
        priority = said.get("Priority")
        return {**texts, "priority": priority if isinstance(priority, int) else 0}


@dataclass(frozen=True, slots=True)
class WfpProxy(_Tuple):
    """Inbound and outbound TCP of a container goes to a proxy's port in the same container or pod (L4WFPPROXY)."""

    protocols: str = "6"
    inbound_port: str = ""
    outbound_port: str = ""
    user_sid: str = ""
    """Whose traffic is left alone, by prefix: the proxy's own."""
    inbound_addresses: tuple[str, ...] = ()
    inbound_ports: tuple[str, ...] = ()
    outbound_addresses: tuple[str, ...] = ()
    outbound_ports: tuple[str, ...] = ()
    """Exceptions: addresses and ports that are not redirected, each way."""

    kind: ClassVar[Kind] = Kind.L4WFPPROXY

    def mistakes(self) -> tuple[Mistake, ...]:
        """What is wrong in itself, whatever the host is (HNS fact 54)."""
        check = _Checks()
        if not self.inbound_port and not self.outbound_port:
            check("outbound_port", "", "is missing, and so is inbound_port: nothing would be redirected")
        check.given("inbound_port", self.inbound_port, port_problem)
        check.given("outbound_port", self.outbound_port, port_problem)
        self._check_tuple(check)
        if self.protocols != PROTOCOLS["tcp"]:
            check("protocols", self.protocols, "is not TCP (6): L4WFPPROXY redirects nothing else")
        for way in ("inbound", "outbound"):
            for item in getattr(self, f"{way}_addresses"):
                check(f"{way}_addresses", item, prefix_problem(item))
            for item in getattr(self, f"{way}_ports"):
                check(f"{way}_ports", item, port_problem(item))
        check.given("user_sid", self.user_sid, sid_problem)
        if self.outbound_port and not self.user_sid:
            said = "is missing: what the proxy itself sends would be redirected to the proxy again, without end"
            check("user_sid", "", said)
        return tuple(check.found)

    def policy(self) -> Policy:
        """In the flat form; HNS takes it through v2 only."""
        said: dict[str, Any] = {"InboundProxyPort": self.inbound_port, "OutboundProxyPort": self.outbound_port}
        said |= {"FilterTuple": self._tuple(), "UserSID": self.user_sid}
        for way in ("Inbound", "Outbound"):
            exceptions = {
                "IpAddressExceptions": list(getattr(self, f"{way.lower()}_addresses")),
                "PortExceptions": list(getattr(self, f"{way.lower()}_ports")),
            }
            said[f"{way}Exceptions"] = {key: value for key, value in exceptions.items() if value}
        return Policy("L4WFPPROXY", {key: value for key, value in said.items() if value})

    @classmethod
    def read(cls, policy: Policy) -> WfpProxy:
        """From what a host has."""
        said = policy.settings
        inbound, outbound = (_mapping(said.get(f"{way}Exceptions")) for way in ("Inbound", "Outbound"))
        return cls(
            **cls._read_tuple(_mapping(said.get("FilterTuple"))),
            inbound_port=_text(said.get("InboundProxyPort")),
            outbound_port=_text(said.get("OutboundProxyPort")),
            user_sid=_text(said.get("UserSID")),
            inbound_addresses=_texts(inbound.get("IpAddressExceptions")),
            inbound_ports=_texts(inbound.get("PortExceptions")),
            outbound_addresses=_texts(outbound.get("IpAddressExceptions")),
            outbound_ports=_texts(outbound.get("PortExceptions")),
        )


@dataclass(frozen=True, slots=True)
class OutboundNat:
    """What leaves the endpoint gets the host's address, but to the exceptions (HNS facts 43, 86)."""

    exceptions: tuple[str, ...] = ()
    vip: str = ""
    """The address that it gets instead of the host's."""
    destinations: tuple[str, ...] = ()
    """Only what goes there (HNS fact 55)."""

    kind: ClassVar[Kind] = Kind.OUTBOUND_NAT

    def mistakes(self) -> tuple[Mistake, ...]:
        """What is wrong in itself: HNS takes any text here, and the endpoint is Degraded then (HNS fact 40)."""
        check = _Checks()
        check("exceptions", "", prefixes_problem(self.exceptions))
        check("destinations", "", prefixes_problem(self.destinations))
        check.given("vip", self.vip, address_problem)
        return tuple(check.found)

    def policy(self) -> Policy:
        """As HNS v1 has it."""
        more = {"VIP": self.vip, "Destinations": list(self.destinations)}
        said = {**codec.outbound_nat_policy(self.exceptions).settings, **{k: v for k, v in more.items() if v}}
        return Policy("OutBoundNAT", said)

    @classmethod
    def read(cls, policy: Policy) -> OutboundNat:
        """From what a host has."""
        said = policy_codec.flat(policy).settings
        return cls(_texts(said.get("ExceptionList")), _text(said.get("VIP")), _texts(said.get("Destinations")))


@dataclass(frozen=True, slots=True)
class RouteVia:
    """Where the endpoint's traffic to a prefix goes (v1 ROUTE, v2 SDNRoute)."""

    prefix: str
    next_hop: str = ""
    encap: bool = False

    kind: ClassVar[Kind] = Kind.ROUTE

    def mistakes(self) -> tuple[Mistake, ...]:
        """What is wrong in itself."""
        check = _Checks()
        check("prefix", self.prefix, prefix_problem(self.prefix))
        check.given("next_hop", self.next_hop, address_problem)
        return tuple(check.found)

    def policy(self) -> Policy:
        """As HNS v1 has it."""
        said: dict[str, Any] = {"DestinationPrefix": self.prefix}
        if self.next_hop:
            said["NextHop"] = self.next_hop
        if self.encap:
            said["NeedEncap"] = True
        return Policy("ROUTE", said)

    @classmethod
    def read(cls, policy: Policy) -> RouteVia:
        """From what a host has."""
        said = policy.settings
        return cls(_text(said.get("DestinationPrefix")), _text(said.get("NextHop")), said.get("NeedEncap") is True)


@dataclass(frozen=True, slots=True)
class Acl(_Tuple):
    """What is let through, or is not (HNS fact 43)."""

    action: str = ""
    direction: str = ""
    rule_type: str = ""

    kind: ClassVar[Kind] = Kind.ACL

    def mistakes(self) -> tuple[Mistake, ...]:
        """What is wrong in itself."""
        check = _Checks()
        for name, allowed in (("action", ("Allow", "Block")), ("direction", ("In", "Out"))):
            if getattr(self, name) not in allowed:
                check(name, getattr(self, name), f"is neither {allowed[0]} nor {allowed[1]}")
        if self.rule_type not in ("", "Host", "Switch"):
            check("rule_type", self.rule_type, "is neither Host nor Switch")
        self._check_tuple(check)
        return tuple(check.found)

    def policy(self) -> Policy:
        """As HNS has it, v1 and v2."""
        said = {"Action": self.action, "Direction": self.direction, **self._tuple()}
        return Policy("ACL", {**said, "RuleType": self.rule_type} if self.rule_type else said)

    @classmethod
    def read(cls, policy: Policy) -> Acl:
        """From what a host has."""
        said = policy.settings
        return cls(
            **cls._read_tuple({**said, "Protocols": said.get("Protocols", said.get("Protocol"))}),
            action=_text(said.get("Action")),
            direction=_text(said.get("Direction")),
            rule_type=_text(said.get("RuleType")),
        )


Spec: TypeAlias = ProxyRule | WfpProxy | OutboundNat | RouteVia | Acl
"""Any policy that can be set."""

SPECS: Mapping[Kind, type[ProxyRule | WfpProxy | OutboundNat | RouteVia | Acl]] = {
    Kind.PROXY: ProxyRule,
    Kind.L4PROXY: ProxyRule,
    Kind.L4WFPPROXY: WfpProxy,
    Kind.OUTBOUND_NAT: OutboundNat,
    Kind.ROUTE: RouteVia,
    Kind.ACL: Acl,
}


def field_names(kind: Kind) -> tuple[str, ...]:
    """What can be said of a policy of this kind."""
    return tuple(item.name for item in fields(SPECS[kind]) if item.name != "kind")


def read_spec(policy: Policy) -> Spec | None:
    """What a host's policy says, where it is one that can be set.

    Raises:
        HostAnswerError: a key of it has a type that HNS does not give it.
    """
    try:
        kind = Kind(policy_codec.kind_of(policy))
    except ValueError:
        return None
    return SPECS[kind].read(policy)


def _text(value: Any) -> str:
    if isinstance(value, list | tuple):
        return ",".join(map(str, value))
    return "" if value is None or isinstance(value, bool | Mapping) else str(value)


def _texts(value: Any) -> tuple[str, ...]:
    if isinstance(value, str):
        return tuple(item.strip() for item in value.split(",") if item.strip())
    return tuple(map(str, value)) if isinstance(value, list | tuple) else ()


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}
