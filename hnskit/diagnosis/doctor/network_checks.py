"""Networks, and what leads from them to the host and on: gateway, forwarding, routes, the switch's extension."""

from __future__ import annotations

import ipaddress
from collections import Counter
from collections.abc import Iterator

from hnskit.diagnosis.doctor.examination import DoctorCheck, Examination, describe_endpoint
from hnskit.facts.finding import Finding
from hnskit.facts.snapshot_index import prefix_of
from hnskit.model.objects import HOST_COMPARTMENT, VFP_NETWORKS, Container, NetworkType
from hnskit.model.wording import remove_command
from hnskit.params.desired import Part

_LINK_LOCAL = ipaddress.IPv4Network("169.254.0.0/16")
_NO_GATEWAY = ("", "0.0.0.0")  # noqa: S104 - how HNS says that there is none (HNS fact 29)


class NoGatewayEndpoint(DoctorCheck):
    """A bridge whose endpoints use a gateway that nobody on the host holds."""

    name = "gateway-missing"
    severity = "warning"
    reference = "HNS fact 70"

    def find(self, exam: Examination) -> Iterator[Finding]:
        """HNS keeps the subnet's own gateway; an endpoint in the host's compartment has to be the containers'."""
        if not exam.facts.knows("endpoints"):
            return
        for network in exam.facts.networks:
            if not network.is_type(NetworkType.L2BRIDGE):
                continue
            members = [item for item in exam.facts.endpoints if item.network_id.upper() == network.id.upper()]
            used = Counter(item.gateway for item in members if item.gateway not in _NO_GATEWAY and not item.remote)
            wanted = exam.desired is not None and exam.desired.network.name == network.name
            for gateway, count in used.items():
                holders = exam.index.endpoints_at(gateway, network)
                if exam.is_host_address(gateway) or any(
                    item.compartment_id in (HOST_COMPARTMENT, None) and (item.attached or not item.state_known)
                    for item in holders
                ):
                    continue
                reserved = any(subnet.gateway == gateway for subnet in network.subnets)
                message = f"{count} of its endpoints use gateway {gateway}, which no endpoint of the host holds"
                yield self.of_network(
                    network,
                    message + (": HNS itself keeps it, and does not forward" if reserved else ""),
                    f"gateways in use: {', '.join(sorted(used))}; endpoints of the host: "
                    f"{', '.join(item.address for item in exam.gateways) or 'none'}",
                    exam.repair(
                        Part.NETWORK,
                        network.name,
                        "Unless a router outside has this address: make an endpoint with it, attach it to "
                        "compartment 1, and switch forwarding on there.",
                    ),
                    severity="error" if wanted else self.severity,
                )


class ForwardingOff(DoctorCheck):
    """Forwarding is off on a gateway endpoint's adapter, or on the management adapter."""

    name = "forwarding-off"
    severity = "error"
    reference = "HNS fact 71"

    def find(self, exam: Examination) -> Iterator[Finding]:
        """Without it nothing leaves the bridge through the host."""
        if not exam.gateways or not exam.facts.knows("interfaces"):
            return
        for endpoint in exam.gateways:
            interface = exam.index.interface_of(endpoint)
            if interface is not None and not interface.forwarding:
                alias = interface.alias
                yield self.finding(
                    f"adapter {alias}",
                    f"forwarding is off: {describe_endpoint(endpoint)} is a gateway that lets nothing through",
                    f"Forwarding Disabled on {alias}",
                    exam.repair(
                        Part.NETWORK,
                        endpoint.name,
                        f'On the host: `netsh interface ipv4 set interface "{alias}" forwarding=enabled`.',
                    ),
                    name=endpoint.name,
                )
        yield from self._management(exam)

    def _management(self, exam: Examination) -> Iterator[Finding]:
        route = exam.index.best_route(HOST_COMPARTMENT, "8.8.8.8")
        interface = next(
            (
                item
                for item in exam.facts.interfaces
                if route and item.index == route.interface_index and item.compartment_id == HOST_COMPARTMENT
            ),
            None,
        )
        if interface is not None and not interface.forwarding:
            yield self.finding(
                f"adapter {interface.alias}",
                "forwarding is off on the adapter that leads out; flannel and calico switch it on there too, "
                "the one captured run of this scenario did not",
                f"Forwarding Disabled on {interface.alias}",
                "If nothing gets out of the bridge, try it: on the host, "
                f'`netsh interface ipv4 set interface "{interface.alias}" forwarding=enabled`.',
                severity="note",
                confirmed=False,
            )


