"""The events of a container runtime: the last ones are kept, and who follows them is told of each new one."""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from collections.abc import Mapping
from typing import Any

_KEPT = 256
"""Events that a Docker daemon keeps for `--since`."""


class EventLog:
    """The events of one runtime, numbered from 1."""

    def __init__(self) -> None:
        self._kept: deque[tuple[int, Mapping[str, Any]]] = deque(maxlen=_KEPT)
        self._followers: set[asyncio.Event] = set()
        self.last = 0
        """Number of the newest event."""

    def add(self, event: Mapping[str, Any]) -> None:
        """Something has happened."""
        self.last += 1
        self._kept.append((self.last, event))
        for follower in self._followers:
            follower.set()

    def after(self, number: int) -> list[tuple[int, Mapping[str, Any]]]:
        """Those that came after this one and are still kept."""
        return [item for item in self._kept if item[0] > number]

    async def wait_beyond(self, number: int, seconds: float) -> None:
        """Wait until there is a newer one, for so long at most."""
        if self.last > number:
            return
        follower = asyncio.Event()
        self._followers.add(follower)
        try:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(seconds):
                    await follower.wait()
        finally:
            self._followers.discard(follower)
