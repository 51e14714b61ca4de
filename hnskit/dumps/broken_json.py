"""JSON that is cut off, garbled or wrapped by a console: what is whole is read, where it breaks is said."""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

_OBJECT = re.compile(r'\{\s*"')
_OUTPUT = re.compile(r'"(?:Output|value)"\s*:\s*(?=[\[{])')
_BETWEEN = re.compile(r"[\s,]*")
_EMPTY_LINE = re.compile(r"\n\r?\n")
_CLOSERS = {"{": "}", "[": "]"}
_MAX_WRAPPED = 400  # lines of one wrapped object
_MAX_TRIES = 2_000  # places where reading is taken up again after a garbled one


@dataclass(slots=True)
class Found:
    """What one JSON text gave."""

    value: Any = None
    """None where nothing could be read."""
    end: int = 0
    """Offset behind it."""
    breaks: list[tuple[int, str]] = field(default_factory=list)
    """Offsets where it breaks, with the reason."""


def read_json(text: str, start: int, is_known: Callable[[object], bool]) -> Found:
    """Read the JSON value at `start`, whole or as far as it goes.

    Args:
        text: what it stands in.
        start: offset of its `{` or `[`.
        is_known: whether an object is one that is looked for; behind a garbled place only such a one is believed.
    """
    decoder = json.JSONDecoder()
    try:
        value, end = decoder.raw_decode(text, start)
        return Found(value, end)
    except RecursionError:
        return Found(None, len(text), [(start, "it is nested too deeply")])
    except json.JSONDecodeError as problem:
        unwrapped = _unwrapped(text, start)
        if unwrapped is not None:
            return unwrapped
        if text[start] == "[":
            return _list(text, start, is_known)
        output = _OUTPUT.search(text, start, max(start + 200, problem.pos))
        if output is not None and output.end() <= problem.pos:
            return read_json(text, output.end(), is_known)
        return _object(text, start, problem)


def _object(text: str, start: int, problem: json.JSONDecodeError) -> Found:
    end = problem.pos
    # A string that never ends is reported at its first character.
    value = _closed(text[start:end])
    where = "it is cut off" if end >= len(text.rstrip()) or "Unterminated" in problem.msg else f"{problem.msg}"
    return Found(value, max(end, start + 1), [(end, where)])


def _list(text: str, start: int, is_known: Callable[[object], bool]) -> Found:
    decoder, found = json.JSONDecoder(), Found([], start)
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
            value, position = decoder.raw_decode(text, position)
            found.value.append(value)
            continue
        except (json.JSONDecodeError, RecursionError) as cause:
            problem = cause if isinstance(cause, json.JSONDecodeError) else json.JSONDecodeError("Deep", text, position)
        part = (
            _object(text, position, problem)
            if text[position] == "{"
            else Found(None, problem.pos, [(problem.pos, problem.msg)])
        )
        if isinstance(part.value, dict) and part.value:
            found.value.append(part.value)
        found.breaks += part.breaks
        taken_up = _take_up(text, problem.pos, is_known)
        if taken_up is None:
            position = len(text)
            break
        position = taken_up
    found.end = position
    return found


def _take_up(text: str, start: int, is_known: Callable[[object], bool]) -> int | None:
    """The next object behind a garbled place that is whole and one of those looked for."""
    decoder = json.JSONDecoder()
    for number, place in enumerate(_OBJECT.finditer(text, start)):
        if number > _MAX_TRIES:
            return None
        try:
            value, _ = decoder.raw_decode(text, place.start())
        except (json.JSONDecodeError, RecursionError):
            continue
        if is_known(value):
            return place.start()
    return None


def _skip(text: str, position: int) -> int:
    found = _BETWEEN.match(text, position)
    return found.end() if found else position


def _closed(fragment: str) -> Any:
    """The largest part of a JSON text that is whole once its brackets are closed; None where there is none."""
    stack: list[str] = []
    safe: tuple[int, str] | None = None
    inside, escaped = False, False
    for offset, letter in enumerate(fragment):
        if inside:
            if escaped:
                escaped = False
            elif letter == "\\":
                escaped = True
            elif letter == '"':
                inside = False
        elif letter == '"':
            inside = True
        elif letter in "{[":
            stack.append(_CLOSERS[letter])
            if len(stack) == 1 or letter == "[":
                safe = (offset + 1, "".join(reversed(stack)))
        elif letter == "," and stack:
            safe = (offset, "".join(reversed(stack)))
        elif letter in "}]" and stack:
            stack.pop()
            safe = (offset + 1, "".join(reversed(stack)))
    if safe is None:
        return None
    try:
        return json.loads(fragment[: safe[0]] + safe[1])
    except ValueError:
        return None


def _unwrapped(text: str, start: int) -> Found | None:
    """JSON that a console has wrapped at its width, in the middle of names and numbers."""
    stop = _EMPTY_LINE.search(text, start)
    block = text[start : stop.start() if stop else len(text)]
    lines = [line.removesuffix("\r") for line in block.split("\n", _MAX_WRAPPED)]
    if len(lines) < 2:
        return None
    width = max(map(len, lines[:-1]))
    joined = lines[0]
    for before, line in itertools.pairwise(lines):
        # A line that is full was cut; one that is not was wrapped at a space, which is gone.
        joined += line if len(before) == width else f" {line}"
    try:
        value, end = json.JSONDecoder().raw_decode(joined)
    except (json.JSONDecodeError, RecursionError):
        return None
    behind = joined[end:].strip()
    return Found(value, start + (block.find(behind) if behind and behind in block else len(block)))
