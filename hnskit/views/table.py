"""A DataFrame as a person reads it: in JupyterLab, in papermill's output, in offline HTML and in a terminal."""

from __future__ import annotations

import itertools
import zlib
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from hnskit.errors.prose_html import escaped_prose
from hnskit.foreign_text.escaping import Lines, block, csv_cell, escape_html, one_line
from hnskit.foreign_text.masking import mask_text
from hnskit.model.wording import short_id
from hnskit.views.style import BAD, CARE, GOOD, QUIET, SEVERITIES

if TYPE_CHECKING:
    import pandas as pd
    from pandas.io.formats.style import Styler

# Mid tones: readable on a light page and on a dark one, and printed.

_COLOURS = {
    "state": {"attached": GOOD, "attached, shared": GOOD, "created": CARE, "degraded": BAD, "detached": CARE},
    "status": {"running": GOOD, "Up": GOOD, "exited": CARE, "Disconnected": CARE},
    "severity": SEVERITIES,
    "action": {"keep": QUIET, "not there": QUIET, "refuse": BAD, "delete": BAD, "detach": BAD, "update": CARE},
    "ok": {"yes": GOOD, "no": BAD},
    "cuts": {"yes": BAD},
}
_CELLS: list[Any] = [
    {
        "selector": "td, th",
        "props": "text-align: left; vertical-align: top; white-space: pre-line; max-width: 34em; "
        "overflow-wrap: break-word",
    },
    {
        "selector": "caption",
        "props": "caption-side: top; white-space: pre-line; text-align: left; font-weight: bold; padding: 0.3em 0",
    },
]


_NUMBERS = itertools.count(1)

MOST = 60
"""Rows of a table that is shown whole."""

_PROSE = ("message", "next_step", "reason", "evidence")  # columns of sentences
_SINCE = "±"
_SHORT = 34  # characters of a cell that is kept on one line
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
        self._number = next(_NUMBERS)
        self._shown = _readable(frame.drop(columns=[name for name in hidden if name in frame]))
        if self._since is not None and any(self._since.signs):
            self._shown.insert(0, _SINCE, self._since.signs)
            self._shown = self._shown.astype({_SINCE: "str"})

    def styled(self) -> Styler:
        """The frame as a pandas Styler."""
        shown = self._shown
        words: dict[Any, Any] = {name: _flag_word for name in shown if str(shown[name].dtype) == "boolean"}
        ids: dict[Any, Any] = {
            name: _html_id for name in ("id", "guid") if name in shown and str(shown[name].dtype) == "str"
        }
        numbers: dict[Any, Any] = {name: "{:.3f}" for name in shown if str(shown[name].dtype) == "float64"}
        prose: dict[Any, Any] = {name: escaped_prose for name in _PROSE if name in shown}
        formats = {**words, **ids, **numbers, **prose}
        styler = shown.style.format(formats, na_rep="", escape="html").hide(axis="index")
        styler = styler.set_table_styles([*_CELLS, *self._narrow()]).set_uuid(self._uuid())
        styler = self._marked(styler)
        for name, colours in _COLOURS.items():
            if name in shown:
                styler = styler.map(_coloured(colours), subset=[name])
        heading = escape_html(self._heading(), quote=False)  # pandas takes a caption for HTML
        return styler.set_caption(heading) if heading else styler

    def _uuid(self) -> str:
        """Counted: two runs of a notebook have the same HTML, and two of its tables no style in common.

        And made of what is shown: all notebooks that are open in JupyterLab are one page; each kernel counts from 1.
        """
        shown = self._shown
        marked = self._since.cells if self._since is not None else ()
        content = repr((self._heading(), [*shown], [*_rows(shown)], marked))
        return f"hnskit{self._number}-{zlib.crc32(content.encode()):08x}"

    def _narrow(self) -> list[Any]:
        """Short cells stay on one line: a name is not broken at its hyphens."""
        return [
            {"selector": f"td.col{place}, th.col{place}", "props": "white-space: nowrap"} for place in self._short()
        ]

    def _short(self) -> list[int]:
        """Numbers of the columns with short cells only; an id is shown short."""
        return [
            place
            for place, name in enumerate(self._shown)
            if name in ("id", "guid")
            or (str(self._shown[name].dtype) == "str" and _longest(self._shown[name]) <= _SHORT)
        ]

    def _marked(self, styler: Styler) -> Styler:
        since = self._since
        if since is None or _SINCE not in self._shown:
            return styler
        for row, name, was in since.cells[:_MARKED]:
            if name in self._shown:
                place: Any = (row, name)
                styler = styler.format(_Was(was), subset=place, escape="html")  # no na_rep: it would hide what was
                styler = styler.map(lambda _: f"background: {CARE}30", subset=place)
        return styler.map(_coloured({"+": GOOD, "~": CARE}), subset=[_SINCE])

    def _heading(self) -> str:
        nothing = "" if len(self._shown) else "none"
        heading = ": ".join(part for part in (self.caption, nothing) if part)
        return f"{heading}\n{self._since.describe()}" if self._since is not None and self._since.describe() else heading

    def _texts(self) -> pd.DataFrame:
        """Every cell as text, as a person reads it."""
        shown = self._shown.copy()
        for name in shown:
            if str(shown[name].dtype) == "boolean":
                shown[name] = [_flag_word(value) for value in shown[name]]
            elif str(shown[name].dtype) == "Int64":
                shown[name] = ["" if value == "<NA>" else value for value in map(str, shown[name])]
            elif name in ("id", "guid") and str(shown[name].dtype) == "str":
                shown[name] = shown[name].map(short_id)
        return shown

    def to_html(self) -> str:
        """For a page: styled, or, where it is long, searched and turned by page there."""
        from hnskit.views.paged_table import PRINTED, big_table

        if len(self._shown) <= MOST:
            return str(self.styled().to_html(table_attributes='class="hk-paper"')) + PRINTED
        texts = self._texts()
        rows = [["" if cell != cell else str(cell) for cell in row] for row in _rows(texts)]  # noqa: PLR0124 - NaN
        ids = {place: list(self._shown[name]) for place, name in enumerate(self._shown) if name in ("id", "guid")}
        return big_table([str(name) for name in texts], rows, ids, self._heading(), self._short())

    def to_text(self, rows: int | None = None) -> Lines:
        """For a terminal and for text/plain; at most so many rows."""
        heading = self._heading()
        if self._shown.empty:
            return Lines(heading)
        shown = self._texts() if rows is None else self._texts().head(rows)
        for name in shown:
            if str(shown[name].dtype) == "str":
                shown[name] = shown[name].str.replace("\n", "; ").str.replace("\t", "\\t")
        table = shown.to_string(index=False, na_rep="", justify="left", formatters=_left_aligned(shown))
        more = len(self._shown) - len(shown)
        table = f"{table}\n… and {more} more rows" if more > 0 else str(table)
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


