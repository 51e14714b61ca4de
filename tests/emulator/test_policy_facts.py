"""Facts 42 to 54 of docs/facts.md on the emulated host: policies."""

from __future__ import annotations

from typing import Any

import pytest

from tests.emulator.fact_hosts import host_of, refused
from tests.emulator.host_scenario import (
    METADATA,
    Scenario,
    make_endpoint,
    make_network,
    output,
    set_proxy_policy,
)


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
