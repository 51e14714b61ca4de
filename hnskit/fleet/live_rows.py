"""A fleet at work as rows, sorted by trouble: what the terminal and the notebook draw again and again."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from hnskit.fleet.host_result import TROUBLE, HostResult
from hnskit.fleet.traits import windows_of
from hnskit.model.wording import counted

AT_WORK = "at work"


@dataclass(frozen=True, slots=True)
class LiveRow:
    """A host at work, or one that has come to its end."""

    host: str
    windows: str
    """"" until it was read to the end."""
    state: str
    step: str
    """The last one that has begun."""
    seconds: float
    verdict: str
    """"" while it is at work."""


class LiveRows:
    """Hosts of one verb. Not for two threads at once.

    Args:
        count: hosts of the run.
    """

    def __init__(self, count: int) -> None:
        self.count = count
        self.ended: list[HostResult] = []
        self._steps: dict[str, str] = {}
        self._began: dict[str, float] = {}

    def step(self, name: str, text: str) -> None:
        """A host's step has begun."""
        self._steps[name] = text
        self._began.setdefault(name, time.monotonic())

    def end(self, result: HostResult) -> None:
        """A host has come to its end."""
        self.ended.append(result)
        self._began.pop(result.name, None)

    def rows(self) -> list[LiveRow]:
        """Trouble first, then hosts at work, the longest first, then all others."""
        now = time.monotonic()
        ended = sorted(self.ended, key=lambda one: (TROUBLE[one.state], one.name))
        there = [self._ended(one) for one in ended if one.failed]
        at_work = sorted(self._began.items(), key=lambda item: item[1])
        there += [LiveRow(name, "", AT_WORK, self._steps[name], now - began, "") for name, began in at_work]
        return there + [self._ended(one) for one in ended if not one.failed]

    def summary(self) -> str:
        """Say how many are done, with their states."""
        return f"{len(self.ended)} of {counted(self.count, 'hosts')} done{_states(one.state for one in self.ended)}"

    def _ended(self, one: HostResult) -> LiveRow:
        step = self._steps.get(one.name, "") if one.failed else ""
        return LiveRow(one.name, windows_of(one), one.state, step, one.seconds, one.verdict)


def left_out(rows: Sequence[LiveRow]) -> str:
    """Say which rows there was no room for."""
    return f"{len(rows)} more{_states(row.state for row in rows)}"


def _states(states: Iterable[str]) -> str:
    said = ", ".join(f"{count} {state}" for state, count in Counter(states).most_common())
    return f": {said}" if said else ""
