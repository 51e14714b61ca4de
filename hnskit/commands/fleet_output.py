"""Results of a fleet on stdout: a line a host, what was found, in what hosts differ."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from hnskit.foreign_text.terminal import is_terminal, say
from hnskit.model.wording import counted
from hnskit.views.text_columns import Column, text_columns

if TYPE_CHECKING:
    import pandas as pd

    from hnskit.fleet import HostResult

_MOST = 5
"""Addresses, and hosts with trouble, that are said in full."""
_NO_EDGE = 10**6
_COLUMNS = (
    Column("host", 40), Column("Windows", 24), Column("build", 16), Column("HNS", 6), Column("state", 11),
    Column("changed", 7, right=True), Column("seconds", 7, right=True), Column("verdict"),
)  # fmt: skip

_LEAST = {"Windows": 110, "build": 110, "HNS": 110, "changed": 70, "seconds": 60}
"""Column -> the least width of a terminal that has room for it."""


def print_results(results: Sequence[HostResult], verb: str) -> None:
    """Print all that is to be said; the verdict last."""
    from hnskit.fleet.fleet_frames import findings_of_hosts, outliers_frame, rows_of_hosts
    from hnskit.fleet.fleet_verdict import verdict
    from hnskit.views.table import View

    if verb == "show":
        say(View(rows_of_hosts(results)).to_text(width=_width()))
    else:
        _hosts(results)
    if verb == "doctor" and len(found := findings_of_hosts(results)):
        _table("", found[["host", "severity", "object", "message"]])
    if len(odd := outliers_frame(results)):
        _table("Different from most hosts:", odd)
    _addresses(results)
    say("", f"{verdict(results)}.")


def _width() -> int:
    return shutil.get_terminal_size().columns - 1 if is_terminal(sys.stdout) else _NO_EDGE


def _hosts(results: Sequence[HostResult]) -> None:
    """A line a host; where a terminal has no room for verdicts, the worst ones follow in full."""
    from hnskit.fleet.fleet_frames import by_trouble
    from hnskit.fleet.traits import windows_of

    hosts = by_trouble(results)
    rows = [
        (
            one.name, windows_of(one), one.traits.get("build", ""),
            one.traits.get("hns", ""), one.state, str(one.changed), f"{one.seconds:.1f}", one.verdict,
        )
        for one in hosts
    ]  # fmt: skip
    width = _width()
    kept = [number for number, column in enumerate(_COLUMNS) if width >= _LEAST.get(column.head, 0)]
    lines = text_columns(
        [_COLUMNS[number] for number in kept], [[row[number] for number in kept] for row in rows], width
    )
    say(*lines)
    cut = [one for one, line in zip(hosts, lines[1:], strict=True) if one.failed and line.endswith("…")]
    if cut:
        say("", *(f"{one.name}: {one.state}: {one.verdict}" for one in cut[:_MOST]))
    if len(cut) > _MOST:
        say(f"{counted(len(cut) - _MOST, 'hosts')} more with trouble: see the report")


def _table(title: str, frame: pd.DataFrame) -> None:
    rows = [[str(cell) for cell in row] for row in frame.itertuples(index=False)]
    say("", *([title] if title else []), *text_columns([Column(name) for name in frame.columns], rows, _width()))


def _addresses(results: Sequence[HostResult]) -> None:
    from hnskit.fleet.shared_addresses import found_on

    shared = found_on(results)
    if shared:
        say("", "On more than one host, which is right only where these hosts share no network:")
        say(*(f"  {one.sentence}" for one in shared[:_MOST]))
    if len(shared) > _MOST:
        say(f"  {counted(len(shared) - _MOST, 'addresses')} more: see the report")
