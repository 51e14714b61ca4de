"""A picture of a host: SVG that follows the page it stands in, and the same as text."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from hnskit.foreign_text.escaping import escape_html
from hnskit.local.atomic_write import write_output
from hnskit.views.style import css

WIDTH = 980
"""Of every picture, in its own units."""

_STYLE = css(
    ".hk{font:12px ui-sans-serif,system-ui,'Segoe UI',sans-serif;color:inherit}"
    ".hk text{fill:currentColor}.hk .b{font-weight:600}.hk .q{opacity:.68;font-size:11px}"
    ".hk .h{font-size:15px;font-weight:600}"
    ".hk rect{fill:currentColor;fill-opacity:.045;stroke:currentColor;stroke-opacity:.42}"
    ".hk line,.hk path{stroke:currentColor;fill:none;stroke-opacity:.5}"
    ".hk .bus{stroke-width:4;stroke-opacity:.35;stroke-linecap:round}"
    ".hk .red{stroke:$accent;stroke-opacity:1;stroke-width:2.2}"
    ".hk .dead{stroke:currentColor;stroke-opacity:.45;stroke-width:1.6;stroke-dasharray:2 5}"
    ".hk .fwd{stroke:$accent;stroke-opacity:1;stroke-width:2.2;stroke-dasharray:6 4}"
    ".hk circle,.hk .tip{fill:$accent;stroke:none}.hk text.p{fill:$accent;font-size:11px;font-weight:600}"
    ".hk text.w{fill:$care;font-size:11px;font-weight:600}"
    ".hk .ghost{stroke-dasharray:4 3;fill-opacity:0}"
    ".hk rect.new{stroke:$good;stroke-opacity:1;stroke-width:2.2}"
    ".hk rect.changed{stroke:$care;stroke-opacity:1;stroke-width:2.2}"
    ".hk rect.gone{stroke:$bad;stroke-opacity:1;stroke-width:1.6;stroke-dasharray:4 3;fill-opacity:0}"
    ".hk text.new{fill:$good}.hk text.changed{fill:$care}"
    ".hk text.gone{fill:$bad}"
    "@media print{.hk text{fill:#000}}"
)
_ALONE = (
    "svg.hk{color:#1b1b1b}@media (prefers-color-scheme:dark){svg.hk{color:#e4e4e4}}@media print{svg.hk{color:#000}}"
)


@dataclass(frozen=True, slots=True)
class Topology:
    """The picture; a notebook shows it, `save` writes it."""

    body: str = field(repr=False)
    """Content of the <svg> element."""
    height: int
    text: str
    """The same in words."""

    def svg(self, alone: bool = True) -> str:
        """One <svg> element; `alone` for a file of its own, else for a page whose colour it takes."""
        style = _STYLE + (_ALONE if alone else "")
        first = self.text.partition("\n")[0]
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" class="hk" viewBox="0 0 {WIDTH} {self.height}" '
            f'width="{WIDTH}" height="{self.height}" style="max-width:100%;height:auto" role="img">'
            f"<title>{escape_html(first)}</title><style>{style}</style>{self.body}</svg>"
        )

    def save(self, path: str | Path, *, private: bool = False) -> Path:
        """Write it as an SVG file.

        Raises:
            FileError: it cannot be written.
        """
        return write_output(path, self.svg(), private=private)

    def _repr_mimebundle_(self, **_: Any) -> dict[str, str]:
        return {
            "text/html": f"<div>{self.svg(alone=False)}</div>",
            "image/svg+xml": self.svg(),
            "text/plain": self.text,
        }

    def __str__(self) -> str:
        return self.text