def _left_aligned(frame: pd.DataFrame) -> dict[Any, Any]:
    return {
        name: f"{{:<{max([len(str(name)), *map(len, frame[name])])}}}".format
        for name in frame
        if str(frame[name].dtype) in ("str", "object")
    }


def _rows(frame: pd.DataFrame) -> Iterable[tuple[Any, ...]]:
    """Plain tuples: a namedtuple's class, which pandas makes anew for each call, takes longer than a small table."""
    return frame.itertuples(index=False, name=None)


def _longest(texts: Iterable[Any]) -> int:
    """Characters of the longest; pandas' own `str.len().max()` takes four times as long for a small table."""
    return max((len(text) for text in texts if isinstance(text, str)), default=0)


def _flag_word(value: Any) -> str:
    return {"True": "yes", "False": "no"}.get(str(value), "")  # str: pandas hands out numpy's booleans


def _html_id(value: str) -> str:
    return f'<span title="{value}">{short_id(value)}</span>'


def _coloured(colours: dict[str, str]) -> Any:
    def style(value: Any) -> str:
        word = _flag_word(value) or str(value)
        return f"color: {colours[word]}; font-weight: bold" if word in colours else ""

    return style


class _Was:
    """Shows a changed cell with what it was, as HTML: pandas has escaped the value, and nothing else."""

    def __init__(self, was: str) -> None:
        self._was = was

    def __call__(self, value: Any) -> str:
        return f"{_word(value)}\n(was {escape_html(self._was, quote=False) or 'nothing'})".lstrip()


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
        return f"− gone: {one_line(', '.join(self.gone))}" if self.gone else ""


def _word(value: Any) -> str:
    return _flag_word(value) or ("" if str(value) in ("<NA>", "nan") else str(value))
