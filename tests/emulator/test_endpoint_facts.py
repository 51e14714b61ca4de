"""Facts 27 to 41 of docs/facts.md on the emulated host: endpoints, and their attachment."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from hnskit.model.objects import HOST_COMPARTMENT, EndpointState
from tests.emulator.fact_hosts import host_of, refused
from tests.emulator.host_scenario import (
    GATEWAY,
    NANOSERVER,
    Scenario,
    attach,
    compartment_of,
    docker,
    invoke,
    make_endpoint,
    make_network,
    output,
    run_container,
)


def test_fact_27_what_a_create_sends_is_echoed() -> None:
    """Name, address, gateway, MAC, DNS, prefix length and internal DNS come back as they were sent."""
    host = host_of()
    sent = {
        "Name": "one", "IPAddress": "10.0.1.77", "GatewayAddress": GATEWAY, "MacAddress": "00-15-5D-00-00-01",
        "DNSServerList": "168.63.129.16,10.0.0.2", "DNSSuffix": "a.b", "PrefixLength": 24, "EnableInternalDNS": True,
    }  # fmt: skip
    made = output(host, "POST", "/endpoints", {"VirtualNetwork": make_network(host)["ID"], "Policies": [], **sent})
    assert {key: made[key] for key in sent} == sent


@pytest.mark.parametrize(("type", "added"), [("L2Bridge", True), ("Transparent", False), ("NAT", False)])
def test_fact_28_an_l2bridge_appends_l2driver(type: str, added: bool) -> None:
    """Name Ethernet, a free address, State 1, and L2Driver after what was asked for; none on other networks."""
    host = host_of()
    network = make_network(host, type, name="n")
    made = output(host, "POST", "/endpoints", {"VirtualNetwork": network["ID"], "Policies": [{"Type": "OutBoundNAT"}]})
    assert (made["Name"], made["State"], made["VirtualNetworkName"]) == ("Ethernet", 1, "n")
    assert [item["Type"] for item in made["Policies"]] == ["OutBoundNAT"] + ["L2Driver"] * added


def test_fact_29_a_gateway_of_zeros_is_no_gateway() -> None:
    """Without one it is the subnet's; with 0.0.0.0 the vNIC has no default route."""
    host = host_of()
    network = make_network(host)
    usual = make_endpoint(host, network, "a", GatewayAddress="")
    none = make_endpoint(host, network, "b", GatewayAddress="0.0.0.0")
    assert usual["GatewayAddress"] == "10.0.1.1"
    attach(host, none, HOST_COMPARTMENT)
    index = next(row["Index"] for row in invoke(host, "Get-HnskitAdapter") if row["Name"] == "vEthernet (b)")
    prefixes = [row["DestinationPrefix"] for row in invoke(host, "Get-HnskitRoute") if row["Index"] == index]
    assert prefixes
    assert "0.0.0.0/0" not in prefixes


def test_fact_29_server_2025_fills_in_the_hosts_dns() -> None:
    """DNSServerList and DNSSuffix of the host where none was sent; not before."""
    for profile, filled in (("ws2019", False), ("ws2025", True)):
        host = host_of(profile)
        made = make_endpoint(host, make_network(host))
        assert ("DNSServerList" in made, "DNSSuffix" in made) == (filled, filled)


@pytest.mark.parametrize("mac", ["0a-00-00-00-00-3b", "00:11:22:33:44:55"])
def test_fact_30_a_mac_keeps_its_spelling(mac: str) -> None:
    """Separators and letter case of what was sent; what the service makes is upper case with hyphens."""
    host = host_of()
    network = make_network(host)
    assert make_endpoint(host, network, MacAddress=mac)["MacAddress"] == mac
    assert re.fullmatch(r"00-15-5D(-[0-9A-F]{2}){3}", make_endpoint(host, network)["MacAddress"])


