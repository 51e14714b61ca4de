"""Print progress on stderr and results on stdout."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, Any

from hnskit.foreign_text.terminal import print_file, rewrite, say
from hnskit.running.summary import kept_lines

if TYPE_CHECKING:
    from hnskit.applying.api import Event
    from hnskit.running.summary import StepSummary

READS_ONLY = "it only reads"


class EventLines:
    """Events of `apply` and `destroy`, a line each, on stderr."""

    def __call__(self, event: Event) -> None:
        """Print one event."""
        from hnskit.views.progress import event_line

        if event.kind == "cut":
            say(f"! {event.step.id if event.step else ''}: {event.text}", fg="yellow", err=True)
        elif event.kind == "start":
            say(f"  {event_line(event)} …", err=True)
        elif event.kind == "done":
            say(f"ok {event_line(event)}", fg="green", err=True)  # a `+` would say of a removal that it adds
        elif event.kind == "failed":
            say(f"x {event_line(event)}", fg="red", err=True)
        else:
            say(f"  {event_line(event)}", err=True)


class RunLines:
    """A run, a line a notebook; on a terminal the last line is alive."""

    def __init__(self, live: bool) -> None:
        self._live = live
        self._notebook = ""
        self._said: set[str] = set()

    def begins(self, notebook: str) -> None:
        """A notebook begins."""
        self._notebook, self._said = notebook, set()
        if self._live:
            self._rewrite(f"  {notebook} …")
        else:
            say(f"        {notebook} …", err=True)

    def happens(self, line: str, lasting: bool) -> None:
        """Something happens in it."""
        if self._live:
            self._rewrite(f"  {self._notebook}: {line}")
        elif lasting:
            self._said.add(line)
            say(f"          {line}", err=True)

    def ends(self, step: StepSummary) -> None:
        """It has ended: one line of what changed and how long it took; and why nothing did."""
        if self._live:
            self._rewrite("")
        mark, colour = ("ok", "green") if step.ok else ("STOPPED", "yellow") if step.stopped else ("FAIL", "red")
        say(
            f" {step.notebook:<24} {_what(step):<28} {step.seconds:5.1f} s",
            err=True,
            fg=colour,
            mark=f"{mark:<7}",
        )
        for line in (*step.notes, *(kept_lines(step.kept) if step.ok and not step.changed else ())):
            if line not in self._said:
                say(f"          {line}", err=True)

    @staticmethod
    def _rewrite(text: str) -> None:
        width = shutil.get_terminal_size().columns - 1
        rewrite(text, width)


def _what(step: StepSummary) -> str:
    if not step.ok:
        end = "stopped" if step.stopped else "failed"
        return f"{step.changed} changed, then {end}" if step.changed else end
    if step.changed:
        return f"{step.changed} changed"
    return "nothing to do" if step.kept else READS_ONLY


def print_table(frame: Any, form: str, name: str) -> None:
    """A DataFrame on stdout, as `table` or `csv`."""
    if form == "csv":
        from hnskit.views.table import csv_text

        print_file(csv_text(frame))
    else:
        from hnskit.views.table import View

        say(View(frame).to_text() if len(frame) else f"no {name}")
