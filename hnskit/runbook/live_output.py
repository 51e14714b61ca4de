"""Outputs of cells that are drawn anew when what they show has changed, without a cell being run again."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

from hnskit.errors import HnskitError
from hnskit.views.style import error_html

Shown = TypeVar("Shown")


class LiveOutputs:
    """The live outputs of one notebook, in the order of their cells."""

    def __init__(self) -> None:
        self._outputs: list[LiveOutput] = []

    def show(self, draw: Callable[[], Shown], *controls: Any) -> Shown:
        """Draw something now, and again whenever `redraw` is called.

        Args:
            draw: gives what is shown; what it raises now fails the cell, what it raises later stands in the output.
            controls: widgets above it.

        Returns:
            What was drawn; as the last line of a cell it shows itself, and follows.
        """
        output = LiveOutput(draw, controls)
        self._outputs.append(output)
        return cast("Shown", output)

    def redraw(self) -> None:
        """Draw all of them anew."""
        for output in tuple(self._outputs):
            output.redraw()

    def forget(self) -> None:
        """Let go of all of them: what they show stays as it is."""
        self._outputs.clear()


class LiveOutput:
    """A value as a cell shows it; it has the attributes of the value that was drawn last."""

    def __init__(self, draw: Callable[[], Any], controls: tuple[Any, ...] = ()) -> None:
        self._draw, self._controls = draw, controls
        self._value = draw()
        self._box: Any = None

    def __getattr__(self, name: str) -> Any:
        return getattr(self._value, name)

    def __repr__(self) -> str:
        return repr(self._value)

    def __str__(self) -> str:
        return str(self._value)

    def redraw(self) -> None:
        """Draw it anew, where it is shown."""
        try:
            self._value = self._draw()
        except HnskitError as error:
            self._put({"text/html": error_html(error.paragraph()), "text/plain": error.paragraph()})
        else:
            self._put(_bundle(self._value))

    def _put(self, bundle: dict[str, Any]) -> None:
        if self._box is not None:
            self._box.outputs = ({"output_type": "display_data", "data": bundle, "metadata": {}},)

    def _ipython_display_(self) -> None:
        from IPython.display import display

        from hnskit.runbook.widgets import output_box

        shown, self._box = output_box(self._controls)
        self._put(_bundle(self._value))
        display(shown)


def _bundle(value: Any) -> dict[str, Any]:
    """Format a value as a cell does."""
    from IPython.core.formatters import DisplayFormatter

    data, _ = DisplayFormatter().format(value)
    return dict(data)
