"""Parts of a form that are folded, each behind a button: reached by keyboard, and read out as what it is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import ipywidgets

_CLOSED, _OPEN = "▸", "▾"


class Folds:
    """Parts below one another, of which at most one is open; `widget` shows them.

    A `<button>` stands before each part: ipywidgets' own Accordion is reached by no key, and has no role.
    """

    def __init__(self) -> None:
        self.widget = ipywidgets.VBox()
        self._parts: dict[str, tuple[Any, Any]] = {}
        self._titles: dict[str, str] = {}

    def fill(self, names: Sequence[str], parts: Sequence[Any]) -> None:
        """Show these parts, all of them closed.

        Args:
            names: of the parts, for `open` and `set_title`.
            parts: the widgets.
        """
        self._parts, self._titles = {}, dict(zip(names, names, strict=True))
        for name, part in zip(names, parts, strict=True):
            button = ipywidgets.Button(layout={"width": "98%", "max_width": "70em"})
            button.add_class("hk-fold")
            button.on_click(lambda _, which=name: self._turn(which))
            part.layout.display, part.layout.padding = "none", "0 0 .6em 1em"
            self._parts[name] = (button, part)
        self._draw()
        self.widget.children = [one for pair in self._parts.values() for one in pair]

    def open(self, name: str) -> None:
        """Open one part, and close the others."""
        for one, (_, part) in self._parts.items():
            part.layout.display = "" if one == name else "none"
        self._draw()

    def set_title(self, name: str, title: str) -> None:
        """Say what a part is about."""
        self._titles[name] = title
        self._draw()

    def _turn(self, name: str) -> None:
        self.open("" if self._parts[name][1].layout.display != "none" else name)

    def _draw(self) -> None:
        for name, (button, part) in self._parts.items():
            closed = part.layout.display == "none"
            button.description = f"{_CLOSED if closed else _OPEN} {self._titles[name]}"
            button.tooltip = f"{'Open' if closed else 'Close'} {name}"
