"""Policies through one model: what can be right, what a host can do, and that nothing foreign is lost."""

from __future__ import annotations

import ipaddress
import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hnskit.emulator.host import EmulatedHost, create_host
from hnskit.errors import HostAnswerError, OutcomeUnknownError, ParamsError, PreflightError, StepError
from hnskit.facts.anything import load_facts
from hnskit.model.objects import Endpoint, Network, Policy
from hnskit.model.policies import v1_v2, values
from hnskit.model.wording import describe_policy
from hnskit.policy_editing import editing as policies
from hnskit.policy_editing.editing import Acl, Kind, OutboundNat, ProxyRule, RouteVia, WfpProxy
from hnskit.policy_editing.edits import differences
from tests import sample_facts
from tests.emulator.host_scenario import NANOSERVER, Scenario, attach, compartment_of, make_endpoint, make_network
from tests.in_process_host import QUICK, HereSession, MemoryJournal

DESIRED = sample_facts.desired()
RULE = ProxyRule("10.0.1.200:80", ip="169.254.169.254", port="80")
WFP = WfpProxy(outbound_port="15001", inbound_port="15003", user_sid="S-1-5-32-556", inbound_ports=("15020",))


def bridge(profile: str = "ws2022") -> tuple[EmulatedHost, dict[str, Any]]:
    """A host with an L2Bridge and one endpoint, `web`, that is not attached."""
    host = create_host("lab", profile, {"cut_seconds": 0, "seed": 7})
    return host, make_endpoint(host, make_network(host), "web", IPAddress="10.0.1.20")


def web(host: EmulatedHost) -> Any:
    return policies.find_endpoint(host.snapshot(), "web")


def run(host: EmulatedHost, *edits: policies.Edit, **more: Any) -> policies.Applied:
    return policies.apply(HereSession(host), DESIRED, edits, pace=QUICK, **more)


def reason(host: EmulatedHost, owner: Any, spec: Any) -> str:
    """Why it is refused."""
    (step,) = policies.plan(host.snapshot(), [policies.add(owner, spec)]).refused
    return step.reason


def types(host: EmulatedHost) -> list[str]:
    return [item.type for item in web(host).policies]


# What can be right.


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


# What a host can do.


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


# Where.


def test_an_endpoint_is_found_by_id_name_address_and_container() -> None:
    scenario = Scenario()
    facts = scenario.host.snapshot()
    id = scenario.client["ID"]
    address = scenario.client["IPAddress"]
    for text in (id, id.lower(), f"{{{id}}}", "hnskit-client1", address, scenario.client_id, scenario.client_id[:12]):
        assert policies.find_endpoint(facts, text).id == id
    with pytest.raises(policies.SelectionError, match="no endpoint"):
        policies.find_endpoint(facts, "")
    make_endpoint(scenario.host, scenario.network, "hnskit-client1")
    with pytest.raises(policies.SelectionError, match="can mean 2 endpoints"):
        policies.find_endpoint(scenario.host.snapshot(), "hnskit-client1")
    assert NANOSERVER in {item.image for item in facts.containers}


def test_policies_are_read_in_v2s_words() -> None:
    """By a query of HCN, of those that are asked for; a host without it says so."""
    host, _ = bridge()
    run(host, policies.add(web(host), replace(RULE, kind=Kind.L4PROXY)), policies.add(web(host), WFP))
    (read,) = policies.in_v2(HereSession(host), host.snapshot(), [web(host)])
    assert [(item.type, item.schema) for item in read.policies][2:] == [("L4Proxy", 2), ("L4WFPPROXY", 2)]
    assert differences(read.policies, web(host).policies) == ((), ())
    host, _ = bridge("rs4")
    with pytest.raises(PreflightError, match=r"9\.2"):
        policies.in_v2(HereSession(host), host.snapshot(), [web(host)])


# What is done.


