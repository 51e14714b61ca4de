"""A client made by hand on a host, with the original's calls: found, adopted without a change, and left by a teardown.

On a real host only with --change-host.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from typing import Any

import pytest

from hnskit.applying.api import apply
from hnskit.facts.host_facts import gather_facts
from hnskit.params.desired import Desired, DesiredContainer
from hnskit.planning.provenance import Provenance
from hnskit.planning.setup import plan
from hnskit.planning.teardown import plan_destroy
from tests.contract.conftest import TARGET
from tests.contract.questions.asking import PROXY, World
from tests.contract.test_questions import asked  # noqa: F401 - a fixture

MADE_BY_HAND = {"container", "endpoint", "policy"}


class ByHand:
    """The client, and parameters that name it beside the others."""

    def __init__(self, world: World, stack: ExitStack) -> None:
        self.world, self.name = world, world.container()
        made = world.make(Policies=[{"Type": "OutBoundNAT"}], GatewayAddress=world.wanted.gateway.address)
        self.id = str(made["ID"])
        world.attach(self.id, world.compartment(self.name))
        world.set(self.id, *made["Policies"], {**PROXY, "Destination": f"{world.proxy_address}:80"})
        first = world.wanted.clients[0]
        endpoint = replace(first.endpoint, name=self.name, address="")
        client: DesiredContainer = replace(first, name=self.name, endpoint=endpoint)
        self.desired: Desired = replace(world.wanted, clients=(*world.wanted.clients, client))


@pytest.fixture(scope="module")
def by_hand(asked: tuple[Any, Any], pytestconfig: pytest.Config) -> Iterator[ByHand]:  # noqa: F811
    if TARGET and not pytestconfig.getoption("--change-host"):
        pytest.skip("it changes the host of HNSKIT_TEST_TARGET: give --change-host")
    with ExitStack() as stack:
        yield ByHand(World(*asked, stack), stack)


def test_it_is_found_by_its_compartment_and_would_be_adopted(by_hand: ByHand) -> None:
    """Its endpoint has the name that HNS gives; its container has no label."""
    found = plan(by_hand.desired, gather_facts(by_hand.world.session)).adopted
    assert {step.kind for step in found if step.name == by_hand.name} == MADE_BY_HAND
    assert by_hand.id.lower() in {step.object_id.lower() for step in found}


def test_its_adoption_changes_nothing(by_hand: ByHand) -> None:
    """Not its policies, as HNS shows them."""
    before = by_hand.world.get(by_hand.id)["Policies"]
    assert apply(by_hand.world.session, by_hand.desired, adopt=True).changed == 0
    assert by_hand.world.get(by_hand.id)["Policies"] == before


def test_a_teardown_leaves_it(by_hand: ByHand) -> None:
    """As the plan says: what was adopted is not hnskit's to remove."""
    endpoint = ("endpoint", by_hand.name, by_hand.id)
    made = Provenance(adopted=frozenset({endpoint}), found=frozenset({endpoint}))
    gone = plan_destroy(by_hand.desired, gather_facts(by_hand.world.session), made=made).pending
    assert by_hand.name not in {step.name for step in gone}
