"""Go's `%v` and `%+v` of hcsshim's structs, as logs have them: `&{Id:… Name:Calico Policies:[[123 34 …]] …}`.

A list of numbers between 0 and 255 is JSON that Go printed byte by byte. A struct without an id is a request. A blank
in a value is told from the next member by the member's colon; what cannot be told is left as text.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Any

_STRUCT = re.compile(r"&?\{(?:Id|ID|Name):")
_KEY = re.compile(r"[A-Z][A-Za-z0-9]*:")
_NEXT = re.compile(r" (?=[A-Z][A-Za-z0-9]*:)|[\]}]")
_OPENS = re.compile(r"&?\{\s*$")
_MEMBER = re.compile(r"\s+[A-Z][A-Za-z0-9]*:")
_MOST_LINES = 60
_BYTES = re.compile(r"\[((?:\d{1,3} )*\d{1,3})\]")
_ITEM_END = re.compile(r"[ \]]")
_NUMBERS = frozenset({"PrefixLength", "Metric", "Flags", "Major", "Minor", "DNSServerCompartment", "State", "Priority"})
_DEEPEST = 32


def find_struct(line: str, start: int = 0) -> re.Match[str] | None:
    """The first struct of a line that may be an object of HNS."""
    return _STRUCT.search(line, start)


def joined_struct(lines: Sequence[str], number: int) -> tuple[str, int] | None:
    """A struct that a log prints with a member a line, as one line, and the line behind it; None where none begins."""
    if not _OPENS.search(lines[number]):
        return None
    end = number + 1
    while end < min(len(lines), number + _MOST_LINES) and _MEMBER.match(lines[end]):
        end += 1
        if lines[end - 1].rstrip().endswith("}"):
            break
    if end == number + 1:
        return None
    members = " ".join(line.strip() for line in lines[number + 1 : end])
    return lines[number].rstrip() + members, end


def read_struct(line: str, start: int) -> tuple[dict[str, Any] | None, int, bool]:
    """The struct at an offset, the offset behind it, and whether it ends there; None where it is none."""
    reader = _GoReader(line, line.index("{", start))
    try:
        value = reader.value("", 0)
    except (IndexError, ValueError, RecursionError):
        return None, start + 1, False
    is_request = isinstance(value, dict) and value.get("Id", value.get("ID")) == ""  # HNS gives each object its id
    return (_hns_form(value) if isinstance(value, dict) and not is_request else None), reader.place, reader.whole


class _GoReader:
    def __init__(self, text: str, place: int) -> None:
        self.text, self.place, self.whole = text, place, True

    def value(self, name: str, depth: int) -> Any:
        if depth > _DEEPEST:
            raise ValueError("nested too deeply")
        text = self.text
        if text.startswith("&", self.place) and text[self.place + 1 : self.place + 2] == "{":
            self.place += 1
        if text.startswith("map[", self.place):
            self.place += 3
            return self._skip_list()
        if text.startswith("{", self.place):
            return self._struct(depth)
        if text.startswith("[", self.place):
            return self._list(name, depth)
        stop = _NEXT.search(text, self.place)
        end = stop.start() if stop else len(text)
        self.whole = self.whole and stop is not None
        said, self.place = text[self.place : end], end
        if said in ("true", "false"):
            return said == "true"
        return int(said) if name in _NUMBERS and said.isascii() and said.isdigit() else said

    def _struct(self, depth: int) -> dict[str, Any]:
        self.place += 1
        members: dict[str, Any] = {}
        while self.place < len(self.text) and self.text[self.place] != "}":
            key = _KEY.match(self.text, self.place)
            if key is None:
                if self.text[self.place] != " ":
                    raise ValueError("no member")
                self.place += 1
                continue
            self.place = key.end()
            members[key[0][:-1]] = self.value(key[0][:-1], depth + 1)
        self._close()
        return members

    def _list(self, name: str, depth: int) -> Any:
        numbers = _BYTES.match(self.text, self.place)
        if numbers is not None and (told := _from_bytes(numbers[1])) is not None:
            self.place = numbers.end()
            return told
        self.place += 1
        items: list[Any] = []
        while self.place < len(self.text) and self.text[self.place] != "]":
            if self.text[self.place] == " ":
                self.place += 1
            elif self.text[self.place] in "{[&":
                items.append(self.value(name, depth + 1))
            else:
                stop = _ITEM_END.search(self.text, self.place)
                end = stop.start() if stop else len(self.text)
                items.append(self.text[self.place : end])
                self.place = end
        self._close()
        return items

    def _skip_list(self) -> dict[str, Any]:
        end = self.text.find("]", self.place)
        self.place = end + 1 if end >= 0 else len(self.text)
        return {}

    def _close(self) -> None:
        if self.place >= len(self.text):
            self.whole = False
        self.place += 1


def _from_bytes(numbers: str) -> Any:
    try:
        return json.loads(bytes(int(part) for part in numbers.split()))
    except ValueError:
        return None


def _hns_form(value: dict[str, Any]) -> dict[str, Any]:
    """hcsshim's names as HNS prints them; what Go prints of nothing is left out."""
    made = {"ID" if key == "Id" else key: item for key, item in value.items() if item not in ("", "<nil>")}
    for policies in (made.get("Policies"), *(item.get("Policies") for item in _objects(made.get("Subnets")))):
        for policy in _objects(policies):
            if "Settings" in policy and not isinstance(policy["Settings"], dict):
                policy["Settings"] = {}
    return made


def _objects(value: Any) -> list[dict[str, Any]]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []
