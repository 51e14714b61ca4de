"""Policies by hand: mistakes in what is wanted, and what a host cannot do."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from hnskit.emulator.host import EmulatedHost, create_host
from hnskit.errors import ParamsError, PreflightError
from hnskit.model.objects import Policy
from hnskit.model.policies import v1_v2
from hnskit.policy_editing import editing as policies
from hnskit.policy_editing.editing import Acl, Kind, OutboundNat, ProxyRule, RouteVia, WfpProxy
from tests import sample_facts
from tests.emulator.host_scenario import Scenario, attach, compartment_of, make_endpoint
from tests.in_process_host import HereSession
from tests.policy_editing.policy_hosts import DESIRED, RULE, WFP, bridge, run, web


def reason(host: EmulatedHost, owner: Any, spec: Any) -> str:
    """Why it is refused."""
    (step,) = policies.plan(host.snapshot(), [policies.add(owner, spec)]).refused
    return step.reason


@pytest.mark.parametrize(
    ("spec", "paths"),
    [
        (ProxyRule("10.0.1.9"), ["destination"]),
        (ProxyRule("10.0.1.9:0"), ["destination"]),
        (ProxyRule("10.0.1.9:65536", ip="10.0.0.300", port="http"), ["destination", "ip", "port"]),
        (ProxyRule("[fd00::1]:80"), ["destination"]),
        (ProxyRule("0.0.0.0:80"), ["destination"]),
        (ProxyRule("10.0.1.9:80", ip="fd00::/8"), ["ip"]),
        (ProxyRule("10.0.1.9:80", ip="10.0.0.1/8"), ["ip"]),
        (ProxyRule("10.0.1.9:80", ip="10.0.1.0/24"), ["destination"]),
        (ProxyRule("10.0.1.9:80"), ["destination"]),
        (ProxyRule("10.0.1.9:80", exceptions=("nobody",), port="81"), ["exceptions"]),
        (ProxyRule("10.0.1.9:80", port="53", protocol="udp"), ["protocol"]),
        (ProxyRule("10.0.1.9:80", port="53", protocol="sctp", kind=Kind.L4PROXY), ["protocol"]),
        (WfpProxy(), ["outbound_port"]),
        (WfpProxy(outbound_port="15001"), ["user_sid"]),
        (WfpProxy(outbound_port="15001", user_sid="Administrator"), ["user_sid"]),
        (WfpProxy(outbound_port="15001", user_sid="S-1-5-21-4294967296"), ["user_sid"]),
        (WfpProxy(inbound_port="15001", protocols="17"), ["protocols"]),
        (WfpProxy(inbound_port="1", inbound_ports=("90001",), inbound_addresses=("::1",)),
         ["inbound_addresses", "inbound_ports"]),
        (WfpProxy(inbound_port="1", remote_ports="90-80", local_addresses="x", priority=-1),
         ["local_addresses", "remote_ports", "priority"]),
        (OutboundNat(("10.0.0.0/8", "10.0.0.0/33"), vip="x"), ["exceptions", "vip"]),
        (RouteVia("", "10.0.1"), ["prefix", "next_hop"]),
        (Acl(action="block", direction="Both", rule_type="VFP", protocols="tcp"),
         ["action", "direction", "rule_type", "protocols"]),
    ],
)  # fmt: skip
def test_every_mistake_is_named_at_once(spec: Any, paths: list[str]) -> None:
    with pytest.raises(ParamsError) as caught:
        policies.add(sample_facts.endpoint("web", "10.0.1.20", None), spec)
    assert [mistake.path for mistake in caught.value.mistakes] == paths


@pytest.mark.parametrize("spec", [
    RULE, WFP, replace(RULE, kind=Kind.L4PROXY, protocol="udp", exceptions=("10.0.0.0/8",), outbound_nat=False),
    WfpProxy(inbound_port="1"), OutboundNat(("10.0.0.0/8",), "10.0.0.5", ("1.1.1.1",)),
    RouteVia("10.0.0.0/8", "10.0.1.1", True),
    Acl("6", "", "10.0.0.0/8,10.1.0.0/16", "", "80,8000-8080", 100, "Block", "Out", "Switch"),
], ids=lambda spec: spec.kind)  # fmt: skip
def test_what_is_said_is_read_back_in_both_forms(spec: Any) -> None:
    """From the flat form of v1, and from v2's Settings."""
    assert spec.mistakes() == ()
    policy = spec.policy()
    assert policies.read_spec(policy) == spec
    assert policies.read_spec(v1_v2.flat(v1_v2.settings_form(policy))) == spec
    assert v1_v2.same(policy, v1_v2.settings_form(policy))


def test_both_spellings_of_l4proxy_are_read() -> None:
    """The schema's, which is sent, and hcsshim's (HNS fact 51)."""
    said = {"Destination": "10.0.1.9:80", "Exceptions": ["10.0.0.1"], "OutboundNAT": True}
    hcsshim = Policy("L4Proxy", said, schema=2)
    rule = policies.read_spec(hcsshim)
    assert isinstance(rule, ProxyRule)
    assert (rule.exceptions, rule.outbound_nat) == (("10.0.0.1",), True)
    assert not v1_v2.same(hcsshim, Policy("PROXY", said))  # v1 stores the misspelt key, and does nothing with it
    assert {"ExceptionList", "OutboundNat"} <= v1_v2.settings_form(rule.policy()).settings.keys()


