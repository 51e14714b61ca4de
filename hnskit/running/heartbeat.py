"""A sign of life on a terminal while nothing else is printed."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from types import TracebackType
from typing import Self

_FIRST, _LATER, _AFTER = 4.0, 30.0, 60.0
"""Seconds of silence before a sign; longer ones after a minute of the same."""


class Heartbeat:
    """Calls a function of the seconds that have passed, in a thread of its own, as long as nothing is told.

    Whoever prints holds `lock` meanwhile and calls `told`, so that two lines never run into each other.
    """

    def __init__(self, sign: Callable[[float], None], every: float = _FIRST) -> None:
        self.lock = threading.RLock()
        self._sign = sign
        self._every = every
        self._ended = threading.Event()
        self._since = self._last = time.monotonic()

    def told(self) -> None:
        """Something was printed: the silence begins anew."""
        self._since = self._last = time.monotonic()

    def __enter__(self) -> Self:
        self.told()
        threading.Thread(target=self._beat, name="heartbeat", daemon=True).start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._ended.set()

    def _beat(self) -> None:
        while not self._ended.wait(self._every / 4):
            with self.lock:
                now = time.monotonic()
                silence = self._every if now - self._since < _AFTER else max(self._every, _LATER)
                if now - self._last >= silence and not self._ended.is_set():
                    self._last = now
                    self._sign(now - self._since)
