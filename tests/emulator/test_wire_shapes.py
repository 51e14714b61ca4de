"""docs/wire.md: the shapes of recorded answers against the door's, on both engines."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.emulator import wire_shapes
from tests.emulator.engines import Served, needs_engine


@pytest.fixture(scope="module")
def rows(tmp_path_factory: pytest.TempPathFactory) -> list[wire_shapes.Row]:
    with Served("python", tmp_path_factory.mktemp("shapes") / "door") as served:
        return wire_shapes.compare(wire_shapes.door(served))


def test_every_difference_has_a_reason_and_every_reason_a_difference(rows: list[wire_shapes.Row]) -> None:
    assert [(row.kind, row.unexplained) for row in rows if row.unexplained] == []
    assert {path for row in rows for path in (*row.lacks, *row.besides)} == set(wire_shapes.WHY)


def test_the_elements_come_in_the_order_of_real_hosts(rows: list[wire_shapes.Row]) -> None:
    assert [row.kind for row in rows if not row.in_order] == []


def test_the_table_in_the_docs_is_the_one_that_is_made(rows: list[wire_shapes.Row]) -> None:
    """`python -m tests.emulator.wire_shapes --write` was run after the last change."""
    page = wire_shapes.PAGE.read_text(encoding="utf-8")
    assert page.partition(wire_shapes.MARK)[2].strip() == wire_shapes.table(rows)


@needs_engine
def test_a_real_engine_gives_the_same_shapes(rows: list[wire_shapes.Row], tmp_path: Path) -> None:
    """But for Connect by a second client, which PSRP over stdio has not."""
    with Served("pwsh", tmp_path / "door") as served:
        shapes = wire_shapes.door(served, connects=False)
    found = wire_shapes.compare(shapes)
    assert found == [row for row in rows if row.kind not in ("Connect", "Delete")]


def test_an_element_that_the_door_does_not_have_is_noticed(rows: list[wire_shapes.Row]) -> None:
    row = next(row for row in rows if row.kind == "Create")
    shapes = {row.kind: [path for path in row.real if not path.endswith("Owner")] for row in rows}
    (create,) = [one for one in wire_shapes.compare(shapes) if one.kind == "Create"]
    assert row.real[0].startswith("Header")
    assert create.unexplained == ["Body/Shell/Owner"]
