"""Which bridge cuts the host, by the adapter that it is on."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from hnskit.applying.api import apply, destroy
from hnskit.emulator.host.host import EmulatedHost
from hnskit.params.desired import Part
from hnskit.planning import interruption
from hnskit.planning.setup import plan
from hnskit.planning.steps import Action
from hnskit.planning.teardown import plan_destroy
from tests import sample_facts, strategies
from tests.in_process_host import QUICK, HereSession, host_here

SECOND = "network.adapter=Ethernet 2"


def bridge(host: EmulatedHost, name: str, subnet: str, adapter: str = "") -> None:
    """Somebody's bridge."""
    subnets = [{"AddressPrefix": f"{subnet}.0/24", "GatewayAddress": f"{subnet}.1"}]
    body = {"Type": "L2Bridge", "Name": name, "Subnets": subnets}
    strategies.hns(host, "POST", "/networks", {**body, "NetworkAdapterName": adapter} if adapter else body)


def cuts_of(host: EmulatedHost) -> list[Any]:
    """A list that grows with each cut of the host's own network."""
    cuts: list[Any] = []
    host.on_cut.append(cuts.append)
    return cuts


def test_a_bridge_on_a_second_adapter_leaves_the_management_connection() -> None:
    """The plan says so, and the emulated host is not cut, neither by the set-up nor by the teardown."""
    host, wanted = host_here(second_adapter=True, cut_seconds=0.01), sample_facts.desired(SECOND)
    cuts = cuts_of(host)
    first = plan(wanted, host.snapshot())
    assert not first.disruptive
    assert "management connection stays" in first.pending[0].reason
    made = apply(HereSession(host), wanted, pace=QUICK).made
    assert not plan_destroy(wanted, host.snapshot(), made=made).disruptive
    destroy(HereSession(host), wanted, made=made, pace=QUICK)
    assert cuts == []


def test_a_bridge_that_another_adapter_has_does_not_spare_this_one() -> None:
    """Somebody's bridge on the second adapter: the first one on the management adapter cuts, and that is announced."""
    host = host_here(second_adapter=True, cut_seconds=0.01)
    bridge(host, "theirs", "10.9.0", "Ethernet 2")
    cuts = cuts_of(host)
    current = plan(sample_facts.desired(), host.snapshot())
    assert [step.id for step in current.disruptive] == ["create network hnskit-l2bridge"]
    made = apply(HereSession(host), sample_facts.desired(), pace=QUICK).made
    assert len(cuts) == 1
    assert [step.kind for step in plan_destroy(sample_facts.desired(), host.snapshot(), made=made).disruptive] == [
        "network"
    ]


def test_a_second_bridge_on_the_same_adapter_moves_nothing() -> None:
    """Somebody's bridge has moved the only adapter's address already."""
    host = host_here(cut_seconds=0.01)
    bridge(host, "theirs", "10.9.0")
    cuts = cuts_of(host)
    assert not plan(sample_facts.desired(), host.snapshot()).disruptive
    made = apply(HereSession(host), sample_facts.desired(), pace=QUICK).made
    destroy(HereSession(host), sample_facts.desired(), made=made, pace=QUICK)
    assert cuts == []


@pytest.mark.parametrize("there", [False, True])
def test_a_static_management_address_is_a_risk_whoever_has_a_bridge_elsewhere(there: bool) -> None:
    """It is this adapter that moves."""
    host = host_here(second_adapter=True, static_address=True)
    if there:
        bridge(host, "theirs", "10.9.0", "Ethernet 2")
    assert "static-address" in {risk.id for risk in interruption.risks(sample_facts.desired(), host.snapshot())}


def test_a_network_on_another_adapter_than_wanted_is_refused() -> None:
    """HNS cannot move a network: "nothing to do" would not be true."""
    host = host_here(second_adapter=True)
    apply(HereSession(host), sample_facts.desired("network.adapter=Ethernet"), pace=QUICK)
    (refused,) = plan(sample_facts.desired(SECOND), host.snapshot()).refused
    assert "on the adapter Ethernet" in refused.reason


def test_a_route_that_was_lost_in_the_move_comes_with_its_repair() -> None:
    """What to type stands in the note."""
    before = sample_facts.fresh()
    after = replace(before, routes=before.routes[:1])
    (loss,) = interruption.losses(sample_facts.desired(), before, after)
    assert "route.exe add 169.254.169.254 mask 255.255.255.255 10.0.0.1" in loss


@pytest.mark.parametrize(
    ("override", "said"),
    [("proxy.command=[other.exe]", "other.exe"), ("clients[0].isolation=hyperv", "isolation")],
)
def test_a_container_that_was_run_in_another_way_is_replaced(override: str, said: str) -> None:
    """Docker cannot change it: "nothing to do" would not be true."""
    done = sample_facts.complete()
    facts = replace(done, containers=tuple(replace(item, isolation="process") for item in done.containers))
    found = plan(sample_facts.desired(override), facts)
    assert not found.refused
    (gone,) = (step for step in found.pending if step.action is Action.DELETE)
    assert (gone.kind, said in gone.reason) == ("container", True)


def test_other_dns_servers_make_the_endpoints_again_where_hns_shows_them() -> None:
    """Else the plan says that they are not compared."""
    wanted = sample_facts.desired("network.dns=[10.0.0.53]")
    shown = sample_facts.with_endpoint(sample_facts.complete(), "hnskit-client1", dns=("10.0.0.10",))
    steps = {step.id: step for step in plan(wanted, shown).steps}
    assert "delete endpoint hnskit-client1" in steps
    assert "not compared" in steps["none endpoint hnskit-client2"].reason
    assert "not compared" in steps["none network hnskit-l2bridge"].reason


def test_an_endpoint_of_unknown_compartment_is_not_said_to_be_anywhere() -> None:
    """Before 1803 HNS does not tell: a guess is not a fact."""
    facts = sample_facts.with_endpoint(sample_facts.complete(), "hnskit-client1", compartment_id=None)
    step = next(
        step
        for step in plan(sample_facts.desired(), facts).steps
        if (step.kind, step.name) == ("attachment", "hnskit-client1")
    )
    assert step.action is Action.NONE
    assert "does not say to which compartment" in step.reason


def test_a_proxy_left_on_another_network_is_not_where_the_redirect_leads() -> None:
    """The proxy's address is that of its endpoint on this network."""
    done = sample_facts.complete()
    other = replace(sample_facts.endpoint("hnskit-proxy", "10.0.1.99", None), id="OLD", network_id="GONE")
    facts = replace(done, endpoints=(other, *done.endpoints))
    assert not [step for step in plan(sample_facts.desired(), facts).pending if step.kind == "policy"]


def test_a_part_is_refused_where_what_it_stands_on_would_be() -> None:
    """`--part proxy` on a network of another subnet: nothing is made with a gateway outside of it."""
    elsewhere = sample_facts.desired(
        "network.subnet=10.0.2.0/24", "network.gateway=10.0.2.1", "gateway_endpoint.address=10.0.2.2"
    )
    for parts in ((Part.PROXY,), (Part.CLIENTS,)):
        current = plan(elsewhere, sample_facts.complete(), parts=parts)
        assert not current.pending
        assert "10.0.2.0/24" in current.refused[0].reason
