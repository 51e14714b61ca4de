"""The redirect on the emulated host: it works when it is whole, and fails for the right reason when it is not."""

from __future__ import annotations

import json

import pytest

from hnskit.diagnosis.datapath import trace
from tests.emulator.host_scenario import (
    GATEWAY,
    METADATA,
    URL,
    Scenario,
    attach,
    compartment_of,
    docker,
    hns,
    make_endpoint,
    output,
    request,
    run_container,
    set_forwarding,
    set_proxy_policy,
)


def verdict_of(scenario: Scenario, container: str, port: int = 80) -> str:
    """The code of the trace from a container to the metadata address."""
    facts = scenario.host.snapshot()
    source = facts.container_named(container)
    assert source is not None
    return trace(facts, source, METADATA, port).verdict.code


@pytest.mark.parametrize("profile", ["ws2019", "ws2022", "rs4", "ws2025"])
def test_the_client_is_answered_through_the_proxy(profile: str) -> None:
    """Every profile answers with the instance's metadata and the proxy's Via header."""
    scenario = Scenario(profile)
    scenario.redirect()
    code, out, err = scenario.ask()
    head, _, body = out.partition("\r\n\r\n")
    assert (code, err) == (0, "")
    assert head.startswith("HTTP/1.1 200 OK")
    assert "Via: 1.1 metadata-proxy" in head
    assert json.loads(body)["compute"]["osType"] == "Windows"


def test_the_proxy_logs_the_clients_request() -> None:
    """A line has the client's address, and the path with its query."""
    scenario = Scenario()
    scenario.redirect()
    request(scenario.host, "hnskit-client1", f"{URL}&probe=abc")
    log = docker(scenario.host, "logs", "hnskit-proxy")[1].splitlines()
    assert log[0] == " * Running on http://0.0.0.0:80/ (Press CTRL+C to quit)"
    assert log[1].startswith(f"{scenario.client['IPAddress']} - - [")
    assert log[1].endswith('"GET /metadata/instance?api-version=2021-02-01&probe=abc HTTP/1.1" 200 -')


def test_without_a_policy_windows_looks_for_the_address_on_link() -> None:
    """The request times out, because 169.254/16 is on-link without a route (HNS fact 84)."""
    scenario = Scenario()
    code, out, err = scenario.ask()
    assert (code, out) == (28, "")
    assert err == "curl: (28) Connection timed out after 10001 milliseconds\r\n"
    assert verdict_of(scenario, "hnskit-client1") == "on-link"


def test_a_misspelt_key_is_stored_and_does_nothing() -> None:
    """OutbountNat is printed back without an error, and nothing is redirected (HNS fact 47)."""
    scenario = Scenario()
    scenario.redirect(OutboundNat=None, OutbountNat=True)
    assert scenario.endpoint(scenario.client["ID"])["Policies"][-1]["OutbountNat"] is True
    assert scenario.ask()[0] == 28
    assert verdict_of(scenario, "hnskit-client1") == "on-link"


def test_the_policy_on_the_proxys_own_endpoint_redirects_nothing_of_the_client() -> None:
    """A rule sits on one endpoint (HNS fact 54b)."""
    scenario = Scenario()
    set_proxy_policy(scenario.host, scenario.proxy, f"{scenario.proxy['IPAddress']}:80")
    assert scenario.ask()[0] == 28


def test_without_forwarding_the_proxy_has_no_way_out() -> None:
    """The proxy answers 502, and says that forwarding is off on the gateway endpoint (HNS fact 71)."""
    scenario = Scenario()
    scenario.redirect()
    set_forwarding(scenario.host, GATEWAY, "Disabled")
    code, out, _ = scenario.ask()
    assert code == 0
    assert out.startswith("HTTP/1.1 502 Bad Gateway")
    assert "forwarding is off" in out
    assert verdict_of(scenario, "hnskit-proxy") == "forwarding-off"


