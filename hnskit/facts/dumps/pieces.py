"""A dump's text, cut into what stands in it: JSON values, printed lists, lines of hcsshim's log."""

from __future__ import annotations

import bisect
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from hnskit.facts.dumps.broken_json import read_json
from hnskit.facts.dumps.format_list import read_blocks
from hnskit.facts.dumps.object_kinds import guess_kind, is_known

_JSON = re.compile(r'\{\s*"|\{\s*\}|\[\s*(?:\{|\])')
_QUOTED = re.compile(r'\bmsg="((?:[^"\\]|\\.)*)("?)')
_REQUEST = re.compile(r"(?:Request\s*:|Data\s*\[?)\s*$", re.IGNORECASE)
_CALL = re.compile(r"\[(GET|POST|DELETE)\]=>\[(/[^\]]*)\]")
_PROMPT = re.compile(r"^\s*(?:PS [^>]*>|>>|VERBOSE:)|\b(?:Get|New)-Hns", re.IGNORECASE)
_COLON = re.compile(r"^\s*[A-Za-z]\w* * :(?: |$)", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Piece:
    """One value, and where it begins."""

    value: Any
    place: str
    """`line 12, offset 345`"""
    hint: str = ""
    """Words near it that say what it is: a command, a log's message."""
    lost: tuple[str, ...] = ()
    """Members that were not printed whole."""
    form: str = "JSON"
    """How it was printed."""


@dataclass(frozen=True, slots=True)
class Break:
    """A place that could not be read."""

    place: str
    said: str
    hint: str = ""


@dataclass(frozen=True, slots=True)
class Deleted:
    """A log's line that says that an object was deleted."""

    path: str
    place: str


class Text:
    """A text and its lines."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.lines = []
        self._starts = [0]
        for line in text.split("\n"):
            self.lines.append(line.removesuffix("\r"))
            self._starts.append(self._starts[-1] + len(line) + 1)

    def line_of(self, offset: int) -> int:
        """The line of an offset, from 0."""
        return bisect.bisect_right(self._starts, offset) - 1

    def start_of(self, line: int) -> int:
        """The offset at which a line begins."""
        return self._starts[line]

    def place(self, offset: int) -> str:
        """An offset in words; both count from the text's first line and character."""
        return f"line {min(self.line_of(offset), len(self.lines) - 1) + 1}, offset {offset}"


def read_pieces(text: str) -> Iterator[Piece | Break | Deleted]:
    """Everything in a text that may be an object of a host."""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        yield from _mixed(Text(text))
    else:
        yield Piece(value, "line 1, offset 0")


def _mixed(whole: Text) -> Iterator[Piece | Break | Deleted]:
    """A text that is not JSON as a whole."""
    taken: list[tuple[int, int]] = []
    for found in _json_and_logs(whole):
        if isinstance(found, tuple):
            taken.append(found)
        else:
            yield found
    if _COLON.search(whole.text):
        yield from _lists(whole, taken)


def _json_and_logs(whole: Text) -> Iterator[Piece | Break | Deleted | tuple[int, int]]:
    """Values in the order of the text, and the offsets that they cover."""
    offset, hint = 0, ""
    while offset < len(whole.text):
        line = whole.line_of(offset)
        end = whole.start_of(line + 1)
        shown = whole.text[offset : end - 1]
        if call := _CALL.search(shown):
            hint = call[2]
            if call[1] == "DELETE":
                yield Deleted(call[2], whole.place(offset))
        elif _PROMPT.search(shown):
            hint = shown
        quoted = _QUOTED.search(shown)
        if quoted is not None:
            yield from _message(whole, offset + quoted.start(1), quoted[1], bool(quoted[2]))
            offset = end
            continue
        start = _JSON.search(whole.text, offset, min(end + 200, len(whole.text)))
        if start is None or start.start() >= end:
            offset = end
            continue
        before = whole.text[offset : start.start()]
        found = read_json(whole.text, start.start(), is_known)
        covered = max(found.end, start.start() + 1)
        if _REQUEST.search(before):
            yield (start.start(), covered)  # what was asked for is not what the host has
            offset = covered
            continue
        near = f"{before} {hint}" if before.strip() else hint
        if found.value is not None:
            yield Piece(found.value, whole.place(start.start()), near)
            yield (start.start(), covered)
        if found.value is not None or guess_kind(near) is not None:
            for place, said in found.breaks:
                yield Break(whole.place(place), said, near)
        offset = covered


def _message(whole: Text, start: int, quoted: str, closed: bool) -> Iterator[Piece | Break | Deleted]:
    """What logrus puts in quotes: `Network Response : [{\\"ID\\":…}]`."""
    said = _unquoted(quoted)
    found = _JSON.search(said)
    if found is None:
        return
    before = said[: found.start()]
    if _REQUEST.search(before):
        return
    value = read_json(said, found.start(), is_known)
    place = whole.place(start)
    if value.value is not None:
        yield Piece(value.value, place, before)
    if value.value is not None or guess_kind(before) is not None:
        for _, reason in value.breaks or ([] if closed else [(0, "the log's line is cut off")]):
            yield Break(place, reason, before)


def _unquoted(quoted: str) -> str:
    try:
        said = json.loads(f'"{quoted}"', strict=False)
        return said if isinstance(said, str) else quoted
    except ValueError:  # Go also writes \x.. and \a, and a cut line may end in the middle of an escape
        return re.sub(r'\\(["\\/])', r"\1", quoted)


def _lists(whole: Text, taken: list[tuple[int, int]]) -> Iterator[Piece]:
    """Objects that PowerShell has printed as lists, outside of what was read already."""
    for block in read_blocks(whole.lines):
        start = whole.start_of(block.line)
        if any(first <= start < behind for first, behind in taken):
            continue
        before = whole.lines[max(0, block.line - 12) : block.line]
        hint = next((line for line in reversed(before) if _PROMPT.search(line)), "")
        yield Piece(block.members, whole.place(start), hint, tuple(block.lost), "Format-List")
