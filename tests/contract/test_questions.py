"""Asks a host what nobody has seen: each test says what was seen, and fails where hnskit believes another thing.

On an emulated host they hold its beliefs; on a real one (HNSKIT_TEST_TARGET) a failure is an answer, which belongs into
docs/facts.md. `--seen FILE` writes all of them; `python -m benchmarks.open_facts` makes docs/open-facts.md.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from benchmarks.open_facts import DOCUMENT, rows
from hnskit.applying.api import apply, destroy
from hnskit.applying.journal import Journal
from hnskit.facts.source import connect
from hnskit.params.desired import desired_from
from hnskit.params.loading import load_params
from tests.contract.conftest import TARGET, Seen
from tests.contract.questions import QUESTIONS, Question, World
from tests.host_process import emulated_host
from tests.sample_facts import PARAMS


@pytest.fixture(scope="module")
def asked(pytestconfig: pytest.Config, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Any, Any]]:
    """A host with the redirect up, where it may be changed; else as it is."""
    place = tmp_path_factory.mktemp("asked")
    with ExitStack() as stack:
        emulated = () if TARGET else (*stack.enter_context(emulated_host(place / "state")), "emulator.profile=ws2022")
        params = load_params(TARGET or PARAMS, overrides=emulated)
        wanted = desired_from(params)
        session = stack.enter_context(connect(params))
        if not TARGET or pytestconfig.getoption("--change-host"):
            made = apply(session, wanted, journal=Journal(place / "journal.jsonl", params.target)).made
            stack.callback(destroy, session, wanted, made=made)
        yield session, wanted


@pytest.mark.parametrize("one", QUESTIONS, ids=lambda one: one.name)
def test_what_is_believed_is_seen(one: Question, asked: tuple[Any, Any], seen: Seen, pytestconfig: Any) -> None:
    if one.changes and TARGET and not pytestconfig.getoption("--change-host"):
        pytest.skip("it changes the host of HNSKIT_TEST_TARGET: give --change-host")
    with ExitStack() as stack:
        answer = one.ask(World(*asked, stack))
    seen.note(one.name, answer)
    assert answer == one.believed, f"{one.words} Seen: {answer}. Believed: {one.believed} ({one.source})."


def test_sixty_questions_settle_a_fact_that_is_marked_unconfirmed() -> None:
    """Counted strictly: each names the fact, and the fact stands in docs/ as UNCONFIRMED or as not known."""
    open_facts = unconfirmed("HNS", "facts.md") | unconfirmed("containerd", "facts-containerd.md")
    assert {"HNS 46", "HNS N2", "containerd 53", "containerd N1"} <= open_facts
    assert "HNS 45" not in open_facts
    settling = [one for one in QUESTIONS if one.settles]
    assert {one.settles for one in settling} <= open_facts
    assert len(settling) >= 60


def unconfirmed(kind: str, page: str) -> set[str]:
    """The facts of a page that say UNCONFIRMED, and those of its list of what is not known (N1, N2, ...)."""
    text = (DOCUMENT.parent / page).read_text(encoding="utf-8")
    facts = re.findall(r"^(?:- )?\*\*(N?\d+b?)\.\*\*(.*)$", text, re.MULTILINE)
    return {f"{kind} {number}" for number, words in facts if number.startswith("N") or "UNCONFIRMED" in words}


def test_each_question_has_a_name_of_its_own_and_says_where_it_is_open() -> None:
    assert len({one.name for one in QUESTIONS}) == len(QUESTIONS)
    assert all(one.source and one.words.count("?") for one in QUESTIONS)


def test_the_table_in_the_documentation_is_that_of_the_questions() -> None:
    text = DOCUMENT.read_text(encoding="utf-8")
    for row in rows({}):
        assert row.partition(" | not asked")[0] in text
