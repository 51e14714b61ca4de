"""Windows of the emulated host: adapters, addresses and routes around an L2Bridge; the commands' rows and errors."""

from __future__ import annotations

import json
from typing import Any

import pytest

from hnskit.emulator.host import EmulatedHost, create_host
from hnskit.emulator.powershell.command import Cut, PSError
from hnskit.remote.session import Call
from tests.emulator.host_scenario import (
    GATEWAY,
    METADATA,
    Scenario,
    error_of,
    hns,
    invoke,
    make_network,
    output,
    run_container,
)


@pytest.fixture
def host() -> EmulatedHost:
    """A host with nothing on it."""
    return create_host("lab", "ws2019", {"cut_seconds": 0, "seed": 5})


def calls(host: EmulatedHost, *texts: str) -> list[dict[str, Any]]:
    """One batch through Invoke-HnskitCall."""
    return [json.loads(line) for line in invoke(host, "Invoke-HnskitCall", Call=list(texts))]


def test_an_l2bridge_moves_the_hosts_address_to_a_vnic(host: EmulatedHost) -> None:
    """Same MAC, MTU 1450, routes follow; the NIC is listed and has no interface (HNS fact 66)."""
    before = host.snapshot()
    network = make_network(host)
    after = host.snapshot()
    vnic = next(item for item in after.adapters if item.name == "vEthernet (Ethernet)")
    nic = next(item for item in after.adapters if item.name == "Ethernet")
    interface = next(item for item in after.interfaces if item.index == vnic.index)
    assert vnic.mac == nic.mac
    assert interface.mtu == 1450
    assert nic.index not in {item.index for item in after.interfaces}
    assert network["ManagementIP"] == "10.0.0.5"
    assert {item.prefix for item in after.routes} == {item.prefix for item in before.routes}
    assert {item.interface_index for item in after.routes if item.prefix == f"{METADATA}/32"} == {vnic.index}


def test_removing_it_brings_the_nic_back(host: EmulatedHost) -> None:
    """As it was (HNS fact 78)."""
    before = host.snapshot()
    output(host, "DELETE", f"/networks/{make_network(host)['ID']}")
    after = host.snapshot()
    assert (after.adapters, after.addresses, after.interfaces, after.routes) == (
        before.adapters,
        before.addresses,
        before.interfaces,
        before.routes,
    )


def test_a_containers_vnic_is_listed_with_a_blank_description() -> None:
    """Its address is not visible on the host, its interface and routes are in its compartment (HNS fact 82)."""
    scenario = Scenario()
    facts = scenario.host.snapshot()
    vnic = next(item for item in facts.adapters if item.name == "vEthernet (hnskit-client1)")
    gateway = next(item for item in facts.adapters if item.name == "vEthernet (hnskit-gateway)")
    assert vnic.description == ""
    assert gateway.description.startswith("Hyper-V Virtual Ethernet Adapter #")
    assert scenario.client["IPAddress"] not in {item.address for item in facts.addresses}
    assert GATEWAY in {item.address for item in facts.addresses}
    compartment = next(item.id for item in facts.compartments if item.container_id == scenario.client_id)
    assert {item.compartment_id for item in facts.interfaces if item.index == vnic.index} == {compartment}
    assert ("0.0.0.0/0", GATEWAY) in {
        (item.prefix, item.next_hop) for item in facts.routes if item.compartment_id == compartment
    }


def test_a_second_adapter_keeps_the_hosts_own_network_out_of_it() -> None:
    """A bridge on Ethernet 2 cuts nobody off (HNS fact 68)."""
    host = create_host("lab", "ws2019", {"second_adapter": True})
    cuts: list[Cut] = []
    host.on_cut.append(cuts.append)
    network = make_network(host, NetworkAdapterName="Ethernet 2")
    assert (network["ManagementIP"], network["NetworkAdapterName"], cuts) == ("10.0.9.5", "Ethernet 2", [])


def test_an_l2bridge_on_wifi_is_refused() -> None:
    """And nothing moves (HNS fact 26)."""
    host = create_host("lab", "ws2019", {"wifi": True})
    body = {"Type": "L2Bridge", "Subnets": [{"AddressPrefix": "10.0.1.0/24"}]}
    assert hns(host, "POST", "/networks", body)["Success"] is False
    assert [item.name for item in host.snapshot().adapters] == ["Ethernet", "vEthernet (nat)"]


