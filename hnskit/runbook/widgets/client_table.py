"""The clients of a parameter file as a table: a line for each, with duplicate, remove, and its other keys below."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import ipywidgets

from hnskit.foreign_text.escaping import escape_html
from hnskit.params.form_fields import Row

IN_LINE = ("name", "image", "address")
"""Keys that stand in a client's line; the others are below it, for one client at a time."""
_LEAST, _MOST = 14, 38  # em, of a cell
_ROOM = 58  # em, of name and image together: a line with its buttons fits into a notebook's width
_HEAD = '<span style="font-weight:600">{}</span>'

Field = Callable[[str, Row], Any]
"""Makes the field of a key, given its path in the file and its row of the form."""


class ClientTable:
    """A line for each client; `widget` shows it.

    Args:
        count: the number of clients.
        rows: the keys of a client.
        cell: makes a field without label and note, for a line.
        full: makes a field with label and note.
        note: makes the note of a line, which names what is wrong with that client.
        changed: called with the name of what is asked for, `add`, `copy` or `remove`, and the number of the client.
        opened: the client whose other keys are shown; -1: none.
        longest: characters of the longest value of a key in a line; a cell is as wide as that, where there is room.
    """

    def __init__(
        self,
        count: int,
        rows: Sequence[Row],
        *,
        cell: Field,
        full: Field,
        note: Callable[[str], Any],
        changed: Callable[[str, int], None],
        longest: Callable[[str], int],
        opened: int = -1,
    ) -> None:
        self._widths = _widths(longest("name"), longest("image"))
        self._rows, self._cell, self._full, self._note, self._changed = rows, cell, full, note, changed
        self.opened = -1
        self._details = ipywidgets.VBox()
        self._made: dict[int, Any] = {}
        add = ipywidgets.Button(description="Add a client", tooltip="One more, like the last one")
        add.on_click(lambda _: changed("add", count - 1))
        head = [ipywidgets.HTML(_HEAD.format(key), layout=_fixed(self._widths[key])) for key in IN_LINE]
        lines = [self._line(number, alone=count == 1) for number in range(count)]
        self.widget = ipywidgets.VBox([ipywidgets.HBox(head), *lines, add, self._details])
        if 0 <= opened < count:
            self._show(opened)

    def _line(self, number: int, *, alone: bool) -> Any:
        by_name = {row.path: row for row in self._rows}
        cells = []
        for key in IN_LINE:
            field = self._cell(f"clients[{number}].{key}", by_name[key])
            field.layout = _fixed(self._widths[key])
            cells.append(field)
        more = _button("More", f"The other keys of client {number + 1}")
        copy = _button("Duplicate", f"One more like client {number + 1}, below it")
        drop = _button("Remove", f"Take client {number + 1} out of the parameters")
        drop.disabled = alone
        more.on_click(lambda _: self._show(number))
        copy.on_click(lambda _: self._changed("copy", number))
        drop.on_click(lambda _: self._changed("remove", number))
        return ipywidgets.VBox([ipywidgets.HBox([*cells, more, copy, drop]), self._note(f"clients[{number}]")])

    def _show(self, number: int) -> None:
        """Show the other keys of a client; of the one that is shown, hide them."""
        if number == self.opened:
            self.opened, self._details.children = -1, ()
            return
        self.opened = number
        if number not in self._made:
            title = ipywidgets.HTML(f"<b>{escape_html(f'Client {number + 1}')}</b>: its other keys")
            others = [self._full(f"clients[{number}].{row.path}", row) for row in self._rows if row.path not in IN_LINE]
            self._made[number] = (title, *others)
        self._details.children = self._made[number]


def _widths(name: int, image: int) -> dict[str, str]:
    """Widths of a line's cells, for the characters of the longest name and image: a name goes before."""
    wanted = [min(_MOST, max(_LEAST, round(0.6 * count) + 2)) for count in (name, image)]
    wanted[1] = max(_LEAST, min(wanted[1], _ROOM - wanted[0]))
    return {"name": f"{wanted[0]}em", "image": f"{wanted[1]}em", "address": "9em"}


def _button(text: str, tooltip: str) -> Any:
    return ipywidgets.Button(description=text, tooltip=tooltip, layout=_fixed("6.5em"))


def _fixed(width: str) -> dict[str, str]:
    return {"width": width, "flex": f"0 0 {width}"}