def test_without_its_route_the_proxy_falls_into_the_trap() -> None:
    """The proxy too needs a route to 169.254.169.254 (HNS fact 84)."""
    scenario = Scenario()
    scenario.redirect()
    docker(scenario.host, "exec", "hnskit-proxy", "route", "delete", METADATA)
    assert "502" in scenario.ask()[1]
    assert verdict_of(scenario, "hnskit-proxy") == "on-link"


def test_without_outbound_nat_the_answer_finds_no_return_path() -> None:
    """The metadata service wants a node's address as source (HNS fact 86)."""
    scenario = Scenario()
    scenario.redirect()
    output(scenario.host, "POST", f"/endpoints/{scenario.proxy['ID']}/detach", {"SystemType": "Host"})
    output(scenario.host, "DELETE", f"/endpoints/{scenario.proxy['ID']}")
    bare = make_endpoint(
        scenario.host, scenario.network, "hnskit-proxy", IPAddress=scenario.proxy["IPAddress"], Policies=[]
    )
    attach(scenario.host, bare, compartment_of(scenario.host, scenario.proxy_id))
    docker(scenario.host, "exec", "hnskit-proxy", "route", "add", METADATA, "mask", "255.255.255.255", GATEWAY)
    assert "502" in scenario.ask()[1]
    assert verdict_of(scenario, "hnskit-proxy") == "no-way-back"


def test_a_detached_client_has_no_network() -> None:
    """curl fails at once: the container's compartment has no adapter."""
    scenario = Scenario()
    scenario.redirect()
    output(scenario.host, "POST", f"/endpoints/{scenario.client['ID']}/detach", {"SystemType": "Host"})
    code, _, err = scenario.ask()
    assert (code, err) == (7, f"curl: (7) Failed to connect to {METADATA} port 80: Network unreachable\r\n")
    assert verdict_of(scenario, "hnskit-client1") == "no-endpoint"


def test_a_detached_proxy_cannot_be_reached() -> None:
    """The redirect goes to an endpoint that is not attached."""
    scenario = Scenario()
    scenario.redirect()
    output(scenario.host, "POST", f"/endpoints/{scenario.proxy['ID']}/detach", {"SystemType": "Host"})
    assert scenario.ask()[0] == 28
    assert verdict_of(scenario, "hnskit-client1") == "not-attached"


def test_on_a_nat_network_the_policy_is_refused() -> None:
    """Proxy policies do not support NAT mode (HNS fact 49); that HNS says it with this code is UNCONFIRMED."""
    scenario = Scenario(type="NAT")
    path, policy = (
        f"/endpoints/{scenario.client['ID']}",
        {"Type": "PROXY", "IP": METADATA, "Destination": "10.0.1.9:80"},
    )
    answer = hns(scenario.host, "POST", path, {"ID": scenario.client["ID"], "Policies": [policy]})
    assert (answer["ErrorCode"], answer["Error"]) == (0x803B000E, "Invalid policy type. ")
    assert scenario.ask()[0] == 28


def test_another_port_is_left_alone() -> None:
    """Only port 80 is redirected: the control request still ends in the trap."""
    scenario = Scenario()
    scenario.redirect()
    assert request(scenario.host, "hnskit-client1", f"http://{METADATA}:8080/")[0] == 28
    assert verdict_of(scenario, "hnskit-client1", 8080) == "on-link"


def test_a_redirect_to_a_port_where_nobody_listens_is_refused() -> None:
    """curl says so with its own status."""
    scenario = Scenario()
    set_proxy_policy(scenario.host, scenario.client, f"{scenario.proxy['IPAddress']}:8080")
    code, _, err = scenario.ask()
    assert (code, err) == (7, f"curl: (7) Failed to connect to {METADATA} port 80: Connection refused\r\n")


def test_a_stopped_proxy_leaves_its_endpoint_in_a_dead_compartment() -> None:
    """The endpoint says State 2, and nobody is there (HNS fact 81)."""
    scenario = Scenario()
    scenario.redirect()
    docker(scenario.host, "stop", "hnskit-proxy")
    assert scenario.endpoint(scenario.proxy["ID"])["State"] == 2
    assert scenario.ask()[0] == 28
    assert verdict_of(scenario, "hnskit-client1") == "dead-compartment"


