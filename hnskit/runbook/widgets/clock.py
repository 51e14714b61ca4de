"""A clock beside work that is waited for: how long it has taken, how long it took the last time."""

from __future__ import annotations

import threading
import time
from types import TracebackType
from typing import Self

import ipywidgets

from hnskit.foreign_text.escaping import escape_html

_TICK = 1.0


class Clock:
    """Ticks in a widget of its own, in a thread of its own, while work is under way; else it shows nothing.

    Attributes:
        last: seconds that the same work took the last time; None where nobody knows.
    """

    def __init__(self) -> None:
        self.widget = ipywidgets.HTML()
        self.last: float | None = None
        self._since = 0.0
        self._ended = threading.Event()
        self._ended.set()
        self._showing = threading.Lock()

    def start(self) -> None:
        """Begin at 0; a clock that ticks goes on."""
        if not self._ended.is_set():
            return
        self._ended = ended = threading.Event()
        since = self._since = time.monotonic()
        self._show(0)

        def tick() -> None:
            while not ended.wait(_TICK):
                with self._showing:  # a tick that comes with the end would stand there for ever
                    if not ended.is_set():
                        self._show(time.monotonic() - since)

        threading.Thread(target=tick, name="clock", daemon=True).start()

    def stop(self) -> None:
        """End, and show nothing any more."""
        if not self._ended.is_set():
            self.last = time.monotonic() - self._since
        with self._showing:
            self._ended.set()
            self.widget.value = ""

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.stop()

    def _show(self, seconds: float) -> None:
        last = f", {max(1.0, self.last):.0f} s the last time" if self.last is not None else ""
        self.widget.value = f'<span style="opacity:.75">{escape_html(f"{seconds:.0f} s{last}")}</span>'