@pytest.mark.parametrize(
    ("profile", "spec", "words"),
    [
        ("rs4", replace(RULE, kind=Kind.L4PROXY), "HNS 9.2 or later is needed for the v2 API"),
        ("ws2019", WFP, "HNS 13.2 or later is needed for the L4WFPPROXY policy"),
        ("rs4", WFP, "this host has HNS 7.2"),
    ],
)
def test_what_a_host_cannot_do_is_refused_with_the_version_that_can(
    profile: str, spec: ProxyRule | WfpProxy, words: str
) -> None:
    host, _ = bridge(profile)
    assert words in reason(host, web(host), spec)
    session = HereSession(host)
    with pytest.raises(PreflightError):
        policies.apply(session, DESIRED, [policies.add(web(host), spec)])
    assert not any(id.startswith("step") for pipeline in session.pipelines for id in pipeline)


def test_a_network_takes_l4proxy_from_the_version_that_has_it() -> None:
    """And nothing else."""
    host, _ = bridge("ws2019")
    rule = replace(RULE, kind=Kind.L4PROXY)
    network = policies.find_network(host.snapshot(), "hnskit-l2bridge")
    assert "HNS 9.5 to 9.x, 10.5 to 10.x, 11.11 to 11.x, 12.1 to 12.x, 13.1 or later" in reason(host, network, rule)
    host, _ = bridge()
    network = policies.find_network(host.snapshot(), "hnskit-l2bridge")
    assert "L4Proxy only" in reason(host, network, WFP)
    assert run(host, policies.add(network, rule)).added == 1
    (entry,) = policies.list_policies(host.snapshot(), owners=[policies.find_network(host.snapshot(), network.id)])
    assert (entry.on, entry.is_proxy) == ("network", True)
    done = run(host, policies.clear(policies.find_network(host.snapshot(), network.id)))
    assert done.removed == 1
    assert policies.find_network(host.snapshot(), network.id).policies == ()


def test_the_kind_is_chosen_by_the_version() -> None:
    """v1's PROXY wherever there is one; on a network L4Proxy."""
    facts = sample_facts.complete()
    assert policies.choose_kind(facts, "endpoint") is Kind.PROXY
    assert policies.choose_kind(facts, "network") is Kind.L4PROXY


def test_a_nat_network_gets_no_proxy_policy() -> None:
    host = create_host("lab", "ws2022", {"cut_seconds": 0})
    nat = policies.find_network(host.snapshot(), "nat")
    host.hns.call("POST", "/endpoints", json.dumps({"Name": "web", "VirtualNetwork": nat.id}))
    assert "nat is a nat network" in reason(host, web(host), RULE)


def test_loops_are_refused() -> None:
    """The proxy's own endpoint; a proxy in the client's compartment; a network that the proxy is on."""
    scenario = Scenario("ws2022")
    host, address = scenario.host, scenario.proxy["IPAddress"]
    facts = host.snapshot()
    rule = replace(RULE, destination=f"{address}:80")
    assert "the proxy's own" in reason(host, policies.find_endpoint(facts, "hnskit-proxy"), rule)
    second = make_endpoint(host, scenario.network, "second")
    attach(host, second, compartment_of(host, scenario.client_id))
    inside = replace(rule, destination=f"{second['IPAddress']}:80")
    assert "same compartment" in reason(host, policies.find_endpoint(facts, scenario.client["ID"]), inside)
    network = policies.find_network(facts, "hnskit-l2bridge")
    on_network = replace(rule, kind=Kind.L4PROXY)
    assert "is on hnskit-l2bridge itself" in reason(host, network, on_network)
    assert not policies.plan(facts, [policies.add(network, replace(on_network, exceptions=(address,)))]).refused


def test_hyper_v_isolation_gets_no_l4wfpproxy() -> None:
    facts = replace(sample_facts.complete(), hns_version=(13, 3))
    containers = tuple(replace(item, isolation="hyperv") for item in facts.containers)
    facts = replace(facts, containers=containers)
    owner = policies.find_endpoint(facts, "hnskit-client1")
    (step,) = policies.plan(facts, [policies.add(owner, WFP)]).steps
    assert "process isolation only" in step.reason
    (step,) = policies.plan(facts, [policies.add(owner, replace(RULE, port="81"))]).steps
    assert "UNCONFIRMED" in step.reason
    assert step.pending


def test_the_same_traffic_is_not_redirected_twice() -> None:
    host, _ = bridge()
    run(host, policies.add(web(host), RULE))
    assert "is redirected to 10.0.1.200:80 already" in reason(host, web(host), replace(RULE, destination="10.0.1.9:80"))
    run(host, policies.add(web(host), WFP))
    assert "there is one proxy" in reason(host, web(host), replace(WFP, outbound_port="1"))
    assert "OutBoundNAT already" in reason(host, web(host), OutboundNat(("10.0.0.0/8",)))
