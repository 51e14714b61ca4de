"""What the two engines send, message by message: every difference has a reason, and docs/engines.md has them all."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.emulator.engines import needs_engine
from tests.emulator.protocol import (
    MARK,
    PAGE,
    REASONS,
    all_differences,
    engine_version,
    tables,
)
from tests.emulator.protocol_behaviours import Side, sides

pytestmark = [needs_engine, pytest.mark.slow]


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Side, Side]]:
    with sides(tmp_path_factory.mktemp("hosts")) as both:
        yield both


def test_every_difference_has_a_reason_and_stands_in_the_page(two: tuple[Side, Side]) -> None:
    """In one test, so that the table is made of the very comparison."""
    found = all_differences(two)
    assert [difference for difference in found if difference.reason is None] == []
    values = {difference.behaviour for difference in found if difference.behaviour.startswith("value: ")}
    assert values == {"value: duration", "value: uri"}, "no command of hnskit puts these out, but the others"
    used = {difference.reason for difference in found}
    assert [reason.text for reason in REASONS if reason.text not in used] == []
    version = engine_version(two[1])
    page = PAGE.read_text(encoding="utf-8").partition(MARK)[2].strip()
    if f"Compared with PowerShell {version}." not in page:
        pytest.skip(f"docs/engines.md was made with another version than {version}: `make engines` makes it anew")
    assert page == tables(found, version)
