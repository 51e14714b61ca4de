"""A connection, traced through a snapshot: which policy, which target, why.

Pure: facts in, a `Trace` out. Each hop says on which fact of HNS it rests, and whether that fact is
UNCONFIRMED, so that nothing is claimed that was not seen on a host.
"""

from __future__ import annotations

import ipaddress
from dataclasses import replace
from typing import Literal

from hnskit.diagnosis.doubts import NO_GATEWAY, ON_HOST_NETWORK, Doubts, on_link_words
from hnskit.diagnosis.trace import Hop, Trace, Verdict, label
from hnskit.diagnosis.trace_recorder import TraceRecorder
from hnskit.facts.host_facts import Facts
from hnskit.facts.snapshot_index import SnapshotIndex, prefix_of
from hnskit.model.objects import HOST_COMPARTMENT, Container, Endpoint, Network, NetworkType
from hnskit.model.policies.matching import Flow, blocking_acl, match_proxy, match_wfp, outbound_nat_covers, without_vfp
from hnskit.model.policies.v1_v2 import kind_of

_LINK_LOCAL = ipaddress.IPv4Network("169.254.0.0/16")


def trace(facts: Facts, source: Container | str, destination: str, port: int, protocol: str = "tcp") -> Trace:
    """Trace one connection through a snapshot.

    Args:
        facts: the host.
        source: a container, or an address: of an endpoint or of the host.
        destination: an IPv4 address.
        port: of the destination.
        protocol: `tcp` or `udp`.

    Raises:
        ValueError: the destination is not an IPv4 address.
    """
    return Tracer(facts).trace(source, destination, port, protocol)


class Tracer:
    """Traces many connections through one snapshot, which is indexed once."""

    def __init__(self, facts: Facts) -> None:
        self.index = SnapshotIndex(facts)
        self._doubts = Doubts(facts)

    def trace(
        self, source: Container | str, destination: str, port: int, protocol: str = "tcp", *, answer: bool = False
    ) -> Trace:
        """Trace one connection, or the answer to one; see the function of the same name."""
        connection = Flow(str(ipaddress.IPv4Address(destination)), port, protocol)
        tracer = _PathTracer(self.index, self._doubts, connection, answer)
        verdict = tracer.from_container(source) if isinstance(source, Container) else tracer.from_address(source)
        verdict = tracer.doubted(verdict)
        verdict = replace(
            verdict,
            rewritten_by=tracer.rewritten_by,
            untraced=tuple(tracer.untraced),
            confirmed=all(hop.confirmed for hop in tracer.hops),
        )
        name = source.name if isinstance(source, Container) else source
        return Trace(name, connection.destination, port, protocol, tuple(tracer.hops), verdict)


