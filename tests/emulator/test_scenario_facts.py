"""The scenario as it was run on a real host: a test for each fact of docs/facts.md that says how a host behaves."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from hnskit.emulator.host import EmulatedHost, create_host
from hnskit.emulator.powershell.command import Cut
from hnskit.model.objects import HOST_COMPARTMENT, EndpointState
from tests.emulator.host_scenario import (
    GATEWAY,
    METADATA,
    NANOSERVER,
    Scenario,
    attach,
    compartment_of,
    docker,
    hns,
    invoke,
    make_endpoint,
    make_network,
    output,
    run_container,
    set_proxy_policy,
)

_RANGES = [*range(27, 55), *range(63, 74), *range(79, 87)]
_NOT_A_HOSTS_BEHAVIOUR = {
    50: "about a client's file, not about a host",
    51: "of the v2 functions, which the emulated host has not; what v1 says of their names is tested with fact 42",
    52: "of the v2 functions",
    54: "of a v2 policy; what v1 says of its name is tested with fact 42",
    65: "what callers do about the cut; hnskit's own way is tested in test_faults.py",
    83: "a hang inside a container that came and went; it has no cause to emulate",
}


def host_of(profile: str = "ws2019", **options: Any) -> EmulatedHost:
    return create_host("lab", profile, {"cut_seconds": 0, "seed": 5, **options})


def refused(host: EmulatedHost, method: str, path: str, body: Any = None) -> tuple[int, str]:
    answer = hns(host, method, path, body)
    assert answer["Success"] is False, answer
    return answer["ErrorCode"], answer["Error"]


def test_each_fact_of_the_scenario_has_a_test() -> None:
    """Named after it; but for those that say nothing of a host, which are listed with the reason."""
    text = Path(__file__).read_text(encoding="utf-8")
    tested = {int(number) for number in re.findall(r"^def test_fact_(\d+)", text, re.MULTILINE)}
    assert tested | set(_NOT_A_HOSTS_BEHAVIOUR) == set(_RANGES)


# 27-36: endpoints


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


# 37-41: attach


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


# 42-54: policies


@pytest.mark.parametrize("type", ["NAT", "ACL", "PA", "VLAN", "VSID", "VNET", "L2Driver", "Isolation", "QOS",
                                  "OutBoundNAT", "ELB", "ROUTE", "PROXY"])  # fmt: skip
def test_fact_42_v1_has_thirteen_policy_types(type: str) -> None:
    """Each is taken in the flat form, and printed back in it."""
    host = host_of()
    made = make_endpoint(host, make_network(host), Policies=[{"Type": type, "Wish": 1}])
    assert made["Policies"][0] == {"Type": type, "Wish": 1}


@pytest.mark.parametrize("type", ["L4Proxy", "PortMapping", "SDNRoute", "ProviderAddress"])
def test_fact_42_names_of_v2_are_no_types_of_v1(type: str) -> None:
    """0x803b000e "Invalid policy type", as Windows-Containers#360 saw of a v2 type on a v1 call.

    L4WFPPROXY has no other name in v1: the emulated host keeps it there as it is, which is UNCONFIRMED.
    """
    host = host_of()
    endpoint = make_endpoint(host, make_network(host))
    body = {"ID": endpoint["ID"], "Policies": [{"Type": type}]}
    assert refused(host, "POST", f"/endpoints/{endpoint['ID']}", body) == (0x803B000E, "Invalid policy type. ")


@pytest.mark.parametrize(("profile", "scope"), [("ws2019", {}), ("ws2022", {"Scope": 0})])
def test_fact_43_an_acl_gets_a_scope(profile: str, scope: dict[str, int]) -> None:
    """On 13.x; its protocols and ports are text, and stay it."""
    host = host_of(profile)
    rule = {"Type": "ACL", "Action": "Block", "Direction": "In", "Protocols": "6", "LocalPorts": "80", "Priority": 100}
    made = make_endpoint(host, make_network(host), Policies=[rule])
    assert made["Policies"][0] == rule | scope


def test_fact_44_a_proxy_policy_is_printed_as_it_was_sent() -> None:
    """Port is text, Destination is ip:port; members come sorted."""
    scenario = Scenario()
    scenario.redirect(ExceptionList=["10.0.0.0/8"])
    policy = scenario.endpoint(scenario.client["ID"])["Policies"][-1]
    assert list(policy) == ["Destination", "ExceptionList", "IP", "OutboundNat", "Port", "Type"]
    assert (policy["Port"], policy["OutboundNat"]) == ("80", True)
    assert policy["Destination"] == f"{scenario.proxy['IPAddress']}:80"


def test_fact_45_policies_are_changed_by_posting_them_all() -> None:
    """The answer is the whole endpoint with PROXY last; without it in the list, it is gone."""
    scenario = Scenario()
    path = f"/endpoints/{scenario.client['ID']}"
    before = scenario.endpoint(scenario.client["ID"])
    sent = [*before["Policies"], {"Type": "PROXY", "IP": METADATA, "Port": "80", "Destination": "10.0.1.2:80"}]
    after = output(scenario.host, "POST", path, {"ID": before["ID"], "Policies": sent})
    assert after["Policies"] == sent
    assert set(after) == set(before)
    back = output(scenario.host, "POST", path, {"ID": before["ID"], "Policies": before["Policies"]})
    assert back["Policies"] == before["Policies"]


@pytest.mark.parametrize("policies", [{"Type": "OutBoundNAT"}, None])
def test_fact_46_an_object_in_route_place_the_list_is_refused(policies: Any) -> None:
    """What PowerShell makes of one policy, or of none; HNS's own answer is UNCONFIRMED."""
    host = host_of()
    endpoint = make_endpoint(host, make_network(host))
    body = {"ID": endpoint["ID"], "Policies": policies}
    assert refused(host, "POST", f"/endpoints/{endpoint['ID']}", body)[0] == 0x80070057


