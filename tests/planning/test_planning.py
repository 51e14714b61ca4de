"""plan() is a pure function: facts in, steps out."""

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
from hnskit.model.objects import Adapter, Container, Image, Interface, Network, Policy, Subnet
from hnskit.params.desired import LABEL, Part
from hnskit.planning.drift import drift
from hnskit.planning.provenance import Provenance
from hnskit.planning.routes import route_place
from hnskit.planning.setup import plan
from hnskit.planning.steps import Action, Plan
from tests import sample_facts
from tests.in_process_host import HereSession, host_here
from tests.present import present


def pending(facts: Facts, *overrides: str, parts: tuple[Part, ...] = tuple(Part)) -> list[str]:
    return [step.id for step in plan(sample_facts.desired(*overrides), facts, parts=parts).pending]


def refusals(facts: Facts, *overrides: str, parts: tuple[Part, ...] = tuple(Part)) -> dict[str, Any]:
    return {step.name: step.reason for step in plan(sample_facts.desired(*overrides), facts, parts=parts).refused}


def test_fresh_host_needs_everything_in_an_order_that_can_be_carried_out() -> None:
    """Each step of a fresh host's plan comes after the steps that it needs."""
    current = plan(sample_facts.desired(), sample_facts.fresh())
    ids = [step.id for step in current.pending]
    assert not current.refused
    assert ids[0] == "create network hnskit-l2bridge"
    for step in current.pending:
        assert set(step.needs) <= {other.key for other in current.pending}
        assert all(current.level(other) < current.level(step) for other in current.pending if other.key in step.needs)
    assert current.level(next(step for step in current.pending if step.kind == "policy")) > 2


def test_the_first_bridge_is_made_alone_and_announced() -> None:
    """What cuts the network is done by itself, and says so."""
    current = plan(sample_facts.desired(), sample_facts.fresh())
    assert [step.id for step in current.ready()] == ["create network hnskit-l2bridge"]
    assert current.ready()[0].disruptive


def test_a_second_bridge_does_not_cut() -> None:
    """With an L2Bridge on the host already, the adapter has moved before."""
    other = Network("OTHER", "other", "l2bridge", (Subnet("10.9.0.0/24", "10.9.0.1"),))
    current = plan(sample_facts.desired(), replace(sample_facts.fresh(), networks=(other,)))
    assert not current.disruptive


def test_complete_host_needs_nothing_and_says_why() -> None:
    """Where all is done every step is a NONE with a reason."""
    current = plan(sample_facts.desired(), sample_facts.complete())
    assert [step.id for step in current.pending] == []
    assert not current.refused
    assert len(current.steps) > 15
    assert all(step.reason for step in current.steps)


def test_two_clients_of_one_image_need_it_once() -> None:
    """The same image is imported once, however many containers run it."""
    steps = plan(sample_facts.desired(), sample_facts.fresh()).steps
    assert len([step for step in steps if step.kind == "image"]) == 2
    assert len({step.id for step in steps}) == len(steps)


@pytest.mark.parametrize(
    ("policies", "words"),
    [
        ((), ""),
        ((sample_facts.misspelt_policy(),), "(unknown: OutbountNat)"),
        ((sample_facts.redirect_policy("10.0.1.99:80"),), "10.0.1.99:80"),
        ((sample_facts.redirect_policy(), sample_facts.redirect_policy()), "PROXY"),
        ((Policy("PROXY", {"Destination": "10.0.1.136:80"}),), "any address:*"),
        ((Policy("PROXY", {"IP": "169.254.169.254", "Port": "80", "Destination": "10.0.1.136:80"}),), "PROXY"),
    ],
    ids=["missing", "misspelt", "elsewhere", "doubled", "too wide", "without NAT"],
)  # fmt: skip
def test_policy_that_is_not_right_is_replaced(policies: tuple[Policy, ...], words: str) -> None:
    """A missing, misspelt, doubled or different redirect is one update, and the plan shows what is there."""
    facts = sample_facts.with_endpoint(
        sample_facts.complete(), "hnskit-client1", policies=(*sample_facts.MADE_WITH, *policies)
    )
    current = plan(sample_facts.desired(), facts)
    assert [step.id for step in current.pending] == ["update policy hnskit-client1"]
    assert words in current.pending[0].changes[0].before
    assert current.pending[0].changes[0].after == "PROXY 169.254.169.254:80 -> 10.0.1.136:80 NAT"


