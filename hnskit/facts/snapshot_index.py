"""Lookups in one snapshot, made once: endpoints by address and compartment, routes, interfaces.

Pure. A trace or a diagnosis over thousands of endpoints asks here instead of going through `Facts` each time.
"""

from __future__ import annotations

import functools
import ipaddress
from collections import defaultdict

from hnskit.facts.compartment_owners import CompartmentOwners
from hnskit.facts.host_facts import Facts, plain_mac
from hnskit.model.hns_features import denies_by_default
from hnskit.model.objects import HOST_COMPARTMENT, Container, Endpoint, Interface, Network, Route


class SnapshotIndex:
    """A snapshot, indexed."""

    def __init__(self, facts: Facts) -> None:
        self.facts = facts
        self._knows_adapters = all(map(facts.knows, ("adapters", "interfaces", "addresses")))
        self.knows_compartments = facts.knows("compartments")
        self.knows_endpoints = facts.knows("endpoints")
        self._knows_networks = facts.knows("networks")
        self._networks = {item.id.upper(): item for item in facts.networks}
        self.owners = CompartmentOwners(facts)
        self._containers = {item.id: item for item in facts.containers}
        self._mac_of = {item.index: plain_mac(item.mac) for item in facts.adapters}
        # The first adapter of a MAC: a NIC and the vNIC that took its place share one (HNS fact 66).
        self._index_of = {plain_mac(item.mac): item.index for item in reversed(facts.adapters) if item.mac}
        self._host_addresses = {item.address: item for item in facts.addresses}
        self._host_interfaces = {
            item.index: item for item in facts.interfaces if item.compartment_id == HOST_COMPARTMENT
        }
        self._interfaces_in: dict[int, list[int]] = defaultdict(list)
        for item in facts.interfaces:
            self._interfaces_in[item.compartment_id].append(item.index)
        self._at: dict[tuple[str, str], list[Endpoint]] = defaultdict(list)
        self._by_address: dict[str, list[Endpoint]] = defaultdict(list)
        self._in: dict[int, list[Endpoint]] = defaultdict(list)
        self._of: dict[str, list[Endpoint]] = defaultdict(list)
        self._routes: dict[int, list[Route]] = defaultdict(list)
        for endpoint in facts.endpoints:
            self._at[endpoint.network_id.upper(), endpoint.address].append(endpoint)
            self._by_address[endpoint.address].append(endpoint)
            if endpoint.attached and endpoint.compartment_id is not None:
                self._in[endpoint.compartment_id].append(endpoint)
            for container in endpoint.containers if endpoint.attached else ():
                self._of[container].append(endpoint)
        for route in facts.routes:
            self._routes[route.compartment_id].append(route)

    def denies_by_default(self, endpoint: Endpoint) -> bool:
        """Tell whether any ACL on it blocks what none of them allows out: so on Server 2025."""
        system = self.facts.system
        return denies_by_default(endpoint.version or self.facts.hns_version, system.build if system else None)

    def container_by_id(self, identity: str) -> Container | None:
        """The container of this id."""
        return self._containers.get(identity)

    def endpoints_in(self, compartment: int | None) -> list[Endpoint]:
        """Attached endpoints whose port is in this compartment; None: the compartment of what does not run."""
        return self._in.get(compartment, []) if compartment is not None else []

    def endpoints_of(self, container: Container, compartment: int | None) -> list[Endpoint]:
        """Attached endpoints of a container, by compartment or SharedContainers (HNS facts 35, 38)."""
        inside = self.endpoints_in(compartment)
        return inside + [item for item in self._of.get(container.id, []) if item not in inside]

    def endpoints_at(self, address: str, network: Network | None = None) -> list[Endpoint]:
        """Endpoints that hold an address, on one network or on any."""
        if network is None:
            return self._by_address.get(address, [])
        return self._at.get((network.id.upper(), address), [])

    def network_of(self, endpoint: Endpoint) -> Network | None:
        """An endpoint's network; where a dump has endpoints alone, what the endpoint itself says of it."""
        found = self._networks.get(endpoint.network_id.upper())
        if found is None and endpoint.type and endpoint.network_id and not self._knows_networks:
            return Network(endpoint.network_id, endpoint.network_name, endpoint.type)
        return found

    def networks_around(self, address: str) -> list[Network]:
        """Networks with a subnet that holds this address."""
        wanted = ipaddress.IPv4Address(address)
        return [
            network
            for network in self._networks.values()
            if any(wanted in prefix_of(subnet.prefix) for subnet in network.subnets)
        ]

    def is_host_address(self, address: str) -> bool:
        """Tell whether the address is the host's own."""
        return address in self._host_addresses

    def address_of_interface(self, index: int) -> str:
        """The first address of a host interface; "" where it has none."""
        return next((item.address for item in self._host_addresses.values() if item.interface_index == index), "")

    def interface_of(self, endpoint: Endpoint) -> Interface | None:
        """The host interface of an endpoint that is attached to the host; None where it is not known (HNS fact 41).

        It is found by the endpoint's address, else by its MAC: names get suffixes (HNS fact 66).
        """
        held = self._host_addresses.get(endpoint.address)
        index = held.interface_index if held else self._index_of.get(plain_mac(endpoint.mac), -1)
        return self._host_interfaces.get(index)

    def is_unplugged(self, endpoint: Endpoint, place: int | None = None) -> bool:
        """Tell whether HNS calls it attached and the host has no adapter of it; `place` if HNS names no compartment.

        So after a reboot: HNS keeps endpoints (HNS fact 76), Windows makes no adapter for them again, and the number
        of the compartment may be another container's by then. That HNS still calls them attached is UNCONFIRMED.

        Nothing is concluded from what the host does not list: of a container's compartment it must list the
        interfaces, and each but the loopback as an adapter, as it does (HNS fact 82).
        """
        if not self._knows_adapters or not endpoint.attached or not endpoint.mac:
            return False
        if plain_mac(endpoint.mac) in self._index_of:
            return False
        number = place if endpoint.compartment_id is None else endpoint.compartment_id
        if number == HOST_COMPARTMENT:
            return bool(self._mac_of and self._host_interfaces) and endpoint.address not in self._host_addresses
        inside = self._interfaces_in.get(number or 0, [])
        return bool(inside) and sum(index not in self._mac_of for index in inside) <= 1

    def knows_routes(self, compartment: int) -> bool:
        """Tell whether the snapshot has routes of this compartment."""
        return bool(self._routes.get(compartment))

    def best_route(self, compartment: int, destination: str) -> Route | None:
        """The longest prefix that holds the destination, then the lowest metric."""
        wanted = ipaddress.IPv4Address(destination)
        matching = [route for route in self._routes.get(compartment, []) if wanted in prefix_of(route.prefix)]
        return min(matching, key=lambda route: (-prefix_of(route.prefix).prefixlen, route.metric), default=None)

    def endpoint_of_route(self, route: Route, endpoints: list[Endpoint]) -> Endpoint:
        """The endpoint through whose vNIC a route goes; the first where that is not known."""
        mac = self._mac_of.get(route.interface_index, "")
        return next((item for item in endpoints if mac and plain_mac(item.mac) == mac), endpoints[0])


@functools.lru_cache(maxsize=65_536)
def prefix_of(text: str) -> ipaddress.IPv4Network:
    """An IPv4 prefix; what is none holds no address that can be asked for."""
    try:
        return ipaddress.IPv4Network(text, strict=False)
    except ValueError:
        return ipaddress.IPv4Network("255.255.255.255/32")
