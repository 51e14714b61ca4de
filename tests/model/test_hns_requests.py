"""Requests to HNS, and the spelling of policies in them."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hnskit.model import hns_json, hns_requests
from hnskit.model.objects import NetworkType, Policy
from tests.model.json_samples import JSON


def test_the_version_of_an_object_and_of_the_service_is_read() -> None:
    assert hns_json.version_of(38654705666) == (9, 2)
    assert hns_json.parse_version({"Minor": 3, "Major": 13}) == (13, 3)


def test_the_request_of_a_network_has_its_members() -> None:
    request = hns_requests.network_request("hnskit-l2bridge", "L2Bridge", "10.0.1.0/24", "10.0.1.1")
    subnets = [{"AddressPrefix": "10.0.1.0/24", "GatewayAddress": "10.0.1.1"}]
    assert request == {"Name": "hnskit-l2bridge", "Type": "L2Bridge", "Subnets": subnets}


def test_the_request_of_a_network_has_each_member_that_is_given() -> None:
    request = hns_requests.network_request(
        "n", NetworkType.L2BRIDGE, "10.0.1.0/24", "10.0.1.1", "Ethernet 2", dns=("10.0.0.1", "10.0.0.2")
    )
    assert request["NetworkAdapterName"] == "Ethernet 2"
    assert request["DNSServerList"] == "10.0.0.1,10.0.0.2"
    assert hns_json.parse_network(request).type == "L2Bridge"


def test_endpoint_request_leaves_to_hns_what_is_not_given() -> None:
    assert hns_requests.endpoint_request("client", "A") == {"Name": "client", "VirtualNetwork": "A", "Policies": []}


def test_endpoint_request_is_read_back() -> None:
    request = hns_requests.endpoint_request(
        "client",
        "A",
        address="10.0.1.5",
        gateway="10.0.1.2",
        dns=("10.0.0.1", "10.0.0.2"),
        mac="00-15-5D-00-00-01",
        policies=(hns_json.outbound_nat_policy(("10.0.0.0/8",)),),
    )
    read = hns_json.parse_endpoint(request)
    assert (read.name, read.network_id, read.address, read.gateway) == ("client", "A", "10.0.1.5", "10.0.1.2")
    assert (read.dns, read.mac) == (("10.0.0.1", "10.0.0.2"), "00-15-5D-00-00-01")
    assert read.policies == (Policy("OutBoundNAT", {"ExceptionList": ["10.0.0.0/8"]}),)


def test_the_requests_of_attach_and_detach_have_their_members() -> None:
    assert hns_requests.attach_request(4) == {"SystemType": "Host", "CompartmentId": 4}
    assert hns_requests.detach_request() == {"SystemType": "Host"}


@pytest.mark.parametrize("compartment", [0, -1, 65536])
def test_attach_refuses_what_is_no_compartment(compartment: int) -> None:
    with pytest.raises(ValueError, match="compartment"):
        hns_requests.attach_request(compartment)


def test_proxy_policy_is_spelt_as_hns_reads_it() -> None:
    """Port is text; the request is byte for byte what the original's own function sends."""
    policy = hns_json.proxy_policy("10.0.1.136:80", "169.254.169.254", 80)
    assert hns_requests.dump(hns_requests.policies_request("A", (Policy("L2Driver"), policy))) == (
        '{"ID":"A","Policies":[{"Type":"L2Driver"},{"Type":"PROXY","IP":"169.254.169.254","Port":"80",'
        '"Destination":"10.0.1.136:80","OutboundNat":true}]}'
    )


def test_proxy_policy_leaves_a_false_outbound_nat_out() -> None:
    policy = hns_json.proxy_policy("10.0.1.136:80", "169.254.169.254", 80, False, ("10.0.0.0/8",))
    assert "OutboundNat" not in policy.settings
    assert policy.settings["ExceptionList"] == ["10.0.0.0/8"]


def test_misspelt_key_is_named_and_does_nothing() -> None:
    """The original author's own first run failed by this key, which HNS stored without a word."""
    policy = hns_json.parse_policy({"Type": "PROXY", "OutbountNat": True, "Port": 80, "Destination": "10.0.1.2"})
    settings = hns_json.proxy_settings(policy)
    assert settings.unknown == ("OutbountNat",)
    assert not settings.outbound_nat
    assert settings.port == "80"
    assert hns_json.likely_proxy_key("OutbountNat") == "OutboundNat"
    assert hns_json.likely_proxy_key("Colour") == ""


def test_l4proxy_is_read_in_both_spellings_of_its_sources() -> None:
    settings = {
        "IP": "169.254.169.254",
        "Port": "80",
        "Protocol": 6,
        "OutboundNAT": True,
        "Exceptions": ["10.0.0.0/8"],
    }
    read = hns_json.proxy_settings(hns_json.parse_policy({"Type": "L4Proxy", "Settings": settings}))
    assert (read.protocol, read.outbound_nat, read.exceptions) == ("6", True, ("10.0.0.0/8",))
    assert read.unknown == ()


@pytest.mark.parametrize(
    ("destination", "target"),
    [
        ("10.0.1.2:80", ("10.0.1.2", 80)),
        ("10.0.1.2", None),
        ("10.0.1.2:", None),
        (":80", None),
        ("10.0.1.2:0", None),
        ("10.0.1.2:65536", None),
        ("10.0.1.2:²", None),
    ],
)
def test_the_target_of_a_proxy_policy_is_an_address_and_a_port(
    destination: str, target: tuple[int | str, ...] | None
) -> None:
    assert hns_json.proxy_settings(Policy("PROXY", {"Destination": destination})).target == target


@given(st.dictionaries(st.text(), JSON))
def test_requests_are_plain_ascii_and_read_back(request_body: Any) -> None:
    text = hns_requests.dump(request_body)
    assert text.isascii()
    assert json.loads(text) == request_body
