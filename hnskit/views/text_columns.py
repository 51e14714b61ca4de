"""A table in lines of text that are no longer than a width: for a terminal, whose wrapped lines nobody can redraw."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from hnskit.facts.dumps.console_width import columns as columns_of_text
from hnskit.foreign_text.escaping import for_terminal
from hnskit.foreign_text.masking import mask_text

_GAP = "  "


@dataclass(frozen=True, slots=True)
class Column:
    """A column with its head."""

    head: str
    most: int = 0
    """Columns of the terminal that it takes at most; 0: what is left."""
    right: bool = False


def text_columns(columns: Sequence[Column], rows: Sequence[Sequence[str]], width: int) -> list[str]:
    """The head and the rows, each a line; what does not fit ends with `…`.

    Args:
        columns: of the table; the last takes the rest of the width.
        rows: a text for each column; they may come from hosts.
        width: of the terminal, in columns; East Asian letters take two.
    """
    texts = [[_clean(text) for text in row] for row in ([column.head for column in columns], *rows)]
    widths = []
    left = max(width, 1)
    for number, column in enumerate(columns):
        longest = max(columns_of_text(row[number]) for row in texts)
        wanted = min(longest, column.most or left)
        widths.append(max(0, min(wanted, left)))
        left -= widths[-1] + len(_GAP)
    lines = []
    for row in texts:
        cells = [
            _fitted(text, wide, right=column.right) for text, wide, column in zip(row, widths, columns, strict=True)
        ]
        lines.append(_cut(_GAP.join(cells).rstrip(), width))
    return lines


def _clean(text: str) -> str:
    return " ".join(for_terminal(mask_text(text)).split())


def _fitted(text: str, width: int, *, right: bool) -> str:
    text = _cut(text, width)
    blanks = " " * (width - columns_of_text(text))
    return f"{blanks}{text}" if right else f"{text}{blanks}"


def _cut(text: str, width: int) -> str:
    if columns_of_text(text) <= width:
        return text
    kept = text[: max(width, 0)]
    while kept and columns_of_text(kept) > width - 1:
        kept = kept[:-1]
    return f"{kept}…" if width > 0 else ""
