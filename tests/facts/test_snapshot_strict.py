"""A snapshot's numbers are numbers: text or yes-or-no in their place is no snapshot of hnskit's."""

from __future__ import annotations

import json
from typing import Any

import pytest

from hnskit.errors import SnapshotError
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
    with pytest.raises(SnapshotError, match=f"its {part} is not what hnskit writes"):
        Facts.from_json(data)