def test_fact_30_docker_prints_the_same_mac_with_colons() -> None:
    """docker inspect of a container on nat, in lower case."""
    host = host_of()
    docker(host, "run", "--detach", "--name", "one", NANOSERVER, "ping", "-t", "localhost")
    (shown,) = json.loads(docker(host, "inspect", "one")[1])
    (endpoint,) = output(host, "GET", "/endpoints/")
    seen = shown["NetworkSettings"]["Networks"]["nat"]["MacAddress"]
    assert seen == endpoint["MacAddress"].lower().replace("-", ":")


def test_fact_31_states_go_from_created_to_attached_to_sharing() -> None:
    """1, 2, 3 with a second container, 3 with one left, 4 with none."""
    scenario = Scenario()
    endpoint = make_endpoint(scenario.host, scenario.network)
    path = f"/endpoints/{endpoint['ID']}"
    states = [endpoint["State"]]
    steps = [("attach", scenario.client_id), ("attach", scenario.proxy_id), ("detach", scenario.proxy_id),
             ("detach", scenario.client_id)]  # fmt: skip
    for action, id in steps:
        output(scenario.host, "POST", f"{path}/{action}", {"SystemType": "Container", "ContainerId": id})
        states.append(scenario.endpoint(endpoint["ID"])["State"])
    assert states == [1, 2, 3, 3, EndpointState.DETACHED]
    assert "RemoveProcessingStartTime" in scenario.endpoint(endpoint["ID"])


def test_fact_32_resources_grow_with_the_attach() -> None:
    """No allocators and no StartTime before; then as many as AllocationOrder says."""
    scenario = Scenario()
    before = make_endpoint(scenario.host, scenario.network)
    assert before["Resources"]["AllocationOrder"] == 0
    assert "Allocators" not in before["Resources"]
    assert "StartTime" not in before
    scenario.redirect()
    after = scenario.endpoint(scenario.client["ID"])
    assert after["Resources"]["AllocationOrder"] == len(after["Resources"]["Allocators"]) == 5
    assert "StartTime" in after


def test_fact_33_the_endpoint_port_names_nic_port_and_compartment() -> None:
    """NicFriendlyName is the Name, PreferredPortFriendlyName the ID, and CompartmendId is spelt so."""
    scenario = Scenario()
    endpoint = scenario.endpoint(scenario.client["ID"])
    port = endpoint["Resources"]["Allocators"][0]
    assert (port["NicFriendlyName"], port["PreferredPortFriendlyName"]) == (endpoint["Name"], endpoint["ID"])
    assert port["CompartmendId"] == compartment_of(scenario.host, scenario.client_id)
    assert port["MTU"] == 1450


def test_fact_34_an_endpoint_in_a_namespace_says_so() -> None:
    """Namespace appears when it was put in, and goes when it was taken out."""
    host = host_of()
    endpoint = make_endpoint(host, make_network(host))
    namespace = output(host, "POST", "/namespaces", {"IsDefault": False})
    resource = {"Type": "endpoint", "Data": {"ID": endpoint["ID"]}}
    output(host, "POST", f"/namespaces/{namespace['ID']}/addresource", resource)
    shown = output(host, "GET", f"/endpoints/{endpoint['ID']}")
    assert shown["Namespace"] == {"ID": namespace["ID"], "IsDefault": False}
    output(host, "POST", f"/namespaces/{namespace['ID']}/removeresource", resource)
    assert "Namespace" not in output(host, "GET", f"/endpoints/{endpoint['ID']}")
    assert len(output(host, "GET", "/namespaces/")) == 2
    output(host, "DELETE", f"/namespaces/{namespace['ID']}")
    assert [item["CompartmentId"] for item in output(host, "GET", "/namespaces/")] == [HOST_COMPARTMENT]


def test_fact_35_shared_containers_stays_empty_after_a_host_attach() -> None:
    """Even where the compartment is a container's."""
    scenario = Scenario()
    assert scenario.endpoint(scenario.client["ID"])["SharedContainers"] == []
    assert scenario.endpoint(scenario.client["ID"])["State"] == EndpointState.ATTACHED


def test_fact_36_an_endpoint_is_deleted_in_whatever_state() -> None:
    """Created, attached, detached, and attached to a compartment that is gone."""
    scenario = Scenario()
    docker(scenario.host, "rm", "--force", "hnskit-proxy")
    created = make_endpoint(scenario.host, scenario.network)
    for endpoint in (created, scenario.client, scenario.gateway, scenario.proxy):
        output(scenario.host, "DELETE", f"/endpoints/{endpoint['ID']}")
    assert output(scenario.host, "GET", "/endpoints/") == []


