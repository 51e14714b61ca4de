"""Journals are evidence that anybody may have written: what does not fit is named and ignored, never obeyed."""

from __future__ import annotations

import json
import os
import warnings
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hnskit.applying.journal import FILE, Journal, made_on
from hnskit.applying.journal_checks import IgnoredJournalWarning, believed_records, misfit
from hnskit.planning.provenance import Provenance, provenance_from
from hnskit.planning.teardown import plan_destroy
from tests import sample_facts

TARGET = "winrm://host"
DONE: dict[str, Any] = {
    "time": "2026-01-01T00:00:00.000+00:00", "event": "done", "target": TARGET, "step": "create endpoint x",
    "action": "create", "kind": "endpoint", "name": "x", "id": "E-1", "seconds": 0.1,
}  # fmt: skip
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from([*DONE, "run"]), inner, max_size=9),
    max_leaves=12,
)


def journal(runs: Path, *lines: str, run: str = "one") -> Path:
    path = runs / run / FILE
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    return path


@pytest.mark.parametrize(
    "changes",
    [
        {"event": "made"}, {"event": ["done"]}, {"action": "conquer"}, {"action": {}}, {"name": 7}, {"id": []},
        {"kind": ""}, {"kind": None}, {"seconds": "1"}, {"seconds": 1e999}, {"seconds": -1}, {"target": None},
        {"step": None}, {"name": "x" * 2_000}, {"time": 5},
    ],
)  # fmt: skip
def test_a_line_of_another_shape_is_named_and_ignored(tmp_path: Path, changes: dict[str, Any]) -> None:
    journal(tmp_path, json.dumps(DONE), json.dumps({**DONE, "id": "E-2", **changes}), json.dumps({**DONE, "id": "E-3"}))
    with pytest.warns(IgnoredJournalWarning, match="line 2 of the journal"):
        made = made_on(TARGET, runs=tmp_path)
    assert {id for _, _, id in made.created} == {"e-1", "e-3"}


@given(JSON)
def test_whatever_a_line_says_it_is_a_record_or_ignored(said: Any) -> None:
    if isinstance(said, dict) and not misfit(said):
        provenance_from([said])


@pytest.mark.parametrize("line", ["[" * 20_000, "9" * 5_000, "no JSON", "[]", "null", '{"event": "done"}', "\x00"])
def test_a_line_that_is_no_record_does_not_stop_destroy(tmp_path: Path, line: str) -> None:
    journal(tmp_path, line, json.dumps(DONE))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert made_on(TARGET, runs=tmp_path).was_created("endpoint", "x", "E-1")


def test_a_line_of_another_run_folder_is_not_of_this_one(tmp_path: Path) -> None:
    """Each line says of which folder it is; once one does, all have to."""
    writer = Journal(tmp_path / "one" / FILE, TARGET)
    writer.write(**{key: value for key, value in DONE.items() if key not in ("time", "target")})
    with writer.path.open("a") as file:
        file.write(json.dumps({**DONE, "id": "E-2", "run": "other"}) + "\n")
        file.write(json.dumps({**DONE, "id": "E-3"}) + "\n")
    with pytest.warns(IgnoredJournalWarning, match="not of this run folder"):
        assert {id for _, _, id in made_on(TARGET, runs=tmp_path).created} == {"e-1"}


@pytest.mark.skipif(os.name != "posix" or os.geteuid() != 0, reason="only root can give a file away")
def test_a_journal_of_another_user_is_ignored(tmp_path: Path) -> None:
    path = journal(tmp_path, json.dumps(DONE))
    os.chown(path, 12_345, 12_345)
    with pytest.warns(IgnoredJournalWarning, match="belongs to user 12345"):
        assert made_on(TARGET, runs=tmp_path) == Provenance()


def test_a_link_is_no_journal(tmp_path: Path) -> None:
    path = journal(tmp_path / "elsewhere", json.dumps(DONE))
    (tmp_path / "runs" / "one").mkdir(parents=True)
    (tmp_path / "runs" / "one" / FILE).symlink_to(path)
    with pytest.warns(IgnoredJournalWarning, match="it is a link"):
        assert made_on(TARGET, runs=tmp_path / "runs") == Provenance()


def test_what_was_made_on_another_computer_of_this_address_is_not_of_this_one() -> None:
    records = [{**DONE, "computer": "OTHER"}, {**DONE, "id": "E-2", "computer": "LAB"}, {**DONE, "id": "E-3"}]
    start = {**DONE, "event": "start", "name": "y", "computer": "OTHER"}
    known = provenance_from([*records, start])
    here = known.on_computer("lab")
    assert {id for _, _, id in here.created} == {"e-2", "e-3"}
    assert here.pending == frozenset()
    assert known.on_computer("") is known


@pytest.mark.parametrize("field", ["containers", "compartment_id"])
def test_destroy_leaves_what_the_host_shows_to_be_somebody_elses_whatever_a_journal_says(field: str) -> None:
    """A forged line about a stranger's endpoint on the bridge: neither it nor the bridge goes."""
    facts = sample_facts.complete()
    theirs = replace(
        sample_facts.endpoint("theirs", "10.0.1.77", 9),
        **{field: ("c0ffee",) if field == "containers" else 1},  # type: ignore[arg-type]
    )
    host = replace(facts, endpoints=(*facts.endpoints, theirs))
    made = sample_facts.made(facts)
    forged = Provenance(made.created | {("endpoint", "theirs", theirs.id.lower())}, made.found, made.pending)
    steps = plan_destroy(sample_facts.desired(), host, made=forged).steps
    assert not [step for step in steps if step.name == "theirs" and step.pending]
    assert not [step for step in steps if step.kind == "network" and step.pending]


def test_what_the_host_can_have_of_hnskit_goes_as_ever() -> None:
    facts = sample_facts.complete()
    plan = plan_destroy(sample_facts.desired(), facts, made=sample_facts.made(facts))
    assert [step.id for step in plan.pending if step.kind == "network"]


def test_records_are_believed_one_by_one(tmp_path: Path) -> None:
    path = journal(tmp_path, json.dumps(DONE), json.dumps(DONE)[:-9])
    assert len(list(believed_records(path))) == 1
