"""What the command line prints: progress on stderr, results on stdout."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, Any

import click

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
            click.secho(f"! {event.step.id if event.step else ''}: {event.text}", fg="yellow", err=True)
        elif event.kind == "start":
            click.echo(f"  {event_line(event)} …", err=True)
        elif event.kind == "done":
            click.secho(f"+ {event_line(event)}", fg="green", err=True)
        elif event.kind == "failed":
            click.secho(f"x {event_line(event)}", fg="red", err=True)
        else:
            click.echo(f"  {event_line(event)}", err=True)


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
            click.echo(f"        {notebook} …", err=True)

    def happens(self, line: str, lasting: bool) -> None:
        """Something happens in it."""
        if self._live:
            self._rewrite(f"  {self._notebook}: {line}")
        elif lasting:
            self._said.add(line)
            click.echo(f"          {line}", err=True)

    def ends(self, step: StepSummary) -> None:
        """It has ended: one line of what changed and how long it took; and why nothing did."""
        if self._live:
            self._rewrite("")
        mark, colour = ("ok", "green") if step.ok else ("STOPPED", "yellow") if step.stopped else ("FAIL", "red")
        click.echo(
            f"{click.style(f'{mark:<7}', fg=colour)} {step.notebook:<24} {_what(step):<28} {step.seconds:5.1f} s",
            err=True,
        )
        for line in (*step.notes, *(kept_lines(step.kept) if step.ok and not step.changed else ())):
            if line not in self._said:
                click.echo(f"          {line}", err=True)

    @staticmethod
    def _rewrite(text: str) -> None:
        width = shutil.get_terminal_size().columns - 1
        click.echo(f"\r\x1b[2K{text[:width]}", nl=False, err=True)


def _what(step: StepSummary) -> str:
    if not step.ok:
        end = "stopped" if step.stopped else "failed"
        return f"{step.changed} changed, then {end}" if step.changed else end
    if step.changed:
        return f"{step.changed} changed"
    return "nothing to do" if step.kept else READS_ONLY


def print_table(frame: Any, form: str, name: str) -> None:
    """A DataFrame on stdout, as `table`, `csv` or `json` (a list of objects, null for what is absent)."""
    if form == "json":
        click.echo(frame.to_json(orient="records", indent=2, force_ascii=False))
    elif form == "csv":
        click.echo(frame.to_csv(index=False, lineterminator="\n"), nl=False)
    else:
        from hnskit.views.table import View

        click.echo(View(frame).to_text() if len(frame) else f"no {name}")
