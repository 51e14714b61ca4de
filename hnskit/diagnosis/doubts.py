"""Gaps of a snapshot on a connection's way: members that were not printed, lists that are not whole.

A trace goes on past a doubt, so that one sees how far the snapshot leads; its verdict is then not known.
"""

from __future__ import annotations

from hnskit.facts.host_facts import Facts
from hnskit.model.objects import HOST_COMPARTMENT, Container, Endpoint, Network
from hnskit.model.policies.matching import Flow, nat_destinations
from hnskit.model.policies.values import inside

_WORDS = {
    "policies": "policies",
    "gateway": "gateway",
    "prefix_length": "prefix",
    "address": "address",
    "state": "state",
}

NO_GATEWAY = ("", "0.0.0.0")  # noqa: S104 - how HNS and Windows say that there is none (HNS fact 29)

ON_HOST_NETWORK = (
    "no HNS namespace lists its pod, which is so of a HostProcess pod: it is on the host's own network, and no policy "
    "of HNS is met"
)


def on_link_words(endpoint: Endpoint, connection: Flow) -> str:
    """Say what becomes of a request to 169.254/16 without a route of its own; and what a LoopbackDSR means there."""
    said = (
        f"Windows takes 169.254.0.0/16 as on-link and asks for the MAC address of {connection.destination}; no host "
        "answers"
    )
    if not any(inside(connection.destination, nat_destinations(item)) for item in endpoint.policies):
        return said
    return (
        f"{said}; an OutBoundNAT for it alone (LoopbackDSR) says that its CNI means it to be asked with the node's "
        "address (containerd fact 57, UNCONFIRMED)"
    )


class Doubts:
    """Of one snapshot."""

    def __init__(self, facts: Facts) -> None:
        self._facts = facts
        self.knows_endpoints = facts.knows("endpoints") and all(
            item.knows("address") and item.knows("network_id") for item in facts.endpoints if item.unread
        )
        """True if an address that no endpoint holds is one that none of the host's holds."""

    def of_endpoint(self, endpoint: Endpoint, *members: str) -> str:
        """Name the members of an endpoint that matter and are not known; "" where all are."""
        missing = [_WORDS.get(name, name) for name in members if not endpoint.knows(name)]
        if not missing:
            return ""
        said = "not all of its policies are" if missing == ["policies"] else f"its {' and its '.join(missing)} is not"
        return f"{said} in the snapshot"

    def of_host_endpoint(self, endpoint: Endpoint) -> str:
        """Return the reason why an endpoint may be the host's own on a bridge; "" where its owner is known.

        The host's own is the one without a gateway.
        """
        unknown = endpoint.compartment_id is None and not endpoint.containers and endpoint.gateway in NO_GATEWAY
        return "it has no gateway, and the snapshot does not say whether it is the host's own" if unknown else ""

    def on_host_network(self, container: Container) -> bool:
        """Tell whether a container of a pod is on the host's own network: its pod runs, and no HNS namespace lists it.

        On Windows that is so of HostProcess pods alone (containerd fact 43).
        """
        facts = self._facts
        pod = next((item for item in facts.pods if item.id == container.pod_id), None)
        if pod is None or not pod.ready or container.isolation == "hyperv":
            return False
        known = all(map(facts.knows, ("namespaces", "containers", "pods")))
        return bool(facts.namespaces) and known and facts.namespace_of(container) is None

    def of_routes(self, compartment: int) -> str:
        """Return the reason why the routes of a compartment are not known; "" where they are."""
        if self._facts.knows("routes"):
            return ""
        whose = "the host" if compartment == HOST_COMPARTMENT else "the container"
        return f"the routes of {whose} are not in the snapshot"

    def of_host_address(self) -> str:
        """Return the reason why an unlisted address may be the host's own; "" where all are listed."""
        return "" if self._facts.knows("addresses") else "the host's addresses are not all in the snapshot"

    def of_networks(self) -> str:
        """Return the reason why a prefix that is on-link may be a network's; "" where all networks are known."""
        known = self._facts.knows("networks") and not any("subnets" in item.unread for item in self._facts.networks)
        return "" if known else "the networks of HNS are not all in the snapshot"

    def of_network(self, network: Network | None) -> str:
        """Name the members of a network that matter and are not known; "" where all are."""
        if network is None:
            return ""
        if "type" in network.unread or not network.type:
            return f"the type of network {network.name or network.id} is not in the snapshot"
        known = "subnets" not in network.unread
        return "" if known else f"the subnets of network {network.name} are not in the snapshot"

    def of_owner(self, compartment: int) -> str:
        """Return the reason why the owner of a compartment is not known; "" where it is."""
        if not self._facts.knows("compartments"):
            return "the snapshot does not say to which container"
        there = any(item.id == compartment for item in self._facts.compartments)
        return "the snapshot does not have its container" if there and not self._facts.knows("containers") else ""