def test_the_cut_is_told_to_the_door_and_can_be_switched_off(host: EmulatedHost) -> None:
    """3 seconds and refuse are the default."""
    lab = create_host("lab")
    cuts: list[Cut] = []
    lab.on_cut.append(cuts.append)
    network = make_network(lab)
    lab.set_fault("cut", {"seconds": 1.5, "mode": "blackhole"})
    output(lab, "DELETE", f"/networks/{network['ID']}")
    assert cuts == [Cut(3.0, "refuse"), Cut(1.5, "blackhole")]
    with pytest.raises(ValueError, match="mode"):
        lab.set_fault("cut", {"mode": "sideways"})


@pytest.mark.parametrize(
    ("name", "keys"),
    [
        ("Get-HnskitSystem", "ComputerName ProductName Build Revision PSVersion Culture Administrator UtcNow"),
        ("Get-HnskitAdapter", "Name Description Index Status MacAddress Physical Medium"),
        ("Get-HnskitInterface", "Index Alias CompartmentId Forwarding Mtu Dhcp ConnectionState"),
        ("Get-HnskitAddress", "Index Alias IPAddress PrefixLength Origin State"),
        ("Get-HnskitRoute", "DestinationPrefix NextHop Index Metric CompartmentId"),
        ("Get-HnskitCompartment", "Id Description Guid"),
        ("Get-HnskitContainer", "ExitCode StdOut StdErr"),
    ],
)
def test_each_command_puts_out_the_modules_properties_in_their_order(host: EmulatedHost, name: str, keys: str) -> None:
    """As scripts/hnskit.psm1 names them."""
    for row in invoke(host, name):
        assert list(row) == keys.split()


def test_forwarding_of_an_interface_that_is_not_there_is_refused(host: EmulatedHost) -> None:
    """With the id of the NetTCPIP module; an interface of a container's compartment is none of the host's."""
    error = error_of(host, "Set-HnskitForwarding", InterfaceIndex=999, State="Enabled")
    assert error.full_id("Set-HnskitForwarding") == "CmdletizationQuery_NotFound_InterfaceIndex,Set-NetIPInterface"
    run_container(host, "one")
    loopback = next(item.index for item in host.snapshot().interfaces if item.compartment_id != 1)
    assert error_of(host, "Set-HnskitForwarding", InterfaceIndex=loopback, State="Enabled").category == "ObjectNotFound"


def test_a_batch_goes_on_after_a_call_that_fails(host: EmulatedHost) -> None:
    """Each answer has id, ok, ms and its output or error, in this order."""
    good = Call("a", "Get-HnskitCompartment").to_json()
    bad = Call("b", "Invoke-HnskitHns", {"Method": "PUT", "Path": "/networks"}).to_json()
    answers = calls(host, bad, good)
    assert [list(answer) for answer in answers] == [["id", "ok", "ms", "error"], ["id", "ok", "ms", "output"]]
    assert answers[0]["error"]["id"] == "ParameterArgumentValidationError,Invoke-HnskitHns"
    assert answers[1]["output"][0]["Id"] == 1


@pytest.mark.parametrize(
    ("command", "parameters", "id", "category"),
    [
        ("Remove-Everything", {}, "Hnskit.UnknownCommand", "ObjectNotFound"),
        ("get-hnskitsystem", {}, "Hnskit.UnknownCommand", "ObjectNotFound"),
        ("Get-HnskitSystem", {"Colour": "red"}, "NamedParameterNotFound,Get-HnskitSystem", "InvalidArgument"),
        (
            "Set-HnskitForwarding",
            {"State": "Enabled"},
            "MissingMandatoryParameter,Set-HnskitForwarding",
            "InvalidArgument",
        ),
        (
            "Invoke-HnskitDocker",
            {"ArgumentList": ["login"]},
            "Hnskit.DockerCommandNotAllowed,Invoke-HnskitDocker",
            "PermissionDenied",
        ),
    ],
)
def test_errors_of_calls_have_powershells_ids(
    host: EmulatedHost, command: str, parameters: dict[str, Any], id: str, category: str
) -> None:
    """FullyQualifiedErrorId and category, which programs match."""
    (answer,) = calls(host, Call("x", command, parameters).to_json())
    assert (answer["error"]["id"], answer["error"]["category"]) == (id, category)


