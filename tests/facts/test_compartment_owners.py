"""Whose a compartment is, and which container an endpoint serves."""

from __future__ import annotations

from dataclasses import replace

from hnskit.facts.compartment_owners import CompartmentOwners
from hnskit.model.objects import Compartment
from tests import sample_facts

HOST = sample_facts.complete()
CLIENT = next(item for item in HOST.endpoints if item.name == "hnskit-client1")
CONTAINER = next(item for item in HOST.containers if item.name == "hnskit-client1")
WITHOUT = {"compartment_id": None, "containers": (CONTAINER.id,)}


def test_a_compartment_is_a_containers_by_its_description() -> None:
    """And there and back it is the same one."""
    owners = CompartmentOwners(HOST)
    assert owners.of_compartment(5) == CONTAINER
    assert owners.compartment_of(CONTAINER) == 5
    assert owners.of_compartment(1) is owners.of_compartment(99) is owners.of_compartment(None) is None
    assert owners.compartment_of(replace(CONTAINER, id="another")) is None


def test_an_endpoint_serves_the_container_in_whose_compartment_it_is() -> None:
    """While it is attached; what its compartment was before says nothing."""
    owners = CompartmentOwners(HOST)
    assert owners.of_endpoint(CLIENT) == CONTAINER
    assert owners.of_endpoint(replace(CLIENT, state=1)) is None


def test_an_endpoint_that_shares_its_container_names_it() -> None:
    """SharedContainers, where there is no port (HNS fact 35); a container that is gone is nobody."""
    assert CompartmentOwners(HOST).of_endpoint(replace(CLIENT, **WITHOUT)) == CONTAINER  # type: ignore[arg-type]
    assert CompartmentOwners(HOST).of_endpoint(replace(CLIENT, **{**WITHOUT, "containers": ("gone",)})) is None  # type: ignore[arg-type]


def test_a_compartment_in_words() -> None:
    """The host, a container, and what Windows calls one whose container is not known."""
    owners = CompartmentOwners(replace(HOST, containers=HOST.containers[:1]))
    assert [owners.describe(item) for item in HOST.compartments[:3]] == [
        "the host",
        "hnskit-proxy",
        "\\Container_cid-hnskit-client1",
    ]
    assert owners.describe(Compartment(9, "")) == "unknown"
