"""Results of a reader of dumps: values with their place, places that break, deletions, refusals."""

from __future__ import annotations

import bisect
from dataclasses import dataclass
from typing import Any

from hnskit.facts.dumps.listing_commands import ListingCommand
from hnskit.facts.dumps.object_kinds import Kind

NO_COMMAND = ListingCommand("")
END_LINES = 2
"""Empty lines behind a list that PowerShell has finished."""


@dataclass(frozen=True, slots=True)
class Piece:
    """One value, and where it begins."""

    value: Any
    place: str
    """`line 12, offset 345`"""
    hint: str = ""
    """Words near it that say what it is: a log's message, the line that it stands in."""
    command: ListingCommand = NO_COMMAND
    """Command that was run before it."""
    lost: tuple[str, ...] = ()
    """Members that were not printed whole."""
    form: str = "JSON"
    """Form in which it was printed."""
    kind: Kind | None = None
    """Kind that its reader knows; None where its members tell."""
    printed: tuple[str, ...] | None = None
    """Members that were printed, empty ones among them; None: those that it has."""
    broken: bool = False
    """True if its text breaks off somewhere: members of it may be cut."""
    part_of_list: bool | None = None
    """True if it stands in a list that lists all; None where the value itself tells."""


@dataclass(frozen=True, slots=True)
class Break:
    """A place that could not be read."""

    place: str
    said: str
    hint: str = ""
    command: ListingCommand = NO_COMMAND


@dataclass(frozen=True, slots=True)
class Deleted:
    """A log's line that says that an object was deleted."""

    path: str
    place: str


@dataclass(frozen=True, slots=True)
class RefusedAnswer:
    """A line in which HNS says no."""

    code: int
    said: str
    call: str
    place: str


@dataclass(frozen=True, slots=True)
class Foreign:
    """Something that is of no use here, and known for what it is."""

    what: str
    count: int = 1


class PrintedLines:
    """A text and its lines."""

    def __init__(self, text: str, first: int = 0, offset: int = 0) -> None:
        self.text = text
        self._first, self._offset = first, offset
        """Where the text stands in a longer one: the number of its first line, and its offset."""
        self.lines: list[str] = []
        self._starts = [0]
        for line in text.split("\n"):
            self.lines.append(line.removesuffix("\r"))
            self._starts.append(self._starts[-1] + len(line) + 1)

    def line_of(self, offset: int) -> int:
        """The line of an offset, from 0."""
        return bisect.bisect_right(self._starts, offset) - 1

    def start_of(self, line: int) -> int:
        """The offset at which a line begins."""
        return self._starts[line]

    def place(self, offset: int) -> str:
        """An offset in words; both count from the text's first line and character."""
        line = min(self.line_of(offset), len(self.lines) - 1) + 1 + self._first
        return f"line {line}, offset {offset + self._offset}"

    def place_of(self, line: int) -> str:
        """A line in words."""
        return f"line {line + 1 + self._first}, offset {self._starts[line] + self._offset}"
