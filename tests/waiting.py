"""Waiting for a condition: a test names what it expects, and a busy machine only makes it slower."""

from __future__ import annotations

import time
from collections.abc import Callable

LONG = 240.0
"""Seconds after which a condition counts as never met: far longer than any of them takes on a machine that is busy."""


def wait_for(condition: Callable[[], object], message: str = "", seconds: float = LONG, pause: float = 0.05) -> None:
    """Return when a condition is true.

    Raises:
        AssertionError: it was not within `seconds`.
    """
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, message or f"not within {seconds:g} s"
        time.sleep(pause)
