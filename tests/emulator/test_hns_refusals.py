"""HNS of the emulated host refuses what Windows refuses, and by name what is not emulated."""

from __future__ import annotations

import json
import random
from typing import Any

import pytest

from hnskit.emulator.host import EmulatedHost, create_host
from hnskit.emulator.powershell.command import Cut
from tests.emulator.hns_asking import quiet, raw
from tests.emulator.host_scenario import (
    GATEWAY,
    Scenario,
    attach,
    compartment_of,
    docker,
    error_of,
    hns,
    make_endpoint,
    make_network,
    output,
    run_container,
)


def refusal(host: EmulatedHost, method: str, path: str, body: Any = None) -> tuple[int, str]:
    """Code and words of a refusal."""
    envelope = hns(host, method, path, body)
    assert envelope["Success"] is False
    return envelope["ErrorCode"], envelope["Error"]


def test_addresses_that_are_taken_or_reserved_are_refused() -> None:
    """0x803b002f for .0, .1, the broadcast address and one that is held (HNS facts 70, 73)."""
    host = quiet()
    network = make_network(host)
    make_endpoint(host, network, IPAddress=GATEWAY)
    for address in ("10.0.1.0", "10.0.1.1", "10.0.1.255", GATEWAY, "10.9.9.9"):
        body = {"VirtualNetwork": network["ID"], "IPAddress": address}
        assert refusal(host, "POST", "/endpoints", body) == (0x803B002F, "An address provided is invalid or reserved. ")


def test_a_small_subnet_gives_its_only_address_once() -> None:
    """A /30 has .2 and no more (HNS fact 70)."""
    host = quiet()
    network = make_network(host, Subnets=[{"AddressPrefix": "192.168.255.0/30"}])
    assert output(host, "POST", "/endpoints", {"VirtualNetwork": network["ID"]})["IPAddress"] == "192.168.255.2"
    assert refusal(host, "POST", "/endpoints", {"VirtualNetwork": network["ID"]})[0] == 0x803B002F


def test_what_is_not_there_is_not_found() -> None:
    """0x80070490 on each verb (HNS fact 74); an ActivityId is not an id (HNS fact 39)."""
    host = quiet()
    network = make_network(host)
    endpoint = make_endpoint(host, network)
    for path in ("/networks/x", "/endpoints/x", "/policylists/x", f"/endpoints/{endpoint['ActivityId']}"):
        assert refusal(host, "GET", path) == (0x80070490, "Element not found. ")
        assert refusal(host, "DELETE", path) == (0x80070490, "Element not found. ")
    assert refusal(host, "POST", "/endpoints", {"VirtualNetwork": "x"}) == (0x80070490, "Element not found. ")


def test_attaching_twice_is_refused() -> None:
    """0x803b0014 (HNS fact 40)."""
    scenario = Scenario()
    body = {"SystemType": "Host", "CompartmentId": 1}
    code, words = refusal(scenario.host, "POST", f"/endpoints/{scenario.client['ID']}/attach", body)
    assert (code, words) == (0x803B0014, "This endpoint is already attached to the switch. ")


def test_attaching_to_what_is_gone_is_refused() -> None:
    """A stopped container has no compute system, and no compartment (HNS facts 40, 80)."""
    scenario = Scenario()
    compartment = compartment_of(scenario.host, scenario.client_id)
    docker(scenario.host, "stop", "hnskit-client1")
    path = f"/endpoints/{make_endpoint(scenario.host, scenario.network)['ID']}/attach"
    body: dict[str, Any] = {"SystemType": "Container", "ContainerId": scenario.client_id}
    words = "A Compute System with the specified identifier does not exist. "
    assert refusal(scenario.host, "POST", path, body) == (0xC037010E, words)
    body = {"SystemType": "Host", "CompartmentId": compartment}
    assert refusal(scenario.host, "POST", path, body)[0] == 0x803B0027


def test_a_stale_endpoint_can_be_detached_and_attached_again() -> None:
    """After a restart of its container, the endpoint works again in the new compartment (HNS fact 81)."""
    scenario = Scenario()
    scenario.redirect()
    old = compartment_of(scenario.host, scenario.client_id)
    docker(scenario.host, "stop", "hnskit-client1")
    docker(scenario.host, "start", "hnskit-client1")
    new = compartment_of(scenario.host, scenario.client_id)
    assert new != old
    assert scenario.ask()[0] == 7
    output(scenario.host, "POST", f"/endpoints/{scenario.client['ID']}/detach", {"SystemType": "Host"})
    attach(scenario.host, scenario.client, new)
    assert "200 OK" in scenario.ask()[1]


