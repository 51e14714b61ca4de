"""Refusals of HNS in the texts of one host: each code once, with the number of lines that have it."""

from __future__ import annotations

from dataclasses import replace

from hnskit.model.objects import Refusal

_WIN32 = 0x80070000


class RefusalRecord:
    """Counts refusals."""

    def __init__(self) -> None:
        self._found: dict[tuple[int, str], Refusal] = {}
        self._at: dict[tuple[int, str], str] = {}
        """The line of the last one of each: a log says a refusal twice in one line."""

    def add(self, code: int, said: str, call: str, place: str) -> bool:
        """Take one, and tell whether it is the first of its kind; one without a code is told by its words."""
        key = (code & 0xFFFF if code & 0xFFFF0000 in (0, _WIN32) else code, "" if code else said)
        line = place.partition(",")[0]
        there = self._found.get(key)
        if there is None:
            self._found[key] = Refusal(code, said.strip(), call, place)
        elif self._at.get(key) != line:
            self._found[key] = replace(there, times=there.times + 1)
        self._at[key] = line
        return there is None

    @property
    def found(self) -> tuple[Refusal, ...]:
        """Each of them, in the order of their first lines."""
        return tuple(self._found.values())

    @property
    def count(self) -> int:
        """The number of lines that have one."""
        return sum(item.times for item in self._found.values())
