"""Steps and their keys: fields that are compared, phrases that are only printed."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hnskit.errors import PlanError
from hnskit.params.desired import Part
from hnskit.planning.setup import plan
from hnskit.planning.steps import Action, Plan, Step, StepKey
from tests import sample_facts

NETWORK = Step(Part.NETWORK, Action.CREATE, "network", "n", "")
NAMES = st.text("abc ()", max_size=9)


def test_a_step_that_needs_an_unknown_one_is_no_plan() -> None:
    """A wrong key is an error with the step, not a step that is done too early."""
    wrong = Step(Part.NETWORK, Action.CREATE, "endpoint", "e", "", needs=(replace(NETWORK, name="m").key,))
    with pytest.raises(PlanError, match="not in the plan: create network m") as caught:
        Plan("emulator://lab", (NETWORK, wrong))
    assert (caught.value.step, caught.value.host) == ("create endpoint e", "emulator://lab")


def test_two_pending_steps_of_one_key_are_no_plan() -> None:
    """Whichever of the two another step needs would be a guess."""
    with pytest.raises(PlanError, match="two steps to create network n"):
        Plan("emulator://lab", (NETWORK, replace(NETWORK, reason="again")))


def test_a_plan_comes_back_from_its_json() -> None:
    """With the needs, and with what tells steps of one name apart."""
    route = Step(Part.PROXY, Action.CREATE, "route", "169.254.169.254", "", needs=(NETWORK.key,), container="proxy")
    stale = Step(Part.PROXY, Action.DELETE, "endpoint", "e", "", object_id="ID", ambiguous=True)
    phase = Step(Part.POLICY, Action.UPDATE, "policies", "e", "", needs=(stale.key,), phase="Add")
    current = Plan("emulator://lab", (NETWORK, stale, route, phase))
    assert Plan.from_json(current.to_json()) == current
    assert current.to_json()["steps"][2]["needs"] == ["create network n"]
    whole = plan(sample_facts.desired(), sample_facts.fresh())
    assert Plan.from_json(whole.to_json()) == whole


def test_json_with_an_unknown_need_is_refused() -> None:
    """Also where it was edited by hand."""
    data = plan(sample_facts.desired(), sample_facts.fresh()).to_json()
    data["steps"][-1]["needs"].append("create network other")
    with pytest.raises(PlanError, match="create network other"):
        Plan.from_json(data)


@pytest.mark.parametrize(
    ("key", "phrase"),
    [
        (StepKey(Action.ATTACH, "attachment", "e"), "attach endpoint e"),
        (StepKey(Action.NONE, "attachment", "e"), "none attachment e"),
        (StepKey(Action.CREATE, "route", "169.254.169.254", "proxy"), "create route 169.254.169.254 in proxy"),
        (StepKey(Action.DELETE, "endpoint", "e", object_id="ID"), "delete endpoint e (ID)"),
        (StepKey(Action.UPDATE, "policies", "e", phase="Add"), "update policies e (HCN Add)"),
    ],
)
def test_a_key_is_printed_as_a_phrase(key: StepKey, phrase: str) -> None:
    """The noun is that of a sentence."""
    assert str(key) == phrase


@given(first=st.tuples(NAMES, NAMES, NAMES), second=st.tuples(NAMES, NAMES, NAMES))
def test_keys_are_the_same_only_where_their_fields_are(first: tuple[str, ...], second: tuple[str, ...]) -> None:
    """A name that looks like another's phrase is told from it: `a (b)` is not `a` with the id `b`."""
    one, other = (StepKey(Action.DELETE, "endpoint", *fields) for fields in (first, second))
    assert (one == other) == (first == second)


def test_needs_of_what_is_refused_do_not_hide_the_refusal() -> None:
    """The gateway wants the address of a client whose own endpoint is refused: the refusal is what is told."""
    facts = sample_facts.with_endpoint(sample_facts.complete(), "hnskit-client1", address="10.0.1.2")
    facts = sample_facts.with_endpoint(facts, "hnskit-gateway", address="10.0.1.99")
    twin = replace(facts.endpoints_named("hnskit-client1")[0], id="TWIN", address="10.0.1.98")
    current = plan(sample_facts.desired(), replace(facts, endpoints=(*facts.endpoints, twin)))
    assert "there are 2 endpoints" in " ".join(step.reason for step in current.refused)
