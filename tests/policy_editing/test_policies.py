"""Policies by hand: found, added, changed, removed; every other stays."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hnskit.emulator.host import EmulatedHost
from hnskit.errors import OutcomeUnknownError, PreflightError, StepError
from hnskit.policy_editing import editing as policies
from hnskit.policy_editing.editing import Acl, Kind, ProxyRule, RouteVia, WfpProxy
from hnskit.policy_editing.edits import differences
from tests.emulator.host_scenario import NANOSERVER, Scenario, make_endpoint
from tests.in_process_host import QUICK, HereSession, MemoryJournal
from tests.policy_editing.policy_hosts import DESIRED, RULE, WFP, bridge, run, web


def types(host: EmulatedHost) -> list[str]:
    return [item.type for item in web(host).policies]


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
