"""The button that chooses when the work of a cell is done."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import ipywidgets

from hnskit.errors import HnskitError
from hnskit.foreign_text.escaping import escape_html
from hnskit.runbook.widgets.disconnected_notice import with_disconnect_notice
from hnskit.views.progress import Progress

_GONE = (
    "The kernel of this notebook has ended, so this button does nothing any more. Run all cells again: the plan above "
    "then shows what the host still lacks, and only that is done."
)


def action_button(label: str, warning: str, work: Callable[[Progress], None]) -> Any:
    """A button that does `work` when it is pressed, with live progress below it; it cannot be pressed twice.

    What `work` raises is shown here and belongs to the next cell: an exception in a callback fails no run.
    """
    button = ipywidgets.Button(
        description=label,
        button_style="danger" if warning else "primary",
        layout={"width": "auto", "min_width": "14em", "align_self": "flex-start"},
    )
    note = ipywidgets.HTML(escape_html(warning))
    output = ipywidgets.HTML()

    def show(html: str, _: str) -> None:
        output.value = html

    def press(_: Any) -> None:
        button.disabled = True
        button.description = "Working …"
        progress = Progress(label, show)
        try:
            work(progress)
        except HnskitError as error:
            progress.finish(False, error.paragraph())
            button.description, button.disabled = "Try again", False
        except BaseException as error:
            progress.finish(False, f"{type(error).__name__}: {error}")
            button.description, button.disabled = "Try again", False
            raise
        else:
            button.description, button.button_style = "Done: run the cells below again", "success"

    button.on_click(press)
    return with_disconnect_notice([note, button, output], _GONE)
