"""A DataFrame as a person reads it: in JupyterLab, in papermill's output, in offline HTML and in a terminal."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any

from hnskit.errors.prose_html import prose
from hnskit.foreign_text.escaping import Lines, block, csv_cell, cut_middle, escape_html, join_lines, one_line
from hnskit.foreign_text.masking import mask_text
from hnskit.model.wording import short_id, with_short_ids
from hnskit.views.style import BAD, CARE, GOOD, QUIET, SEVERITIES
from hnskit.views.table_html import Cell, small_table

if TYPE_CHECKING:
    import pandas as pd

# Mid tones: readable on a light page and on a dark one, and printed.

_COLOURS: dict[str, dict[str, str]] = {
    "state": {"attached": GOOD, "attached, shared": GOOD, "created": CARE, "degraded": BAD, "detached": CARE},
    "status": {"running": GOOD, "Up": GOOD, "exited": CARE, "Disconnected": CARE},
    "severity": SEVERITIES,
    "action": {"keep": QUIET, "not there": QUIET, "refuse": BAD, "delete": BAD, "detach": BAD, "update": CARE},
    "ok": {"yes": GOOD, "no": BAD},
    "cuts": {"yes": BAD},
}
MOST = 60
"""Rows of a table that is shown whole."""

ARROW = '<span style="white-space:nowrap">-&gt;</span>'
_PATH = re.compile(r"((?<=[^\s/<])/)(?=[^\s/])")
_PROSE = ("message", "next_step", "reason", "evidence")  # columns of sentences
_IDS = ("id", "guid", "namespace", "network_namespace")
_NUMBERS = ("seconds",)  # columns of numbers with a fraction
_SINCE = "±"
_COLOURS[_SINCE] = {"+": GOOD, "~": CARE}
_SHORT = 34  # characters of a cell that is kept on one line
_LEAST = 12  # characters that a cell keeps on a terminal, however narrow that is
_MARKED = 200  # changed cells that say what they were


class View:
    """A frame with a caption; `frame` has the data whole.

    It shows short ids, and `yes`, `no` and nothing in place of True, False and NA. A table of more than `MOST` rows is
    searched and turned by page in the browser.

    Args:
        frame: the data.
        caption: stands above it.
        hidden: columns that are not shown.
        before: the same table at an earlier moment: what is new or changed since then is marked, what is gone is named.
    """

    def __init__(
        self, frame: pd.DataFrame, caption: str = "", hidden: tuple[str, ...] = (), before: pd.DataFrame | None = None
    ) -> None:
        self.frame = frame
        self.caption = block(mask_text(caption))
        self._since = Since(before, frame) if before is not None else None
        self._shown = _readable(frame.drop(columns=[name for name in hidden if name in frame]))
        if self._since is not None and any(self._since.signs):
            self._shown.insert(0, _SINCE, self._since.signs)
            self._shown = self._shown.astype({_SINCE: "str"})

    def _cells(self) -> list[list[Cell]]:
        """Every cell, as HTML and with its colour."""
        shown = self._shown
        columns = [[_cell(str(name), value) for value in shown[name]] for name in shown]
        rows = [list(row) for row in zip(*columns, strict=True)]
        since = self._since
        if since is None or _SINCE not in shown:
            return rows
        places = {str(name): place for place, name in enumerate(shown)}
        at = {label: number for number, label in enumerate(shown.index)}
        for label, name, was in since.cells[:_MARKED]:
            if name in places:
                cell = rows[at[label]][places[name]]
                cell.html = f"{cell.html}\n(was {escape_html(was, quote=False) or 'nothing'})".lstrip()
                cell.style = ";".join(filter(None, (cell.style, f"background:{CARE}30")))
        return rows

    def _short(self) -> list[int]:
        """Numbers of the columns with short cells only; an id is shown short."""
        return [
            place
            for place, name in enumerate(self._shown)
            if name in _IDS
            or (str(self._shown[name].dtype) == "str" and _longest(map(_shortened, self._shown[name])) <= _SHORT)
        ]

    def _has_ids(self, name: Any) -> bool:
        """Tell whether a column shows ids short: its own, or those in the names that a CNI gives (containerd 31)."""
        values = self._shown[name]
        return name in _IDS or any(isinstance(value, str) and _shortened(value) != value for value in values)

    def _heading(self) -> str:
        nothing = "" if len(self._shown) else "none"
        heading = ": ".join(part for part in (self.caption, nothing) if part)
        return f"{heading}\n{self._since.describe()}" if self._since is not None and self._since.describe() else heading

    def to_html(self) -> str:
        """For a page: styled, or, where it is long, searched and turned by page there."""
        from hnskit.views.paged_table import PRINTED, big_table

        if len(self._shown) <= MOST:
            names = [str(name) for name in self._shown]
            return small_table(names, self._cells(), self._heading(), self._short()) + PRINTED
        texts = [_column_texts(str(name), self._shown[name]) for name in self._shown]
        rows = [list(row) for row in zip(*texts, strict=True)]
        ids = {place: list(self._shown[name]) for place, name in enumerate(self._shown) if self._has_ids(name)}
        names = [str(name) for name in self._shown]
        colours = {place: _COLOURS[name] for place, name in enumerate(names) if name in _COLOURS}
        return big_table(names, rows, ids, self._heading(), self._short(), colours=colours)

    def to_text(self, rows: int | None = None, width: int | None = None) -> Lines:
        """For a terminal and for text/plain; at most so many rows, and long cells cut in the middle to fit a width."""
        heading = self._heading()
        if self._shown.empty:
            return Lines(heading)
        shown = self._shown if rows is None else self._shown.head(rows)
        table = _text_table([(str(name), _column_texts(str(name), shown[name])) for name in shown], width)
        more = len(self._shown) - len(shown)
        table = f"{table}\n… and {more} more rows" if more > 0 else table
        return Lines(f"{heading}\n{table}" if heading else table)

    def _repr_mimebundle_(self, **_: Any) -> dict[str, str]:
        return {"text/html": self.to_html(), "text/plain": self.to_text(MOST)}

    def __repr__(self) -> str:
        return self.to_text()


def csv_text(frame: pd.DataFrame) -> str:
    """A frame as a CSV file, of which no cell is a formula to a spreadsheet."""
    return str(_mapped(frame, csv_cell).to_csv(index=False, lineterminator="\n"))


def _readable(frame: pd.DataFrame) -> pd.DataFrame:
    """The frame with each text as it may be shown: masked, and without what is not seen as itself."""
    return _mapped(frame, block)


def _mapped(frame: pd.DataFrame, escaper: Callable[[str], str]) -> pd.DataFrame:
    """The frame with its texts masked and escaped; itself, where none needs it."""
    changed: dict[str, list[Any]] = {}
    for name in frame:
        if str(frame[name].dtype) not in ("str", "object"):
            continue
        values = list(frame[name])
        shown = [escaper(mask_text(value)) if isinstance(value, str) else value for value in values]
        if shown != values:
            changed[str(name)] = shown
    return frame.assign(**changed) if changed else frame


def _text_table(columns: Sequence[tuple[str, list[str]]], room: int | None = None) -> str:
    """Columns below their names, as wide as their longest cell; numbers that are compared end at one place.

    Where a row would be longer than there is room, the longest cells are cut in the middle.
    """
    flat_columns = [
        (name, [text.replace("\n", "; ").replace("\t", "\\t") for text in texts]) for name, texts in columns
    ]
    if room is not None:
        whole, flat_columns = flat_columns, _fitting(flat_columns, room)
        if _width(flat_columns) > room:
            return _records(whole, room)
    lines: list[list[str]] = []
    for name, flat in flat_columns:
        width = max(map(len, [name, *flat]))
        numbers = name in _NUMBERS
        lines.append([text.rjust(width) if numbers else text.ljust(width) for text in [name, *flat]])
    return join_lines(" ".join(row).rstrip() for row in zip(*lines, strict=True))


def _records(columns: Sequence[tuple[str, list[str]]], room: int) -> str:
    """Each row as lines of `name value`, where a terminal is too narrow for columns."""
    names = max(len(name) for name, _ in columns)
    most = max(_LEAST, room - names - 1)
    lines: list[str] = []
    for row in zip(*(texts for _, texts in columns), strict=True):
        lines += [
            "",
            *(f"{name:<{names}} {cut_middle(text, most)}" for (name, _), text in zip(columns, row, strict=True)),
        ]
    return join_lines(line.rstrip() for line in lines[1:])


def _width(columns: Sequence[tuple[str, list[str]]]) -> int:
    return sum(max(map(len, [name, *texts])) for name, texts in columns) + len(columns) - 1


def _fitting(columns: Sequence[tuple[str, list[str]]], room: int) -> list[tuple[str, list[str]]]:
    wide = [max(map(len, [name, *texts])) for name, texts in columns]
    most = max(wide, default=0)
    while most > _LEAST and sum(min(one, most) for one in wide) + len(wide) - 1 > room:
        most -= 1
    return [(name, [cut_middle(text, most) for text in texts]) for name, texts in columns]


def _column_texts(name: str, values: Iterable[Any]) -> list[str]:
    """The cells of a column as text, as a person reads them."""
    if name in _IDS:
        return [short_id(value) if isinstance(value, str) else "" for value in values]
    return [with_short_ids(_word(value)) for value in values]


def _rows(frame: pd.DataFrame) -> Iterable[tuple[Any, ...]]:
    """Plain tuples: a namedtuple's class, which pandas makes anew for each call, takes longer than a small table."""
    return frame.itertuples(index=False, name=None)


