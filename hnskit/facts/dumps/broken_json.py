"""JSON that is cut off, garbled or wrapped by a console: what is whole is read, where it breaks is said."""

from __future__ import annotations

import itertools
import json
import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from hnskit.facts.dumps.console_width import columns

CUT = "\0cut"
"""Member that an object gets here in which a text breaks; true if its last other member may not be whole."""

_OBJECT = re.compile(r'\{\s*"')
_OUTPUT = re.compile(r'"(?:Output|value)"\s*:\s*(?=[\[{])')
_BETWEEN = re.compile(r"[\s,]*")
_EMPTY_LINE = re.compile(r"\n\r?\n")


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object; a member that comes twice is of two objects whose border is lost: it is left out."""
    made = dict(pairs)
    if len(made) < len(pairs):
        counts = Counter(name for name, _ in pairs)
        made = {name: value for name, value in made.items() if counts[name] == 1}
        made[CUT] = False
    return made


_DECODER = json.JSONDecoder(object_pairs_hook=_once)
_QUICK = json.JSONDecoder()
_TOKENS = re.compile(r'"(?:[^"\\]|\\.)*"?|[{}\[\],]', re.DOTALL)
_MAX_BLOCK = 200_000  # characters of one wrapped object
_NARROWEST = 40  # characters of a console that wraps
_WINDOW = 1 << 14
_TAIL = 16  # so near to its end a piece of JSON may break for having been cut there
_MAX_TRIES = 2_000  # places where reading is taken up again after a garbled one


@dataclass(slots=True)
class Found:
    """The objects of one JSON text."""

    value: Any = None
    """None where nothing could be read."""
    end: int = 0
    """Offset behind it."""
    breaks: list[tuple[int, str]] = field(default_factory=list)
    """Offsets where it breaks, with the reason."""


class _BrokenError(ValueError):
    """JSON is not whole: where, and why."""

    def __init__(self, position: int, said: str) -> None:
        super().__init__(said)
        self.position = position
        self.said = said


def _decode(text: str, start: int, decoder: json.JSONDecoder = _DECODER) -> tuple[Any, int]:
    """The value at an offset, and the offset behind it.

    It is looked at through a window that grows: the decoder's own error counts every line before it, and a log may
    have a hundred thousand broken lines.
    """
    window = _WINDOW
    while True:
        piece = text[start : start + window]
        try:
            value, end = decoder.raw_decode(piece)
        except json.JSONDecodeError as problem:
            at_its_end = problem.pos >= len(piece) - _TAIL or problem.msg.startswith("Unterminated")
            if at_its_end and start + window < len(text):
                window *= 8
                continue
            raise _BrokenError(start + problem.pos, _in_words(piece, problem)) from problem
        except RecursionError as problem:
            raise _BrokenError(start, "it is nested too deeply") from problem
        except ValueError as problem:
            raise _BrokenError(start, "it has a number of thousands of digits") from problem
        return value, start + end


def _in_words(text: str, problem: json.JSONDecodeError) -> str:
    """Say where JSON breaks; who pasted it does not know its decoder."""
    if text.startswith(("...", "\u2026"), problem.pos):
        return "it was shortened here (`...`)"
    words = {
        "Expecting value": "a value is missing here",
        "Invalid control character at": "a line ends within a text here",
    }
    return words.get(
        problem.msg, problem.msg if problem.msg.startswith("Unterminated") else f"no JSON here: {problem.msg}"
    )


def read_json(text: str, start: int, is_known: Callable[[object], bool]) -> Found:
    """Read the JSON value at `start`, whole or as far as it goes.

    Args:
        text: what it stands in.
        start: offset of its `{` or `[`.
        is_known: whether an object is one that is looked for; behind a garbled place only such a one is believed.
    """
    try:
        value, end = _decode(text, start, _QUICK)
    except _BrokenError as problem:
        unwrapped = _unwrapped(text, start)
        if unwrapped is not None:
            return unwrapped
        if text[start] == "[":
            return _list(text, start, is_known)
        output = _OUTPUT.search(text, start, max(start + 200, problem.position))
        if output is not None and output.end() <= problem.position:
            return read_json(text, output.end(), is_known)
        return _object(text, start, problem)
    return Found(value, end)


def _object(text: str, start: int, problem: _BrokenError) -> Found:
    end = problem.position
    cut = end >= len(text.rstrip()) or problem.said.startswith("Unterminated")
    value = _closed(text[start:end])
    return Found(value, max(end, start + 1), [(end, "it is cut off" if cut else problem.said)])


def _list(text: str, start: int, is_known: Callable[[object], bool]) -> Found:
    found = Found([], start)
    position = start + 1
    for _ in range(_MAX_TRIES):
        position = _skip(text, position)
        if position >= len(text):
            found.breaks.append((len(text), "the list is cut off"))
            break
        if text[position] == "]":
            found.end = position + 1
            return found
        try:
            value, position = _decode(text, position)
        except _BrokenError as problem:
            plain = Found(None, problem.position, [(problem.position, problem.said)])
            part = _object(text, position, problem) if text[position] == "{" else plain
            if isinstance(part.value, dict) and part.value:
                found.value.append(part.value)
            found.breaks += part.breaks
            taken_up = _take_up(text, max(problem.position, position + 1), is_known)
            position = len(text) if taken_up is None else taken_up
            if taken_up is None:
                break
        else:
            found.value.append(value)
    found.end = position
    return found


def _take_up(text: str, start: int, is_known: Callable[[object], bool]) -> int | None:
    """The next object behind a garbled place that is whole and one of those looked for."""
    for number, place in enumerate(_OBJECT.finditer(text, start)):
        if number > _MAX_TRIES:
            return None
        try:
            value, _ = _decode(text, place.start())
        except _BrokenError:
            continue
        if is_known(value):
            return place.start()
    return None


def _skip(text: str, position: int) -> int:
    found = _BETWEEN.match(text, position)
    return found.end() if found else position


def _closed(fragment: str) -> Any:
    """The largest part of a JSON text that is whole once its brackets are closed; None where there is none.

    Each object that had to be closed has `CUT` as its last member.
    """
    stack: list[str] = []
    safe: tuple[int, tuple[str, ...]] | None = None
    for found in _TOKENS.finditer(fragment):
        letter, offset = fragment[found.start()], found.start()
        if letter == '"':
            continue
        if letter in "{[":
            stack.append(letter)
            if len(stack) == 1 or letter == "[":
                safe = (offset + 1, tuple(stack))
        elif letter == "," and stack:
            safe = (offset, tuple(stack))
        elif letter in "}]" and stack:
            stack.pop()
            safe = (offset + 1, tuple(stack))
    if safe is None:
        return None
    end, opened = safe
    before = fragment[:end].rstrip()
    closing, empty = [], before.endswith("{")
    whole = fragment[end : end + 1] == ","  # the last member of the innermost object is
    for letter in reversed(opened):
        said = "false" if whole else "true"
        closing.append(f'{"" if empty else ","}"\\u0000cut":{said}}}' if letter == "{" else "]")
        empty = whole = False
    try:
        return json.loads(fragment[:end] + "".join(closing), strict=False, object_pairs_hook=_once)
    except ValueError:
        return None


def _unwrapped(text: str, start: int) -> Found | None:
    """JSON that a console has wrapped at its width, in the middle of names and numbers."""
    first_end = text.find("\n", start)
    if first_end - start < _NARROWEST:
        return None
    second_end = text.find("\n", first_end + 1)
    two = [text[start:first_end], text[first_end + 1 : second_end if second_end >= 0 else len(text)]]
    two = [line.removesuffix("\r") for line in two]
    # Wrapped text is whole up to the second line's end; a line that is cut off is not.
    if not two[1].strip() or not _is_whole_so_far(_joined(two, max(map(columns, two)))):
        return None
    stop = _EMPTY_LINE.search(text, start, start + _MAX_BLOCK)
    block = text[start : stop.start() if stop else start + _MAX_BLOCK]
    lines = [line.removesuffix("\r") for line in block.rstrip("\n").split("\n")]
    joined = _joined(lines, max(map(columns, lines[:-1] or lines)))
    try:
        value, end = _DECODER.raw_decode(joined)
    except json.JSONDecodeError as problem:
        closed = _closed(joined[: problem.pos])
        if closed is None or not _is_whole_so_far(joined):
            return None
        return Found(closed, start + len(block), [(start + len(block), "it is cut off")])
    except (RecursionError, ValueError):
        return None
    behind = joined[end:].strip()
    return Found(value, start + (block.find(behind) if behind and behind in block else len(block)))


def _is_whole_so_far(piece: str) -> bool:
    try:
        _DECODER.raw_decode(piece)
    except json.JSONDecodeError as problem:
        return problem.pos >= len(piece) - _TAIL or problem.msg.startswith("Unterminated")
    except (RecursionError, ValueError):
        return False
    return True


def _joined(lines: Sequence[str], width: int) -> str:
    """A line that is full was cut; one that is not was wrapped at a blank, which may be gone."""
    parts = [lines[0]]
    for before, line in itertools.pairwise(lines):
        parts.append(line if before.endswith(" ") or columns(before) >= width else f" {line}")
    return "".join(parts)
