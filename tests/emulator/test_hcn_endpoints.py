"""Endpoints of HCN as its real clients use them, and the host's answers."""

from __future__ import annotations

import json

import pytest

from tests.emulator.hcn_client import (
    ALL,
    INVALID_JSON,
    INVALID_TYPE,
    MISSING,
    NOT_IMPLEMENTED,
    PORT_EXISTS,
    TIER,
    V2,
    ZERO,
    Client,
    acl,
)
from tests.emulator.host_scenario import output


@pytest.mark.parametrize("profile", ALL)
def test_an_endpoint_is_made_found_and_removed(profile: str) -> None:
    client = Client(profile)
    network = client.network()
    made = client.endpoint(network)
    wanted = ({"Name": "GoTestNatEndpoint"}, {"ID": made["ID"]}, {"VirtualNetwork": network["ID"]},
              {"HostComputeNetwork": network["ID"].lower()}, {"VirtualNetworkName": "GoTestNat"})  # fmt: skip
    assert [client.found("Endpoint", **item) for item in wanted] == [[made]] * len(wanted)
    assert client.found("Endpoint", VirtualNetwork=MISSING) == []
    assert made["HostComputeNamespace"] == ZERO
    client.delete("Endpoint", made)
    assert client.found("Endpoint") == []


def test_an_endpoint_takes_the_id_that_its_caller_chose() -> None:
    client = Client()
    network = client.network()
    body = {"Name": "e", "SchemaVersion": V2}
    made = client.do("CreateEndpoint", MISSING, body, network["ID"])
    assert made.lower() == MISSING
    assert client.ask("CreateEndpoint", MISSING, body, network["ID"])[0] == 0x80071392


def test_what_an_endpoint_is_asked_for_comes_back() -> None:
    """containerd fact 19, and a namespace in a create, which is read-only there."""
    client = Client("ws2022")
    network = client.network("L2Bridge")
    asked = {"IpConfigurations": [{"IpAddress": "192.168.100.20", "PrefixLength": 24}],
             "MacAddress": "00-11-22-33-44-55",
             "Routes": [{"NextHop": "192.168.100.2", "DestinationPrefix": "0.0.0.0/0"}]}  # fmt: skip
    made = client.endpoint(network, **asked)
    assert {key: made[key] for key in asked} == asked
    body = {"HostComputeNamespace": MISSING, "SchemaVersion": V2}
    assert client.ask("CreateEndpoint", ZERO, body, network["ID"])[0] == 0x80070057


def test_acls_are_put_in_place_of_those_that_were_there() -> None:
    client = Client()
    end = client.endpoint(client.network())
    for _ in range(2):
        assert client.change("Endpoint", end, "Update", {"Policies": [acl("In"), acl("Out")]}) == 0
    assert client.types("Endpoint", end).count("ACL") == 2


@pytest.mark.parametrize(
    ("profile", "type", "code"),
    [
        ("ws2022", "TierAcl", INVALID_TYPE),
        ("ws2025", "TierAcl", 0),
        ("ws2019", "L4WFPPROXY", INVALID_TYPE),
        ("ws2025", "L4WFPPROXY", 0),
        ("ws2019", "PortName", NOT_IMPLEMENTED),
        ("ws2019", "Iov", NOT_IMPLEMENTED),
        ("ws2019", "InterfaceConstraint", NOT_IMPLEMENTED),
        ("ws2019", "NoSuch", INVALID_TYPE),
    ],
)
def test_endpoint_policies_are_gated_by_version(profile: str, type: str, code: int) -> None:
    client = Client(profile)
    end = client.endpoint(client.network())
    wfp = {"InboundProxyPort": "80", "OutboundProxyPort": "81", "FilterTuple": {"Protocols": "6", "Priority": 8},
           "OutboundExceptions": {"IpAddressExceptions": ["10.0.1.12"], "PortExceptions": ["81"]},
           "InboundExceptions": {}}  # fmt: skip
    settings = {"TierAcl": TIER["Settings"], "L4WFPPROXY": wfp}.get(type, {})
    policy = {"Type": type, "Settings": settings}
    assert client.change("Endpoint", end, "Add", {"Policies": [policy]}) == code
    assert (policy in client.query("Endpoint", end["ID"])["Policies"]) == (code == 0)


def test_tiers_are_kept_whole_and_a_field_within_a_rule_is_checked() -> None:
    client = Client()
    end = client.endpoint(client.network("L2Bridge"))
    assert client.change("Endpoint", end, "Update", {"Policies": [TIER, TIER]}) == 0
    assert [item for item in client.query("Endpoint", end["ID"])["Policies"] if item["Type"] == "TierAcl"] == [TIER] * 2
    wrong = json.loads(json.dumps(TIER).replace("TierAclRuleAction", "Action"))
    assert client.change("Endpoint", end, "Add", {"Policies": [wrong]}) == INVALID_JSON


