"""What PowerShell prints of an object as a list: `Name : value` lines, wrapped, with `@{…}` and `{…}` values.

It loses members: nested lists show as `System.Object[]`, and of a list no more than four items are shown. What is
lost is left out here, and said.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

_LINE = re.compile(r"^(\s*)([A-Za-z][A-Za-z0-9_]*)( *) :(?: (.*))?$")
_LOST = re.compile(r"^System\.(Object\[\]|Collections\.\S+|Management\.Automation\.\S+)$")
_NUMBERS = frozenset(
    {
        "AllocationOrder", "CompartmendId", "CompartmentId", "CompartmentOperationTime",
        "CreateProcessingStartTime", "EncapOverhead", "ExternalInterfaceIndex", "ExternalPort", "Flags",
        "InternalPort", "IsolationId", "IsolationID", "LastErrorCode", "LastUpdateTime", "MTU",
        "MaxConcurrentEndpoints", "ObjectType", "PortOperationTime", "PrefixLength", "Priority",
        "RemoveProcessingStartTime", "Scope", "StartTime", "State", "SwitchOperationTime", "TotalEndpoints",
        "VLAN", "VSID", "Version", "VfpOperationTime",
    }
)  # fmt: skip
_NUMBER_ENDS = ("Count", "SequenceNumber", "OperationTime")
_FEWEST = 2  # members that make an object of a block; a line with a colon is found in any text


@dataclass(slots=True)
class Block:
    """One object as it was printed."""

    members: dict[str, Any]
    line: int
    """Of its first member, from 0."""
    end: int
    """The line behind it."""
    lost: list[str] = field(default_factory=list)
    """Members of which PowerShell did not print everything."""


def read_blocks(lines: list[str], start: int = 0) -> Iterator[Block]:
    """Every object that is printed as a list in these lines."""
    number = start
    while number < len(lines):
        first = _LINE.match(lines[number])
        if first is None:
            number += 1
            continue
        block = _block(lines, number, len(first[1]), first.end(3) + 1)
        number = block.end
        if len(block.members) + len(block.lost) >= _FEWEST:
            yield block


def _block(lines: list[str], start: int, indent: int, colon: int) -> Block:
    """The members whose colons stand below each other."""
    raw: list[tuple[str, list[str]]] = []
    number = start
    while number < len(lines):
        line = lines[number]
        found = _LINE.match(line)
        if found is not None and found.end(3) + 1 == colon and len(found[1]) == indent:
            raw.append((found[2], [found[4] or ""]))
        elif raw and line.strip() and line[: colon + 1].strip() == "":
            raw[-1][1].append(line.strip())
        else:
            break
        number += 1
    width = max((len(lines[place]) for place in range(start, number)), default=0)
    block = Block({}, start, number)
    place = start
    for name, parts in raw:
        text = parts[0]
        for part in parts[1:]:
            # A line that is full was cut in a word; any other was wrapped at a space.
            text += part if len(lines[place]) == width and not text.endswith((";", ",")) else f" {part}"
            place += 1
        place += 1
        value, whole = read_value(name, text.strip())
        if value is not None:
            block.members[name] = value
        if not whole:
            block.lost.append(name)
    return block


def read_value(name: str, text: str) -> tuple[Any, bool]:
    """A printed value, and whether all of it was printed; None where nothing was."""
    reader = _Reader(text)
    value = reader.value(name, "")
    if reader.place < len(text):
        return _scalar(name, text), True
    return value, reader.whole


class _Reader:
    """Reads `@{Name=value; …}`, `{item, …}` and plain text."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.place = 0
        self.whole = True

    def value(self, name: str, ends: str) -> Any:
        if self.text.startswith("@{", self.place):
            return self._object()
        if self.text.startswith("{", self.place):
            return self._list(name)
        start = self.place
        while self.place < len(self.text) and self.text[self.place] not in ends:
            self.place += 1
        said = self.text[start : self.place].strip()
        if _LOST.match(said):
            self.whole = False
            return None
        return _scalar(name, said)

    def _object(self) -> dict[str, Any]:
        self.place += 2
        members: dict[str, Any] = {}
        while self.place < len(self.text) and self.text[self.place] != "}":
            equals = self.text.find("=", self.place)
            if equals < 0:
                self._cut()
                return members
            name = self.text[self.place : equals].strip(" ;")
            self.place = equals + 1
            value = self.value(name, ";}")
            if value is not None:
                members[name] = value
            while self.place < len(self.text) and self.text[self.place] in "; ":
                self.place += 1
        self._close()
        return members

    def _list(self, name: str) -> list[Any]:
        self.place += 1
        items = []
        while self.place < len(self.text) and self.text[self.place] != "}":
            if self.text.startswith(("...", "\u2026"), self.place):
                self.whole = False
                self.place += 3 if self.text[self.place] == "." else 1
                continue
            value = self.value(name, ",}")
            if isinstance(value, str) and value.endswith(("...", "\u2026")):
                self.whole = False
                value = value.removesuffix("...").removesuffix("\u2026").strip() or None
            if value is not None:
                items.append(value)
            while self.place < len(self.text) and self.text[self.place] in ", ":
                self.place += 1
        self._close()
        return items

    def _close(self) -> None:
        if self.place >= len(self.text):
            self.whole = False
        self.place += 1

    def _cut(self) -> None:
        self.whole = False
        self.place = len(self.text)


def _scalar(name: str, said: str) -> Any:
    if said == "":
        return None
    if said in ("True", "False"):
        return said == "True"
    if said.isascii() and said.isdigit() and (name in _NUMBERS or name.endswith(_NUMBER_ENDS)):
        return int(said)
    return said
