"""Random hosts and random desired states, for hypothesis: what others have there, what hnskit left, what drifted."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from typing import Any

import yaml
from hypothesis import strategies as st

from hnskit.emulator.host import EmulatedHost
from hnskit.facts.host_facts import Facts
from hnskit.model import hns_json, hns_requests
from hnskit.model.objects import Endpoint, Policy
from hnskit.params.desired import LABEL, Desired, desired_from
from hnskit.params.loading import parse_params
from tests import sample_facts

IMAGE = "mcr.microsoft.com/windows/nanoserver:1809"
CLIENTS = ("hnskit-client1", "hnskit-client2", "hnskit-client3", "hnskit-client4")
OURS = ("hnskit-gateway", "hnskit-proxy", *CLIENTS)
ADDRESSES = [f"10.0.1.{number}" for number in (10, 11, 12, 13, 14)]
BASE = yaml.safe_load(sample_facts.PARAMS.read_text(encoding="utf-8"))
FOREIGN_POLICY = Policy("PROXY", {"IP": "10.7.7.7", "Port": "443", "Destination": "10.9.9.9:443"})

Change = Callable[[EmulatedHost], None]


@st.composite
def desired_states(draw: st.DrawFn) -> Desired:
    """One to four clients, with and without addresses and redirects of their own."""
    data = copy.deepcopy(BASE)
    free = draw(st.permutations(ADDRESSES))
    names = draw(st.lists(st.sampled_from(CLIENTS), min_size=1, max_size=4, unique=True))
    data["clients"] = []
    for name in names:
        client: dict[str, Any] = {"name": name, "image": IMAGE, "command": ["ping.exe", "-t", "localhost"]}
        if draw(st.booleans()):
            client["address"] = free.pop()
        if draw(st.booleans()):
            ports = draw(st.lists(st.sampled_from([80, 81, 443]), min_size=1, max_size=3, unique=True))
            client["redirects"] = [{"address": "169.254.169.254", "port": port} for port in ports]
        data["clients"].append(client)
    data["proxy"]["address"] = draw(st.sampled_from(["", free.pop()]))
    data["proxy"]["route"] = draw(st.booleans())
    data["gateway_endpoint"]["address"] = draw(st.sampled_from(["10.0.1.2", "10.0.1.3"]))
    data["redirect"]["outbound_nat"] = draw(st.booleans())
    return desired_from(parse_params(data))


def hns(host: EmulatedHost, method: str, path: str, body: Any = None) -> Any:
    """One HNSCall by somebody else; None where HNS refuses."""
    _, text = host.hns.call(method, path, "" if body is None else json.dumps(body))
    answer = json.loads(text)
    return answer.get("Output") if answer["Success"] else None


def docker(host: EmulatedHost, *words: str) -> str:
    """docker.exe, by somebody else."""
    return str(host.docker.run(list(words)).stdout.strip())


def endpoint(host: EmulatedHost, name: str) -> Endpoint:
    """The first endpoint of this name, which must be there."""
    return host.snapshot().endpoints_named(name)[0]


def foreign_nat_endpoint(host: EmulatedHost) -> None:
    """Somebody's container on Docker's nat network."""
    nat = host.snapshot().networks_named("nat")[0]
    hns(host, "POST", "/endpoints", {"VirtualNetwork": nat.id, "Name": "theirs", "Policies": []})


def foreign_bridge(host: EmulatedHost) -> None:
    """Somebody's bridge with an attached endpoint and a container; it has the adapter already."""
    subnets = [{"AddressPrefix": "10.9.0.0/24", "GatewayAddress": "10.9.0.1"}]
    network = hns(host, "POST", "/networks", {"Type": "L2Bridge", "Name": "theirs", "Subnets": subnets})
    if network is None:
        return
    made = hns(host, "POST", "/endpoints", {"VirtualNetwork": network["ID"], "Name": "web", "Policies": []})
    docker(host, "run", "--detach", "--name", "web", "--network", "none", IMAGE, "ping.exe", "-t", "localhost")
    facts = host.snapshot()
    web = facts.container_named("web")
    compartment = facts.compartment_of(web) if web else None
    if compartment:
        hns(host, "POST", f"/endpoints/{made['ID']}/attach", hns_requests.attach_request(compartment.id))
        policies = [hns_json.policy_json(sample_facts.redirect_policy("10.9.0.9:80")), {"Type": "OutBoundNAT"}]
        hns(host, "POST", f"/endpoints/{made['ID']}", {"ID": made["ID"], "Policies": policies})


