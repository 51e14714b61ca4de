"""Live progress in a notebook: one output that is updated in place, and that stays right in papermill's file.

A progress widget leaves nothing in an executed notebook; an updated display keeps its last state.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from hnskit.foreign_text.escaping import escape_html, join_lines, one_line
from hnskit.foreign_text.masking import mask_text
from hnskit.foreign_text.terminal import say
from hnskit.model.wording import duration_text
from hnskit.planning.steps import Step, StepKey
from hnskit.views.style import ACCENT, BAD, GOOD

if TYPE_CHECKING:
    from hnskit.applying.api import Event

_SHOWN = 8  # lines of the log that stay in sight while it runs; at its end all of them do

_SIGNS = {"done": "✓", "failed": "✗", "cut": "!", "wait": "…", "note": "·", "start": "▸"}


class Progress:
    """Counts a plan's steps; `show` is called with the whole state as (html, text) each time it changes.

    Attributes:
        stop_asked: tells whether the work is to end where its next step begins.
    """

    def __init__(self, title: str, show: Callable[[str, str], None]) -> None:
        self.stop_asked: Callable[[], bool] = bool
        self._stopped = False
        self._title = title
        self._show = show
        self._total = self._ended = 0
        self._below = ("", "")
        self._finished: set[StepKey] = set()
        self._lines: list[str] = []
        self._since = time.monotonic()
        self._state = "running"

    def on_event(self, event: Event) -> None:
        """Take an event of `apply` or `destroy`.

        Raises:
            KeyboardInterrupt: a step begins, and it was asked to stop; once, for what then winds up may tell of it.
        """
        if event.kind == "start" and self.stop_asked() and not self._stopped:
            self._stopped = True
            raise KeyboardInterrupt
        step = event.step
        if event.kind == "plan":
            self._lines.append(event.text)
        else:
            if step is not None and event.kind == "done":
                self._finished.add(step.key)
            self._lines.append(f"{_SIGNS.get(event.kind, ' ')} {event_line(event)}")
        self._update()

    def expect(self, steps: tuple[Step, ...]) -> None:
        """Say how many steps there are."""
        self._total = len(steps)
        self._update()

    def count(self, ended: int, total: int) -> None:
        """Say how many of how many objects have come to their end, of work that is no plan's."""
        self._ended, self._total = ended, total

    def show_below(self, html: str, text: str) -> None:
        """Draw a table under the lines, in place of the one before."""
        self._below = (html, text)
        self._update()

    def say(self, line: str) -> None:
        """Add a line that is not a step."""
        self._lines.append(line)
        self._update()

    def finish(self, ok: bool, line: str) -> None:
        """The end: 100 % if all went well, else where it stopped."""
        self._state = "done" if ok else "stopped"
        self._lines.append(line)
        self._update()

    @property
    def percent(self) -> int:
        """The share that is done; 100 only after success."""
        if self._state == "done":
            return 100
        return min(99, 100 * (len(self._finished) + self._ended) // self._total) if self._total else 0

    def _update(self) -> None:
        seconds = time.monotonic() - self._since
        head = f"{self._title}: {self.percent} % ({self._state}, {seconds:.1f} s)"
        lines = self._lines[-_SHOWN:] if self._state == "running" else self._lines
        colour = {"done": GOOD, "stopped": BAD}.get(self._state, ACCENT)
        bar = (
            '<div style="height:6px;max-width:40em;border-radius:3px;background:rgba(128,128,128,.3);margin:4px 0">'
            f'<div style="height:6px;border-radius:3px;width:{self.percent}%;background:{colour}"></div></div>'
        )
        lines = [one_line(mask_text(line)) for line in lines]
        log = "<br>".join(escape_html(line) for line in lines)
        quiet = "font-size:90%;line-height:1.4;opacity:.85"
        html = f'<div><b>{escape_html(head)}</b>{bar}<div style="{quiet}">{log}</div>{self._below[0]}</div>'
        self._show(html, join_lines([head, *lines, *self._below[1].splitlines()]))


def event_line(event: Event) -> str:
    """An event in a line: `create network hnskit-l2bridge (1.24 s)`; a note by itself."""
    if event.step is None:
        return event.text
    said = event.step.id if event.kind in ("start", "done") else f"{event.step.id}: {event.text}"
    return f"{said}{duration_text(event.seconds or 0.0)}"


class _Printed:
    """Prints what is new in a progress, for a script without IPython."""

    def __init__(self) -> None:
        self._said: set[str] = set()

    def __call__(self, _: str, text: str) -> None:
        head, *lines = text.splitlines()
        ended = [head] if any(f"({word}" in head for word in ("done", "stopped")) else []
        for line in (*lines, *ended):
            if line not in self._said:
                self._said.add(line)
                say(line)


def display_progress(title: str) -> Progress:
    """A progress in this cell's output."""
    from IPython.core.getipython import get_ipython
    from IPython.display import display

    if get_ipython() is None:  # plain Python: each new line is printed once
        return Progress(title, _Printed())
    handle: Any = display({"text/html": "", "text/plain": title}, raw=True, display_id=True)

    def show(html: str, text: str) -> None:
        if handle is not None:
            handle.update({"text/html": html, "text/plain": text}, raw=True)

    return Progress(title, show)
