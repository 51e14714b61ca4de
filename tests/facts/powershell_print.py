"""What Windows PowerShell 5.1 prints of objects, for tests: Format-List in any width and language, shallow JSON."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from typing import Any


def columns(text: str) -> int:
    """Columns of a console."""
    return sum(2 if unicodedata.east_asian_width(letter) in "WF" else 1 for letter in text)


def inline(value: Any) -> str:
    """A value inside of `@{…}`: an object as text, a list as the name of its type."""
    if value is None:
        return ""
    if isinstance(value, Mapping):
        return "" if not value else "@{" + "; ".join(f"{name}={inline(item)}" for name, item in value.items()) + "}"
    if isinstance(value, list):
        return "System.Object[]"
    return str(value)


def shown(value: Any) -> str:
    """A value of a member of a list: no more than four items of a list are shown."""
    if isinstance(value, list):
        items = ", ".join(inline(item) for item in value[:4])
        return "{" + items + ("..." if len(value) > 4 else "") + "}"
    return inline(value)


def wrapped(text: str, width: int, between_words: bool) -> list[str]:
    """A text in lines of so many columns, as PowerShell's StringManipulationHelper makes them."""
    if not between_words:
        return _cut(text, width)
    lines, line = [], ""
    words = text.split(" ")
    for number, word in enumerate(words):
        piece = word if number == len(words) - 1 else word + " "
        if columns(word) > width:
            for letter in piece:
                if columns(line + letter) > width and letter != " ":
                    lines.append(line)
                    line = ""
                line += letter
        elif columns(line + word) > width:
            lines.append(line)
            line = piece
        else:
            line += piece
    return [one.rstrip() for one in [*lines, line]]


def _cut(text: str, width: int) -> list[str]:
    lines, line = [], ""
    for letter in text:
        if columns(line + letter) > width:
            lines.append(line)
            line = ""
        line += letter
    return [*lines, line]


def format_list(objects: Sequence[Mapping[str, Any]], width: int = 120, between_words: bool = True) -> str:
    """`Format-List` of objects, with the empty lines around it."""
    blocks = []
    for item in objects:
        longest = max(map(len, item))
        lines = []
        for name, value in item.items():
            first, *more = wrapped(shown(value), width - 1 - longest - 3, between_words)
            lines.append(f"{name:<{longest}} : {first}".rstrip())
            lines += [" " * (longest + 3) + one for one in more]
        blocks.append("\n".join(lines))
    return "\n\n" + "\n\n".join(blocks) + "\n\n\n\n"


def limited(value: Any, depth: int) -> Any:
    """What ConvertTo-Json has at a depth: below it, objects and lists are text."""
    if isinstance(value, Mapping):
        return inline(value) if depth < 0 else {name: limited(item, depth - 1) for name, item in value.items()}
    if isinstance(value, list):
        return " ".join(map(inline, value)) if depth < 0 else [limited(item, depth - 1) for item in value]
    return value
