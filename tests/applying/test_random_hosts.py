"""What holds for every host and every desired state; each example runs the engine on an emulated host."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hnskit.applying.api import apply, destroy
from hnskit.applying.outcomes import Outcome
from hnskit.errors import PreflightError
from hnskit.model.objects import Policy
from hnskit.params.desired import ALL_PARTS, Desired, Part
from hnskit.planning.setup import plan
from hnskit.planning.steps import Action, Plan
from hnskit.planning.teardown import plan_destroy
from tests import strategies
from tests.in_process_host import QUICK, HereSession, MemoryJournal, host_here
from tests.invariants import differences, not_complete

SOME = settings(deadline=None, max_examples=int(os.environ.get("HNSKIT_EXAMPLES", "15")))


class Case:
    """A host with what others have there, what hnskit left by an earlier desired state, and what drifted since."""

    def __init__(
        self, foreign: list[Callable[..., Any]], earlier: Desired | None, drift: list[Callable[..., Any]]
    ) -> None:
        self.host = host_here()
        for change in foreign:
            change(self.host)
        self.base = self.host.snapshot()
        self.session, self.journal = HereSession(self.host), MemoryJournal()
        if earlier is not None:
            self.apply(earlier)
        for change in drift:
            change(self.host)
        self.start = self.host.snapshot()

    def apply(self, desired: Desired, **options: Any) -> Outcome:
        return apply(self.session, desired, made=self.journal.made, journal=self.journal, pace=QUICK, **options)


cases = st.builds(
    Case, strategies.foreign_changes, st.one_of(st.none(), strategies.desired_states()), strategies.drifts
)


@SOME
@given(case=cases, desired=strategies.desired_states())
def test_apply_makes_the_host_as_desired_once_and_destroy_leaves_it_as_it_was(case: Case, desired: Desired) -> None:
    """The plan after apply is empty, a second apply does nothing, destroy gives the facts before, nobody is touched."""
    first = plan(desired, case.start, made=case.journal.made)
    if first.refused:
        with pytest.raises(PreflightError):
            case.apply(desired)
        assert case.host.snapshot() == case.start
        return
    case.apply(desired)
    after = case.host.snapshot()
    assert list(not_complete(desired, after)) == []
    assert case.apply(desired).changed == 0
    assert strategies.foreign_part(after) == strategies.foreign_part(case.base)
    outcome = destroy(case.session, desired, made=case.journal.made, journal=case.journal, pace=QUICK)
    assert outcome.nothing_left
    assert outcome.left == ()
    assert list(differences(case.base, case.host.snapshot())) == []


@SOME
@given(case=cases, desired=strategies.desired_states())
def test_each_step_comes_after_those_that_it_needs(case: Case, desired: Desired) -> None:
    """No step is sent before, or together with, one that it needs; no client's policy before its proxy's endpoint."""
    first = plan(desired, case.start, made=case.journal.made)
    case.session.pipelines.clear()
    if not first.refused:
        case.apply(desired)
    sent = {id.removeprefix("step: "): number for number, ids in enumerate(case.session.pipelines) for id in ids}
    for step in first.pending:
        assert all(sent[str(other)] < sent[step.id] for other in step.needs if str(other) in sent)
        if first.refused:
            continue
        assert step.id in sent
        if step.kind == "endpoint" and step.action is Action.CREATE:
            assert sent.get("create network hnskit-l2bridge", -1) < sent[step.id]


@SOME
@given(case=cases, desired=strategies.desired_states(), parts=st.sets(st.sampled_from(ALL_PARTS), min_size=1))
def test_a_plan_from_json_equals_the_plan_and_its_ids_are_unique(
    case: Case, desired: Desired, parts: set[Part]
) -> None:
    """Plans of any part of any host survive JSON."""
    for current in (plan(desired, case.start, parts=parts), plan_destroy(desired, case.start, made=case.journal.made)):
        assert Plan.from_json(json.loads(json.dumps(current.to_json()))) == current
        assert len({step.id for step in current.steps}) == len(current.steps)


@SOME
@given(case=cases, desired=strategies.desired_states(), names=st.sets(st.sampled_from(strategies.OURS)))
def test_policies_of_others_on_our_endpoints_stay(case: Case, desired: Desired, names: set[str]) -> None:
    """A policy list is read, changed and written back: a foreign entry is never lost."""
    if plan(desired, case.start, made=case.journal.made).refused:
        return
    case.apply(desired)
    for name in names:
        for found in case.host.snapshot().endpoints_named(name)[:1]:
            strategies.set_policies(case.host, found, strategies.FOREIGN_POLICY, Policy("PROXY", {"Destination": "x"}))
    case.apply(desired)
    for name in names:
        for found in case.host.snapshot().endpoints_named(name)[:1]:
            assert strategies.FOREIGN_POLICY in found.policies
    assert [step.id for step in plan(desired, case.host.snapshot()).pending] == []


@SOME
@given(foreign=strategies.foreign_changes, desired=strategies.desired_states())
def test_a_foreign_endpoint_on_the_bridge_keeps_it(foreign: list[Callable[..., Any]], desired: Desired) -> None:
    """A network with somebody else's endpoint is never deleted; everything else goes."""
    case = Case(foreign, desired, [])
    network = case.start.networks_named("hnskit-l2bridge")[0]
    body = {"VirtualNetwork": network.id, "Name": "theirs on ours", "Policies": []}
    theirs = strategies.hns(case.host, "POST", "/endpoints", body)
    outcome = destroy(case.session, desired, made=case.journal.made, journal=case.journal, pace=QUICK)
    after = case.host.snapshot()
    assert [item.id for item in after.networks_named("hnskit-l2bridge")] == [network.id]
    assert [item.id for item in after.endpoints if item.network_id == network.id] == [theirs["ID"]]
    assert [(item.kind, "not hnskit's" in item.reason) for item in outcome.left or ()] == [("network", True)]
