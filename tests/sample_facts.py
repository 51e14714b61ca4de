"""Hosts as data, for tests of the pure parts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from hnskit.facts.host_facts import Facts
from hnskit.model import hns_json
from hnskit.model.objects import (
    Adapter,
    Address,
    Compartment,
    Container,
    Endpoint,
    Image,
    Interface,
    Network,
    Policy,
    Route,
    Subnet,
    System,
)
from hnskit.model.runtime_objects import DockerVersion
from hnskit.params.desired import LABEL, Desired, desired_from
from hnskit.params.loading import load_params
from hnskit.planning.provenance import Provenance

PARAMS = Path(__file__).parent.parent / "params" / "emulator.yaml"
NETWORK_ID = "9D2043FC-21E4-4A6F-8149-10429CC534D3"
PROXY_ADDRESS = "10.0.1.136"
MADE_WITH = (hns_json.outbound_nat_policy(), Policy("L2Driver"))
"""What a container's endpoint has from its creation on."""


def desired(*overrides: str) -> Desired:
    """What params/emulator.yaml asks for."""
    return desired_from(load_params(PARAMS, overrides=overrides))


def desired_by(way: str, *overrides: str) -> Desired:
    """A redirect of each way: `docker` of params/emulator.yaml; of the files for containerd `pods`, `ctr`, and
    `nerdctl`, which runs both clients in place of ctr.
    """
    if way == "docker":
        return desired(*overrides)
    if way == "nerdctl":
        overrides = ("clients[0].runner=nerdctl", "clients[1].runner=nerdctl", *overrides)
    name = "pods" if way == "pods" else "containerd"
    return desired_from(load_params(PARAMS.parent / f"{name}.example.yaml", overrides=overrides))


def fresh(target: str = "emulator://lab") -> Facts:
    """A host that hnskit has not touched."""
    return Facts(
        target=target,
        system=System("LAB", "Windows Server 2019 Datacenter", 17763, 1, "5.1.17763.1", "en-US", True, "2026-01-01"),
        hns_version=(9, 3),
        adapters=(Adapter("Ethernet", "Virtual Adapter", 6, "Up", "00-0D-3A-00-00-05", True),),
        interfaces=(Interface(6, "Ethernet", 1, False, 1500, True, True),),
        addresses=(Address(6, "Ethernet", "10.0.0.5", 24, "Dhcp"),),
        routes=(Route("0.0.0.0/0", "10.0.0.1", 6, 0), Route("169.254.169.254/32", "10.0.0.1", 6, 0)),
        compartments=(Compartment(1, "Default Compartment"),),
        docker=DockerVersion("20.10.9", "1.41", "windows"),
        images=(Image("sha256:aa", "mcr.microsoft.com/windows/nanoserver:1809"),),
    )


def endpoint(
    name: str, address: str, compartment: int | None, *policies: Policy, gateway: str = "10.0.1.2"
) -> Endpoint:
    """An endpoint on hnskit's network."""
    return Endpoint(
        id=f"ID-{name}",
        name=name,
        network_id=NETWORK_ID,
        network_name="hnskit-l2bridge",
        type="L2Bridge",
        address=address,
        prefix_length=24,
        gateway=gateway,
        mac=f"00-15-5D-00-00-{int(address.rsplit('.', 1)[1]) % 256:02X}",
        state=2 if compartment else 1,
        policies=policies,
        compartment_id=compartment,
    )


def redirect_policy(target: str = f"{PROXY_ADDRESS}:80") -> Policy:
    """The policy that every client has."""
    return hns_json.proxy_policy(target, "169.254.169.254", 80)


def misspelt_policy() -> Policy:
    """What HNS v1 stores without a word, and what then does nothing (HNS fact 47)."""
    settings = {"IP": "169.254.169.254", "Port": "80", "Destination": f"{PROXY_ADDRESS}:80", "OutbountNat": True}
    return Policy("PROXY", settings)


def container(name: str, image: str) -> Container:
    """A running container that hnskit made."""
    command = ("metadata-proxy.exe",) if name == "hnskit-proxy" else ("ping.exe", "-t", "localhost")
    return Container(f"cid-{name}", name, image, "sha256:aa", "running", command, {LABEL: "hnskit-l2bridge"})


def complete() -> Facts:
    """A host on which everything of params/emulator.yaml is done."""
    host = fresh()
    names = ("hnskit-proxy", "hnskit-client1", "hnskit-client2")
    clients = ((names[1], "10.0.1.20", 5), (names[2], "10.0.1.21", 6))
    gateway = endpoint("hnskit-gateway", "10.0.1.2", 1, MADE_WITH[1], gateway="0.0.0.0")
    return replace(
        host,
        adapters=(*host.adapters, Adapter("vEthernet (hnskit-gateway)", "Hyper-V", 30, "Up", gateway.mac, False)),
        interfaces=(*host.interfaces, Interface(30, "vEthernet (hnskit-gateway)", 1, True, 1450, False, True)),
        addresses=(*host.addresses, Address(30, "vEthernet (hnskit-gateway)", "10.0.1.2", 24, "Manual")),
        routes=(
            *host.routes,
            Route("10.0.1.0/24", "0.0.0.0", 30, 256),
            *(
                route
                for number in (4, 5, 6)
                for route in (
                    Route("0.0.0.0/0", "10.0.1.2", 36 + number, 256, compartment_id=number),
                    Route("10.0.1.0/24", "0.0.0.0", 36 + number, 256, compartment_id=number),
                )
            ),
            Route("169.254.169.254/32", "10.0.1.2", 40, 1, compartment_id=4),
        ),
        compartments=(
            *host.compartments,
            *(Compartment(4 + number, f"\\Container_cid-{name}") for number, name in enumerate(names)),
        ),
        networks=(Network(NETWORK_ID, "hnskit-l2bridge", "L2Bridge", (Subnet("10.0.1.0/24", "10.0.1.1"),)),),
        endpoints=(
            gateway,
            endpoint("hnskit-proxy", PROXY_ADDRESS, 4, *MADE_WITH),
            *(endpoint(name, address, number, *MADE_WITH, redirect_policy()) for name, address, number in clients),
        ),
        images=(*host.images, Image("sha256:bb", "metadata-proxy:1.0")),
        containers=(
            container("hnskit-proxy", "metadata-proxy:1.0"),
            *(container(name, host.images[0].name) for name, _, _ in clients),
        ),
    )


def made(facts: Facts | None = None) -> Provenance:
    """What the journals say of such a host: hnskit made all of it, but for the clients' image."""
    host = facts or complete()
    kinds: dict[str, Sequence[Network | Endpoint | Container]] = {
        "network": host.networks,
        "endpoint": host.endpoints,
        "container": host.containers,
    }
    there = [(kind, item.name, item.id) for kind, items in kinds.items() for item in items]
    return Provenance(frozenset([*there, *(("image", item.name, item.id) for item in host.images[1:])]))


def with_endpoint(facts: Facts, name: str, **fields: object) -> Facts:
    """The same host with one endpoint changed."""
    endpoints = tuple(replace(item, **fields) if item.name == name else item for item in facts.endpoints)  # type: ignore[arg-type]
    return replace(facts, endpoints=endpoints)


def without_endpoint(facts: Facts, name: str) -> Facts:
    """The same host with one endpoint less."""
    return replace(facts, endpoints=tuple(item for item in facts.endpoints if item.name != name))
