"""The button that chooses when the work of a cell is done."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import ipywidgets

from hnskit.errors import HnskitError
from hnskit.foreign_text.escaping import escape_html
from hnskit.runbook.button_work import ButtonWork
from hnskit.runbook.widgets.clock import Clock
from hnskit.runbook.widgets.disconnected_notice import with_disconnect_notice
from hnskit.views.progress import Progress

_GONE = (
    "The kernel of this notebook has ended, so this button does nothing any more. Run all cells again: the plan above "
    "then shows what the host still lacks, and only that is done."
)


def action_button(label: str, warning: str, work: ButtonWork, question: str = "") -> Any:
    """A button that begins `work` when it is pressed, with live progress below it; it cannot be pressed twice.

    While it works, a second button stops it where its next step begins. A question, such as `Remove 13 objects from
    HOST?`, is asked before the work begins: two more buttons answer it, the first of which says what is agreed to.

    What `work` raises is shown here and belongs to the next cell: an exception in a callback fails no run.
    """
    button = ipywidgets.Button(
        description=label,
        button_style="danger" if warning else "primary",
        layout={"width": "auto", "min_width": "14em"},
    )
    stop = ipywidgets.Button(
        description="Stop", button_style="danger", disabled=True, tooltip="Stop where the next step begins",
        layout={"display": "none"},
    )  # fmt: skip
    note = ipywidgets.HTML(escape_html(warning))
    output = ipywidgets.HTML()
    clock = Clock()

    def show(html: str, _: str) -> None:
        output.value = html

    def press(_: Any) -> None:
        button.disabled, button.description = True, "Working …"
        stop.disabled, stop.description, stop.layout.display = False, "Stop", ""
        progress = Progress(label, show)
        clock.start()

        def ended(error: BaseException | None) -> None:
            clock.stop()
            stop.disabled, stop.layout.display = True, "none"
            if error is None:
                button.description, button.button_style = "Done: the cells below show it", "success"
                return
            said = error.paragraph() if isinstance(error, HnskitError) else f"{type(error).__name__}: {error}"
            progress.finish(False, "It was stopped." if isinstance(error, KeyboardInterrupt) else said)
            button.description, button.disabled = "Try again", False
            if not isinstance(error, HnskitError | KeyboardInterrupt):
                raise error

        work.begin(progress, ended)

    def ask_to_stop(_: Any) -> None:
        stop.disabled, stop.description = True, "Stopping …"
        work.stop()

    stop.on_click(ask_to_stop)
    row = ipywidgets.HBox([button, stop, clock.widget])
    if not question:
        button.on_click(press)
        return with_disconnect_notice([note, row, output], _GONE)
    asking = confirm_box(question, lambda: press(None), button)
    return with_disconnect_notice([note, row, asking, output], _GONE)


def confirm_box(question: str, agreed: Callable[[], None], button: Any) -> Any:
    """A box that stays out of sight until `button` is pressed, and then asks before anything is done.

    Args:
        question: in words and number.
        agreed: called when the answer is yes.
        button: whose press is asked about; it can be pressed again after a no.

    Returns:
        The box.
    """
    box = ipywidgets.VBox(layout={"display": "none"})

    def ask(_: Any) -> None:
        box.layout.display, button.disabled = "", True

    def answer(agree: bool) -> None:
        box.layout.display, button.disabled = "none", False
        if agree:
            agreed()

    box.children = question_box(question, answer)
    button.on_click(ask)
    return box


def question_box(question: str, answer: Callable[[bool], None]) -> tuple[Any, ...]:
    """The question before a removal or an adoption, and a button for each answer.

    Args:
        question: in words and number.
        answer: called with True for yes.

    Returns:
        The widgets.
    """
    said = ipywidgets.HTML(f'<p role="alert"><b>{escape_html(question)}</b></p>')
    removes = question.startswith("Remove")
    yes = ipywidgets.Button(
        description=("Yes, remove and take over" if "Take over" in question else "Yes, remove") if removes
        else "Yes, take over",
        button_style="danger" if removes else "primary", layout={"width": "auto"},
    )  # fmt: skip
    no = ipywidgets.Button(description="No, leave it all", layout={"width": "auto"})
    yes.on_click(lambda _: answer(True))
    no.on_click(lambda _: answer(False))
    return said, ipywidgets.HBox([yes, no])


def side_by_side(*parts: Any) -> Any:
    """Widgets beside each other, and below each other on a narrow page: a button is never squeezed."""
    return ipywidgets.HBox(parts, layout={"flex_flow": "row wrap"})
