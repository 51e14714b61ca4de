"""A fleet at work, as a terminal shows it: a line a host that is at work and one for all; elsewhere a line a result."""

from __future__ import annotations

import signal
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable
from types import FrameType
from typing import TYPE_CHECKING, Self

from hnskit.foreign_text.terminal import redraw, say

if TYPE_CHECKING:
    from hnskit.fleet import HostResult, HostStep

_EVERY = 0.25  # seconds between two pictures
_LINES = 12  # hosts at work that are shown


class FleetScreen:
    """Redraws itself; leaves one line for each host with trouble behind."""

    def __init__(self, count: int) -> None:
        self._count = count
        self._at: dict[str, tuple[str, float]] = {}
        self._states: Counter[str] = Counter()
        self._lock, self._ended = threading.Lock(), threading.Event()
        self._live = sys.stderr.isatty()
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
            self._at[step.name] = (step.text, self._at.get(step.name, ("", time.monotonic()))[1])

    def done(self, result: HostResult) -> None:
        """A host has come to its end."""
        with self._lock:
            self._at.pop(result.name, None)
            self._states[result.state] += 1
            if not self._live or result.failed:
                self._clear()
                count = sum(self._states.values())
                say(f"  [{count}/{self._count}] {result.name}: {result.state}: {result.verdict}", err=True)

    def _draw_on(self) -> None:
        while not self._ended.wait(_EVERY):
            with self._lock:
                lines = self._lines()
                redraw(lines, self._drawn)
                self._drawn = len(lines)

    def _lines(self) -> list[str]:
        now = time.monotonic()
        longest = sorted(self._at.items(), key=lambda item: item[1][1])
        lines = [f"  {name:<20.20} {text:<50.50} {now - began:5.0f} s" for name, (text, began) in longest[:_LINES]]
        done = ", ".join(f"{count} {state}" for state, count in self._states.most_common()) or "none yet"
        more = f", {len(longest) - _LINES} more at work" if len(longest) > _LINES else ""
        lines.append(f"  {sum(self._states.values())} of {self._count} hosts: {done}{more} ({now - self._began:.0f} s)")
        return lines

    def _clear(self) -> None:
        if self._drawn:
            redraw((), self._drawn)
            self._drawn = 0


class StopsInOrder:
    """Ctrl-C calls a function once; the second one is the usual KeyboardInterrupt."""

    def __init__(self, stop: Callable[[], None]) -> None:
        self._stop = stop
        self._before = signal.getsignal(signal.SIGINT)

    def __enter__(self) -> Self:
        if threading.current_thread() is threading.main_thread():
            signal.signal(signal.SIGINT, self._first)
        return self

    def __exit__(self, *_: object) -> None:
        if threading.current_thread() is threading.main_thread():
            signal.signal(signal.SIGINT, self._before)

    def _first(self, _: int, __: FrameType | None) -> None:
        signal.signal(signal.SIGINT, self._before)
        say(
            "  Stopping: hosts at work come to their step's end, no other begins. Ctrl-C again ends it at once.",
            err=True,
        )
        self._stop()
