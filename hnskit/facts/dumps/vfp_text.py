"""Read vfpctrl's ports, layers, groups and rules, as `/list-rule` and `/get-rule-counter` print them.

That a rule is not there which an endpoint's policies list is seen only here (HNS fact 48).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from hnskit.model.vfp_rule import VfpRule

_HEAD = re.compile(
    r"^\s*(?:PORT|LAYER|GROUP|RULE|SPACE|MAPPING|UNIFIED FLOW|FLOW|Port name|ITEM LIST|Policy for port)\s*:?\s*\S?",
    re.IGNORECASE,
)
_STARTS = re.compile(r"^\s*(?:ITEM LIST|LAYER\s*:|GROUP\s*:|RULE\s*:|Port name\s*:|Policy for port\s*:)", re.IGNORECASE)
_NAMED = re.compile(r"^(?P<blanks>\s*)(?P<what>LAYER|GROUP|RULE|Port name|Policy for port)\s*:\s*(?P<name>.*)$", re.I)
_MEMBER = re.compile(r"^\s+(?P<name>[A-Za-z][\w /-]*?)\s*:\s?(?P<value>.*)$")
_GUID = re.compile(r"^\{?[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\}?$", re.IGNORECASE)
_ASKED = re.compile(r"/(?P<what>port|layer|group)\s+[\"']?(?P<name>[^\s\"']+)", re.IGNORECASE)
_INSIDE = re.compile(r"^\s+\S")
_EMPTY = 2


@dataclass(slots=True)
class _Reading:
    """State of a list's reader: the port, layer and group of the next rule, and the rules so far."""

    at: dict[str, str]
    rules: list[dict[str, Any]] = field(default_factory=list)
    indent: int = -1
    """Of the rule that is read; -1 outside of one."""
    conditions: int = -1
    """Indent of `Conditions:`, while its lines are read."""

    def line(self, line: str) -> None:
        """Take one line that is not empty."""
        text, indent = line.strip(), len(line) - len(line.lstrip())
        if named := _NAMED.match(line):
            self._begin(named["what"].lower(), named["name"].strip(), indent)
        elif _GUID.match(text) and self.indent < 0:
            self.at = {"port": text}
        elif self.indent >= 0 and indent > self.indent:
            self._of_rule(text, indent, _MEMBER.match(line))
        elif (member := _MEMBER.match(line)) and member["name"].lower() == "direction":
            self.at["direction"] = member["value"].strip()

    def _begin(self, what: str, name: str, indent: int) -> None:
        self.indent = self.conditions = -1
        if what in ("port name", "policy for port"):
            self.at = {"port": name}
        elif what == "layer":
            self.at = {"port": self.at.get("port", ""), "layer": name}
        elif what == "group":
            self.at = {key: self.at.get(key, "") for key in ("port", "layer")} | {"group": name}
        else:
            self.indent = indent
            self.rules.append({**self.at, "name": name, "conditions": [], "details": []})

    def _of_rule(self, text: str, indent: int, member: re.Match[str] | None) -> None:
        rule = self.rules[-1]
        name = member["name"].strip().lower() if member else ""
        if self.conditions >= 0 and indent > self.conditions:
            rule["conditions"] += [] if text == "<none>" else [text]
            return
        self.conditions = -1
        if name == "conditions":
            self.conditions = indent
        elif name in ("friendly name", "type", "priority") and member:
            rule["name" if name == "friendly name" else name] = member["value"].strip()
        else:
            rule["details"].append(text)


def starts_vfp(line: str) -> bool:
    """Tell whether a line begins a list of vfpctrl."""
    return bool(_STARTS.match(line))


def read_vfp(lines: list[str], start: int, command: str = "") -> tuple[list[dict[str, Any]], int]:
    """Rules from a line on, and the line behind the list.

    Args:
        lines: of the text.
        start: number of the first one.
        command: before the list, which names the port where the list does not: `vfpctrl /port … /list-rule`.
    """
    asked = {found["what"].lower(): found["name"] for found in _ASKED.finditer(command)}
    reading = _Reading(asked)
    number, end, empty = start, start, 0
    while number < len(lines) and empty <= _EMPTY:
        line = lines[number]
        number += 1
        if not line.strip():
            empty += 1
            continue
        ruled = set(line.strip()) <= {"="}
        if not (_HEAD.match(line) or _INSIDE.match(line) or ruled or _GUID.match(line.strip())):
            break
        if not ruled:
            reading.line(line)
        empty, end = 0, number
    return reading.rules, max(end, start + 1)


def read_rule(row: Mapping[str, Any]) -> VfpRule:
    """One rule of such a list."""
    priority = row.get("priority", "")
    return VfpRule(
        name=row["name"],
        port=row.get("port", "").strip("{}").lower(),
        layer=row.get("layer", ""),
        group=row.get("group", ""),
        direction=row.get("direction", "").upper(),
        type=row.get("type", ""),
        priority=int(priority) if priority.isascii() and priority.isdigit() else None,
        conditions=tuple(row["conditions"]),
        details=tuple(row["details"]),
    )
