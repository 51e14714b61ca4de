"""Hosts with a redirect that somebody made by hand: the calls of the seed's steps, through HNS v1 and docker.exe."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from hypothesis import strategies as st

from hnskit.emulator.host import EmulatedHost
from hnskit.model import hns_json, hns_requests
from hnskit.model.objects import Policy
from hnskit.params.desired import Desired, DesiredContainer, DesiredEndpoint
from tests.strategies import docker, hns


@dataclass(frozen=True, slots=True)
class HandMade:
    """The choices of whoever made it."""

    names: str = "Ethernet"
    """Of the endpoints: HNS's own default; "" for none; "theirs" for names as hnskit gives them."""
    label: str = ""
    """Value of hnskit's label on the containers; "" for no label."""
    forwarding: bool = True
    attached: bool = True
    """Whether the clients' endpoints are attached."""
    route: bool = True
    policy: str = "right"
    """right, none, misspelt, elsewhere, unfiltered."""
    network: str = ""
    """Name of the bridge; "" for that of the parameters."""
    clients: int = 99
    """Number of clients that were made."""


def make(host: EmulatedHost, desired: Desired, how: HandMade | None = None) -> dict[str, str]:
    """Set the redirect up, step by step as the seed has it.

    Returns:
        Name of the gateway or container -> id of its endpoint.
    """
    how = how or HandMade()
    wanted = desired.network
    body = hns_requests.network_request(how.network or wanted.name, "L2Bridge", wanted.prefix, wanted.gateway,
                                        wanted.adapter, dns=wanted.dns)  # fmt: skip
    network = hns(host, "POST", "/networks", body)["ID"]
    gateway = endpoint(host, network, how, desired, desired.gateway)
    attach(host, gateway, 1)
    if how.forwarding:
        for nic in host.windows.nics:
            if nic.endpoint_id.lower() == gateway.lower():
                nic.forwarding = True
    ids = {desired.gateway.name: gateway}
    proxy, clients = desired.proxy, desired.clients[: how.clients]
    for one in sorted((proxy, *clients), key=lambda one: not one.endpoint.address):  # before HNS chooses others
        ids[one.name] = container(host, network, how, desired, one, attached=how.attached or one == proxy)
    address = hns(host, "GET", f"/endpoints/{ids[proxy.name]}")["IPAddress"]
    if how.route:
        for redirected in desired.redirected_addresses:
            docker(host, "exec", "--user", "ContainerAdministrator", proxy.name, "route.exe", "add", redirected,
                   "mask", "255.255.255.255", desired.gateway.address)  # fmt: skip
    for client in clients:
        set_policy(host, ids[client.name], policies_of(how.policy, client, address))
    return ids


def container(
    host: EmulatedHost,
    network: str,
    how: HandMade,
    desired: Desired,
    wanted: DesiredContainer,
    *,
    attached: bool = True,
) -> str:
    """Run a container without a network of Docker's, make its endpoint, and attach it."""
    if wanted.import_path and host.snapshot().image_named(wanted.image) is None:
        docker(host, "import", wanted.import_path, wanted.image)
    label = ["--label", f"hnskit.network={how.label}"] if how.label else []
    docker(host, "run", "--detach", "--name", wanted.name, *label, "--network", "none", wanted.image, *wanted.command)
    id = endpoint(host, network, how, desired, wanted.endpoint)
    if attached:
        attach(host, id, compartment_of(host, wanted.name))
    return id


def endpoint(host: EmulatedHost, network: str, how: HandMade, desired: Desired, wanted: DesiredEndpoint) -> str:
    """Make an endpoint, attached to nothing."""
    body = hns_requests.endpoint_request(
        wanted.name if how.names == "theirs" else how.names,
        network,
        address=wanted.address,
        gateway=wanted.gateway,
        dns=desired.network.dns if wanted.outbound_nat else (),
        policies=[hns_json.outbound_nat_policy()] if wanted.outbound_nat else [],
    )
    return str(hns(host, "POST", "/endpoints", body)["ID"])


