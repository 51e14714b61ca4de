"""HNS of the emulated host: what the service fills in, keeps and changes by itself."""

from __future__ import annotations

from tests.emulator.hns_asking import quiet, sample, shape
from tests.emulator.host_scenario import (
    Scenario,
    make_endpoint,
    make_network,
    output,
    set_proxy_policy,
)


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
