"""Endpoints as v1 prints them, read quickly: a host may have ten thousand, and `hns_json` takes its time for each.

Only the common case is read here; of any other `hns_json.parse_endpoint` knows what to do, and what to say.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from hnskit.model.objects import Endpoint, Policy

_NETWORK = "VirtualNetworkName"
_NOT_V1 = ("IpConfigurations", "HostComputeNetwork", "Dns", "Routes", "Id", "IpAddress")


def quick_endpoint(row: dict[str, Any]) -> Endpoint | None:
    """An endpoint of v1 whose members have the types that HNS gives them; None of any other."""
    if not row.keys().isdisjoint(_NOT_V1):
        return None
    get = row.get
    id, name, network_id, network_name = get("ID", ""), get("Name", ""), get("VirtualNetwork", ""), get(_NETWORK, "")
    kind, address, gateway = get("Type", ""), get("IPAddress", ""), get("GatewayAddress", "")
    mac, dns = get("MacAddress", ""), get("DNSServerList", "")
    if not (
        type(id) is type(name) is type(network_id) is type(network_name) is type(kind) is type(address)
        is type(gateway) is type(mac) is type(dns) is str
    ):  # fmt: skip
        return None
    length, state, version = get("PrefixLength", 0), get("State", 0), get("Version", 0)
    if not (type(length) is int and type(state) is int and type(version) is int) or min(length, state, version) < 0:
        return None
    policies, containers = _policies(get("Policies", [])), get("SharedContainers", [])
    remote, compartment = get("IsRemoteEndpoint", False), _compartment(get("Resources", {}))
    if policies is None or type(containers) is not list or type(remote) is not bool or compartment == _UNCLEAR:
        return None
    for one in containers:
        if type(one) is not str or not one.strip():
            return None
    return Endpoint(
        id, name, network_id, network_name, kind, address, length, gateway, mac, _split(dns), state, policies,
        tuple(containers), compartment, remote, (version >> 32, version & 0xFFFFFFFF) if version else None, (), row,
    )  # fmt: skip


_UNCLEAR = -1


def _policies(rows: Any) -> tuple[Policy, ...] | None:
    if type(rows) is not list:
        return None
    made = []
    for row in rows:
        if type(row) is not dict or "Settings" in row or type(row.get("Type")) is not str:
            return None
        settings = row.copy()
        made.append(Policy(settings.pop("Type"), settings))
    return tuple(made)


def _compartment(resources: Any) -> int | None:
    if type(resources) is not dict:
        return _UNCLEAR
    allocators = resources.get("Allocators", [])
    if type(allocators) is not list:
        return _UNCLEAR
    for allocator in allocators:
        if type(allocator) is not dict:
            return _UNCLEAR
        if allocator.get("Tag") == "Endpoint Port":
            number = allocator.get("CompartmendId", _UNCLEAR)
            return number if type(number) is int and number >= 0 else _UNCLEAR
    return None


@lru_cache(maxsize=256)
def _split(servers: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in servers.split(",") if part.strip())
