"""Lists of one text that were printed more than once, before and after something: the last one is what there is."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from hnskit.facts.dumps.listing_commands import ListingCommand
from hnskit.facts.dumps.pieces import Piece

_LINE = re.compile(r"line (\d+)")
_COLLECTED = {"network.txt": "networks", "endpoint.txt": "endpoints", "policy.txt": "policy_lists"}
"""Files of microsoft/SDN's collectlogs.ps1: each has the whole output of one command that lists all."""


@dataclass(slots=True)
class _Listing:
    """One list: the command that printed it, its line, and the ids in it."""

    command: ListingCommand
    line: int
    ids: set[str] = field(default_factory=set)
    whole: bool = False
    """True if its end is there."""


@dataclass(frozen=True, slots=True)
class Outdated:
    """Objects of earlier lists that the last one does not have."""

    kind: str
    ids: frozenset[str]
    line: int
    """Of the last list."""
    nothing: bool
    """True if it printed nothing: whether that was cut from the paste is not known."""


class Listings:
    """Notes of the lists of one text that are all of a kind, each by the command that printed it."""

    def __init__(self) -> None:
        self._of_kind: dict[str, list[_Listing]] = {}

    def note(self, kind: str, piece: Piece, id: str, whole: bool) -> None:
        """Note an object of a list; `whole`: its list has ended behind it."""
        if not piece.command.lists_all or piece.command.kind != kind or not id:
            return
        listings = self._of_kind.setdefault(kind, [])
        if not listings or listings[-1].command is not piece.command:
            listings.append(_Listing(piece.command, _line(piece.place)))
        listings[-1].ids.add(id.upper())
        listings[-1].whole |= whole

    def note_nothing(self, kind: str, piece: Piece) -> None:
        """Note a command that lists all, below which a prompt follows at once."""
        self._of_kind.setdefault(kind, []).append(_Listing(piece.command, _line(piece.place)))

    def outdated(self) -> Iterator[Outdated]:
        """Objects that a later list does not have any more, by kind."""
        for kind, listings in self._of_kind.items():
            *earlier, last = sorted(listings, key=lambda one: one.line)
            gone = frozenset().union(*(one.ids for one in earlier)) - last.ids
            if gone and (last.whole or not last.ids):
                yield Outdated(kind, gone, last.line, not last.ids)


def is_whole(kind: str, piece: Piece, listed: bool, name: str) -> bool:
    """Tell whether an object stands in a list of all of its kind.

    Args:
        kind: of the object.
        piece: value that it stands in.
        listed: whether it is an item of a list.
        name: of its file, which may tell.
    """
    command = piece.command
    if piece.part_of_list is not None:
        return piece.part_of_list and command.kind in (kind, None)
    whole = (listed and not command.chooses) or (command.lists_all and command.kind == kind)
    return whole or _COLLECTED.get(name.rpartition("/")[2].lower()) == kind


def _line(place: str) -> int:
    found = _LINE.match(place)
    return int(found[1]) if found else 0
