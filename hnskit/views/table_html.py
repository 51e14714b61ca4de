"""The HTML of a short table, whole in one piece: its style is in it, and needs nothing from a network."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from hnskit.foreign_text.escaping import escape_html

_STYLE = """<style>
table.hk-table.hk-paper :is(td,th){text-align:left;vertical-align:top;white-space:pre-line;max-width:34em;
overflow-wrap:break-word;padding:.3em .5em;line-height:1.3}
table.hk-table.hk-paper :is(td,th).n{white-space:nowrap}
table.hk-table.hk-paper caption{caption-side:top;white-space:pre-line;text-align:left;font-weight:bold;padding:.3em 0}
</style>"""


@dataclass(slots=True)
class Cell:
    """A cell of a table.

    Attributes:
        html: its content.
        style: of this one cell, as CSS.
    """

    html: str
    style: str = ""


def small_table(columns: Sequence[str], rows: Sequence[Sequence[Cell]], caption: str, narrow: Sequence[int]) -> str:
    """The HTML.

    Args:
        columns: their names.
        rows: a cell for each column.
        caption: stands above it, as text.
        narrow: numbers of the columns whose cells stay on one line.
    """
    marks = [' class="n"' if place in narrow else "" for place in range(len(columns))]
    head = "".join(f'<th scope="col"{mark}>{escape_html(name)}</th>' for name, mark in zip(columns, marks, strict=True))
    lines = []
    for row in rows:
        cells = "".join(f"<td{mark}{_style(cell)}>{cell.html}</td>" for cell, mark in zip(row, marks, strict=True))
        lines.append(f"<tr>{cells}</tr>\n")
    said = f"<caption>{escape_html(caption, quote=False)}</caption>" if caption else ""
    return (
        f'{_STYLE}<table class="hk-table hk-paper">{said}<thead><tr>{head}</tr></thead>\n'
        f"<tbody>\n{''.join(lines)}</tbody></table>"
    )


def _style(cell: Cell) -> str:
    return f' style="{cell.style}"' if cell.style else ""