def test_a_redirect_that_stays_is_no_change() -> None:
    """Beside one that is no longer wanted; and its own arrow is not taken for a change."""
    stray = hns_json.proxy_policy(f"{sample_facts.PROXY_ADDRESS}:81", "169.254.169.250", 8080)
    policies = (*sample_facts.MADE_WITH, sample_facts.redirect_policy(), stray)
    current = plan(
        sample_facts.desired(), sample_facts.with_endpoint(sample_facts.complete(), "hnskit-client1", policies=policies)
    )
    lines = current.to_text().splitlines()
    at = next(number for number, line in enumerate(lines) if line.startswith("~ update policy hnskit-client1"))
    assert lines[at + 1] == "    no longer wanted: PROXY 169.254.169.250:8080 to 10.0.1.136:81 NAT -> nothing"
    assert not lines[at + 2].startswith("    ")


def test_a_windows_without_proxy_policies_and_a_docker_of_linux_are_refused() -> None:
    """Each by the parts that need it, and before any change."""
    facts = sample_facts.fresh()
    old = replace(facts, system=replace(present(facts.system), build=16299))
    assert "has no proxy policies. Windows build 17134" in refusals(old)["Windows"]
    assert not plan(sample_facts.desired(), old, parts=[Part.NETWORK, Part.PROXY]).refused
    linux = replace(facts, docker=replace(present(facts.docker), os="linux"))
    assert "runs linux containers" in refusals(linux)["Docker"]
    assert not plan(sample_facts.desired(), linux, parts=[Part.NETWORK]).refused


def test_no_bridge_is_made_without_a_wired_adapter_that_is_up() -> None:
    """A Wi-Fi one, or none at all; one that is there is left alone."""
    (adapter,) = sample_facts.fresh().adapters
    wifi = replace(sample_facts.fresh(), adapters=(replace(adapter, medium=9),))
    assert "is Wi-Fi, where L2Bridge does not work" in refusals(wifi)["hnskit-l2bridge"]
    down = replace(sample_facts.fresh(), adapters=(replace(adapter, status="Disconnected"),))
    assert "no physical one is up" in refusals(down)["hnskit-l2bridge"]
    there = tuple(replace(item, medium=9) for item in sample_facts.complete().adapters)
    assert not plan(sample_facts.desired(), replace(sample_facts.complete(), adapters=there)).refused


def test_the_vnic_of_a_gateway_that_is_gone_is_not_the_host_s_own_subnet() -> None:
    """It may outlive its endpoint for a while (HNS fact 41)."""
    left = replace(sample_facts.fresh(), addresses=sample_facts.complete().addresses)
    assert not plan(sample_facts.desired(), left).refused


def test_policy_on_the_wrong_endpoint_is_missed_on_the_right_one() -> None:
    """The redirect of one client does not count for another."""
    facts = sample_facts.with_endpoint(sample_facts.complete(), "hnskit-client2", policies=sample_facts.MADE_WITH)
    assert pending(facts) == ["update policy hnskit-client2"]


def test_another_proxy_policy_is_left_alone() -> None:
    """A proxy policy for other traffic is not hnskit's business."""
    other = Policy("PROXY", {"IP": "10.7.7.7", "Port": "443", "Destination": "10.0.1.9:443"})
    there = next(item for item in sample_facts.complete().endpoints if item.name == "hnskit-client1")
    facts = sample_facts.with_endpoint(sample_facts.complete(), "hnskit-client1", policies=(*there.policies, other))
    assert pending(facts) == []


def test_restarted_container_is_attached_again_not_made_again() -> None:
    """A new compartment means an attachment, not a new endpoint."""
    facts = sample_facts.with_endpoint(sample_facts.complete(), "hnskit-client1", compartment_id=99)
    assert pending(facts) == ["detach endpoint hnskit-client1", "attach endpoint hnskit-client1"]