def compartment_of(host: EmulatedHost, name: str) -> int:
    """The compartment of a running container."""
    facts = host.snapshot()
    there = facts.container_named(name)
    compartment = facts.compartment_of(there) if there else None
    assert compartment is not None
    return compartment.id


def attach(host: EmulatedHost, id: str, compartment: int) -> None:
    """Bind an endpoint to a compartment."""
    hns(host, "POST", f"/endpoints/{id}/attach", hns_requests.attach_request(compartment))


def policies_of(kind: str, client: DesiredContainer, address: str) -> list[Policy]:
    """The proxy policies of one client."""
    right = [
        hns_json.proxy_policy(f"{address}:{one.proxy_port}", one.address, one.port, one.outbound_nat)
        for one in client.redirects
    ]
    if kind == "none":
        return []
    if kind == "misspelt":
        return [replace(one, settings=_misspelt(dict(one.settings))) for one in right]
    if kind == "elsewhere":
        return [replace(one, settings={**one.settings, "Destination": "10.0.1.99:80"}) for one in right]
    if kind == "unfiltered":
        return [Policy("PROXY", {"Destination": f"{address}:80", "OutboundNat": True})]
    return right


def _misspelt(settings: dict[str, Any]) -> dict[str, Any]:
    settings["OutbountNat"] = settings.pop("OutboundNat", True)
    return settings


def set_policy(host: EmulatedHost, id: str, policies: list[Policy]) -> None:
    """Give an endpoint these proxy policies beside what it was made with."""
    made = hns_json.parse_endpoint(hns(host, "GET", f"/endpoints/{id}"))
    kept = [policy for policy in made.policies if not policy.is_proxy]
    hns(host, "POST", f"/endpoints/{id}", hns_requests.policies_request(id, [*kept, *policies]))


ways = st.builds(
    HandMade,
    names=st.sampled_from(["Ethernet", "theirs", ""]),
    label=st.sampled_from(["", "", "hnskit-l2bridge", "another"]),
    forwarding=st.booleans(),
    attached=st.sampled_from([True, True, True, False]),
    route=st.booleans(),
    policy=st.sampled_from(["right", "right", "none", "misspelt", "elsewhere", "unfiltered"]),
    clients=st.sampled_from([99, 99, 1, 0]),
)
"""Random hosts made by hand."""


def leave_a_free_endpoint(host: EmulatedHost, desired: Desired) -> None:
    """An endpoint of an earlier try, attached to nothing."""
    network = host.snapshot().networks_named(desired.network.name)[0]
    endpoint(host, network.id, HandMade(), desired, DesiredEndpoint("x", gateway="10.0.1.2"))


def lose_a_container(host: EmulatedHost, desired: Desired) -> None:
    """The last client was removed with docker.exe, which leaves its endpoint."""
    docker(host, "rm", "--force", desired.clients[-1].name)


def double_a_client(host: EmulatedHost, desired: Desired) -> None:
    """The first client has two endpoints of the network."""
    network = host.snapshot().networks_named(desired.network.name)[0]
    name = desired.clients[0].name
    if host.snapshot().container_named(name):
        attach(host, endpoint(host, network.id, HandMade(), desired, DesiredEndpoint("x")), compartment_of(host, name))


def join_nat(host: EmulatedHost, desired: Desired) -> None:
    """The proxy has an endpoint of Docker's nat network, too."""
    nat = host.snapshot().networks_named("nat")[0]
    made = hns(host, "POST", "/endpoints", {"VirtualNetwork": nat.id, "Name": "Ethernet", "Policies": []})
    attach(host, made["ID"], compartment_of(host, desired.proxy.name))


leftovers = st.lists(
    st.sampled_from([leave_a_free_endpoint, lose_a_container, double_a_client, join_nat]), unique=True, max_size=2
)
"""Traces of earlier tries."""