def test_fact_47_v1_is_silent_where_v2_refuses() -> None:
    """A misspelt OutbountNat is stored and does nothing; v2 names the field with 0x803B001B."""
    scenario = Scenario()
    scenario.redirect(OutboundNat=None, OutbountNat=True)
    assert scenario.endpoint(scenario.client["ID"])["Policies"][-1]["OutbountNat"] is True
    assert scenario.ask()[0] == 28
    body = {"SchemaVersion": {"Major": 2, "Minor": 0}, "Name": "n", "CreateWithCompartment": True}
    words = "Invalid JSON document string. {{CreateWithCompartment,UnknownField}}"
    assert refused(scenario.host, "POST", "/networks", body) == (0x803B001B, words)
    output(scenario.host, "POST", f"/endpoints/{scenario.client['ID']}", {"Whatever": 1})


def test_fact_48_traffic_to_the_address_is_rewritten_to_the_destination() -> None:
    """The client asks 169.254.169.254 and is answered through the proxy."""
    scenario = Scenario()
    scenario.redirect()
    assert "Via: 1.1 metadata-proxy" in scenario.ask()[1]


def test_fact_49_no_proxy_policy_where_there_is_nat() -> None:
    """VFP is not the engine there; that HNS refuses it, and with which code, is UNCONFIRMED."""
    host = host_of()
    network = make_network(host, "NAT")
    body = {"VirtualNetwork": network["ID"], "Policies": [{"Type": "PROXY", "IP": METADATA}]}
    assert refused(host, "POST", "/endpoints", body) == (0x803B000E, "Invalid policy type. ")


def test_fact_53_an_update_replaces_the_kind_it_sends() -> None:
    """One ACL is sent to an endpoint with OutBoundNAT and ROUTE, and all are listed after it."""
    host = host_of()
    made = [{"Type": "OutBoundNAT"}, {"Type": "ROUTE", "DestinationPrefix": "10.9.0.0/16", "NeedEncap": True}]
    endpoint = make_endpoint(host, make_network(host), Policies=made)
    rule = {"Type": "ACL", "Action": "Allow", "Direction": "In", "Priority": 100}
    now = output(host, "POST", f"/endpoints/{endpoint['ID']}", {"ID": endpoint["ID"], "Policies": [rule]})["Policies"]
    assert [item["Type"] for item in now] == ["OutBoundNAT", "ROUTE", "L2Driver", "ACL"]


def test_fact_54_b_a_rule_is_on_one_endpoint_only() -> None:
    """The proxy, with an endpoint of its own, does not see its own traffic redirected."""
    scenario = Scenario()
    scenario.redirect()
    assert scenario.ask()[1].startswith("HTTP/1.1 200 OK")
    set_proxy_policy(scenario.host, scenario.proxy, f"{scenario.proxy['IPAddress']}:80")
    assert scenario.ask()[1].startswith("HTTP/1.1 508 Loop Detected")


# 63-73: the bridge on a remote host


def cuts_of(host: EmulatedHost) -> list[Cut]:
    seen: list[Cut] = []
    host.on_cut.append(seen.append)
    return seen


def test_fact_63_the_first_bridge_cuts_the_host_off() -> None:
    """Once, and not again for a second one."""
    host = host_of(cut_seconds=3)
    seen = cuts_of(host)
    make_network(host)
    make_network(host, name="second", Subnets=[{"AddressPrefix": "10.0.2.0/24"}])
    assert seen == [Cut(3.0, "refuse")]


def test_fact_64_the_cut_lasts_seconds_on_creation_and_on_deletion() -> None:
    """As long as the host was made to; a few seconds where nothing was said."""
    host = create_host("lab", "ws2019", {"seed": 1})
    seen = cuts_of(host)
    network = make_network(host)
    output(host, "DELETE", f"/networks/{network['ID']}")
    assert [cut.seconds for cut in seen] == [3.0, 3.0]


