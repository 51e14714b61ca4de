"""What a plan refuses or leaves alone, and its form as text and JSON."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hnskit.applying.api import apply
from hnskit.errors import ParamsError
from hnskit.facts.host_facts import Facts
from hnskit.model import hns_json
from hnskit.model.objects import Container, Image, Network, Subnet
from hnskit.params.desired import LABEL, Part
from hnskit.planning.drift import drift
from hnskit.planning.setup import plan
from hnskit.planning.steps import Action, Plan
from tests import sample_facts
from tests.in_process_host import HereSession, host_here
from tests.planning.pending_steps import pending, refusals

WIDE = (
    hns_json.proxy_policy("10.0.1.21:80", "169.254.0.0/16", 80),
    hns_json.proxy_policy("10.0.1.21:80", "169.254.0.0/16", 443),
)


@pytest.mark.parametrize("name", ["hnskit-client1", "hnskit-proxy", "hnskit-gateway"])
def test_a_wider_policy_of_somebody_elses_is_refused_where_it_takes_what_is_redirected(name: str) -> None:
    """Which of the two acts is not known; hnskit removes neither, and drift does not call such a host as desired."""
    there = next(item for item in sample_facts.complete().endpoints if item.name == name)
    facts = sample_facts.with_endpoint(sample_facts.complete(), name, policies=(WIDE[0], *there.policies))
    assert list(refusals(facts)) == [name]
    assert "PROXY 169.254.0.0/16:80" in refusals(facts)[name]
    assert not drift(sample_facts.desired(), facts).ok
    other_port = sample_facts.with_endpoint(sample_facts.complete(), name, policies=(WIDE[1], *there.policies))
    assert refusals(other_port) == {}
    assert pending(other_port) == []


def test_a_wider_policy_that_leads_to_the_proxy_is_hnskits_to_replace() -> None:
    """Like any other redirect that is not as it should be."""
    wide = hns_json.proxy_policy(f"{sample_facts.PROXY_ADDRESS}:80", "169.254.0.0/16", 80)
    facts = sample_facts.with_endpoint(
        sample_facts.complete(), "hnskit-client1", policies=(*sample_facts.MADE_WITH, wide)
    )
    assert pending(facts) == ["update policy hnskit-client1"]


def test_a_stale_namesake_of_somebody_elses_is_kept_beside_an_endpoint_that_is_right() -> None:
    """It is in nobody's way there; but the other cannot be made again, as it would have to be for another address."""
    stale = replace(sample_facts.endpoint("hnskit-gateway", "10.9.0.9", None), id="STALE", network_id="GONE")
    facts = replace(sample_facts.complete(), endpoints=(stale, *sample_facts.complete().endpoints))
    assert pending(facts) == []
    assert refusals(facts) == {}
    assert "STALE" in refusals(facts, "gateway_endpoint.address=10.0.1.3")["hnskit-gateway"]


@pytest.mark.parametrize("name", ["ethernet", "ETHERNET"])
def test_the_name_of_an_adapter_is_compared_as_windows_does(name: str) -> None:
    """The plan that cuts the host's network is the same."""
    assert plan(sample_facts.desired(f"network.adapter={name}"), sample_facts.fresh()).ready()[0].disruptive


def test_endpoint_with_another_address_is_made_again() -> None:
    """HNS cannot change an address, so the endpoint is deleted, made, and attached."""
    ids = pending(sample_facts.complete(), "clients[0].address=10.0.1.77", parts=(Part.CLIENTS,))
    assert ids == ["delete endpoint hnskit-client1", "create endpoint hnskit-client1", "attach endpoint hnskit-client1"]


def network(facts: Facts, **fields: Any) -> Facts:
    return replace(facts, networks=(replace(facts.networks[0], **fields),))


def first_container(facts: Facts, **fields: Any) -> Facts:
    return replace(facts, containers=(replace(facts.containers[0], **fields), *facts.containers[1:]))


@pytest.mark.parametrize(
    ("change", "name", "words"),
    [
        (lambda f: network(f, type="nat"), "hnskit-l2bridge", "no proxy policy works"),
        (lambda f: network(f, subnets=(Subnet("10.5.0.0/24"),)), "hnskit-l2bridge", "10.5.0.0/24"),
        (lambda f: replace(f, networks=f.networks * 2), "hnskit-l2bridge", "2 networks"),
        (lambda f: replace(f, endpoints=(*f.endpoints, f.endpoints[2])), "hnskit-client1", "2 endpoints"),
        (lambda f: first_container(f, labels={LABEL: "another"}), "hnskit-proxy", "for the network another"),
        (lambda f: first_container(f, image="x:1", labels={}), "hnskit-proxy", "x:1"),
        (lambda f: replace(f, images=()), "mcr.microsoft.com/windows/nanoserver:1809", "no tarball"),
    ],
    ids=["nat", "other subnet", "two networks", "two endpoints", "foreign container", "other image", "no image"],
)
def test_what_must_not_be_touched_is_refused_with_a_reason(change: Callable[..., Any], name: str, words: str) -> None:
    """A refusal names the object and says what stands in the way."""
    assert words in refusals(change(sample_facts.complete()))[name]


def test_overlapping_network_is_refused() -> None:
    """The subnet must not be another network's."""
    nat = Network("NAT", "nat", "nat", (Subnet("10.0.0.0/16", "10.0.0.1"),))
    assert "overlaps 10.0.0.0/16" in refusals(replace(sample_facts.fresh(), networks=(nat,)))["hnskit-l2bridge"]


