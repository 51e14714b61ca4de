"""The paper of a picture: boxes with two lines, and text that is cut where there is no room for it."""

from __future__ import annotations

from hnskit.foreign_text.escaping import cut_middle, escape_html
from hnskit.views.picture_text import signed

BOX = 46
"""Height of a box."""

_BOLD = 7.6  # a letter of a name, in the widest of the usual fonts (DejaVu Sans Bold; seen in a browser)
_DIGIT = 8.4
"""Of a digit or a capital in bold: names of endpoints under containerd are mostly digits (containerd fact 31)."""


class Sheet:
    """The elements of an SVG picture, in the order in which they are drawn."""

    def __init__(self) -> None:
        self.parts: list[str] = []

    def _box(
        self,
        x: int,
        y: int,
        width: int,
        title: str,
        note: str,
        *,
        ghost: bool = False,
        mark: str = "",
        aside: str = "",
    ) -> None:
        """A box with two lines; `aside` stands at the right end of the first."""
        kind = f' class="{mark or "ghost"}"' if mark or ghost else ""
        self.parts.append(f'<rect{kind} x="{x}" y="{y}" width="{width}" height="{BOX}" rx="6"/>')
        room = _letters(title, width - 20) - (len(aside) + 2 if aside else 0)
        if aside:
            self._text(x + width - 10, y + 19, aside, "q", 28, end=True)
        self._text(x + 10, y + 19, signed(title, mark), f"b {mark}".strip(), room)
        self._text(x + 10, y + 36, note, "q", int((width - 20) / 6.0))

    def _text(self, x: int, y: int, text: str, kind: str, room: int, *, end: bool = False) -> None:
        """A line of at most `room` characters; a longer one is cut, and whole in its tooltip."""
        shown = cut_middle(text, room)
        tooltip = f"<title>{escape_html(text)}</title>" if shown != text else ""
        anchor = ' text-anchor="end"' if end else ""
        self.parts.append(f'<text class="{kind}" x="{x}" y="{y}"{anchor}>{escape_html(shown)}{tooltip}</text>')


def _letters(text: str, width: int) -> int:
    """Number of the text's characters, in bold, for which there is room."""
    wide = sum(one.isdigit() or one.isupper() for one in text)
    each = _BOLD + (_DIGIT - _BOLD) * wide / max(len(text), 1)
    return int(width / each)