def test_networks_that_cannot_be_are_refused() -> None:
    """Name taken, no such adapter, an adapter that is none, another type on the same adapter (HNS facts 25, 72)."""
    host = quiet()
    make_network(host)
    subnets = [{"AddressPrefix": "10.8.0.0/24"}]

    def code(**body: Any) -> int:
        return refusal(host, "POST", "/networks", {"Type": "L2Bridge", "Name": "new", "Subnets": subnets, **body})[0]

    assert code(Name="hnskit-l2bridge") == 0x803B0010
    assert code(NetworkAdapterName="Ethernet 9") == 0x803B0006
    assert code(NetworkAdapterName="vEthernet (nat)") == 0x80070057
    assert code(Type="Transparent") == 0x803B0006
    assert code(Type="Overlay") == 0x80070057  # without a VSID
    assert code(Type="Internal") == 0x80004001
    assert code(Type="ICS") == 0x80004001
    assert code(Subnets="10.8.0.0/24") == 0x80070057
    for prefix, gateway in ((True, "10.8.0.1"), (167772160, "10.8.0.1"), ("10.8.0.0/24", True), ("10.8.0.0/24", 1)):
        assert code(Subnets=[{"AddressPrefix": prefix, "GatewayAddress": gateway}]) == 0x80070057


def test_a_second_l2bridge_shares_the_switch() -> None:
    """It is made without a cut, and the address comes back only with the last one (HNS facts 25, 78)."""
    host = create_host("lab", "ws2019", {"cut_seconds": 2.5, "cut_mode": "stall"})
    cuts: list[Cut] = []
    host.on_cut.append(cuts.append)
    first = make_network(host)
    second = make_network(host, name="second", Subnets=[{"AddressPrefix": "10.0.2.0/24"}])
    assert (first["LayeredOn"], cuts) == (second["LayeredOn"], [Cut(2.5, "stall")])
    output(host, "DELETE", f"/networks/{first['ID']}")
    assert len(cuts) == 1
    output(host, "DELETE", f"/networks/{second['ID']}")
    assert cuts == [Cut(2.5, "stall")] * 2


def test_deleting_a_network_takes_its_endpoints() -> None:
    """It succeeds with endpoints on it (HNS fact 75)."""
    scenario = Scenario()
    output(scenario.host, "DELETE", f"/networks/{scenario.network['ID']}")
    assert output(scenario.host, "GET", "/endpoints/") == []
    assert scenario.ask()[0] == 7


def test_what_the_emulator_cannot_do_is_refused_by_name() -> None:
    """Never with a silent success."""
    host = quiet()
    code, words = refusal(host, "GET", "/plugins/")
    assert (code, words) == (0x80004001, "hnskit emulator: /plugins is not emulated. ")
    assert refusal(host, "GET", f"/endpoints/{make_endpoint(host, make_network(host))['ID']}/detailed")[0] == 0x80004001


def test_policies_of_a_wrong_type_are_refused() -> None:
    """An unknown Type, an object in place of the list, and no JSON at all."""
    host = quiet()
    path = f"/endpoints/{make_endpoint(host, make_network(host))['ID']}"
    assert refusal(host, "POST", path, {"Policies": [{"Type": "PROXIES"}]}) == (0x803B000E, "Invalid policy type. ")
    assert refusal(host, "POST", path, {"Policies": {"Type": "ACL"}})[0] == 0x80070057
    assert raw(host, "POST", path, "{")[0] == 0x803B001B - (1 << 32)


def test_faults_are_switched_on_and_used_up() -> None:
    """A transient error goes away, ManagementIP comes late, and a wrong switch is named."""
    host = quiet()
    host.set_fault("unspecified_errors", 1)
    assert refusal(host, "POST", "/networks", {"Type": "L2Bridge"}) == (0x80004005, "Unspecified error. ")
    host.set_fault("management_ip_late", 60.0)
    assert "ManagementIP" not in make_network(host)
    with pytest.raises(ValueError, match="there are: cut"):
        host.set_fault("nonsense", 1)
    with pytest.raises(ValueError, match="is true or false"):
        host.set_fault("disk_full", 1)


