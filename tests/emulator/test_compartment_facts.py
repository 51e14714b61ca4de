"""Facts 79 to 86 of docs/facts.md on the emulated host: compartments, containers, the metadata address."""

from __future__ import annotations

import pytest

from tests.emulator.fact_hosts import host_of
from tests.emulator.host_scenario import (
    GATEWAY,
    METADATA,
    Scenario,
    compartment_of,
    docker,
    invoke,
    run_container,
)


def test_fact_79_a_compartment_is_described_by_its_container() -> None:
    r"""1 is the host's, with the same guid everywhere; a container's is \Container_ and its id."""
    host = host_of()
    id = run_container(host, "one")
    rows = invoke(host, "Get-HnskitCompartment")
    assert (rows[0]["Id"], rows[0]["Guid"]) == (1, "{b1062982-2b18-4b4f-b3d5-a78ddb9cdd49}")
    assert rows[1]["Description"] == f"\\Container_{id}"


def test_fact_80_a_compartment_is_there_while_its_container_runs() -> None:
    """It comes with the start, goes with the stop, and has no adapter with --network none."""
    host = host_of()
    count = [len(invoke(host, "Get-HnskitCompartment"))]
    id = run_container(host, "one")
    count.append(len(invoke(host, "Get-HnskitCompartment")))
    compartment = compartment_of(host, id)
    inside = [row["Alias"] for row in invoke(host, "Get-HnskitInterface") if row["CompartmentId"] == compartment]
    assert all(alias.startswith("Loopback") for alias in inside)
    docker(host, "stop", "one")
    count.append(len(invoke(host, "Get-HnskitCompartment")))
    assert count == [1, 2, 1]


def test_fact_81_a_restart_gives_a_new_number() -> None:
    """And the endpoint stays bound to the old one."""
    scenario = Scenario()
    old = compartment_of(scenario.host, scenario.client_id)
    docker(scenario.host, "stop", "hnskit-client1")
    docker(scenario.host, "start", "hnskit-client1")
    assert compartment_of(scenario.host, scenario.client_id) > old
    port = scenario.endpoint(scenario.client["ID"])["Resources"]["Allocators"][0]
    assert port["CompartmendId"] == old


def test_fact_82_the_host_lists_a_containers_vnic_and_not_its_address() -> None:
    """With a blank description."""
    scenario = Scenario()
    rows = invoke(scenario.host, "Get-HnskitAdapter")
    vnic = next(row for row in rows if row["Name"] == "vEthernet (hnskit-client1)")
    assert vnic["Description"] == ""
    addresses = [row["IPAddress"] for row in invoke(scenario.host, "Get-HnskitAddress")]
    assert scenario.client["IPAddress"] not in addresses


def test_fact_84_the_metadata_address_is_on_link_unless_a_route_says_otherwise() -> None:
    """Without a policy the client's request times out; with a route it leaves through the gateway."""
    scenario = Scenario()
    assert scenario.ask()[0] == 28
    administrator = ["exec", "--user", "ContainerAdministrator", "hnskit-client1"]
    docker(scenario.host, *administrator, "route", "add", METADATA, "mask", "255.255.255.255", GATEWAY)
    assert scenario.ask()[1].startswith("HTTP/1.1 200 OK")


def test_fact_85_persistent_routes_of_the_host_are_in_a_containers_store() -> None:
    """They are listed as persistent there, and are not active."""
    host = host_of()
    host.windows.nics[1].routes[-1].persistent = True
    run_container(host, "one")
    printed = docker(host, "exec", "one", "route", "print")[1]
    active, _, kept = printed.partition("Persistent Routes:")
    assert METADATA in kept
    assert METADATA not in active


@pytest.mark.parametrize(("headers", "status"), [((), 400), (("-H", "Metadata: true"), 200)])
def test_fact_86_the_metadata_service_wants_its_header(headers: tuple[str, ...], status: int) -> None:
    """And a node's address as source, which OutBoundNAT on the proxy's endpoint gives."""
    scenario = Scenario()
    scenario.redirect()
    url = f"http://{METADATA}/metadata/instance?api-version=2021-02-01"
    answer = docker(scenario.host, "exec", "hnskit-client1", "curl", "-s", "-i", *headers, url)[1]
    assert answer.startswith(f"HTTP/1.1 {status} ")
