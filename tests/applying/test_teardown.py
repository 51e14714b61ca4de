"""Teardown removes what hnskit made, in an order that leaves nothing, and nothing else."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from hnskit.facts.host_facts import Facts
from hnskit.planning.provenance import Provenance
from hnskit.planning.steps import Action, Plan
from hnskit.planning.teardown import leftovers, plan_destroy
from tests import sample_facts

MADE = sample_facts.made()


def pending(facts: Facts, made: Provenance = MADE, **options: Any) -> list[str]:
    return [step.id for step in plan_destroy(sample_facts.desired(), facts, made=made, **options).pending]


def kept(facts: Facts, made: Provenance = MADE, **options: Any) -> dict[str, str]:
    return {
        step.name: step.reason
        for step in plan_destroy(sample_facts.desired(), facts, made=made, **options).steps
        if not step.pending
    }


def test_fresh_host_has_nothing_to_remove() -> None:
    """Destroy on an untouched host does nothing, and says so for each object."""
    current = plan_destroy(sample_facts.desired(), sample_facts.fresh(), made=MADE)
    assert not current.pending
    assert all(step.reason for step in current.steps)


def test_what_is_not_there_is_not_said_to_be_kept() -> None:
    """With a sign and a word of its own."""
    current = plan_destroy(sample_facts.desired(), sample_facts.fresh(), made=MADE)
    assert ". not there endpoint hnskit-client1: it is not there" in current.to_text().splitlines()
    assert "keep" not in current.to_text()
    assert current.summary == f"0 to do, 0 to keep, {len(current.steps)} not there"
    assert Plan.from_json(current.to_json()) == current


def test_everything_goes_and_endpoints_are_detached_first() -> None:
    """Detach, then delete; the network last but for the image."""
    current = plan_destroy(sample_facts.desired(), sample_facts.complete(), made=MADE)
    levels = {step.id: current.level(step) for step in current.pending}
    for name in ("hnskit-client1", "hnskit-client2", "hnskit-proxy", "hnskit-gateway"):
        assert levels[f"detach endpoint {name}"] < levels[f"delete endpoint {name}"]
    for name in ("hnskit-client1", "hnskit-client2", "hnskit-proxy"):
        assert levels[f"delete container {name}"] > 0
    assert levels["delete network hnskit-l2bridge"] == max(levels.values())
    assert "delete image metadata-proxy:1.0" in levels
    assert "delete image mcr.microsoft.com/windows/nanoserver:1809" not in levels


def test_the_last_bridge_cuts_and_goes_alone() -> None:
    """Removing the last L2Bridge is announced, and done when nothing else is left to do."""
    current = plan_destroy(sample_facts.desired(), sample_facts.complete(), made=MADE)
    assert [step.kind for step in current.disruptive] == ["network"]
    assert all(not step.disruptive for step in current.ready())


def test_what_was_found_stays() -> None:
    """A network, an endpoint or an image that was there before hnskit is not removed."""
    found = Provenance(
        found=frozenset(
            {
                ("network", "hnskit-l2bridge", sample_facts.NETWORK_ID),
                ("endpoint", "hnskit-gateway", "ID-hnskit-gateway"),
            }
        )
    )
    reasons = kept(sample_facts.complete(), found)
    assert "before hnskit" in reasons["hnskit-l2bridge"]
    assert "no journal" in reasons["hnskit-gateway"]  # of the forwarding on it, which stays as well
    assert "no journal" in reasons["metadata-proxy:1.0"]


def test_a_container_without_the_label_stays() -> None:
    """A name alone does not make a container hnskit's."""
    done = sample_facts.complete()
    facts = replace(done, containers=(replace(done.containers[0], labels={}), *done.containers[1:]))
    assert "delete container hnskit-proxy" not in pending(facts)


def test_a_network_with_foreign_endpoints_stays() -> None:
    """Somebody else's endpoint keeps the bridge."""
    done = sample_facts.complete()
    facts = replace(done, endpoints=(*done.endpoints, sample_facts.endpoint("theirs", "10.0.1.200", 77)))
    assert "theirs" in kept(facts)["hnskit-l2bridge"]
    assert "delete endpoint theirs" not in pending(facts)


