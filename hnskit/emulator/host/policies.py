"""Policies of an endpoint: what HNS takes, keeps and adds. v1 does not look at their keys (HNS fact 47)."""

from __future__ import annotations

import copy
import ipaddress
from typing import Any

from hnskit.emulator.host import refusals
from hnskit.model.objects import NetworkType

_TYPES = frozenset({
    "NAT", "ACL", "PA", "VLAN", "VSID", "VNET", "L2DRIVER", "ISOLATION", "QOS", "OUTBOUNDNAT", "ELB", "ROUTE", "PROXY",
    "L4WFPPROXY", "TIERACL",
})  # fmt: skip
"""v1's policy types (HNS fact 42), in upper case. L4WFPPROXY and TierAcl are v2's: that v1 prints them so, and takes
back in a list what it printed, is UNCONFIRMED."""

_REPLACED = frozenset({"ACL", "PROXY"})
"""Kinds that a POST replaces by what it sends; those of the creation stay (DERIVED from HNS facts 45 and 53)."""


def kind(policy: dict[str, Any]) -> str:
    """A policy's Type in upper case."""
    return str(policy.get("Type", "")).upper()


def read(value: Any) -> list[dict[str, Any]]:
    """The Policies of a request, verbatim.

    An object or null in place of the list is refused; what HNS really says is UNCONFIRMED (HNS fact 46).
    """
    if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
        raise refusals.invalid_parameter()
    if any(not isinstance(item.get("Type"), str) for item in value) or any(kind(item) not in _TYPES for item in value):
        raise refusals.invalid_policy_type()
    return copy.deepcopy(value)


_PROTOCOLS = {"TCP": 6, "UDP": 17}


def external_ports(held: list[dict[str, Any]]) -> list[tuple[int, int]]:
    """Protocol and port of the host for each NAT policy that names one; without a protocol it is TCP (UNCONFIRMED)."""
    found = []
    for item in held:
        port, protocol = item.get("ExternalPort"), item.get("Protocol", 6)
        if kind(item) == "NAT" and isinstance(port, int) and port:
            number = _PROTOCOLS.get(str(protocol).upper(), protocol)
            found.append((number if isinstance(number, int) else 0, port))
    return found


def check(requested: list[dict[str, Any]], network: NetworkType) -> None:
    """Refuse what this kind of network cannot have: a proxy policy where there is NAT (HNS fact 49)."""
    if network is NetworkType.NAT and any(kind(item) == "PROXY" for item in requested):
        raise refusals.invalid_policy_type()


def scoped(requested: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """From 13.x on, HNS adds a Scope to each ACL that has none (HNS fact 43)."""
    return [{**item, "Scope": item.get("Scope", 0)} if kind(item) == "ACL" else item for item in requested]


def workable(requested: list[dict[str, Any]]) -> bool:
    """Tell whether their prefixes are some: HNS takes any text, and the endpoint is Degraded then (HNS fact 40)."""
    prefixes = [item.get("DestinationPrefix") for item in requested if kind(item) == "ROUTE"]
    prefixes += [text for item in requested if kind(item) == "OUTBOUNDNAT" for text in _texts(item, "ExceptionList")]
    return all(_is_prefix(prefix) for prefix in prefixes if isinstance(prefix, str))


def _texts(policy: dict[str, Any], key: str) -> list[str]:
    value = policy.get(key)
    return [item for item in value if isinstance(item, str)] if isinstance(value, list) else []


def _is_prefix(text: str) -> bool:
    try:
        ipaddress.ip_network(text, strict=False)
    except ValueError:
        return False
    return True


def created(requested: list[dict[str, Any]], network: NetworkType) -> list[dict[str, Any]]:
    """Those of a new endpoint: on L2Bridge, L2Driver is appended (HNS fact 28)."""
    if network is NetworkType.L2BRIDGE and all(kind(item) != "L2DRIVER" for item in requested):
        return [*requested, {"Type": "L2Driver"}]
    return requested


def updated(current: list[dict[str, Any]], sent: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Those after a POST: kinds that were sent, ACL and PROXY are replaced, the others stay (HNS facts 45, 53)."""
    replaced = _REPLACED | {kind(item) for item in sent}
    return [item for item in current if kind(item) not in replaced] + sent