def test_a_call_that_is_no_json_ends_the_batch(host: EmulatedHost) -> None:
    """As ConvertFrom-Json does."""
    with pytest.raises(PSError) as caught:
        calls(host, "{")
    assert caught.value.full_id("Invoke-HnskitCall").startswith("System.ArgumentException,")


def test_reset_brings_the_host_back() -> None:
    """Nothing that was made is left, and its switches are as its options say."""
    scenario = Scenario()
    scenario.host.set_fault("disk_full", True)
    scenario.host.reset()
    status = scenario.host.status()
    assert (status["networks"], status["endpoints"], status["containers"], status["compartments"]) == (1, 0, 0, 1)
    assert scenario.host.faults.disk_full is False


def test_a_restart_of_hns_takes_the_endpoints_and_leaves_the_networks() -> None:
    """HNS fact 77."""
    scenario = Scenario()
    scenario.redirect()
    scenario.host.restart_hns()
    assert output(scenario.host, "GET", "/endpoints/") == []
    assert len(output(scenario.host, "GET", "/networks/")) == 2
    assert scenario.ask()[0] == 7


def test_after_a_reboot_endpoints_hold_their_addresses_and_lead_nowhere() -> None:
    """Containers have ended, nat is another network, and the cut is told (HNS fact 76)."""
    scenario = Scenario()
    scenario.redirect()
    cuts: list[Cut] = []
    scenario.host.on_cut.append(cuts.append)
    scenario.host.set_fault("cut", {"seconds": 9.0})
    nat = next(item.id for item in scenario.host.hns.networks if item.json["Name"] == "nat")
    scenario.host.reboot()
    facts = scenario.host.snapshot()
    assert {item.name: item.address for item in facts.endpoints}["hnskit-client1"] == scenario.client["IPAddress"]
    assert [item.status for item in facts.containers] == ["exited", "exited"]
    assert nat not in {item.id for item in facts.networks}
    assert GATEWAY not in {item.address for item in facts.addresses}
    assert [cut.seconds for cut in cuts] == [9.0]


def test_a_reboot_that_loses_bridges_leaves_their_endpoints_with_their_addresses() -> None:
    """UNCONFIRMED which of the two Windows does; a new bridge cannot give such an address again (HNS fact 76)."""
    scenario = Scenario()
    scenario.redirect()
    scenario.host.set_fault("reboot_loses_bridges", True)
    scenario.host.reboot()
    facts = scenario.host.snapshot()
    assert [item.name for item in facts.networks] == ["nat"]
    assert {item.name for item in facts.endpoints} == {"hnskit-gateway", "hnskit-proxy", "hnskit-client1"}
    assert [item.name for item in facts.adapters if item.physical] == ["Ethernet"]
    assert "10.0.0.5" in {item.address for item in facts.addresses if item.interface_alias == "Ethernet"}
    network = make_network(scenario.host)
    held = {"VirtualNetwork": network["ID"], "IPAddress": scenario.client["IPAddress"], "Policies": []}
    assert hns(scenario.host, "POST", "/endpoints", held)["ErrorCode"] == 0x803B002F


def test_after_a_reboot_numbers_of_compartments_begin_again() -> None:
    """UNCONFIRMED; so that nobody relies on a number that was never given before."""
    scenario = Scenario()
    scenario.redirect()
    before = [item.id for item in scenario.host.windows.compartments]
    scenario.host.reboot()
    for container in scenario.host.engine.containers:
        scenario.host.engine.start(container)
    assert [item.id for item in scenario.host.windows.compartments] == before


def test_a_wrong_profile_or_option_is_named() -> None:
    """With those that there are."""
    with pytest.raises(ValueError, match="there are: rs4, ws2019"):
        create_host("lab", "ws2016")
    with pytest.raises(ValueError, match="colour"):
        create_host("lab", options={"colour": "red"})
