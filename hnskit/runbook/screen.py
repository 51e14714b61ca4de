"""The reader of a notebook: whether one is at the screen, and how a sentence is shown."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from hnskit.errors.prose_html import prose
from hnskit.foreign_text.escaping import block
from hnskit.foreign_text.masking import mask_text
from hnskit.foreign_text.terminal import say as print_plain


class Sentence(str):
    """Text that a cell shows as it is, without quotes."""

    def _repr_mimebundle_(self, **_: Any) -> dict[str, str]:
        return sentence_mimebundle(self)


def sentence_mimebundle(text: str) -> dict[str, str]:
    """A sentence as the output of a cell: HTML of our own and plain text, masked and escaped."""
    said = block(mask_text(text))
    return {"text/plain": said, "text/html": f'<div style="white-space:pre-line">{prose(said)}</div>'}


class Reader(StrEnum):
    """The reader of a notebook while it is executed."""

    PRESENT = "present"
    """And can press a button."""
    ABSENT = "absent"
    LIKELY = "likely"
    """And cannot press one: a terminal, marimo. Nothing is changed there before `interactive` says who is right."""


def find_reader() -> Reader:
    """Look who reads.

    JupyterLab and VS Code let their kernel ask for input, nbclient (and so papermill) does not: ipykernel keeps which
    it was. Voilà executes a page for the reader who has asked for it.
    """
    kernel = getattr(_shell(), "kernel", None)
    if kernel is not None:
        return Reader.PRESENT if is_app() or getattr(kernel, "_allow_stdin", False) else Reader.ABSENT
    marimo = sys.modules.get("marimo")
    if marimo is not None and getattr(marimo, "running_in_notebook", bool)():
        return Reader.LIKELY
    return Reader.LIKELY if sys.stdin is not None and sys.stdin.isatty() else Reader.ABSENT


def is_app() -> bool:
    """Tell whether Voilà serves the page: without code, and run anew for each reader."""
    return os.environ.get("SERVER_SOFTWARE", "").startswith("voila/")


def at_screen() -> bool:
    """Tell whether a person is there to press a button."""
    return find_reader() is Reader.PRESENT


def variables() -> Mapping[str, Any]:
    """The variables of the notebook; none outside of one."""
    return getattr(_shell(), "user_ns", {})


def _shell() -> Any:
    """IPython's, in a kernel or on a terminal; None in plain Python."""
    try:
        from IPython.core.getipython import get_ipython
    except ImportError:
        return None
    return get_ipython()


def is_shown() -> bool:
    """Tell whether somebody takes what `display` gives; plain Python would print its representation."""
    return _shell() is not None


def say(text: str) -> None:
    """Show a sentence in the cell's output, now."""
    if not is_shown():
        print_plain(text)
        return
    from IPython.display import display

    display(Sentence(text))
