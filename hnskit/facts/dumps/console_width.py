"""Width of text in a console, and the joining of lines that PowerShell has wrapped at its edge.

PowerShell wraps a list's values at the last column but one. With an interface language of English, French, German,
Italian, Portuguese or Spanish it wraps between words, and drops the blank; a word that is longer than a line it cuts.
With any other language it cuts wherever the line is full (GenerateLines of PowerShell's StringManipulationHelper).
East Asian letters take two columns: what counts is columns, not characters.
"""

from __future__ import annotations

import itertools
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

_USUAL = frozenset({79, 80, 99, 100, 109, 110, 119, 120, 127, 131, 132, 139, 140, 149, 159, 160, 179, 199, 200, 239})
_SHORT = 2  # columns that a full line may lack: a wide letter that did not fit, a blank that an editor took away


def columns(text: str) -> int:
    """The columns that a text takes in a console."""
    if text.isascii():
        return len(text)
    return sum(_columns_of(letter) for letter in text)


@lru_cache(maxsize=4096)
def _columns_of(letter: str) -> int:
    return 2 if ord(letter) > 0xFFFF or unicodedata.east_asian_width(letter) in "WF" else 1


@dataclass(frozen=True, slots=True)
class Wrapping:
    """Wrapping of the lists of one text by a console."""

    edge: int = 0
    """The last column that is used; 0 where nothing is wrapped."""
    between_words: bool = True
    """True if it wraps at blanks; else anywhere."""
    measure: Callable[[str], int] = len
    """Unit of its width: columns, or characters where its font has narrow letters only."""

    def joined(self, lines: Sequence[str], indent: int) -> tuple[str, bool]:
        """The value of a member, and whether its lines fit together.

        Args:
            lines: the first with the member's name, the others as they were printed.
            indent: column at which the value begins, in all of them.
        """
        text, whole = lines[0][indent:].rstrip(), True
        for before, line in itertools.pairwise(lines):
            part = line[indent:].rstrip() if not line[:indent].strip() else line.strip()
            left = self.edge - self.measure(before.rstrip())
            glue = self._glue(text, part, left, self.edge - indent)
            room = self.measure(part.split(" ", 1)[0]) if self.between_words else _SHORT
            if left > room and (glue == " " or not self.between_words):
                whole = False  # what follows would have had room on this line: one is missing between the two
            text += glue + part
        return text, whole

    def _glue(self, text: str, part: str, left: int, room: int) -> str:
        if not self.between_words:
            return " " if left == 1 and not part.startswith(" ") and _ended(text) else ""
        if left >= _SHORT or text.endswith((";", ",")):
            return " "
        word = text.rsplit(" ", 1)[-1] + part.split(" ", 1)[0]
        return "" if self.measure(word) > room else " "


def _ended(text: str) -> bool:
    return text.endswith((";", ","))


def _full(widths: Sequence[int]) -> int:
    """Count the lines that are full."""
    edge = max(widths)
    return sum(width >= edge - 1 for width in widths)


def wrapping_of(wrapped: Iterable[tuple[str, str]]) -> Wrapping:
    """Return the wrapping of lines that go on below.

    Args:
        wrapped: each line of a list's value but its last, and the one below it.
    """
    pairs = [(before.rstrip(), below.split(None, 1)[0] if below.strip() else "") for before, below in wrapped]
    lines = [before for before, _ in pairs]
    if not lines:
        return Wrapping()
    # The measure by which more lines are full is the one that the console has used.
    measured = [(measure, [measure(line) for line in lines]) for measure in (columns, len)]
    measure, widths = measured[0] if all(map(str.isascii, lines)) else max(measured, key=lambda item: _full(item[1]))
    edge = max(widths)
    if len(widths) == 1:
        return Wrapping(edge, edge not in _USUAL, measure)
    # A short line whose next word had room on it was not wrapped: one between the two is missing.
    words = (measure(word) for _, word in pairs)
    return Wrapping(edge, any(edge - word <= width < edge - _SHORT for width, word in zip(widths, words, strict=True)),
                    measure)  # fmt: skip
