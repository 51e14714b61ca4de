"""Proxy policies: PROXY and L4Proxy, which redirect ip:port to ip:port, and L4WFPPROXY, which redirects to a port."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from hnskit.errors import Mistake
from hnskit.model import hns_json
from hnskit.model.objects import Policy
from hnskit.model.policies import v1_v2
from hnskit.model.policies.kinds import Kind
from hnskit.model.policies.protocols import NAMES, NUMBERS
from hnskit.model.policies.spec_parts import FilterTuple, MistakeCollector, mapping_in, text_in, texts_in
from hnskit.model.policies.values import (
    inside,
    port_problem,
    prefix_problem,
    prefixes_problem,
    sid_problem,
    target_problem,
)

LOCAL_SYSTEM = "S-1-5-18"
"""UserSID that `system` stands for, as in hcnproxyctrl."""


@dataclass(frozen=True, slots=True)
class ProxyRule:
    """A redirect of `ip` and `port` to `destination` (kinds PROXY and L4Proxy)."""

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
        """Return the mistakes of the policy itself, on any host."""
        check = MistakeCollector()
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
        """Tell whether a connection to this address and port would be redirected."""
        here = not self.ip or inside(address, [self.ip])
        return here and self.port in ("", port) and not inside(address, self.exceptions)

    def policy(self) -> Policy:
        """As HNS v1 has it; `v1_v2.settings_form` makes v2's of it."""
        made = hns_json.proxy_policy(self.destination, self.ip, self.port, self.outbound_nat, self.exceptions)
        said = {key: value for key, value in made.settings.items() if value != ""}
        if self.kind is Kind.L4PROXY:
            said["Protocol"] = int(NUMBERS[self.protocol or "tcp"])
        return Policy("PROXY", said)

    @classmethod
    def read(cls, policy: Policy) -> ProxyRule:
        """From what a host has; keys that HNS does not know are left behind.

        Raises:
            HostAnswerError: a key of it has a type that HNS does not give it.
        """
        said = hns_json.proxy_settings(v1_v2.flat(policy))
        protocol = NAMES.get(said.protocol, said.protocol)
        kind = Kind.L4PROXY if said.protocol or policy.type.upper() == "L4PROXY" else Kind.PROXY
        return cls(said.destination, said.ip, said.port, said.outbound_nat, said.exceptions, protocol, kind)


@dataclass(frozen=True, slots=True)
class WfpProxy(FilterTuple):
    """Inbound and outbound TCP of a container goes to a proxy's port in the same container or pod (L4WFPPROXY)."""

    protocols: str = "6"
    inbound_port: str = ""
    outbound_port: str = ""
    user_sid: str = ""
    """Prefixes whose traffic is left alone: the proxy's own."""
    inbound_addresses: tuple[str, ...] = ()
    inbound_ports: tuple[str, ...] = ()
    outbound_addresses: tuple[str, ...] = ()
    outbound_ports: tuple[str, ...] = ()
    """Exceptions: addresses and ports that are not redirected, each way."""

    kind: ClassVar[Kind] = Kind.L4WFPPROXY

    def mistakes(self) -> tuple[Mistake, ...]:
        """Return the mistakes of the policy itself, on any host (HNS fact 54)."""
        check = MistakeCollector()
        if not self.inbound_port and not self.outbound_port:
            check("outbound_port", "", "is missing, and so is inbound_port: nothing would be redirected")
        check.given("inbound_port", self.inbound_port, port_problem)
        check.given("outbound_port", self.outbound_port, port_problem)
        self._check_tuple(check)
        if self.protocols != NUMBERS["tcp"]:
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
        """Make the policy in the flat form; HNS takes it through v2 only."""
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
        inbound, outbound = (mapping_in(said.get(f"{way}Exceptions")) for way in ("Inbound", "Outbound"))
        return cls(
            **cls._read_tuple(mapping_in(said.get("FilterTuple"))),
            inbound_port=text_in(said.get("InboundProxyPort")),
            outbound_port=text_in(said.get("OutboundProxyPort")),
            user_sid=text_in(said.get("UserSID")),
            inbound_addresses=texts_in(inbound.get("IpAddressExceptions")),
            inbound_ports=texts_in(inbound.get("PortExceptions")),
            outbound_addresses=texts_in(outbound.get("IpAddressExceptions")),
            outbound_ports=texts_in(outbound.get("PortExceptions")),
        )
