"""Waves: some hosts first, the others in batches, and an end where too many fail."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

from hnskit.errors import ArgumentError

T = TypeVar("T")
_SHARE = re.compile(r"(\d+)(%?)")


@dataclass(frozen=True, slots=True)
class Waves:
    """Numbers of hosts that are worked on before the next ones may begin.

    Attributes:
        canary: hosts of the first wave; 0: none before the others. One of them that fails ends it.
        batch: hosts of each later wave, as a number or a share of all (`25%`); "": all at once.
        max_failures: failed hosts, as a number or a share of those begun, with which it still goes on; "": with waves
            none, without them any number.
    """

    canary: int = 0
    batch: str = ""
    max_failures: str = ""

    def __post_init__(self) -> None:
        if self.canary < 0:
            raise ArgumentError("--canary is a number of hosts, 0 or more")
        for name, text, least in (("--batch", self.batch, 1), ("--max-failures", self.max_failures, 0)):
            found = _SHARE.fullmatch(text)
            if text and (found is None or int(found[1]) < least or (found[2] and int(found[1]) > 100)):
                raise ArgumentError(
                    f"{name} {text} is not a number of hosts or a share of them",
                    next_step=f"Give a number, or a share such as 25%, of {least} or more.",
                )

    def split(self, hosts: Sequence[T]) -> tuple[tuple[T, ...], ...]:
        """The waves, in their order; no host is in two."""
        rest = list(hosts)
        waves = [tuple(rest[: self.canary])] if self.canary else []
        rest = rest[self.canary :]
        size = _number(self.batch, len(hosts)) if self.batch else len(rest)
        waves += [tuple(rest[start : start + size]) for start in range(0, len(rest), max(size, 1))]
        return tuple(wave for wave in waves if wave)

    def goes_on(self, wave: int, failed: int, begun: int) -> bool:
        """Tell whether other hosts may begin.

        Args:
            wave: number of the wave that is at work, from 1.
            failed: hosts that failed so far.
            begun: hosts that were begun so far.
        """
        if failed and self.canary and wave == 1:
            return False
        if self.max_failures:
            return failed <= _number(self.max_failures, begun, up=False)
        return not failed or not (self.canary or self.batch)


def _number(text: str, of: int, *, up: bool = True) -> int:
    found = _SHARE.fullmatch(text)
    if found is None:
        return of
    if not found[2]:
        return int(found[1])
    share = of * int(found[1]) / 100
    return max(1, math.ceil(share)) if up else math.floor(share)