def test_fact_66_the_address_moves_to_a_vnic_with_the_same_mac() -> None:
    """Ethernet stays an adapter and has no IPv4; vEthernet (Ethernet) has its address, its gateway and MTU 1450."""
    host = host_of()
    before = {row["Name"]: row for row in invoke(host, "Get-HnskitAdapter")}
    make_network(host)
    adapters = {row["Name"]: row for row in invoke(host, "Get-HnskitAdapter")}
    interfaces = {row["Alias"]: row for row in invoke(host, "Get-HnskitInterface")}
    assert adapters["vEthernet (Ethernet)"]["MacAddress"] == before["Ethernet"]["MacAddress"]
    assert "Ethernet" in adapters
    assert "Ethernet" not in interfaces
    assert interfaces["vEthernet (Ethernet)"]["Mtu"] == 1450
    moved = [row["IPAddress"] for row in invoke(host, "Get-HnskitAddress") if row["Alias"] == "vEthernet (Ethernet)"]
    assert moved == ["10.0.0.5"]


def test_fact_66_the_new_vnic_gets_a_number_where_its_name_is_taken() -> None:
    """vEthernet (Ethernet) 2."""
    host = host_of()
    nat = output(host, "GET", "/networks/")[0]
    attach(host, make_endpoint(host, nat, "Ethernet", GatewayAddress="", Policies=[]), HOST_COMPARTMENT)
    make_network(host)
    assert "vEthernet (Ethernet) 2" in [row["Name"] for row in invoke(host, "Get-HnskitAdapter")]


@pytest.mark.parametrize("fault", ["static_address_lost", "metadata_route_lost"])
def test_fact_67_things_are_lost_in_the_move(fault: str) -> None:
    """A static address, or the host's route to the metadata address."""
    host = host_of()
    host.set_fault(fault, True)
    make_network(host)
    addresses = [row["IPAddress"] for row in invoke(host, "Get-HnskitAddress")]
    prefixes = [row["DestinationPrefix"] for row in invoke(host, "Get-HnskitRoute")]
    assert ("10.0.0.5" not in addresses) == (fault == "static_address_lost")
    assert f"{METADATA}/32" not in prefixes


def test_fact_68_a_second_adapter_leaves_the_management_one_alone() -> None:
    """No cut, and the host's address stays where it was."""
    host = host_of(second_adapter=True, cut_seconds=3)
    seen = cuts_of(host)
    make_network(host, NetworkAdapterName="Ethernet 2")
    assert seen == []
    assert {"Alias": "Ethernet", "IPAddress": "10.0.0.5"}.items() <= next(
        row.items() for row in invoke(host, "Get-HnskitAddress") if row["IPAddress"] == "10.0.0.5"
    )


def test_fact_69_creations_that_overlap_fail_for_a_while() -> None:
    """ "Unspecified error", and the next try succeeds."""
    host = host_of()
    host.set_fault("unspecified_errors", 1)
    body = {"Type": "L2Bridge", "Name": "n", "Subnets": [{"AddressPrefix": "10.0.1.0/24"}]}
    assert refused(host, "POST", "/networks", body) == (0x80004005, "Unspecified error. ")
    output(host, "POST", "/networks", body)


def test_fact_70_the_first_address_is_the_services_own() -> None:
    """.1 is reserved even where the gateway is another; .2 is the first that an endpoint can have."""
    host = host_of()
    network = make_network(host, Subnets=[{"AddressPrefix": "10.0.1.0/30", "GatewayAddress": "10.0.1.2"}])
    body = {"VirtualNetwork": network["ID"], "IPAddress": "10.0.1.1"}
    assert refused(host, "POST", "/endpoints", body)[0] == 0x803B002F


def test_fact_71_forwarding_is_switched_on_by_index() -> None:
    """Set-NetIPInterface -Forwarding on the vNIC; Get-NetIPInterface shows it."""
    host = host_of()
    attach(host, make_endpoint(host, make_network(host), "cbr0"), HOST_COMPARTMENT)
    index = next(row["Index"] for row in invoke(host, "Get-HnskitInterface") if row["Alias"] == "vEthernet (cbr0)")
    invoke(host, "Set-HnskitForwarding", InterfaceIndex=index, State="Enabled")
    shown = next(row for row in invoke(host, "Get-HnskitInterface") if row["Index"] == index)
    assert shown["Forwarding"] == "Enabled"


def test_fact_72_a_networks_name_is_taken() -> None:
    """0x803b0010; that v1 refuses it is UNCONFIRMED."""
    host = host_of()
    make_network(host)
    body = {"Type": "L2Bridge", "Name": "hnskit-l2bridge", "Subnets": [{"AddressPrefix": "10.8.0.0/24"}]}
    assert refused(host, "POST", "/networks", body) == (0x803B0010, "A network with this name already exists. ")


def test_fact_73_what_is_taken_and_what_is_not() -> None:
    """An address 0x803b002f, an endpoint's id 0x1392; two endpoints named Ethernet are legal."""
    host = host_of()
    network = make_network(host)
    first = make_endpoint(host, network)
    assert make_endpoint(host, network)["Name"] == first["Name"] == "Ethernet"
    body = {"VirtualNetwork": network["ID"], "IPAddress": first["IPAddress"]}
    words = "An address provided is invalid or reserved. "
    assert refused(host, "POST", "/endpoints", body) == (0x803B002F, words)
    body = {"VirtualNetwork": network["ID"], "ID": first["ID"].lower()}
    assert refused(host, "POST", "/endpoints", body) == (0x80071392, "The object already exists. ")


# 79-86: compartments, containers and the metadata address


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