@pytest.mark.parametrize("spec", [RULE, replace(RULE, kind=Kind.L4PROXY), WFP], ids=lambda spec: spec.kind)
def test_a_proxy_is_added_once_changed_and_removed(spec: ProxyRule | WfpProxy) -> None:
    """Through v1 and v2; the journal has it, and the neighbours stay."""
    host, _ = bridge()
    before, journal = web(host).policies, MemoryJournal()
    assert run(host, policies.add(web(host), spec), journal=journal).to_text() == "1 added"
    assert [record["event"] for record in journal.records] == ["start", "done"]
    assert journal.made.created == frozenset()
    assert run(host, policies.add(web(host), spec)).to_text() == "Nothing to do"
    entry = policies.select(host.snapshot(), web(host), kind=spec.kind)
    field: dict[str, Any] = {"outbound_port": "15009"} if spec is WFP else {"destination": "10.0.1.201:81"}
    assert run(host, policies.change(web(host), entry.policy, **field)).to_text() == "1 changed"
    changed = policies.select(host.snapshot(), web(host), kind=spec.kind)
    was: Any = policies.read_spec(entry.policy)
    assert policies.read_spec(changed.policy) == replace(was, **field)
    assert run(host, policies.remove(web(host), changed.policy)).to_text() == "1 removed"
    assert web(host).policies == before


def test_clear_takes_every_proxy_and_says_how_many() -> None:
    """Also a misspelt one, and kinds of v2; each by the door that knows it."""
    host, endpoint = bridge()
    misspelt = {"Type": "PROXY", "Destination": "10.0.1.9:80", "OutbountNat": True}
    now = json.loads(host.hns.call("GET", f"/endpoints/{endpoint['ID']}", "")[1])["Output"]["Policies"]
    host.hns.call("POST", f"/endpoints/{endpoint['ID']}", json.dumps({"Policies": [*now, misspelt]}))
    run(host, policies.add(web(host), RULE), policies.add(web(host), WFP))
    assert len(policies.list_policies(host.snapshot(), proxies=True)) == 3
    assert run(host, policies.clear(web(host))).to_text() == "3 removed"
    assert types(host) == ["OutBoundNAT", "L2Driver"]


def test_a_foreign_proxy_survives_what_v2_is_told_to_do() -> None:
    """Also where v1 and v2 share the work, and where an Update replaces a whole kind (HNS fact 53)."""
    host, endpoint = bridge()
    theirs = {"Type": "PROXY", "IP": "10.7.7.7", "Port": "443", "Destination": "10.9.9.9:443"}
    now = [{"Type": "OutBoundNAT"}, theirs]
    host.hns.call("POST", f"/endpoints/{endpoint['ID']}", json.dumps({"Policies": now}))
    rule, acl = replace(RULE, kind=Kind.L4PROXY), Acl(action="Block", direction="Out")
    done = run(host, policies.add(web(host), acl), policies.add(web(host), rule))
    assert [result.step.title for result in done.outcome.done] == ["web", "web (HCN Add)"]
    entry = policies.select(host.snapshot(), web(host), ip=rule.ip)
    done = run(host, policies.change(web(host), entry.policy, destination="10.0.1.201:80"))
    assert [result.step.title for result in done.outcome.done] == ["web (HCN Update)"]
    shown = {(item.type, item.settings.get("Destination")) for item in web(host).policies}
    assert {("PROXY", "10.9.9.9:443"), ("PROXY", "10.0.1.201:80"), ("ACL", None)} <= shown


def test_one_of_two_alike_is_removed() -> None:
    host, endpoint = bridge()
    twice = [{**RULE.policy().settings, "Type": "PROXY"}] * 2
    host.hns.call("POST", f"/endpoints/{endpoint['ID']}", json.dumps({"Policies": twice}))
    assert run(host, policies.remove(web(host), RULE.policy())).removed == 1
    assert types(host).count("PROXY") == 1


def test_neighbours_are_set_and_changed() -> None:
    """OutBoundNAT with exceptions, ROUTE, ACL."""
    host, _ = bridge()
    acl = Acl(action="Block", direction="Out", protocols="6", remote_ports="25", priority=200)
    route = RouteVia("10.9.0.0/16", "10.0.1.1")
    assert run(host, policies.add(web(host), route), policies.add(web(host), acl)).added == 2
    nat = policies.select(host.snapshot(), web(host), kind="OutBoundNAT")
    assert run(host, policies.change(web(host), nat.policy, exceptions=("10.0.0.0/8",))).changed == 1
    words = [item.description for item in policies.list_policies(host.snapshot(), owners=[web(host)])]
    assert set(words) == {
        "OutBoundNAT but 10.0.0.0/8", "L2Driver", "ROUTE 10.9.0.0/16 via 10.0.1.1",
        "ACL Block Out tcp to any:25 priority 200",
    }  # fmt: skip
    assert run(host, policies.clear(web(host), kinds=["SDNRoute", "ACL", "OutBoundNAT"])).removed == 3
    assert types(host) == ["L2Driver"]


