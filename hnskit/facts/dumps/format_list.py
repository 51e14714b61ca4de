"""Read objects that PowerShell prints as a list: `Name : value` lines, wrapped, with `@{…}` and `{…}` values.

It loses members: nested lists show as `System.Object[]`, and of a list no more than four items are shown. What is
lost is left out here, and said.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, TypeVar

from hnskit.facts.dumps.console_width import Wrapping, wrapping_of
from hnskit.model.hns_json import PROXY_KEYS

T = TypeVar("T")

_NAME = re.compile(r"[A-Za-z$][\w().$-]*(?: [A-Za-z(][\w().-]*){0,3}")
_LINE = re.compile(r"^(\s*)([A-Za-z$][\w().$-]*(?: [A-Za-z(][\w().-]*){0,3}?)( *) :(?: (.*))?$")
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
_FLAT = re.compile(r"@\{[^{}]*\}")
_ENDS = {ends: re.compile(f"[{ends}]") for ends in (";}", ",}")}
_RAGGED_LINE = re.compile(r"^\s*([A-Z]\w*) : ?(.*)$")
_RAGGED = 40  # columns of a name
_FENCE = re.compile(r"\s*(?:`{3,}|~{3,}|</?(?:pre|code|details)\b|PS\b[^>]*>)", re.IGNORECASE)
_MOST_WRAPPED = 40  # lines
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
    """Members of which PowerShell did not print everything, or whose lines are not all there."""
    printed: list[str] = field(default_factory=list)
    """All members that were printed, empty ones among them."""


@dataclass(slots=True)
class RawBlock:
    """The lines of one object, by member."""

    line: int
    end: int
    indent: int
    rows: list[tuple[str, list[str]]] = field(default_factory=list)
    loose: set[str] = field(default_factory=set)
    """Members whose lines were not wrapped by the console: something may be missing where they join."""


_LOOSE = Wrapping()


def finished(raws: Sequence[tuple[RawBlock, T]]) -> Iterator[tuple[Block, T]]:
    """Objects of their lines, each with what came with it; all of one text together, which one console has wrapped."""
    wrapping = wrapping_of(
        pair
        for raw, _ in raws
        for name, parts in raw.rows
        if name not in raw.loose
        for pair in itertools.pairwise(parts)
    )
    for raw, beside in raws:
        yield _block(raw, wrapping), beside


def starts_block(line: str) -> re.Match[str] | None:
    """Tell whether a line may be a member of a list."""
    return _LINE.match(line) if " :" in line else None


def raw_block(lines: list[str], start: int, first: re.Match[str]) -> RawBlock:
    """The lines of the members whose colons stand below each other, from a first one.

    A member that comes again begins the next object: the empty line between them was lost. Where a page has made one
    blank of many, no two colons stand below each other; then each line with a member is one.
    """
    indent, colon = len(first[1]), first.end(3) + 1
    raw = RawBlock(start, start, colon + 2)
    seen: set[str] = set()
    number, end = start, len(lines)
    blank = " " * (colon + 1)
    while number < end:
        line = lines[number]
        if line[colon : colon + 1] == ":" and line[colon - 1 : colon] == " " and line[:colon].strip():
            name = line[indent:colon].rstrip()
            if name in seen or line[:indent].strip() or not _is_name(name):
                break
            seen.add(name)
            raw.rows.append((name, [line]))
        elif raw.rows and line.startswith(blank) and line.strip():
            raw.rows[-1][1].append(line)
        elif raw.rows and (behind := _wrapped_till(lines, number, raw.rows[-1][1], (indent, colon), seen)):
            raw.rows[-1][1].extend(" " * raw.indent + part.strip() for part in lines[number:behind])
            raw.loose.add(raw.rows[-1][0])
            number = behind
            continue
        else:
            break
        number += 1
    if len(seen) == 1 and (ragged := _ragged_block(lines, start)) is not None:
        return ragged
    raw.end = max(number, start + 1)
    if number == end and raw.rows and lines[end - 1].strip():
        raw.rows.pop()  # the text ends within its line, which may have been cut there
    return raw


def _wrapped_till(lines: list[str], start: int, parts: list[str], at: tuple[int, int], seen: set[str]) -> int:
    """The line behind those that go on with a value although they are not set in; 0 where none does.

    A chat wraps lines of its own, and a page takes away the blanks before them. The next member stands below, or the
    value's bracket is still open.
    """
    indent, colon = at
    for number in range(start, min(start + _MOST_WRAPPED, len(lines))):
        line = lines[number]
        if not line.strip() or _FENCE.match(line):
            break
        said = _LINE.match(line)
        if said is None:
            continue
        if number > start and line[colon : colon + 1] == ":" and line[indent:colon].rstrip() not in seen:
            return number
        break
    else:
        return 0
    said_so_far = "".join(parts)
    for number in range(start, min(start + _MOST_WRAPPED, len(lines))):
        line = lines[number]
        if said_so_far.count("{") <= said_so_far.count("}"):
            return number if number > start else 0
        if not line.strip() or _LINE.match(line) or _FENCE.match(line):
            break
        said_so_far += line
    return 0


def _ragged_block(lines: list[str], start: int) -> RawBlock | None:
    """The members from a line on, a line each, whose colons stand anywhere; None of less than three."""
    raw = RawBlock(start, start, _RAGGED + 3)
    seen: set[str] = set()
    number = start
    while number < len(lines) and (line := lines[number]).strip():
        found = _RAGGED_LINE.match(line)
        if found is not None:
            if found[1] in seen:
                break
            seen.add(found[1])
            raw.rows.append((found[1], [f"{found[1]:<{_RAGGED}} : {found[2]}"]))
        elif raw.rows and (part := "".join(raw.rows[-1][1])).count("{") > part.count("}"):
            raw.rows[-1][1].append(" " * raw.indent + line.strip())
            raw.loose.add(raw.rows[-1][0])
        else:
            break
        number += 1
    raw.end = number
    return raw if len(raw.rows) > _FEWEST else None


@lru_cache(maxsize=4096)
def _is_name(name: str) -> bool:
    return bool(_NAME.fullmatch(name))


def _block(raw: RawBlock, wrapping: Wrapping) -> Block:
    block = Block({}, raw.line, raw.end)
    for name, parts in raw.rows:
        fits = True
        if len(parts) == 1:
            text = parts[0][raw.indent :].strip()
        else:
            text, fits = _LOOSE.joined(parts, raw.indent) if name in raw.loose else wrapping.joined(parts, raw.indent)
            fits = fits and name not in raw.loose
            if not fits and not text.startswith(("{", "@{")):
                text = parts[0][raw.indent :].strip()  # what follows belongs to a member whose own line is missing
        value, whole = read_value(name, text)
        block.printed.append(name)
        if value is not None:
            block.members[name] = value
        if len(parts) > 1 and not wrapping.between_words and not _are_policies(name, value):
            whole = False  # a line in the middle is full whether the one before it is there or not
        if not (whole and fits):
            block.lost.append(name)
    return block


def _are_policies(name: str, value: Any) -> bool:
    """Tell whether a list of policies may be as HNS has it: each has a Type, and no proxy policy a foreign key."""
    if name != "Policies" or not isinstance(value, list):
        return True
    known = {"Type", *PROXY_KEYS}
    typed = all(isinstance(item, dict) and "Type" in item for item in value)
    return typed and all(item["Type"] != "PROXY" or item.keys() <= known for item in value)


def read_value(name: str, text: str) -> tuple[Any, bool]:
    """A printed value, and whether all of it was printed; None where nothing was."""
    if text[:1] not in ("{", "@", "S"):
        return _scalar(name, text), True
    if text.startswith("@{") and text.endswith("}") and "{" not in text[2:] and text.find("}") == len(text) - 1:
        return _flat_object(text)
    if text.startswith("{@{") and text == "{" + ", ".join(items := _FLAT.findall(text)) + "}":
        read = [_flat_object(item) for item in items]
        return [value for value, _ in read], all(whole for _, whole in read)
    reader = _Reader(text)
    value = reader.value(name, "")
    if reader.place < len(text):
        return _scalar(name, text), not text.startswith(("{@", "@{"))
    return value, reader.whole


def _flat_object(text: str) -> tuple[Any, bool]:
    """`@{Name=value; …}` with no object or list inside."""
    members: dict[str, Any] = {}
    whole = True
    for part in text[2:-1].split("; "):
        name, _, said = part.partition("=")
        if said.startswith("System.") and _LOST.match(said.strip()):
            whole = False
        elif (value := _scalar(name, said.strip())) is not None:
            members[name.strip(" ;")] = value
    return members, whole


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
        if ends:
            stop = _ENDS[ends].search(self.text, start)
            self.place = stop.start() if stop else len(self.text)
        else:
            self.place = len(self.text)
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
