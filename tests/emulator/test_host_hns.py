"""HNS of the emulated host: shapes against real prints, what it fills in, what it refuses.

The samples are under tests/samples/hns, each with its public source in the README there.
"""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import pytest

from hnskit.emulator.host import PROFILES, EmulatedHost, create_host
from hnskit.emulator.powershell.command import Cut
from tests.emulator.host_scenario import (
    GATEWAY,
    Scenario,
    attach,
    compartment_of,
    docker,
    error_of,
    hns,
    invoke,
    make_endpoint,
    make_network,
    output,
    run_container,
    set_proxy_policy,
)

SAMPLES = Path(__file__).parent.parent / "samples" / "hns"


def sample(path: str) -> Any:
    """A real host's print."""
    return json.loads((SAMPLES / path).read_text(encoding="utf-8"))


def shape(value: Any, path: str = "") -> list[tuple[str, str]]:
    """Members with their types, in the order in which they come; a list by its first item."""
    if isinstance(value, dict):
        return [
            line
            for key, item in value.items()
            for line in [(f"{path}.{key}", kind(item)), *shape(item, f"{path}.{key}")]
        ]
    if isinstance(value, list) and value:
        return shape(value[0], f"{path}[]")
    return []


def kind(value: Any) -> str:
    """The JSON type."""
    return {dict: "object", list: "list", str: "text", bool: "bool", int: "number"}[type(value)]


def quiet(profile: str = "ws2019") -> EmulatedHost:
    """A host that is never cut."""
    return create_host("lab", profile, {"cut_seconds": 0, "seed": 3})


def raw(host: EmulatedHost, method: str, path: str, body: Any = None) -> tuple[int, str]:
    """HRESULT and text of one call."""
    text = body if isinstance(body, str) else "" if body is None else json.dumps(body)
    (row,) = invoke(host, "Invoke-HnskitHns", Method=method, Path=path, Body=text)
    return row["HResult"], row["Response"]


def refusal(host: EmulatedHost, method: str, path: str, body: Any = None) -> tuple[int, str]:
    """Code and words of a refusal."""
    envelope = hns(host, method, path, body)
    assert envelope["Success"] is False
    return envelope["ErrorCode"], envelope["Error"]