def test_a_proxy_that_is_redirected_to_itself_says_so() -> None:
    """With the policy on its own endpoint too, it is asked by itself, and stops (HNS fact 54b)."""
    scenario = Scenario()
    scenario.redirect()
    set_proxy_policy(scenario.host, scenario.proxy, f"{scenario.proxy['IPAddress']}:80")
    assert scenario.ask()[1].startswith("HTTP/1.1 508 Loop Detected")


def test_without_the_header_the_metadata_service_refuses() -> None:
    """Azure's service wants Metadata: true (HNS fact 86)."""
    scenario = Scenario()
    scenario.redirect()
    code, out, _ = docker(scenario.host, "exec", "hnskit-client1", "curl", "-s", "-i", URL)
    assert code == 0
    assert out.startswith("HTTP/1.1 400 Bad Request")


def test_the_hosts_route_lost_in_the_move_leaves_the_proxy_without_an_answer() -> None:
    """The proxy's packets arrive at the host, which has no route of its own any more (HNS fact 67)."""
    scenario = Scenario(metadata_route_lost=True)
    scenario.redirect()
    assert "no route of its own" in scenario.ask()[1]
    assert verdict_of(scenario, "hnskit-proxy") == "host-route"


def test_docker_rm_leaves_the_endpoints() -> None:
    """Docker never cleans endpoints that were made outside it (HNS fact 77)."""
    scenario = Scenario()
    docker(scenario.host, "rm", "--force", "hnskit-client1", "hnskit-proxy")
    left = {item["Name"] for item in output(scenario.host, "GET", "/endpoints/")}
    assert left == {"hnskit-gateway", "hnskit-proxy", "hnskit-client1"}


def test_two_endpoints_may_have_the_default_name() -> None:
    """Both are called Ethernet; their adapters are told apart by a number (HNS facts 41, 73)."""
    scenario = Scenario()
    names = []
    for name in ("one", "two"):
        id = run_container(scenario.host, name)
        endpoint = output(scenario.host, "POST", "/endpoints", {"VirtualNetwork": scenario.network["ID"]})
        assert endpoint["Name"] == "Ethernet"
        attach(scenario.host, endpoint, compartment_of(scenario.host, id))
        names = [item.name for item in scenario.host.snapshot().adapters]
    # "vEthernet (Ethernet)" is the management vNIC since the bridge was made.
    assert {"vEthernet (Ethernet)", "vEthernet (Ethernet) 2", "vEthernet (Ethernet) 3"} <= set(names)


def test_the_walk_and_the_request_agree_on_every_container() -> None:
    """What the trace says is reached is answered, and nothing else."""
    scenario = Scenario()
    scenario.redirect()
    facts = scenario.host.snapshot()
    for container in facts.containers:
        answered = request(scenario.host, container.name)[0] == 0
        assert answered == (trace(facts, container, METADATA, 80).verdict.kind == "reached")


def test_everything_can_be_undone() -> None:
    """After teardown the host is as it was made."""
    scenario = Scenario()
    scenario.redirect()
    before = create_before()
    docker(scenario.host, "rm", "--force", "hnskit-client1", "hnskit-proxy")
    for endpoint in output(scenario.host, "GET", "/endpoints/"):
        output(scenario.host, "DELETE", f"/endpoints/{endpoint['ID']}")
    output(scenario.host, "DELETE", f"/networks/{scenario.network['ID']}")
    assert docker(scenario.host, "image", "rm", "metadata-proxy:1.0")[0] == 0
    after = scenario.host.snapshot()
    assert (after.adapters, after.addresses, after.routes, after.interfaces) == before
    assert hns(scenario.host, "GET", "/endpoints/")["Output"] == []


def create_before() -> tuple[object, ...]:
    """What Windows shows on a host of the same seed before anything was made."""
    from hnskit.emulator.host import create_host

    facts = create_host("lab", "ws2019", {"cut_seconds": 0, "seed": 7}).snapshot()
    return facts.adapters, facts.addresses, facts.routes, facts.interfaces
