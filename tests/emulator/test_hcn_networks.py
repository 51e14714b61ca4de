"""Networks of HCN as hcsshim's tests, containerd and CNI plug-ins use them, and the host's answers."""

from __future__ import annotations

from typing import Any

import pytest

from tests.emulator.hcn_client import (
    ALL,
    HOST_ROUTE,
    INVALID_TYPE,
    NETWORK_ACL,
    NOT_IMPLEMENTED,
    POOL,
    SUBNET,
    SUBNET_ROUTE,
    UNSUPPORTED,
    Client,
)
from tests.emulator.host_scenario import output


@pytest.mark.parametrize("profile", ALL)
@pytest.mark.parametrize("type", ["NAT", "Overlay", "L2Bridge"])
def test_a_network_is_made_found_by_name_and_id_and_removed(profile: str, type: str) -> None:
    client = Client(profile)
    made = client.network(type)
    (by_name,), (by_id,) = client.found("Network", Name="GoTestNat"), client.found("Network", ID=made["ID"].lower())
    assert made == by_name == by_id
    assert (made["Type"], made["MacPool"], made["SchemaVersion"]["Major"]) == (type, POOL, 2)
    (shown,) = made["Ipams"][0]["Subnets"]
    assert (shown["IpAddressPrefix"], shown["Routes"]) == ("192.168.100.0/24", SUBNET["Routes"])
    assert made in client.found("Network")
    client.delete("Network", made)
    assert client.found("Network", Name="GoTestNat") == []


def test_the_virtual_subnet_and_the_flags_of_a_network_come_back() -> None:
    """VSID is a subnet's policy in v2; in v1 it has a member of that name."""
    client = Client("ws2019")
    made = client.network("Overlay")
    assert made["Ipams"][0]["Subnets"][0]["Policies"] == [{"Type": "VSID", "Settings": {"IsolationId": 5000}}]
    assert made["Flags"] & 8
    old = output(client.host, "GET", f"/networks/{made['ID']}")
    assert old["Subnets"][0]["Policies"] == [{"Type": "VSID", "VSID": 5000}]


def test_a_nat_network_without_a_subnet_gets_one() -> None:
    client = Client()
    made = client.network("NAT", Ipams=[])
    assert len(made["Ipams"][0]["Subnets"]) == 1


def test_hcncreate_takes_the_old_form_too() -> None:
    """hcsshim's TestV1Network and TestV1Endpoint: no SchemaVersion, v1's members."""
    client = Client()
    subnets = [{"AddressPrefix": "192.168.100.0/24", "GatewayAddress": "192.168.100.1"}]
    network = client.create(
        "Network", {"Type": "NAT", "Name": "GoTestNat", "MacPools": POOL["Ranges"], "Subnets": subnets}
    )
    end = client.create("Endpoint", {"Name": "e", "VirtualNetwork": network["ID"]}, network["ID"])
    assert end["HostComputeNetwork"].lower() == network["ID"].lower()
    assert end["IpConfigurations"][0]["IpAddress"].startswith("192.168.100.")
    client.delete("Endpoint", end)
    client.delete("Network", network)


@pytest.mark.parametrize("policy", [SUBNET_ROUTE, HOST_ROUTE, NETWORK_ACL], ids=lambda item: item["Type"])
def test_a_network_policy_is_added_seen_and_removed(policy: dict[str, Any]) -> None:
    client = Client()
    made = client.network("Overlay")
    assert client.change("Network", made, "Add", {"Policies": [policy]}) == 0
    assert policy in client.query("Network", made["ID"])["Policies"]
    assert client.change("Network", made, "Remove", {"Policies": [policy]}) == 0
    assert policy["Type"] not in client.types("Network", made)


