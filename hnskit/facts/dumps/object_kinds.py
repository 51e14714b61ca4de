"""What an object of a dump is, told by its members."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Literal

Kind = Literal["networks", "endpoints", "policy_lists", "compartments", "containers", "hns_version"]
"""The part of a snapshot that it belongs to."""

_POLICY_LIST = frozenset({"References", "HostComputeEndpoints"})
_ENDPOINT = frozenset(
    {
        "VirtualNetwork", "HostComputeNetwork", "HostComputeNamespace", "VirtualNetworkName", "IPAddress",
        "IpConfigurations", "SharedContainers", "IsRemoteEndpoint", "EncapOverhead", "MacAddress",
        "CreateProcessingStartTime", "GatewayAddress",
    }
)  # fmt: skip
_NETWORK = frozenset(
    {
        "Subnets", "Ipams", "MacPool", "MacPools", "Extensions", "CurrentEndpointCount", "MaxConcurrentEndpoints",
        "ManagementIP", "NatName", "NATName", "DrMacAddress", "LayeredOn", "NetworkAdapterName", "SwitchGuid",
    }
)  # fmt: skip
_COMPARTMENT = frozenset({"CompartmentId", "CompartmentGuid", "NamespaceId", "NamespaceGuid"})
_DOCKER = frozenset({"Id", "Config", "State", "HostConfig"})


def kind_of(value: object) -> Kind | None:
    """What an object is; None where its members do not tell."""
    if not isinstance(value, Mapping):
        return None
    keys = value.keys()
    if keys == {"Major", "Minor"}:
        return "hns_version"
    if keys >= _DOCKER:
        return "containers"
    if keys & _POLICY_LIST:
        return "policy_lists"
    if keys & _ENDPOINT and not keys & {"Subnets", "Ipams"}:
        return "endpoints"
    if keys & _NETWORK:
        return "networks"
    if keys & _COMPARTMENT and "Allocators" not in keys:
        return "compartments"
    return None


def guess_kind(words: str) -> Kind | None:
    """What a file's name, a command or a log's words say that follows."""
    lowered = words.lower()
    for word, kind in (
        ("endpoint", "endpoints"),
        ("polic", "policy_lists"),
        ("loadbalancer", "policy_lists"),
        ("namespace", "compartments"),
        ("network", "networks"),
    ):
        if word in lowered:
            return kind  # type: ignore[return-value]
    return None


_LISTING = {
    "networks": re.compile(r"Get-HnsNetworks?\b|^/networks/?$|=>\[/networks/?\]", re.IGNORECASE),
    "endpoints": re.compile(r"Get-HnsEndpoints?\b|^/endpoints/?$|=>\[/endpoints/?\]", re.IGNORECASE),
    "policy_lists": re.compile(r"Get-HnsPolicyLists?\b|^/policylists/?$|=>\[/policylists/?\]", re.IGNORECASE),
}
_CHOSEN = re.compile(r"\s-Id\b|\bwhere\b|\?\s*\{|Select-Object\s+-First", re.IGNORECASE)


def lists_all(words: str, kind: str) -> bool:
    """Whether a command or a request before an object asks for all of its kind."""
    listing = _LISTING.get(kind)
    return listing is not None and bool(listing.search(words)) and not _CHOSEN.search(words)


def is_known(value: Any) -> bool:
    """Whether an object is one of a host's."""
    return kind_of(value) is not None or is_envelope(value)


def is_envelope(value: Any) -> bool:
    """Whether it is a whole answer of HNSCall (HNS facts 11-13)."""
    return isinstance(value, Mapping) and isinstance(value.get("Success"), bool)
