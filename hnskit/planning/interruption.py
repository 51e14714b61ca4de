"""The cut: what the first L2Bridge, and the last one going, may cost the host, and what they did cost. Pure.

The adapter's address moves to a virtual adapter and back, and the host's network is away for seconds
meanwhile (HNS facts 63-67, 78).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from hnskit.facts.host_facts import Facts, plain_mac
from hnskit.model.objects import HOST_COMPARTMENT, METADATA_ADDRESS, Adapter, Network, NetworkType, Route
from hnskit.params.desired import Desired

_DEFAULT = "0.0.0.0/0"


@dataclass(frozen=True, slots=True)
class Risk:
    """Something that the move may cost."""

    id: str
    object: str
    message: str
    next_step: str = ""


def adapter_of(network: Network, facts: Facts) -> Adapter | None:
    """The physical adapter under a bridge; None where the host does not show which of several it is.

    HNS names it only where it was named at creation (HNS fact 19); else the virtual adapter that has taken the
    place of a physical one shows it by its MAC (HNS fact 66).
    """
    physical = [adapter for adapter in facts.adapters if adapter.physical]
    if network.adapter_name:
        return next((item for item in physical if item.is_named(network.adapter_name)), None)
    named = {item.adapter_name.lower() for item in _bridges(facts) if item.adapter_name}
    covered = [item for item in physical if _is_covered(item, facts) and item.name.lower() not in named]
    candidates = covered or physical
    return candidates[0] if len(candidates) == 1 else None


def moving(desired: Desired, facts: Facts) -> tuple[Adapter, ...]:
    """The adapters whose address may move to a virtual one when the network is made.

    A second L2Bridge on one virtual switch does not move its adapter again, one on another adapter does (HNS fact
    25). Which adapter HNS takes where none is named is UNCONFIRMED: any that has no bridge yet.
    """
    bridged = [adapter.name for item in _bridges(facts) if (adapter := adapter_of(item, facts))]
    free = [item for item in facts.physical_adapters if item.name not in bridged and not _is_covered(item, facts)]
    wanted = desired.network.adapter
    return tuple(item for item in free if not wanted or item.is_named(wanted))


def creation_interrupts(desired: Desired, facts: Facts) -> bool:
    """Tell whether making the network may take the management connection away for seconds."""
    return any(is_management(adapter, facts) for adapter in moving(desired, facts))


def removal_interrupts(network: Network, facts: Facts) -> bool:
    """Tell whether removing the network may take the management connection away: it is the last on such an adapter."""
    others = [item for item in _bridges(facts) if item.id != network.id]
    mine = adapter_of(network, facts)
    if mine is None:
        return not others or len(facts.physical_adapters) > 1
    if any(adapter_of(item, facts) == mine for item in others):
        return False
    return is_management(mine, facts)


def is_management(adapter: Adapter, facts: Facts) -> bool:
    """Tell whether the host's default route goes through an adapter, itself or the virtual one in its place.

    Where the host has no default route, any adapter may be the one that clients come in by.
    """
    indexes = {route.interface_index for route in _host_routes(facts) if route.prefix == _DEFAULT}
    outward = [item for item in facts.adapters if item.index in indexes]
    return not outward or any(_same_mac(item, adapter) for item in outward)


def _bridges(facts: Facts) -> list[Network]:
    return [item for item in facts.networks if item.is_type(NetworkType.L2BRIDGE)]


def _same_mac(one: Adapter, other: Adapter) -> bool:
    return plain_mac(one.mac) == plain_mac(other.mac)


def _is_covered(adapter: Adapter, facts: Facts) -> bool:
    """Tell whether a virtual adapter has taken its place (HNS fact 66)."""
    return any(not item.physical and _same_mac(item, adapter) for item in facts.adapters)


def risks(desired: Desired, facts: Facts) -> tuple[Risk, ...]:
    """Return what the move of an adapter's address may cost on this host; nothing if none moves."""
    network = next(iter(facts.networks_named(desired.network.name)), None)
    if network is None:
        return tuple(_risks(moving(desired, facts), facts, removing=False))
    mine = adapter_of(network, facts)
    if not network.is_type(NetworkType.L2BRIDGE) or not removal_interrupts(network, facts):
        return ()
    return tuple(_risks((mine,) if mine else facts.physical_adapters, facts, removing=True))


def _risks(adapters: Sequence[Adapter], facts: Facts, *, removing: bool) -> Iterator[Risk]:
    if not adapters:
        return
    physical = facts.physical_adapters
    if len(physical) == 1:
        yield Risk(
            "single-adapter",
            f"adapter {physical[0].name}",
            "is the only one: the host goes away for seconds when the bridge appears, and when it goes",
            "" if removing else "A second adapter, named in network.adapter, keeps the management adapter out of it.",
        )
    # The vNIC in the place of a NIC has its MAC.
    indexes = {item.index for item in facts.adapters if any(_same_mac(item, one) for one in adapters)}
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
    """Record the values that may be lost, for the journal."""
    return {
        "addresses": [f"{item.address}/{item.prefix_length} ({item.origin})" for item in _own_addresses(facts)],
        "routes": [f"{item.prefix} through {item.next_hop}" for item in _watched_routes(desired, facts)],
    }


def losses(desired: Desired, before: Facts, after: Facts) -> Iterator[str]:
    """Return the losses, each as a sentence."""
    held = {item.address for item in after.addresses}
    for address in _own_addresses(before):
        if address.address not in held:
            yield f"the host's address {address.address} is gone: it was lost in the move"
    routes = {(route.prefix, route.next_hop) for route in _host_routes(after)}
    for route in _watched_routes(desired, before):
        if (route.prefix, route.next_hop) not in routes:
            said = f"the host's route to {route.prefix} through {route.next_hop} is gone: it was lost in the move"
            address, _, length = route.prefix.partition("/")
            yield (
                f"{said}; `route.exe add {address} mask 255.255.255.255 {route.next_hop}` adds it again"
                if length == "32"
                else said
            )


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
