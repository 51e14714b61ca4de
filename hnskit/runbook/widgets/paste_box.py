"""A box for what a host printed. It is read at once; the text itself is kept in no widget and so in no notebook."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Protocol

import ipywidgets

from hnskit.errors import HnskitError
from hnskit.errors.prose_html import prose
from hnskit.foreign_text.escaping import block
from hnskit.foreign_text.masking import mask_text
from hnskit.runbook.widgets.disconnected_notice import with_disconnect_notice
from hnskit.views.style import error_html

_GONE = "The kernel of this notebook has ended, so this box does nothing any more. Run all cells again."
_HINT = "Paste what Get-HnsEndpoint, Get-HnsNetwork, hnsdiag or a log printed, whole or in part; then press Read."


class Pasted(Protocol):
    """A place that takes a paste."""

    refusal: HnskitError | None
    take_box: Callable[[], None]
    look_again: Callable[[], bool]

    def read(self, content: str | bytes, name: str = "paste") -> None:
        """Take a text or the bytes of a file."""

    def forget(self) -> None:
        """Go back to the host of the parameters."""

    def to_text(self) -> str:
        """Kind that the paste was taken for."""


def paste_box(paste: Pasted) -> Any:
    """The widgets: a text, a file, and what they were taken for."""
    return _Box(paste).widget


class _Box:
    def __init__(self, paste: Pasted) -> None:
        self._paste = paste
        self._text = ipywidgets.Textarea(placeholder=_HINT, layout={"width": "60em", "height": "9em"})
        self._file = ipywidgets.FileUpload(description="File or zip", multiple=False, layout={"width": "auto"})
        read = ipywidgets.Button(description="Read", button_style="primary", tooltip="Read the paste; nothing is sent")
        back = ipywidgets.Button(description="Back to the host", tooltip="Forget the paste", layout={"width": "auto"})
        self._note = ipywidgets.HTML()
        read.on_click(lambda _: self._take_text())
        back.on_click(lambda _: self._do(self._paste.forget))
        self._file.observe(self._take_file, "value")
        paste.take_box = self._take_text
        self._show()
        row = ipywidgets.HBox([read, self._file, back])
        self.widget = with_disconnect_notice([self._text, row, self._note], _GONE)

    def _take_text(self) -> None:
        text = self._text.value
        if text.strip():
            # Not as a path: what is typed into a box for a paste is what a host printed.
            self._do(lambda: self._paste.read(text.encode("utf-8", "surrogatepass")))
            self._text.value = ""

    def _take_file(self, change: Any) -> None:
        files: Sequence[Any] = change["new"]
        if files:
            name, content = str(files[0]["name"]), bytes(files[0]["content"])
            self._do(lambda: self._paste.read(content, name))
            self._file.value = ()

    def _do(self, work: Callable[[], None]) -> None:
        try:
            work()
        except HnskitError as error:
            self._paste.refusal = error
        self._show(self._follow())

    def _follow(self) -> str:
        """Have the cells below look again, where they were run already."""
        if self._paste.refusal is not None:
            return ""
        try:
            return "The cells below show it." if self._paste.look_again() else "Run the cells below."
        except HnskitError as error:
            return error.paragraph()

    def _show(self, then: str = "") -> None:
        if self._paste.refusal is not None:
            self._note.value = error_html(self._paste.refusal.paragraph())
            return
        said = block(mask_text(self._paste.to_text()))
        self._note.value = f'<div role="status" style="white-space:pre-line">{prose(said)} {then}</div>'
