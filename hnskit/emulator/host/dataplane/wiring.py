"""Make the fabric of an emulated host from its HNS objects and adapters, as they are now: the only way in."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Mapping
from typing import Any, Protocol

from hnskit.emulator.host.dataplane.fabric import Fabric, Segment
from hnskit.emulator.host.dataplane.ip_stack import Stack, StackNic, StackRoute
from hnskit.emulator.host.dataplane.port_rules import PortRules, compile_rules
from hnskit.emulator.host.dataplane.vfp_port import VfpPort
from hnskit.emulator.host.windows_network import Nic, Windows, routes_of
from hnskit.model.objects import NetworkType

_VFP_TYPES = frozenset({NetworkType.L2BRIDGE, NetworkType.L2TUNNEL, NetworkType.OVERLAY})
"""Networks on which VFP carries policies out (HNS fact 49)."""
_TRANSLATING = frozenset({NetworkType.NAT, NetworkType.ICS})
_FIRST_DENYING_BUILD = 26100
"""Server 2025: an endpoint with any ACL denies what none allows out [microsoft/Windows-Containers#616]."""


class WiredNetwork(Protocol):
    """An HNS network, as far as packets meet it."""

    json: dict[str, Any]
    type: NetworkType
    host_vnic: Nic | None
    subnets: list[ipaddress.IPv4Network]

    @property
    def id(self) -> str:
        """Its ID."""


class WiredEndpoint(Protocol):
    """An HNS endpoint, as far as packets meet it."""

    json: dict[str, Any]

    @property
    def network(self) -> WiredNetwork:
        """Its network."""

    @property
    def id(self) -> str:
        """Its ID."""

    @property
    def attached(self) -> bool:
        """Tell whether it has a port."""


def wire(
    windows: Windows,
    networks: Iterable[WiredNetwork],
    endpoints: Iterable[WiredEndpoint],
    *,
    build: int,
    vfp_extension: str,
) -> Fabric:
    """Put ports, stacks and segments together.

    Args:
        windows: adapters and compartments.
        networks: of HNS.
        endpoints: of all networks, also of those that are gone.
        build: of Windows.
        vfp_extension: Id of the switch extension that is VFP (HNS fact 20).
    """
    attached = {item.id: item for item in endpoints if item.attached}
    known = {item.id: item for item in (*networks, *(item.network for item in attached.values()))}
    segments = {id: _segment(network, attached.values()) for id, network in known.items()}
    rules = {id: _vfp_on(network, vfp_extension) for id, network in known.items()}
    vnics = {network.host_vnic.index: id for id, network in known.items() if network.host_vnic is not None}
    stacks = {item.id: Stack(item.id) for item in windows.compartments}
    for nic in windows.nics:
        stack = stacks.get(nic.compartment_id)
        if stack is None:
            continue  # its container has ended (HNS fact 81)
        endpoint = attached.get(nic.endpoint_id) if nic.endpoint_id else None
        plugged = _nic(nic)
        if endpoint is not None:
            plugged.segment = endpoint.network.id
            plugged.port = _port(endpoint, carried_out=rules[plugged.segment], build=build)
        else:
            plugged.segment = vnics.get(nic.index, "")
        stack.nics.append(plugged)
    return Fabric(stacks, segments)


def _segment(network: WiredNetwork, endpoints: Iterable[WiredEndpoint]) -> Segment:
    gateways = {
        item.id: str(item.json.get("GatewayAddress", "")) for item in endpoints if item.network.id == network.id
    }
    return Segment(
        network.id,
        str(network.json.get("Name", "")),
        translates=network.type in _TRANSLATING,
        prefixes=tuple(network.subnets),
        physical=network.type is NetworkType.TRANSPARENT,
        default_gateways=gateways,
    )


def _vfp_on(network: WiredNetwork, vfp_extension: str) -> bool:
    """Tell whether VFP carries policies out there: it is the engine, and its extension is on (HNS facts 20, 49).

    That nothing is carried out with it off is UNCONFIRMED.
    """
    shown: list[Mapping[str, Any]] = network.json.get("Extensions") or []
    off = any(item.get("Id") == vfp_extension and item.get("IsEnabled") is False for item in shown)
    return network.type in _VFP_TYPES and not off


def _port(endpoint: WiredEndpoint, *, carried_out: bool, build: int) -> VfpPort:
    policies = endpoint.json.get("Policies") or []
    shared = endpoint.network.json.get("Policies") or []
    rules = compile_rules(policies, shared)
    if not carried_out:
        rules = PortRules(acls=rules.acls)  # who enforces ACLs where VFP does not is UNCONFIRMED; they are kept
    name = f"{endpoint.json.get('Name', '')} ({endpoint.json.get('IPAddress', '')})"
    return VfpPort(
        endpoint.id, name, str(endpoint.json.get("IPAddress", "")), rules, default_deny=build >= _FIRST_DENYING_BUILD
    )


def _nic(nic: Nic) -> StackNic:
    routes = tuple(
        StackRoute(ipaddress.IPv4Network(item.prefix, strict=False), item.next_hop, item.metric)
        for item in routes_of(nic)
    )
    return StackNic(
        tuple(item.address for item in nic.addresses) if nic.bound else (),
        routes,
        forwarding=nic.forwarding,
        loopback=nic.loopback,
    )