def test_a_static_address_can_be_lost_in_the_move() -> None:
    """And with it the host's own reachability (HNS fact 67)."""
    host = create_host("lab", "ws2019", {"cut_seconds": 0, "static_address": True})
    host.set_fault("static_address_lost", True)
    assert "ManagementIP" not in make_network(host)
    assert all(item.address != "10.0.0.5" for item in host.snapshot().addresses)


def test_hns_that_is_not_installed_is_an_error_of_the_command() -> None:
    """The same error id as the real function."""
    host = quiet()
    host.set_fault("hns_missing", True)
    error = error_of(host, "Invoke-HnskitHns", Method="GET", Path="/networks")
    assert (error.error_id, error.category, error.target) == ("Hnskit.HnsMissing", "ObjectNotFound", "vmcompute.dll")
    assert any(problem.part == "networks" for problem in host.snapshot().problems)


def test_random_requests_are_always_answered_with_an_envelope() -> None:
    """Whatever members and types a body has, HNS answers, and its state stays readable."""
    dice = random.Random(11)
    host = quiet()
    id = run_container(host, "c")
    network = make_network(host)
    endpoint = make_endpoint(host, network)
    values: list[Any] = [
        None,
        True,
        0,
        -1,
        3.5,
        "",
        "x",
        "10.0.1.7",
        [],
        [1],
        [{}],
        {},
        [{"Type": "ACL"}],
        {"Type": 1},
        id,
        network["ID"],
        "L2Bridge",
        "NAT",
        "Host",
        "Container",
        [{"AddressPrefix": "10.7.0.0/24"}],
        [{"AddressPrefix": 1}],
        [{"Type": "PROXY", "Port": {}}],
        [{"Type": None}],
        70000,
        "a" * 5000,
    ]
    keys = [
        "Type",
        "Name",
        "Subnets",
        "Policies",
        "VirtualNetwork",
        "IPAddress",
        "GatewayAddress",
        "MacAddress",
        "ID",
        "PrefixLength",
        "SystemType",
        "CompartmentId",
        "ContainerId",
        "Extensions",
        "NetworkAdapterName",
        "MacPools",
        "References",
        "DNSServerList",
        "Flags",
        "AdditionalParams",
        "IsRemoteEndpoint",
        "IPv6",
    ]
    paths = [
        "/networks",
        "/endpoints",
        f"/endpoints/{endpoint['ID']}",
        f"/endpoints/{endpoint['ID']}/attach",
        f"/endpoints/{endpoint['ID']}/detach",
        f"/networks/{network['ID']}",
        "/policylists",
        "/",
    ]
    for _ in range(3000):
        body = {key: dice.choice(values) for key in dice.sample(keys, dice.randrange(8))}
        if dice.random() < 0.5:
            body |= {"Type": "L2Bridge", "Subnets": [{"AddressPrefix": "10.7.0.0/24"}], "VirtualNetwork": network["ID"]}
        _, text = host.hns.call("POST", dice.choice(paths), json.dumps(body))
        assert isinstance(json.loads(text)["Success"], bool)
    assert host.hns.call("GET", "/networks/", "")[0] == 0
    assert host.hns.call("GET", "/endpoints/", "")[0] == 0
    assert not host.snapshot().problems


@pytest.mark.parametrize("path", ["activities", "plugins", "compartments", "portpools", "endpointaddresses"])
def test_a_path_that_is_not_emulated_is_refused_by_its_name(path: str) -> None:
    """Windows has it: E_NOTIMPL and the name, not "Element not found"."""
    said, words = refusal(create_host("lab", "ws2022", {"cut_seconds": 0}), "GET", f"/{path}")
    assert said == 0x80004001
    assert path in words


@pytest.mark.parametrize("kind", ["ICS", "Internal", "L2Tunnel", "Layered", "Private"])
def test_a_network_type_that_is_not_emulated_is_refused_by_its_name(kind: str) -> None:
    """Nothing is made of it."""
    host = create_host("lab", "ws2022", {"cut_seconds": 0})
    said, words = refusal(host, "POST", "/networks", {"Name": "x", "Type": kind})
    assert said == 0x80004001
    assert kind in words
    assert not host.snapshot().networks_named("x")