def test_the_overhead_of_an_encapsulation_is_a_member() -> None:
    client = Client()
    policy = {"Type": "EncapOverhead", "Settings": {"Overhead": 68}}
    end = client.endpoint(client.network("L2Bridge"), Policies=[policy])
    assert client.query("Endpoint", end["ID"], 1)["EncapOverhead"] == 68
    policy = {"Type": "EncapOverhead", "Settings": {"Overhead": 70}}
    assert client.change("Endpoint", end, "Update", {"Policies": [policy]}) == 0
    assert client.query("Endpoint", end["ID"], 1)["EncapOverhead"] == 70


@pytest.mark.parametrize("profile", ALL)
@pytest.mark.parametrize("type", ["Overlay", "L2Bridge", "NAT"])
def test_a_port_of_the_host_leads_to_one_endpoint(profile: str, type: str) -> None:
    """By protocol and port, until its endpoint is gone; v1's names of protocols count alike."""
    client = Client(profile)
    network = client.network(type)
    mapping = {"Type": "PortMapping", "Settings": {"Protocol": 17, "InternalPort": 45678, "ExternalPort": 56789}}
    first = client.endpoint(network, Policies=[mapping])
    body = {"Policies": [mapping], "SchemaVersion": V2}
    assert client.ask("CreateEndpoint", ZERO, body, network["ID"])[0] == PORT_EXISTS
    rule = {"Type": "NAT", "Protocol": "UDP", "InternalPort": 1, "ExternalPort": 56789}
    old = {"VirtualNetwork": network["ID"], "Policies": [rule]}
    assert json.loads(client.host.hns.call("POST", "/endpoints", json.dumps(old))[1])["ErrorCode"] == PORT_EXISTS
    rule["Protocol"] = "TCP"
    second = output(client.host, "POST", "/endpoints", old)
    assert client.change("Endpoint", second, "Update", {"Policies": [mapping]}) == PORT_EXISTS
    client.delete("Endpoint", first)
    assert client.change("Endpoint", second, "Update", {"Policies": [mapping]}) == 0


def test_nothing_is_removed_where_no_policy_is_named() -> None:
    """hcnproxyctl clear on an endpoint without policies; that Windows takes it is UNCONFIRMED."""
    client = Client()
    end = client.endpoint(client.network())
    before = client.types("Endpoint", end)
    assert client.change("Endpoint", end, "Remove", {}) == 0
    assert client.types("Endpoint", end) == before


def test_an_update_with_an_empty_policy_takes_the_proxy_away() -> None:
    """hns.v2.psm1's Remove-HnsProxyPolicy (HNS fact 51)."""
    client = Client()
    end = client.endpoint(client.network("L2Bridge"))
    proxy = {"Type": "L4Proxy", "Settings": {"IP": "169.254.169.254", "Port": "80", "Destination": "10.0.1.9:80"}}
    assert client.change("Endpoint", end, "Update", {"Policies": [proxy, acl("In")]}) == 0
    assert client.change("Endpoint", end, "Update", {"Policies": [{}]}) == 0
    assert sorted(client.types("Endpoint", end)) == ["ACL", "L2Driver"]


@pytest.mark.parametrize("profile", ["ws2019", "ws2025"])
def test_statistics_have_their_eight_members(profile: str) -> None:
    client = Client(profile)
    end = client.endpoint(client.network())
    stats = output(client.host, "GET", f"/endpointstats/{end['ID']}")
    assert sorted(stats) == ["BytesReceived", "BytesSent", "DroppedPacketsIncoming", "DroppedPacketsOutgoing",
                             "EndpointId", "InstanceId", "PacketsReceived", "PacketsSent"]  # fmt: skip
    assert json.loads(client.do("StatsEndpoint", end["ID"])) == stats
    assert output(client.host, "GET", "/endpointstats/") == [stats]


def test_management_macs_are_kept_from_15_4() -> None:
    client = Client()
    macs = {"MacAddressList": [{"MacAddress": "00-15-5D-0A-B7-C6"}, {"MacAddress": "00-15-5D-38-01-00"}]}
    assert output(client.host, "POST", "/accelnet/", macs) == output(client.host, "GET", "/accelnet/") == macs
    assert output(client.host, "DELETE", "/accelnet/")["MacAddressList"] == []
    assert output(client.host, "GET", "/accelnet/")["MacAddressList"] == []
    old = Client("ws2022").host.hns.call("GET", "/accelnet/", "")[1]
    assert json.loads(old)["Success"] is False
