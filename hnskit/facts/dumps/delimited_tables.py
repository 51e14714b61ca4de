"""Tables with a sign between their cells: `Export-Csv`, a spreadsheet's paste, Markdown tables of issues."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from hnskit.facts.dumps.format_list import read_value
from hnskit.facts.dumps.object_kinds import foreign_kind, kind_of

_SIGNS = (",", ";", "\t")
_NAMES = re.compile(r'^\s*"?[A-Za-z][\w().$ -]*"?\s*(?:[,;\t]\s*"?[A-Za-z][\w().$ -]*"?\s*)+$')
_MARKDOWN_RULE = re.compile(r"^\s*\|?\s*:?-+:?\s*(?:\|\s*:?-+:?\s*)+\|?\s*$")
_BAR = re.compile(r"(?<!\\)\|")
_CODE = re.compile(r"^(`+|\*\*)(.+)\1$")
_MOST_LINES = 200  # of one cell: a quote that never ends takes no more


@dataclass(slots=True)
class DelimitedTable:
    """Rows of one table, as objects with the table's names."""

    names: tuple[str, ...]
    form: str
    """`CSV` or `Markdown table`"""
    rows: list[dict[str, Any]] = field(default_factory=list)
    lines: list[int] = field(default_factory=list)
    """The line at which each row begins."""
    lost: list[tuple[str, ...]] = field(default_factory=list)
    """Of each row the members that were not printed whole (`System.Object[]`)."""
    cut: bool = False
    """True if its last row has fewer cells than its head: the paste ends there."""
    end: int = 0
    """The line behind it."""


def may_start(line: str) -> bool:
    """Tell whether a line may be the head of a table, before more is looked at."""
    return line.count("|") > 1 or any(sign in line for sign in _SIGNS)


def read_delimited_table(lines: Sequence[str], head: int) -> DelimitedTable | None:
    """The table whose head stands at a line; None where there is none, or none of a host's objects."""
    if "|" in lines[head]:
        table = _read_markdown(lines, head)
    else:
        table = _read_csv(lines, head) if _NAMES.match(lines[head]) else None
    if table is None or not any(kind_of(row) or foreign_kind(row) for row in table.rows):
        return None
    return table


def _read_csv(lines: Sequence[str], head: int) -> DelimitedTable | None:
    sign = max(_SIGNS, key=lines[head].count)
    names = _cells(lines[head], sign)
    if len(set(names)) < len(names) or not all(names):
        return None
    table = DelimitedTable(tuple(names), "CSV")
    number = head + 1
    while number < len(lines) and lines[number].strip():
        text, behind = _record(lines, number)
        cells = _cells(text, sign)
        if len(cells) != len(names):
            table.cut = len(cells) < len(names)
            break
        _add(table, number, cells)
        number = behind
    table.end = number
    return table


def _record(lines: Sequence[str], number: int) -> tuple[str, int]:
    """The text of a row, whose quoted cells may have line breaks in them, and the line behind it."""
    text, behind = lines[number], number + 1
    while text.count('"') % 2 and behind < min(len(lines), number + _MOST_LINES):
        text = f"{text}\n{lines[behind]}"
        behind += 1
    return text, behind


def _cells(text: str, sign: str) -> list[str]:
    try:
        return [cell.strip() for cell in next(csv.reader([text], delimiter=sign, skipinitialspace=True), [])]
    except csv.Error:  # a cell of more than the module takes
        return []


def _read_markdown(lines: Sequence[str], head: int) -> DelimitedTable | None:
    if head + 1 >= len(lines) or not _MARKDOWN_RULE.match(lines[head + 1]):
        return None
    names = [_plain(cell) for cell in _barred(lines[head])]
    if len(set(names)) < len(names) or not all(names):
        return None
    table = DelimitedTable(tuple(names), "Markdown table")
    number = head + 2
    while number < len(lines) and "|" in lines[number]:
        cells = [_plain(cell) for cell in _barred(lines[number])]
        if len(cells) != len(names):
            table.cut = len(cells) < len(names)
            break
        _add(table, number, cells)
        number += 1
    table.end = number
    return table


def _barred(line: str) -> list[str]:
    text = line.strip()
    return _BAR.split(text.removeprefix("|").removesuffix("|"))


def _plain(cell: str) -> str:
    """A cell without Markdown's marks of code and weight."""
    text = cell.strip().replace("\\|", "|")
    marked = _CODE.match(text)
    return marked[2].strip() if marked else text


def _add(table: DelimitedTable, line: int, cells: Sequence[str]) -> None:
    read = {name: read_value(name, cell) for name, cell in zip(table.names, cells, strict=True)}
    table.rows.append(_members(read))
    table.lines.append(line)
    table.lost.append(tuple(name for name, (_, whole) in read.items() if not whole))


def _members(read: Mapping[str, tuple[Any, bool]]) -> dict[str, Any]:
    return {name: value for name, (value, _) in read.items() if value is not None}


def rows_of(table: DelimitedTable) -> Iterator[tuple[int, dict[str, Any], tuple[str, ...]]]:
    """Each row: its line, its members, those that are not whole."""
    return zip(table.lines, table.rows, table.lost, strict=True)
