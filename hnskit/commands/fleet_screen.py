"""A fleet at work, as a terminal shows it: a table that is drawn again in place; elsewhere a line a result."""

from __future__ import annotations

import shutil
import signal
import sys
import threading
import time
from collections.abc import Callable, Sequence
from types import FrameType
from typing import TYPE_CHECKING, Any, Self

from hnskit.foreign_text.terminal import is_terminal, redraw, say
from hnskit.views.text_columns import Column, text_columns

if TYPE_CHECKING:
    from hnskit.fleet import HostResult, HostStep
    from hnskit.fleet.live_rows import LiveRow

_EVERY = 0.25  # seconds between two pictures
_MOST = 40  # rows, however tall the terminal is
_WIDE = 100  # columns from which on step and verdict have one each
_NARROW = 60  # columns below which the name of Windows is left out


class FleetScreen:
    """Redraws itself, and takes itself away at the end."""

    def __init__(self, count: int) -> None:
        from hnskit.fleet.live_rows import LiveRows

        self._rows = LiveRows(count)
        self._lock, self._ended = threading.Lock(), threading.Event()
        self._live = is_terminal(sys.stderr)
        self._drawn = 0
        self._began = time.monotonic()
        self._thread = threading.Thread(target=self._draw_on, daemon=True, name="hnskit-fleet-screen")

    def __enter__(self) -> Self:
        if self._live:
            self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        if self._live:
            self._thread.join()
            with self._lock:
                self._clear()

    def step(self, step: HostStep) -> None:
        """A host's step has begun."""
        with self._lock:
            self._rows.step(step.name, step.text)

    def done(self, result: HostResult) -> None:
        """A host has come to its end."""
        with self._lock:
            self._rows.end(result)
            if result.state == "not begun":  # there may be a thousand of them, and the table has them all
                return
            if not self._live:
                count = f"[{len(self._rows.ended)}/{self._rows.count}]"
                say(f"  {count} {result.name}: {result.state}: {result.verdict}", err=True)

    def note(self, text: str) -> None:
        """Say a sentence; the table goes on below it."""
        with self._lock:
            self._clear()
            say(text, err=True)

    def _draw_on(self) -> None:
        while not self._ended.wait(_EVERY):
            size = shutil.get_terminal_size()
            with self._lock:
                summary = f"{self._rows.summary()} ({time.monotonic() - self._began:.0f} s)"
                lines = picture(self._rows.rows(), summary, size.columns - 1, size.lines - 1)
                redraw(lines, self._drawn)
                self._drawn = len(lines)

    def _clear(self) -> None:
        if self._drawn:
            redraw((), self._drawn)
            self._drawn = 0


def picture(rows: Sequence[LiveRow], summary: str, width: int, height: int) -> list[str]:
    """The lines of the table, none longer than a width, and not more than a height; the summary is the last."""
    from hnskit.fleet.live_rows import left_out

    room = max(1, min(_MOST, height - 3))
    shown, rest = rows[:room], rows[room:]
    texts: list[tuple[str, ...]] = [
        (row.host, row.windows, row.state, row.step, f"{row.seconds:.0f} s", row.verdict) for row in shown
    ]
    columns = [Column("host", 24), Column("Windows", 22), Column("state", 11), Column("step", 36),
               Column("time", 7, right=True), Column("verdict")]  # fmt: skip
    if width < _WIDE:  # a host at work has no verdict yet
        columns[3:] = [columns[4], Column("step or verdict")]
        texts = [(*row[:3], row[4], row[5] or row[3]) for row in texts]
    if width < _NARROW:
        del columns[1]
        texts = [(row[0], *row[2:]) for row in texts]
    lines = text_columns(columns, texts, width) if texts else []
    if rest:
        lines += text_columns([Column("")], [(f"… {left_out(rest)}",)], width)[1:]
    return [*lines, *text_columns([Column("")], [(summary,)], width)[1:]]


class StopsInOrder:
    """Ctrl-C calls a function once; the second one is the usual KeyboardInterrupt."""

    def __init__(self, stop: Callable[[], None], tell: Callable[[str], None]) -> None:
        self._stop, self._tell = stop, tell
        self._before: Any = None
        self.stopped = False
        """True after the first Ctrl-C."""

    def __enter__(self) -> Self:
        if threading.current_thread() is threading.main_thread():
            self._before = signal.signal(signal.SIGINT, self._first)
        return self

    def __exit__(self, *_: object) -> None:
        if threading.current_thread() is threading.main_thread():
            signal.signal(signal.SIGINT, self._before)

    def _first(self, _: int, __: FrameType | None) -> None:
        signal.signal(signal.SIGINT, self._before)
        self.stopped = True
        self._stop()
        # Not here: the lines' lock may be held by the very code that was interrupted.
        said = "  Stopping: hosts at work come to their step's end, no other begins. Ctrl-C again ends it at once."
        threading.Thread(target=self._tell, args=(said,), daemon=True).start()
