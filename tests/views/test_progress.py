"""The progress in a notebook's output."""

from __future__ import annotations

from hnskit.views.progress import Progress


def test_all_lines_are_there_at_the_end() -> None:
    """While it runs the last ones are enough; what came of it is read from the top."""
    shown: list[str] = []
    progress = Progress("Work", lambda _, text: shown.append(text))
    for number in range(20):
        progress.say(f"line {number}")
    assert "line 0\n" not in shown[-1]
    progress.finish(True, "20 changed")
    assert all(f"line {number}" in shown[-1].splitlines() for number in range(20))
