"""The policies beside a proxy policy: OutBoundNAT, ROUTE and ACL."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from hnskit.errors import Mistake
from hnskit.model import hns_json
from hnskit.model.objects import Policy
from hnskit.model.policies import v1_v2
from hnskit.model.policies.kinds import Kind
from hnskit.model.policies.spec_parts import FilterTuple, MistakeCollector, text_in, texts_in
from hnskit.model.policies.values import address_problem, prefix_problem, prefixes_problem


@dataclass(frozen=True, slots=True)
class OutboundNat:
    """Source NAT to the host's address, except for the exceptions (HNS facts 43, 86)."""

    exceptions: tuple[str, ...] = ()
    vip: str = ""
    """The address that it gets instead of the host's."""
    destinations: tuple[str, ...] = ()
    """Only what goes there (HNS fact 55)."""

    kind: ClassVar[Kind] = Kind.OUTBOUND_NAT

    def mistakes(self) -> tuple[Mistake, ...]:
        """Return the mistakes of the policy itself: HNS takes any text, and the endpoint is Degraded (HNS fact 40)."""
        check = MistakeCollector()
        check("exceptions", "", prefixes_problem(self.exceptions))
        check("destinations", "", prefixes_problem(self.destinations))
        check.given("vip", self.vip, address_problem)
        return tuple(check.found)

    def policy(self) -> Policy:
        """As HNS v1 has it."""
        more = {"VIP": self.vip, "Destinations": list(self.destinations)}
        said = {**hns_json.outbound_nat_policy(self.exceptions).settings, **{k: v for k, v in more.items() if v}}
        return Policy("OutBoundNAT", said)

    @classmethod
    def read(cls, policy: Policy) -> OutboundNat:
        """From what a host has."""
        said = v1_v2.flat(policy).settings
        return cls(texts_in(said.get("ExceptionList")), text_in(said.get("VIP")), texts_in(said.get("Destinations")))


@dataclass(frozen=True, slots=True)
class RouteVia:
    """The next hop of the endpoint's traffic to a prefix (v1 ROUTE, v2 SDNRoute)."""

    prefix: str
    next_hop: str = ""
    encap: bool = False

    kind: ClassVar[Kind] = Kind.ROUTE

    def mistakes(self) -> tuple[Mistake, ...]:
        """Return the mistakes of the policy itself."""
        check = MistakeCollector()
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
        return cls(text_in(said.get("DestinationPrefix")), text_in(said.get("NextHop")), said.get("NeedEncap") is True)


@dataclass(frozen=True, slots=True)
class Acl(FilterTuple):
    """A rule that allows or blocks traffic (HNS fact 43)."""

    action: str = ""
    direction: str = ""
    rule_type: str = ""

    kind: ClassVar[Kind] = Kind.ACL

    def mistakes(self) -> tuple[Mistake, ...]:
        """Return the mistakes of the policy itself."""
        check = MistakeCollector()
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
            action=text_in(said.get("Action")),
            direction=text_in(said.get("Direction")),
            rule_type=text_in(said.get("RuleType")),
        )
