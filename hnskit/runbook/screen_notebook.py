"""A step notebook at the screen: its cells below the button follow what the button has done."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from hnskit.model.wording import counted
from hnskit.runbook.live_output import LiveOutputs
from hnskit.runbook.screen import Sentence
from hnskit.runbook.step_notebook import StepNotebook
from hnskit.running.walk import write_walk
from hnskit.views.progress import Progress
from hnskit.views.table import View
from hnskit.views.topology import Topology

Shown = TypeVar("Shown")


class ScreenNotebook(StepNotebook):
    """A `StepNotebook` whose tables, picture and result are drawn anew once the button above them was pressed."""

    _live: LiveOutputs | None = None

    def show(self, table: str) -> View:
        """As `StepNotebook.show`; it follows the button above it."""
        return self._following(lambda: super(ScreenNotebook, self).show(table))

    def picture(self) -> Topology:
        """As `StepNotebook.picture`; it follows the button above it."""
        return self._following(super().picture)

    def result(self) -> View | Sentence:
        """As `StepNotebook.result`; it follows the button above it."""
        return self._following(super().result)

    def finish(self) -> Sentence:
        """As `StepNotebook.finish`; it follows the button above it, and leaves the report of the walk so far."""
        return self._following(self._finished)

    def _finished(self) -> Sentence:
        said = super().finish()
        run_dir = self._kept.run_dir
        if run_dir is None:
            return said
        summary = write_walk(run_dir)
        return Sentence(
            f"{said} Report of this walk so far, {counted(len(summary.steps), 'notebooks')}: {summary.report}"
        )

    def end(self) -> None:
        """As `StepNotebook.end`; nothing follows any more."""
        self._outputs.forget()
        super().end()

    def apply_button(self, label: str) -> Any:
        """As `StepNotebook.apply_button`; what followed an earlier button does so no more."""
        self._outputs.forget()
        return super().apply_button(label)

    @property
    def _outputs(self) -> LiveOutputs:
        if self._live is None:
            self._live = LiveOutputs()
        return self._live

    def _following(self, draw: Callable[[], Shown]) -> Shown:
        return self._outputs.show(draw) if self._waits else draw()

    def _carry_out(self, progress: Progress) -> None:
        try:
            super()._carry_out(progress)
        finally:
            self._outputs.redraw()