def _longest(texts: Iterable[Any]) -> int:
    """Characters of the longest; pandas' own `str.len().max()` takes four times as long for a small table."""
    return max((len(text) for text in texts if isinstance(text, str)), default=0)


def _shortened(value: Any) -> Any:
    """A text with short ids of containers; anything else as it is."""
    return with_short_ids(value) if isinstance(value, str) else value


def _flag_word(value: Any) -> str:
    return {"True": "yes", "False": "no"}.get(str(value), "")  # str: pandas hands out numpy's booleans


def _html_text(value: str) -> str:
    """A text as HTML whose arrows stay whole, and whose paths and image names may go on in the next line."""
    text = escape_html(value).replace("-&gt;", ARROW)
    return _PATH.sub(r"\1<wbr>", text) if len(value) > _SHORT else text


def _cell(name: str, value: Any) -> Cell:
    """A cell as HTML; `value` is masked already."""
    word = _word(value)
    if not isinstance(value, str):
        html = escape_html(word)
    elif name in _IDS:
        html = f'<span title="{escape_html(value)}">{escape_html(short_id(value))}</span>'
    elif name in _PROSE:
        html = prose(with_short_ids(value)).replace("-&gt;", ARROW)
    else:
        shown = _html_text(with_short_ids(value))
        html = f'<span title="{escape_html(value)}">{shown}</span>' if _shortened(value) != value else shown
    colour = _COLOURS.get(name, {}).get(word)
    return Cell(html, f"color:{colour};font-weight:bold" if colour else "")