def test_stopped_container_is_started_and_attached() -> None:
    """A container that stopped is started; its endpoint is freed of the old compartment, and follows into the new."""
    done = sample_facts.complete()
    stopped = tuple(
        replace(item, status="exited") if item.name == "hnskit-client1" else item for item in done.containers
    )
    gone = tuple(item for item in done.compartments if not item.container_id.endswith("client1"))
    facts = replace(done, containers=stopped, compartments=gone)
    assert pending(facts)[:3] == [
        "start container hnskit-client1",
        "detach endpoint hnskit-client1",
        "attach endpoint hnskit-client1",
    ]


def after_a_reboot(facts: Facts) -> Facts:
    """No container runs, and no endpoint has an adapter any more; HNS still calls them attached (UNCONFIRMED)."""
    return replace(
        facts,
        adapters=facts.adapters[:1],
        interfaces=facts.interfaces[:1],
        addresses=facts.addresses[:1],
        compartments=facts.compartments[:1],
        containers=tuple(replace(item, status="exited") for item in facts.containers),
    )


def test_after_a_reboot_every_endpoint_is_attached_again_and_the_plan_says_why() -> None:
    """Those of the host's compartment because they have no adapter, those of containers because these do not run."""
    current = plan(sample_facts.desired(), after_a_reboot(sample_facts.complete()))
    off = {step.name: step.reason for step in current.pending if step.action == "detach"}
    assert set(off) == {"hnskit-gateway", "hnskit-proxy", "hnskit-client1", "hnskit-client2"}
    assert "the host has no adapter of it, as after a reboot" in off["hnskit-gateway"]
    assert "compartment 5 (gone)" in off["hnskit-client1"]
    assert not current.refused


def interfaces(facts: Facts, *, listed: bool) -> Facts:
    """The same host with the interfaces of compartment 5: the loopback, and one that Get-NetAdapter lists, or not."""
    inside = [Interface(number, f"in 5: {number}", 5, False, 1450, False, True) for number in (50, 51)]
    theirs = [Adapter("vEthernet (x)", "", 51, "Up", "00-15-5D-00-00-FF", False)] if listed else []
    return replace(facts, interfaces=(*facts.interfaces, *inside), adapters=(*facts.adapters, *theirs))


def test_an_endpoint_without_an_adapter_in_a_compartment_whose_adapters_are_listed_is_attached_again() -> None:
    """The number of its compartment was given again after a reboot: HNS calls it attached, Windows knows better."""
    done = interfaces(sample_facts.complete(), listed=True)
    assert pending(done) == ["detach endpoint hnskit-client1", "attach endpoint hnskit-client1"]
    web = Container("x", "web", "iis:1", "sha256:cc", "running")
    theirs = tuple(replace(item, description="\\Container_x") if item.id == 5 else item for item in done.compartments)
    stopped = (*done.containers[:1], replace(done.containers[1], status="exited"), *done.containers[2:])
    assert not refusals(replace(done, compartments=theirs, containers=(*stopped, web)))


def test_an_adapter_that_is_not_listed_proves_nothing() -> None:
    """Of a host that does not list the adapters of containers nothing is concluded."""
    assert pending(interfaces(sample_facts.complete(), listed=False)) == []


def left_behind(facts: Facts) -> Facts:
    """After a reboot that took the network: its endpoints are there (UNCONFIRMED which Windows does that)."""
    return replace(after_a_reboot(facts), networks=())


def test_what_a_lost_network_left_is_replaced_where_it_is_hnskits() -> None:
    """By label, by the network of a labelled one, by a journal."""
    lost = left_behind(sample_facts.complete())
    current = plan(sample_facts.desired(), lost)
    assert not current.refused
    gone = {step.object_id for step in current.pending if (step.kind, step.action) == ("endpoint", "delete")}
    assert gone == {item.id for item in lost.endpoints}
    (made_again,) = [step for step in current.pending if step.id == "create endpoint hnskit-gateway"]
    assert "delete endpoint hnskit-gateway (ID-hnskit-gateway)" in map(str, made_again.needs)


def test_what_a_lost_network_left_stays_where_nothing_shows_whose_it_is() -> None:
    """Each is refused, with what removes it: no other can be made under its name."""
    lost = replace(left_behind(sample_facts.complete()), containers=())
    current = plan(sample_facts.desired(), lost)
    assert not [step for step in current.pending if step.action == "delete"]
    assert [step.name for step in current.refused] == [item.name for item in lost.endpoints]
    for step in current.refused:
        assert f"Where-Object ID -EQ 'ID-{step.name}' | Remove-HnsEndpoint" in step.reason
        assert "no journal says that hnskit made it" in step.reason
    assert not plan(sample_facts.desired(), lost, made=sample_facts.made()).refused


