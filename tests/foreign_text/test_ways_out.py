"""A hostile host, shown in every way there is: nothing runs, no file breaks, no line is forged, no terminal obeys."""

from __future__ import annotations

import pytest

from benchmarks.hostile_text import failures, strings, wrong_in
from hnskit.emulator.host.hostile import MARKERS, everything


@pytest.mark.parametrize("number", [1, 7, 13, len(MARKERS), len(MARKERS) + 3])
def test_no_way_out_lets_a_hostile_text_be_more_than_text(number: int) -> None:
    """`python -m benchmarks.hostile_text` does it with 500; the one of the middle is all markers in one."""
    text = strings(len(MARKERS) + 5)[number]
    assert dict(failures(text)) == {}


@pytest.mark.parametrize(
    ("kind", "output"),
    [
        ("html", "<p><img src=x></p>"), ("html", "<p onclick=x>y</p>"), ("html", "<a href='javascript:x'>y</a>"),
        ("html", "<p>\x1b</p>"), ("html", "<!-- x -->"), ("svg", "<svg><foreignObject/></svg>"),
        ("terminal", "\x1b[2J"), ("terminal", "a\n FORGED-LINE"), ("terminal", "\u202e"), ("csv", "a,=1+1\n"),
        ("json", '"\x9b"'),
    ],
)  # fmt: skip
def test_each_check_sees_what_it_is_about(kind: str, output: str) -> None:
    assert wrong_in(kind, output)


def test_the_markers_have_what_terminals_pages_and_spreadsheets_obey() -> None:
    text = everything()
    assert all(sign in text for sign in ("\x1b]0;", "\x9d", "<script>", "onerror", "\u202e", "\ud800", "\x00", "=HY"))
