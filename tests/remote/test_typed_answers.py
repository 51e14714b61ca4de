"""Live answers are held against the same types as a snapshot: nothing untyped reaches plans, tables or drawings."""

from __future__ import annotations

import json
import random
from typing import Any

import pytest

from benchmarks.hostile_answers import mutated, uses
from hnskit.applying.api import apply
from hnskit.errors import HnskitError
from hnskit.facts.host_facts import Facts, fact_calls, facts_from_results, gather_facts
from hnskit.remote.session import invoke_calls
from tests import sample_facts
from tests.in_process_host import QUICK, HereSession, host_here


@pytest.fixture(scope="module")
def answers() -> dict[str, str]:
    """What a host with the redirect answers, by the call."""
    session = HereSession(host_here())
    apply(session, sample_facts.desired(), pace=QUICK)
    found: dict[str, str] = {}

    def keep(answer: dict[str, Any]) -> None:
        found[answer["id"]] = json.dumps(answer)

    session.answered = keep
    gather_facts(session)
    return found


def read_with(answers: dict[str, str], **changed: str) -> Facts:
    session = HereSession(host_here())
    session.answered = lambda answer: {**answers, **changed}[answer["id"]]
    return facts_from_results(session.target, invoke_calls(session, fact_calls()))


@pytest.mark.parametrize(
    ("part", "member", "value"),
    [
        ("adapters", "Index", [6]),
        ("adapters", "Index", True),
        ("adapters", "MacAddress", None),
        ("adapters", "Physical", "True"),
        ("interfaces", "CompartmentId", {}),
        ("interfaces", "Mtu", 2**64),
        ("addresses", "IPAddress", 7),
        ("routes", "Metric", "0"),
        ("compartments", "Description", ["x"]),
        ("system", "Build", "17763"),
    ],
)
def test_a_member_of_another_type_makes_its_part_unreadable(
    answers: dict[str, str], part: str, member: str, value: Any
) -> None:
    answer = json.loads(answers[part])
    answer["output"][0][member] = value
    facts = read_with(answers, **{part: json.dumps(answer)})
    assert not facts.knows(part)
    assert getattr(facts, part) in ((), None)


@pytest.mark.parametrize("seed", range(60))
def test_whatever_one_answer_says_nothing_but_an_error_of_hnskits_comes_of_it(
    answers: dict[str, str], seed: int
) -> None:
    """`python -m benchmarks.hostile_answers` does the same with thousands."""
    chance = random.Random(seed)
    part = chance.choice(sorted(answers))
    wrong = json.dumps(mutated(json.loads(answers[part]), chance))
    try:
        facts = read_with(answers, **{part: wrong})
    except HnskitError:
        return
    for use in uses(sample_facts.desired()).values():
        try:
            use(facts)
        except HnskitError:
            continue