class Since:
    """The rows and cells of a table that are new."""

    def __init__(self, before: pd.DataFrame, now: pd.DataFrame) -> None:
        key = next((name for name in ("id", "guid", "name") if name in now), now.columns[0])
        unique = before[key].is_unique and now[key].is_unique
        was = {row[0]: row[1:] for row in _rows(before[[key, *before.columns]])} if unique else {}
        known = {tuple(map(str, row)) for row in _rows(before)}
        self.cells: list[tuple[Any, str, str]] = []
        """Label of the row, name of the column, what the cell was."""
        self.signs: list[str] = []
        for label, identity, row in zip(now.index, now[key], _rows(now), strict=True):
            self.signs.append("" if tuple(map(str, row)) in known else "~" if identity in was else "+")
            if self.signs[-1] == "~":
                pairs = zip(now.columns, was[identity], row, strict=True)
                changed = ((str(name), _word(old)) for name, old, new in pairs if str(old) != str(new))
                self.cells += [(label, name, block(mask_text(old))) for name, old in changed]
        here = set(now[key]) if unique else {tuple(map(str, row)) for row in _rows(now)}
        rows = zip(before[key], before["name" if "name" in before else key], _rows(before), strict=True)
        self.gone = sorted(
            {str(name) for identity, name, row in rows if (identity if unique else tuple(map(str, row))) not in here}
        )

    def describe(self) -> str:
        """List the rows that are gone; "" if none is."""
        return f"− gone: {one_line(', '.join(map(with_short_ids, self.gone)))}" if self.gone else ""


def _word(value: Any) -> str:
    """A value in a word: yes, no, a number, a text, or nothing."""
    if isinstance(value, str):
        return value
    if isinstance(value, float):  # numpy's is one, too
        return "" if math.isnan(value) else f"{value:.3f}"
    return _flag_word(value) or ("" if str(value) == "<NA>" else str(value))
