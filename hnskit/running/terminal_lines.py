"""Print progress on stderr and results on stdout."""

from __future__ import annotations

import shutil
import sys
from typing import TYPE_CHECKING, Any, Self

from hnskit.foreign_text.terminal import is_terminal, print_file, rewrite, say
from hnskit.running.heartbeat import Heartbeat
from hnskit.running.summary import kept_lines

if TYPE_CHECKING:
    from hnskit.applying.api import Event
    from hnskit.running.summary import StepSummary

READS_ONLY = "it only reads"
_LIVELY = 1.0  # seconds of silence on a line that is rewritten


class EventLines:
    """Events of `apply` and `destroy`, a line each, on stderr; as a context it says meanwhile what is at work."""

    def __init__(self) -> None:
        self._at_work: dict[str, None] = {}
        self._heart = Heartbeat(self._still)

    def __enter__(self) -> Self:
        self._heart.__enter__()
        return self

    def __exit__(self, *of_error: Any) -> None:
        self._heart.__exit__(*of_error)

    def __call__(self, event: Event) -> None:
        """Print one event."""
        with self._heart.lock:
            self._heart.told()
            if event.step is not None and event.kind == "start":
                self._at_work[event.step.id] = None
            elif event.step is not None and event.kind in ("done", "failed"):
                self._at_work.pop(event.step.id, None)
            self._print(event)

    def _still(self, seconds: float) -> None:
        names = list(self._at_work)
        more = f" and {len(names) - 1} more" if len(names) > 1 else ""
        say(f"  … {names[0]}{more}: {seconds:.0f} s" if names else f"  … {seconds:.0f} s", err=True)

    @staticmethod
    def _print(event: Event) -> None:
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
        self._notebook = self._doing = ""
        self._said: set[str] = set()
        self._heart = Heartbeat(self._still, *([_LIVELY] if live else []))

    def __enter__(self) -> Self:
        self._heart.__enter__()
        return self

    def __exit__(self, *of_error: Any) -> None:
        self._heart.__exit__(*of_error)

    def _still(self, seconds: float) -> None:
        """Tell that it is at work, and for how long."""
        doing = self._doing.removesuffix(" …")
        if self._live:
            at = f"{self._notebook}: {doing}" if doing else self._notebook or "it begins"
            self._rewrite(f"  {at} … {seconds:.0f} s")
        else:
            say(f"          … {doing or self._notebook or 'it begins'}: {seconds:.0f} s", err=True)

    def begins(self, notebook: str) -> None:
        """A notebook begins."""
        with self._heart.lock:
            self._heart.told()
            self._notebook, self._said, self._doing = notebook, set(), ""
            if self._live:
                self._rewrite(f"  {notebook} …")
            else:
                say(f"        {notebook} …", err=True)

    def happens(self, line: str, lasting: bool) -> None:
        """Something happens in it."""
        with self._heart.lock:
            self._doing = line
            if self._live:
                self._heart.told()
                self._rewrite(f"  {self._notebook}: {line}")
            elif lasting:
                self._heart.told()
                self._said.add(line)
                say(f"          {line}", err=True)

    def ends(self, step: StepSummary) -> None:
        """It has ended: one line of what changed and how long it took; and why nothing did."""
        with self._heart.lock:
            self._heart.told()
            self._notebook = self._doing = ""
            self._end(step)

    def _end(self, step: StepSummary) -> None:
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

        width = shutil.get_terminal_size().columns if is_terminal(sys.stdout) else None
        say(View(frame).to_text(width=width) if len(frame) else f"no {name}")