def test_taken_address_is_refused_with_the_holder() -> None:
    """A stale endpoint that holds a wanted address is named."""
    stale = sample_facts.endpoint("Ethernet", "10.0.1.2", None)
    facts = replace(sample_facts.fresh(), endpoints=(stale,))
    assert "held by the endpoint Ethernet" in refusals(facts)["hnskit-gateway"]


@pytest.mark.parametrize(
    ("part", "first"),
    [(Part.PROXY, Part.NETWORK), (Part.POLICY, Part.PROXY)],
)
def test_a_part_alone_says_which_part_comes_first(part: Part, first: Part) -> None:
    """One that is applied too early is refused with the one that is missing: in words, and as data."""
    current = plan(sample_facts.desired(), sample_facts.fresh(), parts=(part,))
    assert current.lacking == (first,)
    assert all(f"apply the part {first} first" in step.reason for step in current.refused)
    assert Plan.from_json(json.loads(json.dumps(current.to_json()))) == current


def test_a_client_without_endpoint_is_refused_by_the_policy_part() -> None:
    """The policy alone needs the clients."""
    facts = sample_facts.without_endpoint(sample_facts.complete(), "hnskit-client2")
    assert "apply the part clients first" in refusals(facts, parts=(Part.POLICY,))["hnskit-client2"]


def test_a_plan_survives_json() -> None:
    """A plan from JSON equals the plan."""
    for facts in (sample_facts.fresh(), sample_facts.complete()):
        current = plan(sample_facts.desired(), facts)
        assert Plan.from_json(json.loads(json.dumps(current.to_json()))) == current


def test_text_of_a_plan_has_a_line_for_each_step_and_each_changed_field() -> None:
    """The text is what the operator reads before anything changes."""
    text = plan(sample_facts.desired(), sample_facts.fresh()).to_text()
    assert "+ create network hnskit-l2bridge" in text
    assert "    subnet: nothing -> 10.0.1.0/24" in text
    assert "goes away for seconds" in text


subsets = st.sets(st.sampled_from(["hnskit-gateway", "hnskit-proxy", "hnskit-client1", "hnskit-client2"]))


@given(missing=subsets, detached=subsets, stopped=st.sets(st.sampled_from(["hnskit-proxy", "hnskit-client1"])))
def test_any_part_done_host_gets_a_plan_without_refusals_or_dangling_needs(
    missing: set[str], detached: set[str], stopped: set[str]
) -> None:
    """Whatever a killed run left, the next plan can go on from it, and touches nothing that is right."""
    facts = sample_facts.complete()
    for name in missing:
        facts = sample_facts.without_endpoint(facts, name)
    for name in detached - missing:
        facts = sample_facts.with_endpoint(facts, name, state=1, compartment_id=None)
    facts = replace(
        facts,
        containers=tuple(replace(c, status="exited") if c.name in stopped else c for c in facts.containers),
        compartments=tuple(c for c in facts.compartments if c.container_id.removeprefix("cid-") not in stopped),
    )
    current = plan(sample_facts.desired(), facts)
    keys = {step.key for step in current.pending}
    assert not current.refused
    assert all(set(step.needs) <= keys for step in current.pending)
    assert bool(keys) == bool(missing or detached or stopped)
    untouched = {"hnskit-l2bridge", "metadata-proxy:1.0"}
    assert all(step.action is Action.NONE for step in current.steps if step.name in untouched)


def test_foreign_objects_never_appear_in_a_plan() -> None:
    """Somebody else's containers, networks, endpoints and images are not looked at."""
    facts = sample_facts.complete()
    facts = replace(
        facts,
        networks=(*facts.networks, Network("N2", "nat", "nat", (Subnet("172.20.0.0/16"),))),
        containers=(*facts.containers, Container("x", "web", "iis:1", "sha256:cc", "running")),
        endpoints=(*facts.endpoints, replace(sample_facts.endpoint("Ethernet", "172.20.0.7", 9), network_id="N2")),
        images=(*facts.images, Image("sha256:cc", "iis:1")),
    )
    names = {step.name for step in plan(sample_facts.desired(), facts).steps}
    assert names.isdisjoint({"nat", "web", "Ethernet", "iis:1"})
    assert pending(facts) == []


def test_the_plan_as_text_says_nothing_where_there_is_nothing() -> None:
    """As the notebook does; an empty pair of quotes is a riddle."""
    text = plan(sample_facts.desired(), sample_facts.fresh()).to_text()
    assert "nothing -> L2Bridge" in text
    assert '""' not in text


@pytest.mark.parametrize("parts", ["network", ["netwrok"], [Part.NETWORK, "all"], ""])
def test_what_is_not_a_list_of_parts_is_refused(parts: Any) -> None:
    """By name, with the parts that there are; nothing is planned, and nothing applied."""
    for act in (
        lambda: plan(sample_facts.desired(), sample_facts.fresh(), parts=parts),
        lambda: apply(HereSession(host_here()), sample_facts.desired(), parts=parts),
    ):
        with pytest.raises(ParamsError) as caught:
            act()
        assert all(part in caught.value.paragraph() for part in Part)


def test_parts_may_be_named() -> None:
    """By their values, as in a file."""
    wanted, fresh = sample_facts.desired(), sample_facts.fresh()
    assert plan(wanted, fresh, parts=["network"]) == plan(wanted, fresh, parts=[Part.NETWORK])