class MetadataRoute(DoctorCheck):
    """A link-local address is redirected, and the host or the proxy has no route to it."""

    name = "metadata-route"
    severity = "error"
    reference = "HNS facts 67, 84"

    def find(self, exam: Examination) -> Iterator[Finding]:
        """Windows takes 169.254.0.0/16 as on-link; the move of the adapter may lose the host's own route."""
        asked = {rule.settings.ip for rule in exam.rules}
        addresses = sorted({ip.partition("/")[0] for ip in asked if _is_link_local(ip)})
        for address in addresses:
            if not exam.facts.knows("routes"):
                return
            if exam.index.knows_routes(HOST_COMPARTMENT) and not _has_route(exam, HOST_COMPARTMENT, address):
                yield self.finding(
                    "host",
                    f"it has no route of its own to {address}: the proxy cannot be served through it",
                    f"no route of {address}/32 in compartment {HOST_COMPARTMENT}",
                    f"On the host: `route -p add {address} mask 255.255.255.255 <the host's gateway>`.",
                    reference="HNS fact 67",
                )
            for container in _proxies(exam, address):
                compartment = exam.index.owners.compartment_of(container)
                if compartment is None or not exam.index.knows_routes(compartment):
                    continue
                if not _has_route(exam, compartment, address):
                    yield self.finding(
                        f"container {container.name}",
                        f"it has no route to {address}, and Windows looks on the bridge: the proxy gets no answer",
                        f"no route of {address}/32 in compartment {compartment}",
                        f"{exam.apply(Part.PROXY)}."
                        if exam.desired and exam.desired.proxy.name == container.name
                        else f"In the container: `route.exe add {address} mask 255.255.255.255 <its gateway>`.",
                        reference="HNS fact 84",
                        name=container.name,
                    )


class DeadReference(DoctorCheck):
    """A policy list that refers to an endpoint which is gone."""

    name = "policylist-dead"
    severity = "warning"
    reference = "HNS fact 75"

    def find(self, exam: Examination) -> Iterator[Finding]:
        """Policy lists outlive their endpoints."""
        if not exam.facts.knows("endpoints"):
            return
        there = {item.id.upper() for item in exam.facts.endpoints}
        for item in exam.facts.policy_lists:
            dead = [one for one in item.references if one.rpartition("/")[2].upper() not in there]
            if dead:
                yield self.finding(
                    f"policy list {item.id}",
                    f"{len(dead)} of its {len(item.references)} endpoints are gone",
                    ", ".join(dead),
                    f"On the host: {remove_command('PolicyList', item.id)}, if none of its endpoints is in use.",
                )


class VfpOff(DoctorCheck):
    """A network that needs the VFP switch extension, and has it off."""

    name = "vfp-off"
    severity = "error"
    reference = "HNS facts 20, 49"

    def find(self, exam: Examination) -> Iterator[Finding]:
        """VFP carries out every proxy policy."""
        for network in exam.facts.networks:
            if network.is_type(*VFP_NETWORKS) and network.vfp_enabled is False:
                yield self.of_network(
                    network,
                    "its Azure VFP switch extension is off: no proxy policy on it is carried out",
                    f"{network.type}; VFP IsEnabled false",
                    "Switch it on (Set-HnsSwitchExtension of microsoft/SDN hns.psm1), or make the network again.",
                )


def _is_link_local(words: str) -> bool:
    try:
        return ipaddress.IPv4Network(words, strict=False).subnet_of(_LINK_LOCAL)
    except ValueError:
        return False


def _has_route(exam: Examination, compartment: int, address: str) -> bool:
    route = exam.index.best_route(compartment, address)
    return route is not None and prefix_of(route.prefix).prefixlen >= _LINK_LOCAL.prefixlen


def _proxies(exam: Examination, address: str) -> list[Container]:
    """Containers that requests to an address are redirected to."""
    targets = {rule.target[0] for rule in exam.rules if rule.target and rule.settings.ip.partition("/")[0] == address}
    holders = (item for target in sorted(targets) for item in exam.index.endpoints_at(target) if item.attached)
    found = (exam.index.owners.of_endpoint(one) for one in holders)
    return list({item.id: item for item in found if item is not None}.values())