def test_the_last_outboundnat_cannot_be_taken_away_by_v1() -> None:
    """A POST of the list leaves it (HNS fact 53); without v2 that is said beforehand."""
    host, _ = bridge("rs4")
    (step,) = policies.plan(host.snapshot(), [policies.clear(web(host), kinds=["OutBoundNAT"])]).refused
    assert "HNS v1 cannot do this" in step.reason
    assert "9.2" in step.reason


def test_somebody_elses_policy_that_came_meanwhile_stays() -> None:
    """The guard stops the call, the host is read again, and both policies are there, for either door."""
    for spec in (RULE, WFP):
        host, endpoint = bridge()
        foreign = [{"Type": "ACL", "Action": "Block", "Direction": "In", "Priority": 7}]

        def meanwhile(call: Any, host: EmulatedHost = host, id: str = endpoint["ID"], foreign: Any = foreign) -> None:
            if call["id"].startswith("step") and foreign:
                now = json.loads(host.hns.call("GET", f"/endpoints/{id}", "")[1])["Output"]["Policies"]
                host.hns.call("POST", f"/endpoints/{id}", json.dumps({"Policies": [*now, foreign.pop()]}))

        session = HereSession(host)
        session.before_call = meanwhile
        done = policies.apply(session, DESIRED, [policies.add(web(host), spec)], pace=QUICK)
        assert any("another user" in note for note in done.outcome.notes)
        assert {"ACL", spec.policy().type} <= set(types(host))


@pytest.mark.parametrize("spec", [RULE, WFP], ids=lambda spec: spec.kind)
def test_an_answer_that_was_lost_adds_nothing_twice(spec: ProxyRule | WfpProxy) -> None:
    """The host is read, and shows that it was done: Add does not de-duplicate (HNS fact 52)."""

    class Losing(HereSession):
        lost = False

        def invoke(self, command: str, parameters: Any = None, inputs: Any = ()) -> Any:
            for record in super().invoke(command, parameters, inputs):
                if json.loads(record)["id"].startswith("step") and not self.lost:
                    self.lost = True
                    raise OutcomeUnknownError("the connection was lost")
                yield record

    host, _ = bridge()
    done = policies.apply(Losing(host), DESIRED, [policies.add(web(host), spec)], pace=QUICK)
    assert done.added == 1
    assert types(host).count(spec.policy().type) == 1


def test_a_restart_of_hns_during_a_change_is_survived_or_said() -> None:
    """Endpoints are gone then (HNS fact 77): the plan says so, and nothing else is touched."""
    host, _ = bridge()
    edit = policies.add(web(host), WFP)
    host.set_fault("hns_restart", 1)
    with pytest.raises(StepError, match="the endpoint is not there"):
        run(host, edit)


FOREIGN = st.lists(
    st.sampled_from([
        {"Type": "ACL", "Action": "Allow", "Direction": "In", "Priority": 100, "Scope": 0},
        {"Type": "ACL", "Action": "Block", "Direction": "Out", "Protocols": "17", "Scope": 0, "Id": "theirs"},
        {"Type": "PROXY", "IP": "10.7.7.7", "Port": "443", "Destination": "10.9.9.9:443", "Note": "kept"},
        {"Type": "PROXY", "Destination": "10.9.9.9:1", "Port": "1", "ExceptionList": ["10.8.0.0/16"]},
        {"Type": "ROUTE", "DestinationPrefix": "10.8.0.0/16", "NeedEncap": True},
        {"Type": "QOS", "MaximumOutgoingBandwidthInBytes": 1000},
        {"Type": "NAT", "Protocol": "TCP", "InternalPort": 80, "ExternalPort": 8080},
    ]),
    max_size=5,
    unique_by=json.dumps,
)  # fmt: skip
OURS = st.lists(
    st.sampled_from([RULE, WFP, RouteVia("10.1.0.0/16"), Acl(action="Block", direction="Out", priority=9)]),
    min_size=1,
    unique=True,
)


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(foreign=FOREIGN, ours=OURS, profile=st.sampled_from(["ws2022", "ws2025"]))
def test_whatever_is_added_and_removed_again_leaves_what_was_there(foreign: Any, ours: Any, profile: str) -> None:
    """Every foreign policy, with all its keys, after each step; and a second run has nothing to do."""
    host, endpoint = bridge(profile)
    host.hns.call("POST", f"/endpoints/{endpoint['ID']}", json.dumps({"Policies": [{"Type": "OutBoundNAT"}, *foreign]}))
    before = web(host).policies
    adding = [policies.add(web(host), spec) for spec in ours]
    assert run(host, *adding).added == len(ours)
    assert differences(before, web(host).policies)[0] == ()
    assert all(item in web(host).policies for item in before)
    assert not policies.plan(host.snapshot(), adding).pending
    assert run(host, *[policies.remove(web(host), spec.policy()) for spec in ours]).removed == len(ours)
    assert sorted(map(repr, web(host).policies)) == sorted(map(repr, before))


