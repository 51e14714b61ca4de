"""Objects of HNS as the emulated host prints them have the keys, types and order of real ones."""

from __future__ import annotations

import json

import pytest

from hnskit.emulator.host import PROFILES
from tests.emulator.hns_asking import quiet, raw, sample, shape
from tests.emulator.host_scenario import (
    Scenario,
    hns,
    make_endpoint,
    make_network,
    output,
)


def only(keys: list[tuple[str, str]], wanted: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """Those of one shape that the other has too: samples that are not full prove no more."""
    return [item for item in keys if item in wanted]


def test_an_l2bridge_of_server_2019_has_the_keys_types_and_order_of_a_real_one() -> None:
    """POST /networks answers as the GCE host's did, envelope included."""
    real = sample("networks/l2bridge-ws2019-9.2-gce-create.response.json")
    host = quiet()
    _, text = raw(
        host,
        "POST",
        "/networks",
        {
            "Subnets": [{"GatewayAddress": "192.168.255.1", "AddressPrefix": "192.168.255.0/30"}],
            "Name": "External",
            "Type": "L2Bridge",
        },
    )
    ours = json.loads(text)
    assert shape(ours) == shape(real)
    assert " " not in text.replace("Windows Filtering Platform", "").split('"Name":')[0]
    assert ours["Output"]["Extensions"] == real["Output"]["Extensions"]


def test_a_nat_network_of_server_2022_has_the_keys_types_and_order_of_a_real_one() -> None:
    """Its Resources come last, with the allocators Host Vnic and NAT."""
    real = sample("networks/nat-ws2022-13.3-create-1.response.json")
    host = quiet("ws2022")
    body = {"Type": "nat", "Name": "one", "Subnets": [{"AddressPrefix": "172.21.16.0/20"}]}
    ours = hns(host, "POST", "/networks", body)
    assert shape(ours) == shape(real)
    assert [item["Tag"] for item in ours["Output"]["Resources"]["Allocators"]] == ["Host Vnic", "NAT"]
    assert shape(ours["Output"]["Resources"]["Allocators"][1]) == shape(real["Output"]["Resources"]["Allocators"][1])


def test_a_nat_network_of_server_2019_has_the_keys_of_a_real_one() -> None:
    """Format-List hides empty members, so only what it shows is compared."""
    real = shape(sample("networks/nat-ws2019-9.2-gce-endpoints1.fl.json"))
    (ours,) = output(quiet(), "GET", "/networks/")
    assert only(shape(ours), real) == real
    assert ".Subnets[].ObjectType" not in dict(shape(ours))


@pytest.mark.parametrize("name", ["10.0.0.4", "10.0.1.3"])
def test_an_attached_endpoints_port_has_the_keys_types_and_order_of_a_real_one(name: str) -> None:
    """The allocator Endpoint Port, with HNS's own spelling of CompartmendId (HNS fact 33)."""
    real = sample(f"endpoints/overlay-ws2019-9.3-swarm-attached-{name}-5bccb19.json")
    scenario = Scenario()
    ours = scenario.endpoint(scenario.client["ID"])
    assert shape(ours["Resources"]["Allocators"][0]) == shape(real["Resources"]["Allocators"][0])
    missing = set(shape(real)) - set(shape(ours)) - {(".EnableInternalDNS", "bool"), (".DNSServerList", "text")}
    assert missing == {(".Policies[].PA", "text")}  # of an overlay only
    assert ours["Resources"]["Allocators"][0]["PreferredPortFriendlyName"] == ours["ID"]
    assert ours["Resources"]["Allocators"][0]["NicFriendlyName"] == ours["Name"]


def test_a_new_endpoint_has_no_allocators_and_no_start_time() -> None:
    """As the unattached one of a real Server 2019 (HNS fact 32)."""
    real = sample("endpoints/overlay-ws2019-9.3-swarm-unattached-10.0.0.2-5bccb19.json")
    host = quiet()
    ours = make_endpoint(host, make_network(host), DNSServerList="10.0.1.1", EnableInternalDNS=True)
    assert set(shape(real)) - set(shape(ours)) == {(".Policies[].PA", "text")}
    assert [key for key, _ in shape(ours)] == [key for key, _ in shape(real) if key != ".Policies[].PA"]


def test_on_rs4_a_redirected_client_looks_like_the_captured_one() -> None:
    """Keys and order of the only captured run of the scenario; ids in lower case, text with spaces."""
    real = sample("endpoints/l2bridge-rs4-17076-5.1-client-attached-PROXY.fl.json")
    scenario = Scenario("rs4")
    scenario.redirect()
    ours = scenario.endpoint(scenario.client["ID"])
    del ours["Resources"]["Allocators"]
    ours["DNSServerList"] = "168.63.129.16"
    assert sorted(shape(ours)) == sorted(shape(real))
    assert [policy["Type"] for policy in ours["Policies"]] == [policy["Type"] for policy in real["Policies"]]
    assert list(ours["Policies"][-1]) == list(real["Policies"][-1])
    assert ours["Resources"]["AllocationOrder"] == real["Resources"]["AllocationOrder"] == 5
    assert ours["ID"] == ours["ID"].lower()
    _, text = raw(scenario.host, "GET", f"/endpoints/{ours['ID']}")
    assert '{ "Type" : "L2Driver" }' in text


def test_envelopes_and_failures_follow_the_profile() -> None:
    """Success first on 13.x; no ErrorCode and no failing HRESULT before 1809 (HNS facts 3, 11, 13)."""
    unknown = "/endpoints/00000000-0000-0000-0000-000000000000"
    assert raw(quiet(), "GET", "/globals/version")[1] == '{"Output":{"Major":9,"Minor":3},"Success":true}'
    assert raw(quiet("ws2022"), "GET", "/globals/version")[1] == '{"Success":true,"Output":{"Major":13,"Minor":3}}'
    assert raw(quiet(), "GET", unknown) == (
        -2147023728,
        '{"Success":false,"Error":"Element not found. ","ErrorCode":2147943568}',
    )
    assert raw(quiet("rs4"), "GET", unknown) == (0, '{ "Success" : false, "Error" : "Element not found. " }')


@pytest.mark.parametrize("profile", PROFILES)
def test_ids_of_networks_follow_the_profile(profile: str) -> None:
    """Lower case up to RS4, upper case from 1809 (HNS fact 62)."""
    id = make_network(quiet(profile))["ID"]
    assert id == (id.lower() if profile == "rs4" else id.upper())
