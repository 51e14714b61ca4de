"""Completeness of a snapshot's lists: only a whole list proves that an object is absent."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

ABSENT = "not in this dump"
"""Reason for the gap of a list of which a dump has nothing."""

SINGLE = "this dump has single ones, which need not be all"
"""Reason for the gap of a list of which a dump has objects that were not listed together."""

LEFT_ASIDE = "left aside: "
"""Beginning of a note on objects that say nothing of HNS."""


@dataclass(frozen=True, slots=True)
class Problem:
    """Something of a host that could not be read."""

    part: str
    """`networks`, `routes`, …: the part of the snapshot that is not whole for it; "" where none is."""
    message: str

    def __str__(self) -> str:
        return f"{self.part}: {self.message}" if self.part else self.message

    @property
    def is_aside(self) -> bool:
        """True of what was understood, and left aside since it says nothing of HNS: nothing is missing for it."""
        return self.message.startswith(LEFT_ASIDE)


@dataclass(frozen=True, slots=True)
class Completeness:
    """Of each part of a snapshot (`networks`, `routes`, …), whether all of it was read.

    A host that answers gives whole lists. A dump's list is whole if a command that lists everything printed it from its
    first object to its last.
    """

    gaps: Mapping[str, str] = field(default_factory=dict)
    """Part and the reason why it is not whole, in a few words; a part that is not named here is whole."""

    def is_whole(self, part: str) -> bool:
        """Tell whether the absence of an object from this part means that the host has no such object."""
        return part not in self.gaps

    def reason(self, part: str) -> str:
        """Return why a part is not whole; "" if it is."""
        return self.gaps.get(part, "")

    def problems(self) -> tuple[Problem, ...]:
        """The gaps, a problem each."""
        return tuple(Problem(part, reason) for part, reason in self.gaps.items())

    def caveats(self) -> tuple[str, ...]:
        """The gaps in sentences: parts with the same reason together."""
        reasons: dict[str, list[str]] = {}
        for part, reason in self.gaps.items():
            reasons.setdefault(reason, []).append(part)
        return tuple(f"{', '.join(parts)}: {reason}" for reason, parts in reasons.items())