def test_a_client_that_left_the_parameters_goes_too() -> None:
    """Clients that were removed from the file are known by label and journal."""
    done = sample_facts.complete()
    extra = sample_facts.container("hnskit-client9", "mcr.microsoft.com/windows/nanoserver:1809")
    facts = replace(
        done,
        containers=(*done.containers, extra),
        endpoints=(*done.endpoints, sample_facts.endpoint("hnskit-client9", "10.0.1.9", 9)),
    )
    gone = {"delete container hnskit-client9", "delete endpoint hnskit-client9"}
    assert gone <= set(pending(facts, sample_facts.made(facts)))
    assert not gone & set(pending(facts))
    assert "not in these parameters" in kept(facts)["hnskit-client9"]


def test_keep_network_leaves_bridge_and_gateway() -> None:
    """The host is not cut again."""
    ids = pending(sample_facts.complete(), keep_network=True)
    assert not [id for id in ids if "l2bridge" in id or "gateway" in id]
    assert "delete endpoint hnskit-proxy" in ids


def test_two_endpoints_of_one_name_are_refused() -> None:
    """hnskit does not guess which of two is its own."""
    done = sample_facts.complete()
    facts = replace(done, endpoints=(*done.endpoints, done.endpoints[2]))
    actions = {
        step.name: step.action for step in plan_destroy(sample_facts.desired(), facts).steps if step.kind == "endpoint"
    }
    assert actions["hnskit-client1"] is Action.REFUSE


def test_without_a_journal_the_network_stays_unless_it_is_to_go_by_name() -> None:
    """A name does not make a network hnskit's; a container's label vouches for the endpoint of its name."""
    ids = pending(sample_facts.complete(), Provenance())
    assert "delete endpoint hnskit-client1" in ids
    assert "delete container hnskit-client1" in ids
    assert not [id for id in ids if "l2bridge" in id or "gateway" in id or "image" in id]
    for name in ("hnskit-l2bridge", "metadata-proxy:1.0"):
        assert "no journal" in kept(sample_facts.complete(), Provenance())[name]
    assert "--by-name" in kept(sample_facts.complete(), Provenance())["hnskit-l2bridge"]
    forced = pending(sample_facts.complete(), Provenance(), by_name=True)
    assert {"delete endpoint hnskit-gateway", "delete network hnskit-l2bridge"} <= set(forced)


def test_an_endpoint_that_only_a_label_vouches_for_goes_before_its_container() -> None:
    """Once the container is gone nothing shows any more whose the endpoint is."""
    current = plan_destroy(sample_facts.desired(), sample_facts.complete(), made=Provenance())
    levels = {step.id: current.level(step) for step in current.pending}
    assert levels["delete endpoint hnskit-client1"] < levels["delete container hnskit-client1"]


def test_what_a_journal_knows_as_found_stays_by_name_too() -> None:
    """An operator's own network is never taken for hnskit's."""
    found = Provenance(found=frozenset({("network", "hnskit-l2bridge", sample_facts.NETWORK_ID)}))
    assert "delete network hnskit-l2bridge" not in pending(sample_facts.complete(), found, by_name=True)


def test_an_id_is_the_same_in_either_letter_case() -> None:
    """HNS 13 and later print the id of a network in upper case, and in lower case elsewhere (HNS fact 62)."""
    made = Provenance(frozenset({("network", "hnskit-l2bridge", sample_facts.NETWORK_ID.lower())}))
    assert made.was_created("network", "hnskit-l2bridge", sample_facts.NETWORK_ID)


def test_what_other_parameters_made_is_left_with_its_reason() -> None:
    """A second parameter file's network and image are not a failure of this one's teardown."""
    facts = sample_facts.complete()
    made = sample_facts.made()
    left = leftovers(sample_facts.desired("network.name=another", "proxy.image=another:1"), facts, made)
    reasons = {(item.kind, item.name): item.reason for item in left}
    assert "with other parameters" in reasons["network", "hnskit-l2bridge"]
    assert "with other parameters" in reasons["endpoint", "hnskit-client1"]
    assert "with other parameters" in reasons["image", "metadata-proxy:1.0"]
    assert all(reasons.values())
