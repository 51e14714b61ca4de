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
from dataclasses import fields
from typing import TypeAlias

from hnskit.model.objects import Policy
from hnskit.model.policies import v1_v2
from hnskit.model.policies.kinds import Kind
from hnskit.model.policies.other_policies import Acl, OutboundNat, RouteVia
from hnskit.model.policies.proxies import ProxyRule, WfpProxy

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
    """Return the field names of a policy of this kind."""
    return tuple(item.name for item in fields(SPECS[kind]) if item.name != "kind")


def read_spec(policy: Policy) -> Spec | None:
    """Read the spec of a host's policy.

    Args:
        policy: as a host printed it.

    Returns:
        Its spec; None for a kind that is shown and kept, and cannot be set.

    Raises:
        HostAnswerError: a key of it has a type that HNS does not give it.
    """
    try:
        kind = Kind(v1_v2.kind_of(policy))
    except ValueError:
        return None
    return SPECS[kind].read(policy)
