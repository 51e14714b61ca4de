"""The host as a plan would leave it: the picture beside the plan shows what then comes."""

from __future__ import annotations

from dataclasses import replace

from hnskit.planning.planned_host import CHOSEN, planned_host
from hnskit.planning.setup import plan
from hnskit.views.topology import draw
from tests import sample_facts


def test_of_a_fresh_host_the_whole_redirect_is_foreseen_but_for_the_addresses_that_hns_chooses() -> None:
    desired, now, done = sample_facts.desired(), sample_facts.fresh(), sample_facts.complete()
    after = planned_host(desired, now, plan(desired, now))
    assert after is not None
    assert {item.name for item in after.networks} == {item.name for item in done.networks}
    assert {item.name for item in after.endpoints} == {item.name for item in done.endpoints}
    assert sorted(item.name for item in after.containers) == sorted(item.name for item in done.containers)
    assert {item.name: item.address for item in after.endpoints}["hnskit-proxy"] == CHOSEN
    text = str(draw(after, desired=desired, before=now))
    assert "redirect: client -> proxy policy -> proxy -> gateway endpoint -> metadata service" in text
    assert all(item.attached for item in after.endpoints)


def test_what_is_there_keeps_its_address_and_only_the_policy_is_foreseen() -> None:
    desired, done = sample_facts.desired(), sample_facts.complete()
    bare = (
        replace(item, policies=sample_facts.MADE_WITH) if item.name == "hnskit-client1" else item
        for item in done.endpoints
    )
    now = replace(done, endpoints=tuple(bare))
    after = planned_host(desired, now, plan(desired, now, made=sample_facts.made()))
    assert after is not None
    assert after.endpoints == done.endpoints


def test_a_container_that_is_replaced_is_there_once() -> None:
    desired, done = sample_facts.desired("proxy.image=metadata-proxy:2.0"), sample_facts.complete()
    after = planned_host(desired, done, plan(desired, done, made=sample_facts.made()))
    assert after is not None
    assert [item.image for item in after.containers if item.name == "hnskit-proxy"] == ["metadata-proxy:2.0"]
    assert len(after.containers) == len(done.containers)


def test_a_plan_without_a_change_or_with_a_refusal_has_no_other_picture() -> None:
    desired, done = sample_facts.desired(), sample_facts.complete()
    assert planned_host(desired, done, plan(desired, done, made=sample_facts.made())) is None
