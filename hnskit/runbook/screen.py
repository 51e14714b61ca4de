"""The reader of a notebook: whether one is at the screen, and how a sentence is shown."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hnskit.errors.prose_html import prose
from hnskit.foreign_text.escaping import block
from hnskit.foreign_text.masking import mask_text


class Sentence(str):
    """Text that a cell shows as it is, without quotes."""

    def _repr_mimebundle_(self, **_: Any) -> dict[str, str]:
        return sentence_mimebundle(self)


def sentence_mimebundle(text: str) -> dict[str, str]:
    """A sentence as the output of a cell: HTML of our own and plain text, masked and escaped."""
    said = block(mask_text(text))
    return {"text/plain": said, "text/html": f'<div style="white-space:pre-line">{prose(said)}</div>'}


def at_screen() -> bool:
    """Tell whether somebody is there to press a button.

    JupyterLab lets its kernel ask for input, nbclient (and so papermill) does not: ipykernel keeps which it was.
    """
    kernel = getattr(_shell(), "kernel", None)
    return bool(getattr(kernel, "_allow_stdin", False))


def variables() -> Mapping[str, Any]:
    """The variables of the notebook; none outside of one."""
    return getattr(_shell(), "user_ns", {})


def _shell() -> Any:
    """IPython's, in a kernel; None elsewhere."""
    try:
        from IPython.core.getipython import get_ipython
    except ImportError:
        return None
    return get_ipython()


def say(text: str) -> None:
    """Show a sentence in the cell's output, now."""
    from IPython.display import display

    display(Sentence(text))