@pytest.mark.parametrize(
    ("profile", "type", "code"),
    [
        ("ws2019", "RemoteSubnetRoute", 0),
        ("ws2019", "HostRoute", 0),
        ("ws2019", "SetPolicy", INVALID_TYPE),
        ("ws2022", "SetPolicy", 0),
        ("ws2022", "NetworkACL", INVALID_TYPE),
        ("ws2025", "NetworkACL", 0),
        ("ws2025", "LayerConstraint", NOT_IMPLEMENTED),
        ("ws2025", "InterfaceConstraint", NOT_IMPLEMENTED),
        ("ws2019", "VxlanPort", INVALID_TYPE),
        ("ws2022", "VxlanPort", NOT_IMPLEMENTED),
        ("ws2025", "NetAdapterName", NOT_IMPLEMENTED),
        ("ws2025", "AutomaticDNS", NOT_IMPLEMENTED),
        ("ws2025", "HostRout", INVALID_TYPE),
    ],
)
def test_network_policies_are_gated_by_version_and_named_where_they_are_not_emulated(
    profile: str, type: str, code: int
) -> None:
    """HNS fact 60; a type that a version has and the emulated host has not is not a refusal of Windows'."""
    client = Client(profile)
    made = client.network("Overlay")
    settings = {"RemoteSubnetRoute": SUBNET_ROUTE["Settings"]}.get(type, {})
    assert client.change("Network", made, "Add", {"Policies": [{"Type": type, "Settings": settings}]}) == code


def test_policies_that_say_how_a_network_is_made_are_members_of_the_old_form() -> None:
    client = Client("ws2022")
    policies = [
        {"Type": "NetAdapterName", "Settings": {"NetworkAdapterName": "Ethernet"}},
        {"Type": "SourceMacAddress", "Settings": {"SourceMacAddress": "00-15-5D-01-02-03"}},
        {"Type": "DrMacAddress", "Settings": {"Address": "00-15-5D-09-09-09"}},
        {"Type": "AutomaticDNS", "Settings": {"Enable": True}},
        {"Type": "VxlanPort", "Settings": {"Port": 4790}},
        {"Type": "VSwitchExtension",
         "Settings": {"ExtensionID": "430BDADD-BAB0-41AB-A369-94B67FA5BE0A", "Enable": False}},
    ]  # fmt: skip
    made = client.network("Overlay", Policies=policies)
    old = client.query("Network", made["ID"], 1)
    assert (old["NetworkAdapterName"], old["SourceMac"], old["DrMacAddress"], old["AutomaticDNS"]) == (
        "Ethernet", "00-15-5D-01-02-03", "00-15-5D-09-09-09", True,
    )  # fmt: skip
    assert [item["IsEnabled"] for item in old["Extensions"] if item["Id"].startswith("430BDADD")] == [False]
    shown = client.query("Network", made["ID"])["Policies"]
    assert [item for item in policies[:-1] if item not in shown] == []
    assert {"Type": "ProviderAddress", "Settings": {"ProviderAddress": old["ManagementIP"]}} in shown


def test_dns_of_a_network_and_of_an_endpoint_comes_back_whole() -> None:
    client = Client()
    dns = {"Domain": "a.example", "Search": ["a.example", "b.example"], "ServerList": ["10.0.0.10", "10.0.0.11"]}
    network = client.network("L2Bridge", Dns=dns)
    end = client.endpoint(network, Dns=dns)
    assert network["Dns"] == end["Dns"] == dns
    assert client.change("Network", network, "Update", {"ServerList": ["10.0.0.12"]}, "DNS") == 0
    assert client.query("Network", network["ID"])["Dns"] == {"ServerList": ["10.0.0.12"]}
    old = client.query("Endpoint", end["ID"], 1)
    assert (old["DNSServerList"], old["DNSSuffix"]) == ("10.0.0.10,10.0.0.11", "a.example,b.example")


def test_a_subnet_is_added_and_removed() -> None:
    client = Client()
    network = client.network("L2Bridge")
    more = {"IpAddressPrefix": "10.9.0.0/16", "Routes": [{"NextHop": "10.9.0.1", "DestinationPrefix": "0.0.0.0/0"}]}
    assert client.change("Network", network, "Add", {"Subnets": [more]}, "Subnet") == 0
    end = client.endpoint(network, IpConfigurations=[{"IpAddress": "10.9.7.7"}])
    assert end["IpConfigurations"] == [{"IpAddress": "10.9.7.7", "PrefixLength": 16}]
    assert client.change("Network", network, "Remove", {"Subnets": [more]}, "Subnet") == UNSUPPORTED
    client.delete("Endpoint", end)
    assert client.change("Network", network, "Remove", {"Subnets": [more]}, "Subnet") == 0
    assert len(client.query("Network", network["ID"])["Ipams"][0]["Subnets"]) == 1


def test_a_log_collector_finds_the_allocators_of_a_network() -> None:
    """Health.Extra.Resources.Allocators, which collectlogs.ps1 reads."""
    made = Client().network("NAT")
    assert made["Health"]["Extra"]["Resources"]["Allocators"]
