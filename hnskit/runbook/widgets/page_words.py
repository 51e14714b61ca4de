"""The sentences, headings and alerts of the start page."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import ipywidgets

from hnskit.foreign_text.escaping import escape_html
from hnskit.views.style import error_html

if TYPE_CHECKING:
    from hnskit.params.loading import Params

GONE = (
    "The kernel behind this page has ended: nothing on it can be pressed, and what it shows is old. A run that was "
    "under way goes on by itself. Run all cells again (menu Run): the page then follows that run, or shows its end."
)
OTHER = "The host is not free: {}. It can be watched only where it was begun; when it ends, a run can begin here."
_CUTTING = ("", "10_l2bridge_network", "90_teardown")
_CUTS = "The host's own network goes away for seconds when the bridge appears or goes."


def cut_note(step: str, params: Params | None) -> str:
    """The warning of a cut, where the step ("": all) may make or remove a bridge; pods have that of their CNI."""
    return _CUTS if step in _CUTTING and params is not None and params.network.name else ""


def heading(text: str) -> Any:
    """A heading between two parts of the page."""
    return ipywidgets.HTML(f'<h2 style="font-size:1.15em;margin:1.2em 0 .3em">{escape_html(text)}</h2>')


def alert(text: str) -> str:
    """An error's paragraph as HTML, begun with a capital."""
    return error_html(text[:1].upper() + text[1:])
