"""A snapshot's numbers are numbers: text or yes-or-no in their place is not a snapshot of hnskit's."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from hnskit.errors import SnapshotError
from hnskit.facts.anything import load_facts
from hnskit.facts.host_facts import Facts
from tests import sample_facts


def saved() -> dict[str, Any]:
    data: dict[str, Any] = json.loads(json.dumps(sample_facts.complete().to_json(), default=dict))
    return data


def test_what_was_saved_is_read() -> None:
    assert Facts.from_json(saved()) == sample_facts.complete()


@pytest.mark.parametrize(
    ("part", "member", "value"),
    [
        ("endpoints", "state", "2"),
        ("endpoints", "state", True),
        ("endpoints", "remote", "yes"),
        ("endpoints", "remote", 1),
        ("adapters", "index", 6.0),
        ("compartments", "id", "1"),
    ],
)
def test_a_value_of_another_type_is_refused(part: str, member: str, value: object) -> None:
    data = saved()
    data[part][0][member] = value
    with pytest.raises(
        SnapshotError, match=rf"its member {part}\.0\.{member} is not as hnskit writes it: it should be a valid"
    ):
        Facts.from_json(data)


def test_a_file_that_is_not_as_it_was_written_is_named_once(tmp_path: Path) -> None:
    file = tmp_path / "changed.json"
    file.write_text(json.dumps({**saved(), "endpoints": {}}))
    with pytest.raises(SnapshotError) as refused:
        load_facts(file)
    said = "its member endpoints is not as hnskit writes it: it should be a list."
    assert str(refused.value) == f"snapshot {file.name}: {said}"
