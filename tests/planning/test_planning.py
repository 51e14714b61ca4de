"""The plan that sets the redirect up: what is missing, what is wrong, and what stays."""

from __future__ import annotations

from dataclasses import replace

import pytest

from hnskit.facts.host_facts import Facts
from hnskit.model import hns_json
from hnskit.model.objects import Adapter, Container, Interface, Network, Policy, Subnet
from hnskit.params.desired import Part
from hnskit.planning.provenance import Provenance
from hnskit.planning.routes import route_place
from hnskit.planning.setup import plan
from hnskit.planning.steps import Action
from tests import sample_facts
from tests.planning.pending_steps import pending, refusals
from tests.present import present


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
