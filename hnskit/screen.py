"""What a notebook knows of its reader: whether somebody is there, and how a sentence is shown."""

from __future__ import annotations

from typing import Any


class Sentence(str):
    """Text that a cell shows as it is, without quotes."""

    def _repr_mimebundle_(self, **_: Any) -> dict[str, str]:
        return {"text/plain": str(self), "text/markdown": str(self)}


def at_screen() -> bool:
    """Whether somebody is there to press a button.

    JupyterLab lets its kernel ask for input, nbclient (and so papermill) does not: ipykernel keeps which it was.
    """
    try:
        from IPython.core.getipython import get_ipython
    except ImportError:
        return False
    kernel = getattr(get_ipython(), "kernel", None)
    return bool(getattr(kernel, "_allow_stdin", False))


def say(text: str) -> None:
    """Show a sentence in the cell's output, now."""
    from IPython.display import display

    display(Sentence(text))