def only(keys: list[tuple[str, str]], wanted: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """Those of one shape that the other has too: samples that are not full prove no more."""
    return [item for item in keys if item in wanted]


# Shapes


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


# What the service fills in


def test_hns_fills_in_what_was_not_asked_for() -> None:
    """A free address, a MAC from the pool, the name Ethernet, L2Driver appended (HNS fact 28)."""
    host = quiet()
    network = make_network(host)
    endpoint = output(
        host, "POST", "/endpoints", {"VirtualNetwork": network["ID"], "Policies": [{"Type": "OutBoundNAT"}]}
    )
    pool = network["MacPools"][0]
    assert pool["StartMacAddress"] <= endpoint["MacAddress"] <= pool["EndMacAddress"]
    assert endpoint["Name"] == "Ethernet"
    assert endpoint["GatewayAddress"] == "10.0.1.1"
    assert endpoint["Policies"] == [{"Type": "OutBoundNAT"}, {"Type": "L2Driver"}]
    assert (endpoint["State"], endpoint["PrefixLength"]) == (1, 24)
    assert endpoint["Resources"]["parentId"] == network["ActivityId"]


def test_a_mac_that_was_sent_is_kept_as_it_was_written() -> None:
    """Separators and case stay (HNS fact 30); an id that was sent is the id (HNS fact 10)."""
    host = quiet()
    id = "12345678-1234-1234-1234-123456789abc"
    endpoint = make_endpoint(host, make_network(host), MacAddress="00:11:22:aa:bb:cc", ID=id)
    assert endpoint["MacAddress"] == "00:11:22:aa:bb:cc"
    assert endpoint["ID"] == id.upper()
    assert output(host, "GET", f"/endpoints/{id}")["ID"] == id.upper()


def test_counters_move_as_on_a_real_host() -> None:
    """Now, high-water mark, ever (HNS fact 22)."""
    host = quiet()
    network = make_network(host)
    made = [make_endpoint(host, network) for _ in range(3)]
    for endpoint in made[:2]:
        output(host, "DELETE", f"/endpoints/{endpoint['ID']}")
    make_endpoint(host, network)
    now = output(host, "GET", f"/networks/{network['ID']}")
    counts = [now[key] for key in ("CurrentEndpointCount", "MaxConcurrentEndpoints", "TotalEndpoints")]
    assert counts == [2, 3, 4]


def test_shared_containers_stays_empty_after_a_host_attach() -> None:
    """And an attach of SystemType Container fills it: State 2, then 3 (HNS facts 31, 35)."""
    scenario = Scenario()
    assert scenario.endpoint(scenario.client["ID"])["SharedContainers"] == []
    endpoint = make_endpoint(scenario.host, scenario.network)
    states = []
    for id in (scenario.client_id, scenario.proxy_id):
        body = {"SystemType": "Container", "ContainerId": id}
        output(scenario.host, "POST", f"/endpoints/{endpoint['ID']}/attach", body)
        states.append(scenario.endpoint(endpoint["ID"])["State"])
    assert states == [2, 3]
    assert scenario.endpoint(endpoint["ID"])["SharedContainers"] == [scenario.client_id, scenario.proxy_id]


def test_detaching_one_of_two_containers_leaves_the_endpoint_sharing() -> None:
    """State 3 with one container, and RemoveProcessingStartTime (HNS fact 31)."""
    scenario = Scenario()
    endpoint = make_endpoint(scenario.host, scenario.network)
    bodies = [{"SystemType": "Container", "ContainerId": id} for id in (scenario.client_id, scenario.proxy_id)]
    for body in bodies:
        output(scenario.host, "POST", f"/endpoints/{endpoint['ID']}/attach", body)
    output(scenario.host, "POST", f"/endpoints/{endpoint['ID']}/detach", bodies[1])
    now = scenario.endpoint(endpoint["ID"])
    assert (now["State"], now["SharedContainers"]) == (3, [scenario.client_id])
    assert "RemoveProcessingStartTime" in now


def test_an_update_replaces_acl_and_proxy_and_keeps_what_the_creation_gave() -> None:
    """L2Driver and OutBoundNAT survive a list without them; unknown keys are kept verbatim (HNS facts 47, 53)."""
    host = quiet()
    endpoint = make_endpoint(host, make_network(host))
    path = f"/endpoints/{endpoint['ID']}"
    set_proxy_policy(host, endpoint, "10.0.1.9:80", Wish="none", ExceptionList=["10.0.0.0/8"])
    sent = [{"Type": "ACL", "Action": "Block", "Direction": "In", "Priority": 100}]
    kept = [{"Type": "OutBoundNAT"}, {"Type": "L2Driver"}]
    now = output(host, "GET", path)["Policies"]
    assert now[:2] == kept
    assert now[2]["Wish"] == "none"
    assert output(host, "POST", path, {"ID": endpoint["ID"], "Policies": sent})["Policies"] == [*kept, *sent]
    assert output(host, "POST", path, {"ID": endpoint["ID"], "Policies": []})["Policies"] == kept


def test_allocators_follow_the_policies() -> None:
    """5 with OutBoundNAT, L2Driver and PROXY, 4 without PROXY; the proxy's has no Tag, since none is known."""
    scenario = Scenario()
    counts = [scenario.endpoint(scenario.client["ID"])["Resources"]["AllocationOrder"]]
    scenario.redirect()
    resources = scenario.endpoint(scenario.client["ID"])["Resources"]
    assert [*counts, resources["AllocationOrder"]] == [4, 5]
    assert [item.get("Tag") for item in resources["Allocators"]] == [
        "Endpoint Port",
        "ACL Policy",
        "L2Driver Policy",
        "VFP OutBound NAT Policy",
        None,
    ]


def test_a_policy_list_outlives_its_endpoints() -> None:
    """References to a dead endpoint remain (HNS fact 75); the object has the keys of a real one."""
    host = quiet()
    endpoint = make_endpoint(host, make_network(host))
    body = {
        "References": [f"/endpoints/{endpoint['ID']}"],
        "Policies": [{"Type": "ELB", "ExternalPort": 8080, "InternalPort": 80, "Protocol": 6, "SourceVIP": ""}],
    }
    made = output(host, "POST", "/policylists", body)
    output(host, "DELETE", f"/endpoints/{endpoint['ID']}")
    assert output(host, "GET", f"/policylists/{made['ID']}")["References"] == body["References"]
    real = sample("policylists/elb-ws2019-9.3-swarm-5bccb19-1.json")
    assert shape(made) == shape(real)


# Refusals


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
    """0x80070490 on each verb (HNS fact 74); an ActivityId is no id (HNS fact 39)."""
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
    with pytest.raises(ValueError, match="takes a bool"):
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