@pytest.mark.parametrize("system", ["VirtualMachine", "Toaster", ""])
def test_fact_37_system_types(system: str) -> None:
    """Host and Container are taken; a virtual machine is refused by name, nonsense as a wrong parameter."""
    host = host_of()
    endpoint = make_endpoint(host, make_network(host))
    code, _ = refused(host, "POST", f"/endpoints/{endpoint['ID']}/attach", {"SystemType": system})
    assert code == (0x80004001 if system == "VirtualMachine" else 0x80070057)


def test_fact_37_a_compartment_is_a_number_of_16_bits() -> None:
    """hcsshim's CompartmentId is a uint16."""
    host = host_of()
    endpoint = make_endpoint(host, make_network(host))
    body = {"SystemType": "Host", "CompartmentId": 65536}
    assert refused(host, "POST", f"/endpoints/{endpoint['ID']}/attach", body)[0] == 0x80070057


@pytest.mark.parametrize("system", ["Host", "Container"])
def test_fact_38_both_ways_of_attaching_lead_into_the_containers_compartment(system: str) -> None:
    """Attach-HNSHostEndpoint with the compartment's number, and Attach-HnsEndpoint with the container's id."""
    host = host_of()
    id = run_container(host, "one")
    compartment = compartment_of(host, id)
    endpoint = make_endpoint(host, make_network(host))
    body: dict[str, Any] = {"SystemType": system, "CompartmentId": compartment}
    output(
        host,
        "POST",
        f"/endpoints/{endpoint['ID']}/attach",
        body | ({"ContainerId": id} if system == "Container" else {}),
    )
    rows = [row for row in invoke(host, "Get-HnskitInterface") if row["CompartmentId"] == compartment]
    assert any(row["Alias"] == "vEthernet (Ethernet) 2" for row in rows)


def test_fact_39_an_activity_id_is_no_id() -> None:
    """The captured run's page has one where the endpoint's ID belongs: a slip, and not found."""
    host = host_of()
    endpoint = make_endpoint(host, make_network(host))
    body = {"SystemType": "Host", "CompartmentId": 1}
    assert refused(host, "POST", f"/endpoints/{endpoint['ActivityId']}/attach", body)[0] == 0x80070490


def test_fact_40_what_an_attach_refuses() -> None:
    """A container that is gone, an endpoint that is attached, and one that is Degraded."""
    scenario = Scenario()
    host = scenario.host
    gone = {"SystemType": "Container", "ContainerId": "0" * 64}
    words = "A Compute System with the specified identifier does not exist. "
    new = make_endpoint(host, scenario.network)
    assert refused(host, "POST", f"/endpoints/{new['ID']}/attach", gone) == (0xC037010E, words)
    body = {"SystemType": "Host", "CompartmentId": 1}
    words = "This endpoint is already attached to the switch. "
    assert refused(host, "POST", f"/endpoints/{scenario.client['ID']}/attach", body) == (0x803B0014, words)
    nonsense = [{"Type": "OutBoundNAT", "ExceptionList": ["<your service cidr>"]}]
    degraded = make_endpoint(host, scenario.network, Policies=nonsense)
    assert degraded["State"] == EndpointState.DEGRADED
    words = "Endpoint is in invalid state. "
    assert refused(host, "POST", f"/endpoints/{degraded['ID']}/attach", body) == (0x803B0017, words)


def test_fact_41_a_host_attach_makes_a_vethernet() -> None:
    """vEthernet (Name), with a number where that name is taken."""
    host = host_of()
    network = make_network(host)
    for _ in range(2):
        attach(host, make_endpoint(host, network, "cbr0"), HOST_COMPARTMENT)
    names = [row["Name"] for row in invoke(host, "Get-HnskitAdapter")]
    assert names[-2:] == ["vEthernet (cbr0)", "vEthernet (cbr0) 2"]
