"""The live table in a terminal: six columns, sorted by trouble, no line too long, and no text of a host obeyed."""

from __future__ import annotations

import signal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hnskit.commands.fleet_screen import StopsInOrder, picture
from hnskit.facts.dumps.console_width import columns
from hnskit.fleet.host_result import HostResult, State
from hnskit.fleet.live_rows import LiveRow, LiveRows
from hnskit.views.text_columns import Column, text_columns

HOSTILE = "\x1b]0;owned\x07\x1b[2J<b>\u202e=cmd|' /C calc'!A0\r\n"


def result(name: str, state: State, **more: Any) -> HostResult:
    return HostResult(name, f"winrm://{name}", "apply", state, f"verdict of {name}", **more)


def live() -> LiveRows:
    rows = LiveRows(5)
    for name in ("good", "bad", "busy1", "other"):
        rows.step(name, f"step of {name}")
    rows.end(result("good", "ok", traits={"windows": "Windows Server 2022"}, seconds=3.2))
    rows.end(result("bad", "failed"))
    rows.end(result("late", "not begun"))
    return rows


def test_trouble_stands_first_then_hosts_at_work_then_the_others() -> None:
    assert [row.host for row in live().rows()] == ["bad", "busy1", "other", "late", "good"]


def test_a_failed_host_keeps_the_step_at_which_it_failed() -> None:
    rows = {row.host: row for row in live().rows()}
    assert (rows["bad"].step, rows["busy1"].step, rows["good"].step) == ("step of bad", "step of busy1", "")


def test_a_wide_terminal_has_the_six_columns_and_a_summary() -> None:
    head, *rows, summary = picture(live().rows(), live().summary(), 120, 40)
    assert head.split() == ["host", "Windows", "state", "step", "time", "verdict"]
    assert any("good" in row and "Server 2022" in row and "3 s" in row for row in rows)
    assert summary == "3 of 5 hosts done: 1 ok, 1 failed, 1 not begun"


def test_a_narrow_terminal_has_one_column_for_step_and_verdict() -> None:
    text = "\n".join(picture(live().rows(), "", 50, 40))
    assert "Server 2022" not in text
    assert "step of busy1" in text
    assert "verdict of bad" in text


def test_what_there_is_no_room_for_is_counted() -> None:
    lines = picture(live().rows(), "summary", 120, 5)
    assert len(lines) == 5
    assert lines[-2] == "… 3 more: 1 at work, 1 not begun, 1 ok"


@given(
    st.lists(st.builds(LiveRow, st.text(), st.text(), st.text(), st.text(), st.floats(0, 1e6), st.text()), max_size=6),
    st.integers(1, 200),
    st.integers(1, 60),
)
def test_no_line_is_longer_than_the_terminal_and_no_picture_taller(
    rows: list[LiveRow], width: int, height: int
) -> None:
    lines = picture(rows, "3 of 5 hosts done", width, height)
    assert all(columns(line) <= width for line in lines)
    assert len(lines) <= max(height, 4)


def test_texts_of_hosts_reach_no_terminal_raw() -> None:
    text = "\n".join(picture([LiveRow(HOSTILE, HOSTILE, HOSTILE, HOSTILE, 1.0, HOSTILE)], HOSTILE, 300, 40))
    assert all(letter.isprintable() for letter in text.replace("\n", ""))


def test_columns_end_where_their_text_ends() -> None:
    lines = text_columns([Column("a"), Column("long", right=True), Column("c")], [("1", "2", "x"), ("1", "20", "")], 80)
    assert lines == ["a  long  c", "1     2  x", "1    20"]


def test_the_first_ctrl_c_stops_in_order_and_the_second_is_the_usual_one() -> None:
    said: list[str] = []
    stops = StopsInOrder(lambda: said.append("stop"), said.append)
    before = signal.signal(signal.SIGINT, signal.default_int_handler)  # a job in the background begins without it
    try:
        with stops:
            signal.raise_signal(signal.SIGINT)
            assert said[0] == "stop"
            with pytest.raises(KeyboardInterrupt):
                signal.raise_signal(signal.SIGINT)
    finally:
        signal.signal(signal.SIGINT, before)
    assert stops.stopped