class _PathTracer(TraceRecorder):
    """One trace, from its source to its end."""

    def from_address(self, source: str) -> Verdict:
        if self._path.is_host_address(source):
            return self._from_host(None)
        endpoints = [item for item in self._path.endpoints_at(source) if item.attached or not item.state_known]
        if len(endpoints) != 1:
            held = "no attached endpoint holds" if not endpoints else f"{len(endpoints)} attached endpoints hold"
            return self._end("unknown", "no-source", source, f"{held} the address {source}")
        if not endpoints[0].state_known:
            self._hop(endpoints[0], "the snapshot does not say whether it is attached", confirmed=False)
        self._note_owner(endpoints[0])
        compartment = endpoints[0].compartment_id
        if compartment == HOST_COMPARTMENT:
            return self._from_host(None)
        return self._from_endpoints(compartment or 0, endpoints, source)

    def from_container(self, container: Container) -> Verdict:
        if not container.running:
            said = f"the container is {container.status}"
            return self._end("unreachable", "not-running", container.name, said, "HNS fact 80")
        compartment = self._path.owners.compartment_of(container)
        shared = self._path.endpoints_of(container, None)
        if compartment is None and not shared and self._doubts.on_host_network(container):
            self._hop(container.name, ON_HOST_NETWORK, "containerd fact 43", confirmed=False)
            return self._from_host(None)
        if compartment is None and not shared:
            return self._end(
                "unknown", "no-compartment", container.name, "the snapshot has no compartment of it", "HNS fact 79"
            )
        if self._connection.destination.startswith("127."):
            target = self._target("container", self._connection, container=container.id)
            return self._end("reached", "delivered", container.name, "the container itself", target=target,
                             source_address=self._connection.destination)  # fmt: skip
        if compartment is None:
            return self._from_endpoints(_NO_COMPARTMENT, shared, container.name)
        endpoints = self._path.endpoints_of(container, compartment)
        if not endpoints and not self._doubts.knows_endpoints:
            words = "no endpoint of the snapshot is attached to it, and it need not have all"
            return self._end("unknown", "endpoints-not-known", container.name, words)
        if not endpoints:
            return self._end(
                "unreachable", "no-endpoint", container.name, f"no endpoint is attached to compartment {compartment}",
                "HNS fact 80",
            )  # fmt: skip
        return self._from_endpoints(compartment, endpoints, container.name)

    def _from_endpoints(self, compartment: int, endpoints: list[Endpoint], name: str) -> Verdict:
        endpoint, next_hop = self._route_out(compartment, endpoints, name)
        if endpoint is None and any(not item.knows("gateway") for item in endpoints):
            return self._end("unknown", "gateway-not-printed", name, "its gateway is not in the snapshot")
        if endpoint is None:
            words = f"compartment {compartment} has no route to it" if compartment > 0 else "there is no way out"
            return self._end("unreachable", "no-route", name, words, "HNS fact 29")
        where, network = endpoint, self._path.network_of(endpoint)
        self._note(where, self._doubts.of_endpoint(endpoint, "policies"))
        blocked = blocking_acl(
            endpoint.policies,
            "Out",
            self._connection,
            self._connection.destination,
            local=endpoint.address,
            default_deny=not self._answer and self._path.denies_by_default(endpoint),
        )
        if blocked is not None:
            return self._stop("refused", "acl", where, blocked[1])
        if self._redirect(endpoint, network):
            return self._deliver_rewritten(endpoint, network, next_hop)
        if next_hop == _TRAP:
            self._note(where, self._doubts.of_routes(compartment))
            words = on_link_words(where, self._connection)
            return self._end("unreachable", "on-link", where, words, "HNS fact 84")
        if next_hop:
            return self._through_gateway(endpoint, network, next_hop)
        return self._deliver(network, endpoint.address)

    def _route_out(self, compartment: int, endpoints: list[Endpoint], name: str) -> tuple[Endpoint | None, str]:
        """The endpoint that a packet leaves by, and its next hop: an address, "" on-link, or the trap."""
        destination = ipaddress.IPv4Address(self._connection.destination)
        if not self._path.knows_routes(compartment):
            self._note(name, self._doubts.of_endpoint(endpoints[0], "address", "prefix_length"))
            # Windows makes exactly these routes of an endpoint's own prefix and gateway.
            return self._route_by_endpoint(endpoints)
        route = self._path.best_route(compartment, self._connection.destination)
        if destination in _LINK_LOCAL and (route is None or prefix_of(route.prefix).prefixlen < _LINK_LOCAL.prefixlen):
            return endpoints[0], _TRAP
        self._note(name, self._doubts.of_routes(compartment))
        if route is None:
            return None, ""
        endpoint = self._path.endpoint_of_route(route, endpoints)
        next_hop = "" if route.next_hop in NO_GATEWAY else route.next_hop
        way = f"via {next_hop}" if next_hop else "on-link"
        self.hops.append(Hop(name, f"route {route.prefix} {way} through {label(endpoint)}", endpoint=endpoint.id))
        return endpoint, next_hop

    def _route_by_endpoint(self, endpoints: list[Endpoint]) -> tuple[Endpoint | None, str]:
        destination = ipaddress.IPv4Address(self._connection.destination)
        for endpoint in endpoints:
            if endpoint.prefix_length and destination in prefix_of(f"{endpoint.address}/{endpoint.prefix_length}"):
                return endpoint, ""
        if destination in _LINK_LOCAL:
            return endpoints[0], _TRAP
        with_gateway = (item for item in endpoints if item.gateway not in NO_GATEWAY)
        found = next(with_gateway, None)
        return (found, found.gateway) if found else (None, "")

    def _redirect(self, endpoint: Endpoint, network: Network | None) -> bool:
        """Go through the proxy policies in order; the first that matches rewrites the destination.

        Those of the network (L4Proxy) come after the endpoint's own; that order, and all that L4WFPPROXY does, is
        UNCONFIRMED (HNS facts 51, 54).
        """
        self._look_at_wfp(endpoint, "outbound")
        of_network = network.policies if network is not None else ()
        rules = [(policy, policy.is_proxy) for policy in endpoint.policies if kind_of(policy) == "PROXY"]
        rules += [(policy, False) for policy in of_network if kind_of(policy) == "PROXY"]
        for policy, seen in rules:
            match = without_vfp(network) or match_proxy(policy, self._connection, network)
            sentence = match.sentence if seen or network is None else f"{network.name}: {match.sentence}"
            self._hop(endpoint, sentence, match.fact, match.confirmed and seen)
            if match.matched and match.target is not None:
                self.rewritten_by = policy
                self._connection = replace(self._connection, destination=match.target[0], port=match.target[1])
                return True
        return False

    def _look_at_wfp(self, endpoint: Endpoint, way: Literal["outbound", "inbound"]) -> None:
        """Name the L4WFPPROXY policies that may take the connection; the trace goes on as if they did not.

        They take connections: what goes back on one that is there already is not looked at.
        """
        for policy in endpoint.policies:
            if kind_of(policy) == "L4WFPPROXY" and not self._answer:
                match = match_wfp(policy, self._connection, way)
                self._hop(endpoint, match.sentence, match.fact, match.confirmed)
                if match.matched:
                    self.untraced.append(policy)

    def _deliver_rewritten(self, endpoint: Endpoint, network: Network | None, next_hop: str) -> Verdict:
        when = "before Windows asks for a MAC address" if next_hop == _TRAP else "at the endpoint's own port"
        self._hop(endpoint, f"the destination is rewritten {when}", "HNS fact 84", confirmed=False)
        own = prefix_of(f"{endpoint.address}/{endpoint.prefix_length or 32}")
        if ipaddress.IPv4Address(self._connection.destination) in own:
            return self._deliver(network, endpoint.address)
        if endpoint.gateway in NO_GATEWAY:
            return self._end(
                "unreachable", "no-route", endpoint, f"no gateway leads to {self._connection}", "HNS fact 29"
            )
        return self._through_gateway(endpoint, network, endpoint.gateway)

    def _deliver(self, network: Network | None, source_address: str) -> Verdict:
        """To an endpoint on the same network."""
        address = self._connection.destination
        where = network.name if network and network.name else "the network"
        holders = self._path.endpoints_at(address, network) if network else []
        endpoint = next((item for item in holders if item.attached), None)
        if endpoint is None:
            return self._nobody(where, address, holders)
        self._note(endpoint, self._doubts.of_endpoint(endpoint, "policies"))
        blocked = blocking_acl(endpoint.policies, "In", self._connection, source_address, local=address)
        if blocked is not None:
            return self._stop("refused", "acl", endpoint, blocked[1])
        self._look_at_wfp(endpoint, "inbound")
        if endpoint.compartment_id == HOST_COMPARTMENT:
            target = self._target("host", self._connection, endpoint=endpoint.id)
            return self._end("reached", "delivered", endpoint, f"the host itself, at {self._connection}",
                             target=target, source_address=source_address)  # fmt: skip
        container = self._path.owners.of_endpoint(endpoint)
        if container is None:
            return self._no_container(endpoint)
        target = self._target("container", self._connection, container=container.id, endpoint=endpoint.id)
        return self._end("reached", "delivered", endpoint, f"{container.name} at {self._connection}",
                         target=target, source_address=source_address)  # fmt: skip

    def _nobody(self, where: str, address: str, holders: list[Endpoint]) -> Verdict:
        """End the path at an address that no attached endpoint of the snapshot holds."""
        if not holders and not self._doubts.knows_endpoints:
            words = f"no endpoint of the snapshot holds {address}, and it need not have all"
            return self._end("unknown", "endpoints-not-known", where, words)
        if not holders:
            return self._end("unreachable", "nobody", where, f"no endpoint on it holds {address}")
        if any(not item.state_known for item in holders):
            words = f"{label(holders[0])} holds {address}; the snapshot does not say whether it is attached"
            return self._end("unknown", "state-not-known", where, words, "HNS fact 31")
        words = f"{label(holders[0])} holds {address}, and is not attached"
        return self._end("unreachable", "not-attached", where, words, "HNS fact 31")

    def _no_container(self, endpoint: Endpoint) -> Verdict:
        """An attached endpoint whose container is not in the snapshot."""
        words = "" if endpoint.compartment_id is None else self._doubts.of_owner(endpoint.compartment_id)
        if endpoint.compartment_id is None or words:
            words = f"it is attached, and {words or 'the snapshot does not say to which container'}"
            return self._end("unknown", "container-not-known", endpoint, words, "HNS fact 33")
        return self._end(
            "unreachable", "dead-compartment", endpoint,
            f"it is bound to compartment {endpoint.compartment_id}, which is not there any more",
            "HNS fact 81", False,
        )  # fmt: skip

    def _through_gateway(self, endpoint: Endpoint, network: Network | None, gateway: str) -> Verdict:
        where = endpoint
        if network is None:
            return self._end("unknown", "no-network", where, "its network is not in the snapshot")
        if doubt := self._doubts.of_network(network):
            return self._end("unknown", "network-not-known", where, doubt)
        if network.is_type(NetworkType.NAT) and any(gateway == subnet.gateway for subnet in network.subnets):
            self._hop(where, f"to the host as gateway {gateway}; the host translates what leaves")
            return self._from_host(endpoint)
        there = self._path.endpoints_at(gateway, network)
        holders = [item for item in there if item.attached]
        if not holders and any(not item.state_known for item in there):
            words = f"{label(there[0])} is gateway {gateway}; the snapshot does not say whether it is attached"
            return self._end("unknown", "state-not-known", where, words, "HNS fact 31")
        if not holders:
            if network.is_type(NetworkType.TRANSPARENT):
                return self._end("unknown", "beyond", where, f"gateway {gateway} is outside this host")
            if not self._doubts.knows_endpoints:
                words = f"no endpoint of the snapshot holds gateway {gateway}, and it need not have all"
                return self._end("unknown", "endpoints-not-known", where, words)
            reserved = any(gateway == subnet.gateway for subnet in network.subnets)
            words = f"no endpoint answers at gateway {gateway}" + (": HNS reserves it" if reserved else "")
            return self._end("unreachable", "no-gateway", where, words, "HNS fact 70")
        if holders[0].compartment_id is None:
            words = f"gateway {gateway} is an attached endpoint; the snapshot does not say to which compartment"
            return self._end("unknown", "gateway-not-known", where, words, "HNS fact 33")
        if holders[0].compartment_id != HOST_COMPARTMENT:
            return self._end("unknown", "beyond", where, f"gateway {gateway} is another container's endpoint")
        interface = self._path.interface_of(holders[0])
        if interface is None:
            return self._end("unknown", "no-interface", holders[0], "the snapshot has no host interface of it")
        if not interface.forwarding:
            words = "forwarding is off on its interface"
            return self._end("unreachable", "forwarding-off", holders[0], words, "HNS fact 71")
        self._hop(holders[0], "the host takes it in, and forwards", "HNS fact 71")
        return self._from_host(endpoint)

    def _from_host(self, source: Endpoint | None) -> Verdict:
        connection, path = self._connection, self._path
        address = ipaddress.IPv4Address(connection.destination)
        came_from = source.address if source else ""
        if path.is_host_address(connection.destination) or address.is_loopback:
            target = self._target("host", connection)
            return self._end("reached", "delivered", "host", f"the host itself, at {connection}", target=target,
                             source_address=came_from)  # fmt: skip
        if not path.knows_routes(HOST_COMPARTMENT):
            return self._end("unknown", "no-routes", "host", "the snapshot has no routes of the host")
        self._note("host", self._doubts.of_routes(HOST_COMPARTMENT) or self._doubts.of_host_address())
        route = path.best_route(HOST_COMPARTMENT, connection.destination)
        if address in _LINK_LOCAL and (route is None or prefix_of(route.prefix).prefixlen < _LINK_LOCAL.prefixlen):
            return self._end(
                "unreachable", "host-route", "host", f"the host has no route of its own to {address}", "HNS fact 67"
            )
        if route is None:
            return self._end("unreachable", "no-route", "host", f"the host has no route to {address}")
        around = path.networks_around(connection.destination) if route.next_hop in NO_GATEWAY else []
        if around:
            self._hop("host", f"route {route.prefix} on-link, to {around[0].name}")
            return self._deliver(around[0], came_from)
        if route.next_hop in NO_GATEWAY:
            self._note("host", self._doubts.of_networks())
        outgoing = path.address_of_interface(route.interface_index)
        next_hop = "on-link" if route.next_hop in NO_GATEWAY else f"via {route.next_hop}"
        self._hop("host", f"route {route.prefix} {next_hop} through the interface of {outgoing or 'no address'}")
        left = path.network_of(source) if source else None
        if source is not None and not (left and left.is_type(NetworkType.NAT)):
            nat = outbound_nat_covers(source.policies, connection.destination, left)
            if not nat.matched:
                return self._stop("unreachable", "no-way-back", source, nat)
            self._hop(source, nat.sentence, nat.fact, nat.confirmed)
        target = self._target("outside", connection)
        return self._end("reached", "left", "host", f"leaves the host to {connection}", target=target,
                         source_address=outgoing)  # fmt: skip


_TRAP = "on-link trap"
_NO_COMPARTMENT = -1
