"""Pauses between attempts on a host that fails: exponential, bounded, with jitter."""

from __future__ import annotations

import random
from dataclasses import dataclass, field

LOGIN_SECONDS = 900.0
"""Least pause after a refused login: accounts get locked out by attempts in a row."""


@dataclass(slots=True)
class Pauses:
    """The pauses of one host, in seconds."""

    first: float = 1.0
    longest: float = 300.0
    _chance: random.Random = field(default_factory=random.Random)
    _number: int = 0

    def next(self, *, login: bool = False) -> float:
        """The next pause: twice the last one, up to the longest; between half of it and the whole."""
        pause = min(self.longest, self.first * 2.0 ** min(self._number, 30))
        self._number += 1
        pause *= 0.5 + self._chance.random() / 2
        return max(pause, LOGIN_SECONDS) if login else pause

    def success(self) -> None:
        """Begin anew: the host was served."""
        self._number = 0

    def spread(self, seconds: float) -> float:
        """An interval with up to a tenth less, so that hosts do not come at one moment."""
        return seconds * (1 - self._chance.random() / 10)