def foreign_container(host: EmulatedHost) -> None:
    """Somebody's container with a label of hnskit's for another network."""
    docker(host, "run", "--detach", "--name", "other", "--label", f"{LABEL}=another", "--network", "none", IMAGE,
           "ping.exe", "-t", "localhost")  # fmt: skip


FOREIGN: tuple[Change, ...] = (foreign_nat_endpoint, foreign_bridge, foreign_container)

foreign_changes = st.lists(st.sampled_from(FOREIGN), unique=True, max_size=3)


def _stop(name: str) -> Change:
    return lambda host: void(docker(host, "stop", name))


def _restart(name: str) -> Change:
    return lambda host: void(docker(host, "stop", name), docker(host, "start", name))


def _remove(name: str) -> Change:
    return lambda host: void(docker(host, "rm", "--force", name))


def void(*_: object) -> None:
    """Nothing comes of it."""


def _on_endpoint(name: str, act: Callable[[EmulatedHost, Endpoint], object]) -> Change:
    def change(host: EmulatedHost) -> None:
        for found in host.snapshot().endpoints_named(name)[:1]:
            act(host, found)

    return change


def _detach(host: EmulatedHost, found: Endpoint) -> None:
    hns(host, "POST", f"/endpoints/{found.id}/detach", hns_requests.detach_request())


def _delete(host: EmulatedHost, found: Endpoint) -> None:
    hns(host, "DELETE", f"/endpoints/{found.id}")


def set_policies(host: EmulatedHost, found: Endpoint, *proxies: Policy) -> None:
    """Give an endpoint these proxy policies and no others."""
    kept = [policy for policy in found.policies if not policy.is_proxy]
    hns(host, "POST", f"/endpoints/{found.id}", hns_requests.policies_request(found.id, [*kept, *proxies]))


def _policies(*proxies: Policy) -> Callable[[EmulatedHost, Endpoint], None]:
    return lambda host, found: set_policies(host, found, *proxies)


def _forwarding_off(host: EmulatedHost) -> None:
    for nic in host.windows.nics:
        if nic.name.startswith("vEthernet (hnskit"):
            nic.forwarding = False


def _network_gone(host: EmulatedHost) -> None:
    for network in host.snapshot().networks_named("hnskit-l2bridge"):
        hns(host, "DELETE", f"/networks/{network.id}")


WRONG = (
    (),
    (sample_facts.misspelt_policy(),),
    (sample_facts.redirect_policy("10.0.1.99:80"),),
    (sample_facts.redirect_policy("10.0.1.99:80"), sample_facts.redirect_policy("10.0.1.99:80")),
    (Policy("PROXY", {"Destination": "10.0.1.99:80"}),),
)

drifts = st.lists(
    st.one_of(
        st.sampled_from([_stop(name) for name in OURS[1:]]),
        st.sampled_from([_restart(name) for name in OURS[1:]]),
        st.sampled_from([_remove(name) for name in OURS[1:]]),
        st.sampled_from([_on_endpoint(name, act) for name in OURS for act in (_detach, _delete)]),
        st.sampled_from([_on_endpoint(name, _policies(*wrong)) for name in OURS for wrong in WRONG]),
        st.sampled_from([_forwarding_off, _network_gone]),
    ),
    max_size=6,
)


def foreign_part(facts: Facts) -> dict[str, Any]:
    """What is not hnskit's on a host, as it prints it; counters and the order of lists do not count."""
    networks = [item for item in facts.networks if item.name != "hnskit-l2bridge"]
    ids = {network.id for network in networks}
    return {
        "networks": networks,
        "endpoints": [item for item in facts.endpoints if item.network_id in ids],
        "containers": [item for item in facts.containers if item.labels.get(LABEL) != "hnskit-l2bridge"],
        "images": [item for item in facts.images if item.name != "metadata-proxy:1.0"],
    }
