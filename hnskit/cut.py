"""The cut: what the first L2Bridge, and the last one going, may cost the host, and what they did cost. Pure.

The adapter's address moves to a virtual adapter and back, and the host's network is away for seconds
meanwhile (HNS facts 63-67, 78).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from hnskit.desired import Desired
from hnskit.facts import Facts
from hnskit.model import HOST_COMPARTMENT, METADATA_ADDRESS, NetworkType, Route

_DEFAULT = "0.0.0.0/0"


@dataclass(frozen=True, slots=True)
class Risk:
    """Something that the move may cost."""

    id: str
    object: str
    message: str
    next_step: str = ""


def risks(desired: Desired, facts: Facts) -> tuple[Risk, ...]:
    """What the move of the adapter's address may cost on this host; nothing where no cut is to come."""
    bridges = [item for item in facts.networks if item.is_type(NetworkType.L2BRIDGE)]
    if any(item.name != desired.network.name for item in bridges):
        return ()
    return tuple(_risks(desired, facts, bool(bridges)))


def _risks(desired: Desired, facts: Facts, removing: bool) -> Iterator[Risk]:
    physical = [adapter for adapter in facts.adapters if adapter.physical and adapter.status == "Up"]
    if len(physical) == 1:
        yield Risk(
            "single-adapter",
            f"adapter {physical[0].name}",
            "is the only one: the host goes away for seconds when the bridge appears, and when it goes",
            "" if removing else "A second adapter, named in network.adapter, keeps the management adapter out of it.",
        )
    wanted = desired.network.adapter
    macs = {adapter.mac for adapter in physical if not wanted or adapter.name == wanted}
    indexes = {adapter.index for adapter in facts.adapters if adapter.mac in macs}  # a vNIC has its NIC's MAC
    for address in facts.addresses:
        if address.interface_index in indexes and address.origin == "Manual":
            yield Risk(
                "static-address",
                f"address {address.address}",
                "is static; some Windows builds lose a static address in the move (2004, 20H2)",
                "Have a console at hand.",
            )
    for route in _host_routes(facts):
        if route.prefix == f"{METADATA_ADDRESS}/32" and route.interface_index in indexes:
            yield Risk(
                "metadata-route",
                f"route {route.prefix}",
                f"goes through {route.next_hop}; such a route was lost in the move on some clouds",
                f"If it is lost: `route.exe add {METADATA_ADDRESS} mask 255.255.255.255 {route.next_hop}`.",
            )


def recorded(desired: Desired, facts: Facts) -> dict[str, Any]:
    """What may be lost, as it was before: for the journal."""
    return {
        "addresses": [f"{item.address}/{item.prefix_length} ({item.origin})" for item in _own_addresses(facts)],
        "routes": [f"{item.prefix} through {item.next_hop}" for item in _watched_routes(desired, facts)],
    }


def losses(desired: Desired, before: Facts, after: Facts) -> Iterator[str]:
    """What was lost, each as a sentence."""
    held = {item.address for item in after.addresses}
    for address in _own_addresses(before):
        if address.address not in held:
            yield f"the host's address {address.address} is gone: it was lost in the move"
    routes = {(route.prefix, route.next_hop) for route in _host_routes(after)}
    for route in _watched_routes(desired, before):
        if (route.prefix, route.next_hop) not in routes:
            yield f"the host's route to {route.prefix} through {route.next_hop} is gone: it was lost in the move"


def _own_addresses(facts: Facts) -> Iterator[Any]:
    """The host's addresses that are not an endpoint's, nor chosen by Windows for want of a better one."""
    of_hns = {endpoint.address for endpoint in facts.endpoints}
    for item in facts.addresses:
        if item.address not in of_hns and not item.address.startswith("169.254."):
            yield item


def _host_routes(facts: Facts) -> Iterator[Route]:
    return (route for route in facts.routes if route.compartment_id == HOST_COMPARTMENT)


def _watched_routes(desired: Desired, facts: Facts) -> Iterator[Route]:
    watched = {_DEFAULT, f"{METADATA_ADDRESS}/32", *(f"{item}/32" for item in desired.redirected_addresses)}
    return (route for route in _host_routes(facts) if route.prefix in watched)
