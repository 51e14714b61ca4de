"""Facts 63 to 73 of docs/facts.md on the emulated host: a bridge on a host that is reached over it."""

from __future__ import annotations

import pytest

from hnskit.emulator.host import EmulatedHost, create_host
from hnskit.emulator.powershell.command import Cut
from hnskit.model.objects import HOST_COMPARTMENT
from tests.emulator.fact_hosts import host_of, refused
from tests.emulator.host_scenario import (
    METADATA,
    attach,
    invoke,
    make_endpoint,
    make_network,
    output,
)


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
