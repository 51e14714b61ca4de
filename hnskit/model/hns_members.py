"""Members of HNS's JSON by the members of the model's objects: beside `hns_json`, for those that are missing."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

_MEMBERS_V1 = (
    ("network_id", ("VirtualNetwork",)), ("address", ("IPAddress", "IpAddress")),
    ("prefix_length", ("PrefixLength",)), ("gateway", ("GatewayAddress",)), ("mac", ("MacAddress",)),
    ("state", ("State",)), ("policies", ("Policies",)), ("containers", ("SharedContainers",)),
    ("compartment_id", ("Resources",)),
)  # fmt: skip
_MEMBERS_V2 = (
    ("network_id", ("HostComputeNetwork",)), ("address", ("IpConfigurations",)),
    ("prefix_length", ("IpConfigurations",)), ("gateway", ("Routes",)), ("mac", ("MacAddress",)),
    ("policies", ("Policies",)), ("remote", ("Flags",)),
)  # fmt: skip
_OF_NETWORK = (
    ("type", ("Type",)), ("subnets", ("Subnets", "Ipams")), ("policies", ("Policies",)),
    ("endpoint_count", ("CurrentEndpointCount",)),
)  # fmt: skip
_OF_LIST = (
    ("references", ("References", "HostComputeEndpoints")),
    ("policies", ("Policies", "PortMappings", "Setting")),
)
_OF_NAMESPACE = (
    ("compartment_id", ("CompartmentId", "CompartmentID", "NamespaceId")), ("state", ("State",)),
    ("containers", ("Containers", "Resources")), ("endpoints", ("ResourceList", "Resources", "EndpointID")),
)  # fmt: skip
_MEMBERS: dict[str, Sequence[tuple[str, Sequence[str]]]] = {
    "endpoints": _MEMBERS_V1,
    "endpoints of v2": _MEMBERS_V2,
    "networks": _OF_NETWORK,
    "policy_lists": _OF_LIST,
    "namespaces": _OF_NAMESPACE,
}
MEMBERS = {kind: frozenset(name for name, _ in names) for kind, names in _MEMBERS.items() if " " not in kind}
"""List of a snapshot -> members of its objects that may be unread."""
_NOT_IN_V2 = ("state", "containers", "compartment_id")


def unread_members(kind: str, printed: Iterable[str], *, v2: bool = False) -> tuple[str, ...]:
    """Members of the model's object that cannot be known, since HNS's own were not printed.

    Args:
        kind: `networks`, `endpoints`, `policy_lists` or `namespaces`.
        printed: names of the members that were printed whole.
        v2: whether it is the form of HCN, which has no State, no port and no containers.
    """
    there = frozenset(printed)
    members = _MEMBERS["endpoints of v2" if v2 and kind == "endpoints" else kind]
    unread = tuple(name for name, spellings in members if there.isdisjoint(spellings))
    return (*unread, *_NOT_IN_V2) if v2 and kind == "endpoints" else unread
