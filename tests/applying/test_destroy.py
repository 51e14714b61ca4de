"""What destroy takes away, what it leaves, and the proof."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from hnskit.applying.api import apply, destroy
from hnskit.emulator.host.host import EmulatedHost
from hnskit.errors import HnskitError
from hnskit.planning.provenance import Provenance
from tests import hand_made, sample_facts, strategies
from tests.applying.state import done
from tests.hand_made import HandMade
from tests.in_process_host import QUICK, HereSession, MemoryJournal, host_here
from tests.invariants import differences
from tests.present import present


def test_forwarding_and_policy_on_what_was_found_go_back_to_as_found() -> None:
    """Endpoints that were there before hnskit stay, without what hnskit switched on them."""
    host = host_here()
    made = hand_made.make(host, sample_facts.desired(), HandMade(names="theirs", forwarding=False, policy="none"))
    theirs = [strategies.FOREIGN_POLICY]
    hand_made.set_policy(host, made["hnskit-client1"], theirs)
    before, journal = host.snapshot(), MemoryJournal()
    apply(HereSession(host), sample_facts.desired(), pace=QUICK, journal=journal, adopt=True)
    outcome = destroy(HereSession(host), sample_facts.desired(), made=journal.made, journal=journal, pace=QUICK)
    after = host.snapshot()
    assert after.networks == before.networks
    assert [item.proxies for item in after.endpoints] == [item.proxies for item in before.endpoints]
    assert not [item for item in after.interfaces if "hnskit" in item.alias and item.forwarding]
    assert outcome.nothing_left
    assert {item.kind for item in present(outcome.left)} == {"network", "endpoint", "container"}


def test_destroy_proves_that_nothing_is_left(host: EmulatedHost, made: Provenance) -> None:
    """The outcome carries the proof, as JSON too."""
    outcome = destroy(HereSession(host), sample_facts.desired(), made=made, pace=QUICK)
    assert outcome.left == ()
    assert outcome.to_json()["nothing_left"] is True


def test_keep_network_says_what_is_kept(host: EmulatedHost) -> None:
    """The bridge and its gateway endpoint are left with their reason."""
    outcome = destroy(HereSession(host), sample_facts.desired(), keep_network=True, pace=QUICK)
    assert {(item.kind, item.reason) for item in present(outcome.left)} == {
        ("network", "it is to be kept"), ("endpoint", "it is to be kept"), ("forwarding", "it is to be kept"),
    }  # fmt: skip
    assert done(host)


@pytest.mark.parametrize("failing", [2, 5, 9])
def test_a_failed_apply_can_be_destroyed(failing: int) -> None:
    """What a failed run left is taken away by destroy, with its journal."""
    host = host_here()
    before, session, journal, calls = host.snapshot(), HereSession(host), MemoryJournal(), []

    def before_call(call: Mapping[str, Any]) -> None:
        if call["id"].startswith("step: "):
            calls.append(call["id"])
            if len(calls) == failing:
                raise HnskitError("the operator's machine went away")

    session.before_call = before_call
    with pytest.raises(HnskitError):
        apply(session, sample_facts.desired(), pace=QUICK, journal=journal)
    destroy(HereSession(host), sample_facts.desired(), made=journal.made, pace=QUICK)
    assert list(differences(before, host.snapshot())) == []