def test_forwarding_that_was_switched_off_is_switched_on() -> None:
    """Forwarding is part of the desired state."""
    done = sample_facts.complete()
    off = tuple(replace(item, forwarding=False) if item.index == 30 else item for item in done.interfaces)
    assert pending(replace(done, interfaces=off)) == ["update forwarding hnskit-gateway"]


def test_missing_route_in_the_proxy_is_added() -> None:
    """Without its route the proxy would look for the metadata service on the bridge."""
    done = sample_facts.complete()
    facts = replace(done, routes=tuple(item for item in done.routes if item.compartment_id == 1))
    assert pending(facts) == ["create route 169.254.169.254 in hnskit-proxy"]


def test_a_route_of_the_proxy_through_another_gateway_does_not_count() -> None:
    """It leads to somebody else."""
    done = sample_facts.complete()
    led = tuple(
        replace(item, next_hop="10.0.1.77") if item.compartment_id != 1 and item.prefix.startswith("169.254.") else item
        for item in done.routes
    )
    assert led != done.routes
    assert pending(replace(done, routes=led)) == ["create route 169.254.169.254 in hnskit-proxy"]


def test_an_endpoint_that_is_bound_elsewhere_is_detached_before_it_is_attached() -> None:
    """HNS refuses to attach what is attached (HNS fact 40)."""
    bound = sample_facts.with_endpoint(sample_facts.complete(), "hnskit-client1", compartment_id=77)
    steps = {step.id: step for step in plan(sample_facts.desired(), bound).pending}
    off, on = steps["detach endpoint hnskit-client1"], steps["attach endpoint hnskit-client1"]
    assert off.key in on.needs


def hidden_routes() -> Facts:
    """A host that shows no route of a container; it does show since when the proxy runs, and is attached."""
    done = sample_facts.complete()
    proxy = next(item for item in done.endpoints if item.name == "hnskit-proxy")
    done = sample_facts.with_endpoint(done, "hnskit-proxy", raw={**proxy.raw, "StartTime": 131614059830560691})
    started = tuple(replace(item, started_at="2026-01-01T00:00:00Z") for item in done.containers)
    return replace(done, containers=started, routes=tuple(item for item in done.routes if item.compartment_id == 1))


def test_a_route_that_the_host_does_not_show_is_there_if_a_journal_says_so() -> None:
    """The plan says by what it knows; without a journal it is to be added, which is harmless where it is there."""
    facts, name = hidden_routes(), "169.254.169.254 in hnskit-proxy"
    known = Provenance(frozenset([("route", name, route_place(facts.container_named("hnskit-proxy"), facts))]))
    (route,) = [step for step in plan(sample_facts.desired(), facts, made=known).steps if step.kind == "route"]
    assert route.action is Action.NONE
    assert "as a journal says" in route.reason
    begun = Provenance(pending=frozenset([("route", name)]))
    assert [step.kind for step in plan(sample_facts.desired(), facts, made=begun).pending] == ["route"]


@pytest.mark.parametrize("what", ["container", "attachment", "shown"])
def test_what_a_journal_says_of_a_route_ends_with_its_adapter(what: str) -> None:
    """With the container's run, and with the attachment; and what the host does show goes before any journal."""
    facts, name = hidden_routes(), "169.254.169.254 in hnskit-proxy"
    known = Provenance(frozenset([("route", name, route_place(facts.container_named("hnskit-proxy"), facts))]))
    if what == "container":
        facts = replace(facts, containers=tuple(replace(item, started_at="later") for item in facts.containers))
    elif what == "attachment":
        facts = sample_facts.with_endpoint(facts, "hnskit-proxy", raw={"StartTime": 131614059830560999})
    else:
        routes = tuple(item for item in sample_facts.complete().routes if item.prefix != "169.254.169.254/32")
        facts = replace(facts, routes=routes)
    assert [step.kind for step in plan(sample_facts.desired(), facts, made=known).pending] == ["route"]


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


def test_plan_survives_json() -> None:
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
