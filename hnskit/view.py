"""A DataFrame as a person reads it: in JupyterLab, in papermill's output, in offline HTML and in a terminal."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

from hnskit.words import short_id

if TYPE_CHECKING:
    import pandas as pd
    from pandas.io.formats.style import Styler

# Mid tones: readable on a light page and on a dark one, and printed.
GOOD, CARE, BAD, QUIET = "#2c8a4b", "#b07300", "#d13438", "#808080"

_COLOURS = {
    "state": {"attached": GOOD, "attached, shared": GOOD, "created": CARE, "degraded": BAD, "detached": CARE},
    "status": {"running": GOOD, "Up": GOOD, "exited": CARE, "Disconnected": CARE},
    "severity": {"ok": GOOD, "warning": CARE, "error": BAD},
    "action": {"keep": QUIET, "refuse": BAD, "delete": BAD, "detach": BAD, "update": CARE},
    "ok": {"yes": GOOD, "no": BAD},
    "cuts": {"yes": BAD},
}
_CELLS: list[Any] = [
    {"selector": "td, th", "props": "text-align: left; vertical-align: top; white-space: pre-line; max-width: 34em"},
    {
        "selector": "caption",
        "props": "caption-side: top; white-space: pre-line; text-align: left; font-weight: bold; padding: 0.3em 0",
    },
]


_NUMBERS = itertools.count(1)


class View:
    """A frame with a caption; `frame` has the data whole.

    It shows short ids, and `yes`, `no` and nothing in place of True, False and NA.
    """

    def __init__(self, frame: pd.DataFrame, caption: str = "", hidden: tuple[str, ...] = ()) -> None:
        self.frame = frame
        self.caption = caption
        # Counted: two runs of a notebook have the same HTML, and two tables of a page no style in common.
        self._uuid = f"hnskit{next(_NUMBERS)}"
        self._shown = frame.drop(columns=[name for name in hidden if name in frame])

    def styled(self) -> Styler:
        """The frame as a pandas Styler."""
        shown = self._shown
        words: dict[Any, Any] = {name: _flag_word for name in shown if str(shown[name].dtype) == "boolean"}
        ids: dict[Any, Any] = {
            name: _html_id for name in ("id", "guid") if name in shown and str(shown[name].dtype) == "str"
        }
        numbers: dict[Any, Any] = {name: "{:.3f}" for name in shown if str(shown[name].dtype) == "float64"}
        styler = shown.style.format({**words, **ids, **numbers}, na_rep="", escape="html").hide(axis="index")
        styler = styler.set_table_styles(_CELLS).set_uuid(self._uuid)
        for name, colours in _COLOURS.items():
            if name in shown:
                styler = styler.map(_coloured(colours), subset=[name])
        return styler.set_caption(self._heading()) if self._heading() else styler

    def _heading(self) -> str:
        nothing = "" if len(self._shown) else "none"
        return ": ".join(part for part in (self.caption, nothing) if part)

    def to_text(self) -> str:
        """For a terminal and for text/plain."""
        heading = self._heading()
        if self._shown.empty:
            return heading
        shown = self._shown.copy()
        for name in shown:
            if str(shown[name].dtype) == "boolean":
                shown[name] = [_flag_word(value) for value in shown[name]]
            elif str(shown[name].dtype) == "Int64":
                shown[name] = ["" if value == "<NA>" else value for value in map(str, shown[name])]
            elif name in ("id", "guid") and str(shown[name].dtype) == "str":
                shown[name] = shown[name].map(short_id)
            elif str(shown[name].dtype) == "str":
                shown[name] = shown[name].str.replace("\n", "; ")
        table = shown.to_string(index=False, na_rep="", justify="left", formatters=_left_aligned(shown))
        return f"{heading}\n{table}" if heading else str(table)

    def _repr_mimebundle_(self, **_: Any) -> dict[str, str]:
        return {"text/html": self.styled().to_html(), "text/plain": self.to_text()}

    def __repr__(self) -> str:
        return self.to_text()


def _left_aligned(frame: pd.DataFrame) -> dict[Any, Any]:
    return {
        name: f"{{:<{max([len(str(name)), *map(len, frame[name])])}}}".format
        for name in frame
        if str(frame[name].dtype) in ("str", "object")
    }


def _flag_word(value: Any) -> str:
    return {"True": "yes", "False": "no"}.get(str(value), "")  # str: pandas hands out numpy's booleans


def _html_id(value: str) -> str:
    return f'<span title="{value}">{short_id(value)}</span>'


def _coloured(colours: dict[str, str]) -> Any:
    def style(value: Any) -> str:
        word = _flag_word(value) or str(value)
        return f"color: {colours[word]}; font-weight: bold" if word in colours else ""

    return style
