r"""The one way out for text that a host, a file or a journal said: an escaper for each destination.

| destination | escaper |
|---|---|
| a terminal, text/plain | `for_terminal`; `one_line` for a part of a line |
| HTML, SVG | `escape_html` |
| XML by a library | `xml_text` |
| CSV | `csv_cell` |
| JSON, in a file or on a terminal | `json_text` |
| Markdown | none: JupyterLab runs what is in it, so no foreign text goes there |

Whatever a reader would not see as itself (control characters, C1, marks of direction, what has no width, lone
surrogates, noncharacters) is shown as its escape: `\x1b`, `\u202e`. A line break is kept only in `Lines`, which says
that it is hnskit's own: a name with a line break in it begins no line.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from html import escape
from typing import Any

_FORMAT = "\xad\u0600-\u0605\u061c\u06dd\u070f\u0890\u0891\u08e2\u115f\u1160\u17b4\u17b5\u180b-\u180f\u3164\uffa0"
_UNSEEN = (
    "\x7f-\x9f"  # DEL, C1: CSI among them
    f"{_FORMAT}"  # no width, or format characters of single scripts
    "\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff0-\uffff"  # direction, line ends, no width, noncharacters
    "\ud800-\udfff\ufdd0-\ufdef"  # lone surrogates, noncharacters
    "\U000110bd\U000110cd\U0001d173-\U0001d17a\U000e0000-\U000e0fff"  # tags
)
_LINE = re.compile(f"[\x00-\x1f{_UNSEEN}]")
_BLOCK = re.compile(f"[\x00-\x08\x0b-\x1f{_UNSEEN}]")  # \t and \n stay
_JSON = re.compile(f"[{_UNSEEN}]")
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\uff1d", "\uff0b", "\uff0d", "\uff20")
"""A spreadsheet takes a cell that begins so for a formula (OWASP, CSV injection; full-width forms likewise)."""


class Lines(str):
    """Text whose line breaks are hnskit's own; what it was joined of has none."""

    __slots__ = ()


def one_line(text: str) -> str:
    r"""Text as part of a line: whatever is not seen as itself, line breaks and tabs too, as its escape.

    What is escaped already stays as it is.
    """
    return _LINE.sub(_escape, text)


def shortened(text: str, most: int) -> str:
    """A text in one line, its blanks single, cut off behind so many characters."""
    line = " ".join(text.split())
    return line if len(line) <= most else f"{line[:most]}…"


def cut_middle(text: str, room: int) -> str:
    """A text of at most so many characters, its middle left out: names differ at their ends, too."""
    if len(text) <= room:
        return text
    tail = max((room - 1) // 3, 0)
    return f"{text[: max(room - 1 - tail, 0)]}…{text[len(text) - tail :]}"


def block(text: str) -> str:
    """Text with its line breaks and tabs, for where they can forge nothing: a cell of a table, a box of a page."""
    return _BLOCK.sub(_escape, text.replace("\r\n", "\n"))


def flat(text: str) -> str:
    """Join the lines of another program's message with `; `."""
    return "; ".join(line for line in map(str.strip, text.splitlines()) if line)


def join_lines(items: Iterable[str]) -> Lines:
    """Lines from texts; what has a line break in it, and is not `Lines`, stays one line."""
    return Lines("\n".join(item if isinstance(item, Lines) else one_line(item) for item in items))


def for_terminal(text: str) -> str:
    """Text for a terminal: the lines of `Lines`, else one line."""
    return block(text) if isinstance(text, Lines) else one_line(text)


def escape_html(text: str, quote: bool = True) -> str:
    """Text as HTML or SVG: no markup, and no character that XML does not allow."""
    return escape(block(text), quote)


def xml_text(text: str) -> str:
    """Text for a library that writes XML and escapes markup by itself."""
    return block(text)


def csv_cell(text: str) -> str:
    """Text as a cell of a CSV file: one that a spreadsheet would calculate begins with an apostrophe."""
    shown = block(text)
    return f"'{shown}" if shown.startswith(_FORMULA) else shown


def json_text(data: Any, **options: Any) -> str:
    r"""JSON with letters as they are; what is not seen as itself is written `\uXXXX`, which reads back the same."""
    return _JSON.sub(_json_escape, json.dumps(data, ensure_ascii=False, **options))


_SHORT = {"\n": r"\n", "\r": r"\r", "\t": r"\t"}


def _escape(match: re.Match[str]) -> str:
    char = match[0]
    number = ord(char)
    if char in _SHORT:
        return _SHORT[char]
    return f"\\x{number:02x}" if number < 0x100 else f"\\u{number:04x}" if number < 0x10000 else f"\\U{number:08x}"


def _json_escape(match: re.Match[str]) -> str:
    return json.dumps(match[0])[1:-1]
