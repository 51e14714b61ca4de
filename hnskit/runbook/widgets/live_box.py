"""An output that can be filled anew, and a question above it whose answer is chosen or typed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import ipywidgets

from hnskit.foreign_text.escaping import one_line
from hnskit.runbook.widgets.disconnected_notice import with_disconnect_notice

_GONE = "The kernel of this notebook has ended: what is shown here is old. Run all cells again."
_LABEL = {"description_width": "9em"}
_WIDE = {"width": "min(44em, 98%)"}


def output_box(controls: Sequence[Any]) -> tuple[Any, Any]:
    """Make an output below its controls.

    Args:
        controls: widgets that stand above it.

    Returns:
        The widget to show, and the output in it, whose `outputs` can be set.
    """
    output = ipywidgets.Output()
    return with_disconnect_notice([*controls, output], _GONE), output


class Question:
    """A field with a list of likely answers; any other can be typed.

    Args:
        label: stands before it.
        value: the answer at the beginning.
        offered: gives the list, for the host that is looked at now.
        answered: called with each new answer.
        empty: stands in the field while there is no answer.
    """

    def __init__(
        self, label: str, value: str, offered: Callable[[], list[str]], answered: Callable[[str], None],
        empty: str = "empty: the first one",
    ) -> None:  # fmt: skip
        self._offered = offered
        self._names: dict[str, str] = {}
        """Names as they are shown -> as the host has them: a widget's state is JSON, which not every name can be in."""
        self._field = ipywidgets.Combobox(
            description=label, value=one_line(value), options=self._shown(), ensure_option=False,
            continuous_update=False, placeholder=empty, tooltip=label, style=_LABEL, layout=_WIDE,
        )  # fmt: skip
        self._field.observe(lambda _: answered(self.value), "value")
        self.widget = self._field

    @property
    def value(self) -> str:
        """The answer as it stands in the field."""
        shown = str(self._field.value)
        return self._names.get(shown, shown)

    @value.setter
    def value(self, text: str) -> None:
        self._field.value = one_line(text)

    def refresh(self) -> list[str]:
        """Offer what there is now.

        Returns:
            The list.
        """
        self._field.options = self._shown()
        return list(self._names.values())

    def _shown(self) -> list[str]:
        self._names = {one_line(name): name for name in self._offered()}
        return list(self._names)
