"""Tables of a console: PowerShell's Format-Table, and docker's lists; each row as an object with the table's names."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from hnskit.facts.dumps.console_width import columns
from hnskit.facts.dumps.listing_commands import is_prompt

_RULE = re.compile(r"^\s*-+(?:\s+-+)*\s*$")
_DASHES = re.compile(r"-+")
_DOCKER_HEAD = re.compile(r"^\s*(?:CONTAINER ID\s{2,}IMAGE|NETWORK ID\s{2,}NAME|REPOSITORY\s{2,}TAG)\s{2,}")
_END = re.compile(r"\s*(?:`{3,}|~{3,}|</?(?:pre|code|details|summary)\b|\*\*\s*$)", re.IGNORECASE)
_GAP = re.compile(r"\s{2,}")
_WHOLE_VALUE = re.compile(
    r"[0-9A-Fa-f]{8}-(?:[0-9A-Fa-f]{4}-){3}[0-9A-Fa-f]{12}|\d{1,3}(?:\.\d{1,3}){3}(?:/\d+)?|(?:[0-9A-Fa-f]{2}[-:]){5}[0-9A-Fa-f]{2}"
    r"|True|False|Up|Disconnected"
)
"""A value that no row above goes on with: an id, an address, a word of a kind of its own."""
_PART_OF_ID = re.compile(r"[0-9A-Fa-f-]{9,36}|[0-9A-Fa-f]{32,64}")
_WHOLE = frozenset(
    {
        "ifIndex", "InterfaceIndex", "RouteMetric", "ifMetric", "InterfaceMetric", "NlMtu(Bytes)", "PrefixLength",
        "State", "CompartmentId",
    }
)  # fmt: skip


@dataclass(slots=True)
class ConsoleTable:
    """Rows of one table."""

    names: list[str]
    rows: list[dict[str, Any]] = field(default_factory=list)
    cut: list[str] = field(default_factory=list)
    """Columns with a value that was cut off (`...`)."""
    end: int = 0
    """The line behind it."""


def is_rule(line: str) -> bool:
    """Tell whether a line is the one of dashes below a table's head."""
    return line.lstrip()[:1] == "-" and bool(_RULE.match(line))


def _is_end(line: str) -> bool:
    """Tell whether a line is what follows a table that no empty line ends: a prompt, a fence, a tag of a page."""
    return bool(_END.match(line)) or is_prompt(line)


def is_docker_head(line: str) -> bool:
    """Tell whether a line is the head of `docker ps`, `docker network ls` or `docker images`."""
    return bool(_DOCKER_HEAD.match(line))


def read_console_table(lines: list[str], rule: int) -> ConsoleTable | None:
    """The table whose rule of dashes is at a line; None where its head does not stand above it."""
    head = lines[rule - 1] if rule else ""
    starts = [found.start() for found in _DASHES.finditer(lines[rule])]
    names = [cell.strip() for cell in _cells(head, starts)]
    if not all(names):
        return None
    table = ConsoleTable(names)
    number = rule + 1
    while number < len(lines) and lines[number].strip() and not _is_end(lines[number]):
        cells = _collapsed(lines[number], starts) or _cells(lines[number], starts)
        if table.rows and _goes_on([cell.strip() for cell in cells]):
            _add_to_row(table, cells)
            number += 1
            continue
        row: dict[str, Any] = {}
        for name, cell in zip(names, cells, strict=True):
            value = cell.strip()
            if value.endswith(("...", "\u2026")) or value.startswith(("...", "\u2026")):
                table.cut.append(name)
                continue
            row[name] = int(value) if name in _WHOLE and value.isascii() and value.isdigit() else value
        table.rows.append(row)
        number += 1
    table.end = number
    return table


def read_docker_table(lines: list[str], head: int) -> ConsoleTable:
    """A list of docker; its columns begin where their heads do."""
    starts = [0] + [found.end() for found in _GAP.finditer(lines[head].rstrip())]
    names = [cell.strip() for cell in _cells(lines[head], starts)]
    table = ConsoleTable(names)
    number = head + 1
    while number < len(lines) and lines[number].strip() and not _is_end(lines[number]):
        cells = _cells(lines[number], starts)
        if not re.match(r"[0-9a-f]{12}|\S", cells[0].strip()) or _GAP.search(cells[0].strip()):
            break
        table.rows.append({name: cell.strip() for name, cell in zip(names, cells, strict=True)})
        number += 1
    table.end = number
    return table


def _cells(line: str, starts: list[int]) -> list[str]:
    """A line cut at columns; a value that begins before its own column, for it is set right, is left whole."""
    places = starts if line.isascii() else [_character_at(line, start) for start in starts]
    cuts = [0]
    for start in places[1:]:
        place = min(start, len(line))
        while place > cuts[-1] and place < len(line) and not line[place - 1].isspace() and not line[place].isspace():
            place -= 1
        cuts.append(max(place, cuts[-1]))
    return [line[begin:end] for begin, end in zip(cuts, [*cuts[1:], len(line)], strict=True)]


def _goes_on(cells: list[str]) -> bool:
    """Tell whether a line goes on with the row above, as `Format-Table -Wrap` prints it: parts of values alone."""
    parts = [cell for cell in cells if cell]
    return bool(parts) and not cells[0] and len(parts) < len(cells) and not any(map(_WHOLE_VALUE.fullmatch, parts))


def _add_to_row(table: ConsoleTable, cells: list[str]) -> None:
    """Join the parts of a wrapped row; between words PowerShell has dropped the blank."""
    row = table.rows[-1]
    for name, cell in zip(table.names, cells, strict=True):
        part, before = cell.strip(), row.get(name)
        if part and isinstance(before, str):
            is_id = bool(_PART_OF_ID.fullmatch(before + part))
            row[name] = before + ("" if is_id or not before else " ") + part


def _collapsed(line: str, starts: list[int]) -> list[str]:
    """The cells of a line of which a page has made one blank of many; none of any other line."""
    words = line.split()
    if len(words) != len(starts) or "  " in line.strip():
        return []
    return words if any(line[start - 1 : start].strip() for start in starts[1:]) else []


def _character_at(line: str, column: int) -> int:
    """The character that stands at a column."""
    taken = 0
    for number, letter in enumerate(line):
        if taken >= column:
            return number
        taken += columns(letter)
    return len(line)
