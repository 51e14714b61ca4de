"""Read vfpctrl's ports, layers, groups and rules. They are counted, and left aside.

That a rule is not there which an endpoint's policies list is seen only here (HNS fact 48).
"""

from __future__ import annotations

import re

_HEAD = re.compile(
    r"^\s*(?:PORT|LAYER|GROUP|RULE|SPACE|MAPPING|UNIFIED FLOW|FLOW|Port name|ITEM LIST)\s*:?\s*\S?", re.IGNORECASE
)
_STARTS = re.compile(r"^\s*(?:ITEM LIST|LAYER\s*:|GROUP\s*:|RULE\s*:|Port name\s*:)", re.IGNORECASE)
_RULE = re.compile(r"^\s*RULE\s*:", re.IGNORECASE)
_INSIDE = re.compile(r"^\s+\S")
_EMPTY = 2


def starts_vfp(line: str) -> bool:
    """Tell whether a line begins a list of vfpctrl."""
    return bool(_STARTS.match(line))


def read_vfp(lines: list[str], start: int) -> tuple[int, int]:
    """Rules from a line on, and the line behind the list."""
    number, end, rules, empty = start, start, 0, 0
    while number < len(lines) and empty <= _EMPTY:
        line = lines[number]
        number += 1
        if not line.strip():
            empty += 1
            continue
        if not (_HEAD.match(line) or _INSIDE.match(line) or set(line.strip()) <= {"="}):
            break
        rules += bool(_RULE.match(line))
        empty, end = 0, number
    return rules, max(end, start + 1)
