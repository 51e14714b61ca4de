"""What holds for every host on which somebody made a redirect by hand, or half of one, or twice."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hnskit.applying.api import apply, destroy
from hnskit.applying.verification import verify
from hnskit.emulator.host import EmulatedHost
from hnskit.errors import PreflightError
from hnskit.params.desired import Desired
from hnskit.planning.context import PlanningContext
from hnskit.planning.setup import plan
from tests import hand_made, sample_facts, strategies
from tests.hand_made import HandMade
from tests.in_process_host import QUICK, HereSession, MemoryJournal, host_here
from tests.invariants import differences, not_complete, stranded, without_redirects

SOME = settings(deadline=None, max_examples=int(os.environ.get("HNSKIT_EXAMPLES", "15")))


class Case:
    """A host with a redirect made by hand, what others have there, and traces of earlier tries."""

    def __init__(
        self, desired: Desired, how: HandMade, foreign: list[Callable[..., Any]], left: list[Callable[..., Any]]
    ) -> None:
        self.host: EmulatedHost = host_here()
        for change in foreign:
            change(self.host)
        hand_made.make(self.host, desired, how)
        for change in left:
            change(self.host, desired)
        self.desired, self.how = desired, how
        self.session, self.journal = HereSession(self.host), MemoryJournal()
        self.start = self.host.snapshot()

    def __repr__(self) -> str:
        return f"Case({self.how})"


cases = st.builds(Case, strategies.desired_states(), hand_made.ways, strategies.foreign_changes, hand_made.leftovers)


@SOME
@given(case=cases)
def test_what_was_made_by_hand_is_adopted_whole_or_not_touched(case: Case) -> None:
    """Unasked nothing is changed; asked, the redirect is complete and proved, a second apply changes nothing, and
    destroy gives the host before, but for redirects that it repaired."""
    desired, host = case.desired, case.host
    first = plan(desired, case.start)
    if first.refused or first.adopted:
        with pytest.raises(PreflightError):
            apply(case.session, desired, pace=QUICK)
        assert host.snapshot() == case.start
    if first.refused:
        assert all(step.reason for step in first.refused)
        return
    apply(case.session, desired, adopt=True, journal=case.journal, pace=QUICK)
    after = host.snapshot()
    assert list(not_complete_here(case)) == []
    assert strategies.foreign_part(after)["networks"] == strategies.foreign_part(case.start)["networks"]
    assert apply(case.session, desired, made=case.journal.made, journal=case.journal, pace=QUICK).changed == 0
    if case.how.label == "hnskit-l2bridge" and case.how.names == "theirs":
        return  # nothing but the journal of whoever made it tells it from hnskit's own work
    destroyed = destroy(case.session, desired, made=case.journal.made, journal=case.journal, pace=QUICK)
    assert destroyed.nothing_left
    end = host.snapshot()
    assert set(stranded(end)) <= set(stranded(case.start))
    if not first.pending:
        assert list(differences(case.start, end)) == []
    assert list(differences(without_redirects(case.start, desired), without_redirects(end, desired))) == []


def not_complete_here(case: Case) -> list[str]:
    """What is not as it must be after an adoption; the proof is given by the endpoint that the plan names."""
    after = case.host.snapshot()
    made = case.journal.made
    current = plan(case.desired, after, made=made)
    wrong = [f"still to do: {step.id}" for step in (*current.pending, *current.refused, *current.adopted)]
    seen = PlanningContext(case.desired, after, made).facts
    if not case.desired.proxy.route_user or not all(one.outbound_nat for one in case.desired.redirects):
        return wrong  # such a redirect proves nothing (HNS facts 47, 84)
    proof = verify(case.session, case.desired)
    wrong += [] if proof.ok else [proof.to_text()]
    for client in proof.clients:
        address = seen.endpoints_named(client.client)[0].address
        logged = [check.seen for check in client.checks if check.name == "log"]
        wrong += [f"{client.client}: {line}, not {address}" for line in logged if not line.startswith(f"{address} ")]
    return wrong


@SOME
@given(case=cases)
def test_a_host_made_by_hand_is_left_alone_by_a_teardown_without_a_journal(case: Case) -> None:
    """Without hnskit's label nothing goes; where somebody set it, no endpoint is left without container or gateway."""
    outcome = destroy(case.session, case.desired, pace=QUICK)
    assert outcome.nothing_left
    assert set(stranded(case.host.snapshot())) <= set(stranded(case.start))
    if case.how.label != "hnskit-l2bridge":
        assert list(differences(case.start, case.host.snapshot())) == []


@SOME
@given(case=cases, adopted=st.booleans())
def test_a_teardown_by_name_strands_nobody_and_touches_nothing_foreign(case: Case, adopted: bool) -> None:
    """Also with --by-name: the gateway stays while the network does, and what was adopted before stays whole."""
    if adopted and not plan(case.desired, case.start).refused:
        apply(case.session, case.desired, adopt=True, journal=case.journal, pace=QUICK)
    before = case.host.snapshot()
    destroy(case.session, case.desired, made=case.journal.made, journal=case.journal, by_name=True, pace=QUICK)
    end = case.host.snapshot()
    assert set(stranded(end)) <= set(stranded(before))
    assert strategies.foreign_part(end)["networks"] == strategies.foreign_part(case.start)["networks"]
    kept = {id.lower() for kind, _, id in case.journal.made.adopted if kind == "endpoint"}
    assert kept <= {item.id.lower() for item in end.endpoints}
    containers = {item.id for item in end.containers}
    assert {id for kind, _, id in case.journal.made.adopted if kind == "container"} <= containers


def test_the_judge_of_stranded_endpoints_can_fail() -> None:
    """A container that is removed under its endpoint strands it."""
    host, desired = host_here(), sample_facts.desired()
    hand_made.make(host, desired)
    assert list(stranded(host.snapshot())) == []
    hand_made.lose_a_container(host, desired)
    assert len(list(stranded(host.snapshot()))) == 1
    assert list(not_complete(desired, host.snapshot())) != []
