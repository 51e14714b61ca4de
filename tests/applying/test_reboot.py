"""The host starts again, in the middle of an apply or after it: the next apply heals it, and touches nothing else.

What a reboot leaves is UNCONFIRMED (HNS fact 76): both are tried, an L2Bridge that stays and one that is gone.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable

import pytest

from hnskit.applying.api import apply
from hnskit.applying.polling import RetryPolicy
from hnskit.applying.verification import verify
from hnskit.emulator.host import EmulatedHost
from hnskit.errors import HnskitError, PreflightError
from hnskit.model import hns_requests
from hnskit.planning.provenance import Provenance
from hnskit.planning.setup import plan
from hnskit.planning.steps import Action
from tests import sample_facts, strategies
from tests.in_process_host import HereSession, MemoryJournal, host_here
from tests.invariants import not_complete

PACE = RetryPolicy(patience=0.1, pause=0.01, longest_pause=0.02)
CHANGES = 11
"""Changes of HNS that a set-up makes: network, endpoints, attachments, policies."""
kept_or_lost = pytest.mark.parametrize("loses_bridges", [False, True], ids=["bridge kept", "bridge lost"])


def set_up(host: EmulatedHost, made: Provenance | None = None) -> list[str]:
    """Apply, and the proof that every client is redirected; the ids of the steps that were done."""
    wanted = sample_facts.desired()
    outcome = apply(HereSession(host), wanted, pace=PACE, made=made)
    assert list(not_complete(wanted, host.snapshot())) == []
    proof = verify(HereSession(host), wanted)
    assert proof.ok, proof.to_text()
    return [result.step.id for result in outcome.done]


def foreign(host: EmulatedHost) -> str:
    """Somebody else's container on Docker's nat network."""
    command = ("ping.exe", "-t", "localhost")
    return strategies.docker(host, "run", "--detach", "--name", "theirs", strategies.IMAGE, *command)


@kept_or_lost
@pytest.mark.parametrize("change", range(1, CHANGES + 1))
def test_a_reboot_during_any_change_is_healed_by_the_next_apply(change: int, loses_bridges: bool) -> None:
    """Whatever it interrupted, and with what the first run's journal says; somebody else's container is not touched."""
    host = host_here(faults={"reboot": change, "reboot_loses_bridges": loses_bridges})
    theirs, journal = foreign(host), MemoryJournal()
    with contextlib.suppress(HnskitError):
        apply(HereSession(host), sample_facts.desired(), pace=PACE, journal=journal)
    assert host.faults.reboot == 0, "the host did not start again"
    set_up(host, journal.made)
    found = host.snapshot().container_named("theirs")
    assert found is not None
    assert (found.id, found.status) == (theirs, "exited")


def test_a_reboot_after_the_last_change_is_no_reboot() -> None:
    """So many changes there are: the test above leaves none out."""
    host = host_here(faults={"reboot": CHANGES + 1})
    set_up(host)
    assert host.faults.reboot == 1


def ready(
    loses_bridges: bool, then: Callable[[EmulatedHost], object] = lambda host: None
) -> tuple[EmulatedHost, Provenance]:
    """A host with the redirect, started again; and what its journal says."""
    host, journal = host_here(faults={"reboot_loses_bridges": loses_bridges}), MemoryJournal()
    apply(HereSession(host), sample_facts.desired(), pace=PACE, journal=journal)
    then(host)
    host.set_fault("reboot", True)
    return host, journal.made


@kept_or_lost
def test_a_host_that_was_ready_and_started_again_is_healed_without_a_journal(loses_bridges: bool) -> None:
    """The label of its containers, and for what is on a lost network their endpoints, show what is hnskit's."""
    host, _ = ready(loses_bridges)
    ids = set_up(host)
    assert "start container hnskit-client1" in ids
    assert ("create network hnskit-l2bridge" in ids) is loses_bridges
    assert set_up(host) == []


@pytest.mark.parametrize("started", [("hnskit-client2", "hnskit-client1", "hnskit-proxy"), ("theirs",)], ids=str)
def test_numbers_of_compartments_that_were_given_again_do_not_deceive(started: tuple[str, ...]) -> None:
    """Containers that run before the next apply have the numbers that the endpoints of others claim to be in."""
    host, _ = ready(False, foreign)
    claimed = {item.compartment_id for item in host.snapshot().endpoints if item.attached}
    for name in started:
        strategies.docker(host, "start", name)
    taken = {item.id for item in host.snapshot().compartments if item.container_id}
    assert taken & claimed, "no number was given again"
    set_up(host)


def test_an_endpoint_that_a_lost_network_left_and_nobody_knows_is_not_touched() -> None:
    """No journal, no container: its address is refused with what would remove it, and nothing is changed."""
    host, _ = ready(True)
    for name in ("hnskit-proxy", "hnskit-client1", "hnskit-client2"):
        strategies.docker(host, "rm", "--force", name)
    before = host.snapshot()
    with pytest.raises(PreflightError, match="Remove-HnsEndpoint"):
        apply(HereSession(host), sample_facts.desired(), pace=PACE)
    assert host.snapshot() == before


def test_a_stale_endpoint_of_somebody_else_stays() -> None:
    """One of another name, on the same lost network, with no wanted address."""

    def add(host: EmulatedHost) -> None:
        network = host.snapshot().networks_named("hnskit-l2bridge")[0]
        strategies.hns(host, "POST", "/endpoints", {"VirtualNetwork": network.id, "Name": "theirs", "Policies": []})

    host, made = ready(True, add)
    theirs = host.snapshot().endpoints_named("theirs")
    set_up(host, made)
    assert host.snapshot().endpoints_named("theirs") == theirs


def stale_namesake(name: str) -> EmulatedHost:
    """A host that started again and lost somebody's bridge, and kept their endpoint of a name that is wanted."""
    host = host_here(faults={"reboot_loses_bridges": True})
    network = strategies.hns(
        host, "POST", "/networks", hns_requests.network_request("theirs", "L2Bridge", "10.9.0.0/24", "10.9.0.1")
    )
    strategies.hns(host, "POST", "/endpoints", hns_requests.endpoint_request(name, network["ID"], address="10.9.0.9"))
    host.set_fault("reboot", True)
    return host


@pytest.mark.parametrize("name", ["hnskit-gateway", "hnskit-client1"])
def test_a_stale_namesake_of_somebody_elses_is_refused_before_any_change(name: str) -> None:
    """The plan said that it stays: neither a label that this run makes nor a failure half way is the end of that."""
    host = stale_namesake(name)
    before = host.snapshot()
    with pytest.raises(PreflightError, match="left by a network that is gone"):
        apply(HereSession(host), sample_facts.desired(), pace=PACE)
    assert host.snapshot() == before


def test_the_plan_says_why() -> None:
    """Each kind of wound has its own words."""
    host, made = ready(False)
    reasons = {step.id: step.reason for step in plan(sample_facts.desired(), host.snapshot(), made=made).pending}
    assert "no adapter of it, as after a reboot" in reasons["detach endpoint hnskit-gateway"]
    assert "(gone)" in reasons["detach endpoint hnskit-client1"]
    assert "exited" in reasons["start container hnskit-proxy"]
    host, made = ready(True)
    steps = plan(sample_facts.desired(), host.snapshot(), made=made).pending
    stale = [step.reason for step in steps if step.action is Action.DELETE]
    assert len(stale) == 4
    assert all("left by a network that is gone" in reason for reason in stale)