# What others' hosts and files hold.

SAMPLES = Path(__file__).parents[1] / "samples" / "hns"


def test_every_policy_of_the_public_samples_is_listed() -> None:
    """Each with words, and those that can be set are read as what they say."""
    facts = load_facts(SAMPLES)
    found = policies.list_policies(facts)
    owners: tuple[Endpoint | Network, ...] = (*facts.endpoints, *facts.networks)
    assert len(found) == sum(len(item.policies) for item in owners) >= 30
    assert all(item.description.startswith(item.policy.type) for item in found)
    for item in found:
        spec = policies.read_spec(item.policy)
        kept = spec is None or v1_v2.kind_of(spec.policy()) == v1_v2.kind_of(item.policy)
        assert kept, item


TYPES = [
    "PROXY", "L4Proxy", "L4WFPPROXY", "OutBoundNAT", "ROUTE", "SDNRoute", "ACL", "NAT", "PortMapping", "QOS", "PA", "",
]  # fmt: skip
KEYS = [
    "IP", "Port", "Destination", "OutboundNat", "ExceptionList", "Protocol", "Protocols", "FilterTuple",
    "UserSID", "OutboundProxyPort", "InboundExceptions", "DestinationPrefix", "NeedEncap", "Priority", "Action",
    "RemotePorts", "PA", "VIP",
]  # fmt: skip
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8) | st.sampled_from(["10.0.0.0/8", "1.2.3.4:80"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=3),
    max_leaves=6,
)
ANY_POLICY = st.builds(
    Policy, st.sampled_from(TYPES), st.dictionaries(st.sampled_from(KEYS), JSON, max_size=5), st.sampled_from([1, 2])
)


@settings(max_examples=300, deadline=None)
@given(ANY_POLICY, ANY_POLICY)
def test_whatever_a_host_prints_is_shown_compared_and_judged(one: Policy, other: Policy) -> None:
    """Nothing raises but what says that a key has another type; comparing is an equivalence over both forms."""
    assert describe_policy(one).startswith(one.type or "(no type)")
    assert v1_v2.same(one, one)
    assert v1_v2.same(one, other) == v1_v2.same(other, one)
    assert v1_v2.same(v1_v2.flat(one), one)
    assert v1_v2.same(v1_v2.settings_form(one), one)
    owner = replace(sample_facts.endpoint("web", "10.0.1.20", None), policies=(one, other))
    facts = replace(sample_facts.complete(), endpoints=(owner,), hns_version=(13, 3))
    assert len(policies.list_policies(facts, owners=[owner])) == 2
    for spec in (RULE, WFP, OutboundNat(), RouteVia("10.0.0.0/8")):
        assert len(policies.plan(facts, [policies.add(owner, spec)]).steps) == 1
    try:
        read = policies.read_spec(one)
    except HostAnswerError:
        return
    if read is not None:
        read.mistakes()
    left = policies.remove(owner, one).applied(owner.policies)
    assert len(left) == 1


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=24) | st.from_regex(r"[0-9.:/\[\]S-]{1,24}", fullmatch=True))
def test_what_is_accepted_as_a_value_is_one(text: str) -> None:
    """Each check against an independent reading; nothing raises on any text."""
    if not values.port_problem(text):
        assert 0 < int(text) < 65536
    if not values.target_problem(text):
        address, port = text.split(":")
        assert ipaddress.IPv4Address(address).packed
        assert 0 < int(port) < 65536
    if not values.prefix_problem(text):
        ipaddress.IPv4Network(text)
    if not values.sid_problem(text):
        assert re.fullmatch(r"S-1-[0-9]+(-[0-9]+)+", text)
    if not values.ports_problem(text):
        assert all(part.split("-")[0].strip().isdigit() for part in text.split(","))
    values.protocols_problem(text)
    values.prefixes_problem(text.split(","))
