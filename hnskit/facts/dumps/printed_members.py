"""Members of the model's objects that a print does not have, by the members that it has."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hnskit.facts.dumps.pieces import Piece
from hnskit.model.hns_members import unread_members

_OF_RESOURCES = frozenset(
    {"Allocators", "AllocationOrder", "parentId", "PortOperationTime", "SwitchOperationTime", "VfpOperationTime"}
)
"""Members of an object's Resources: where the object itself has one, a line with a bracket is missing."""
_SHARED = ("State", "ID", "Health", "Resources")
"""Members that an object and its Resources both have."""


class PrintedMembers:
    """Looks each set of members up once: a list has thousands of objects with the same."""

    def __init__(self) -> None:
        self._unread: dict[tuple[Any, ...], tuple[str, ...]] = {}
        self.plain: set[tuple[Any, ...]] = set()
        """Members of v1's endpoints, in their order, that leave nothing unread."""

    def unread(self, kind: str, item: Mapping[str, Any], piece: Piece, lost: list[str], v2: bool) -> tuple[str, ...]:
        """The members of an object that were not printed, or not whole."""
        printed = tuple(piece.printed if piece.printed is not None else item)
        key = (kind, printed, tuple(lost), v2)
        found = self._unread.get(key)
        if found is None:
            garbled = _OF_RESOURCES.isdisjoint(printed) is False
            whole = [name for name in printed if name not in lost and not (garbled and name in _SHARED)]
            found = self._unread[key] = unread_members(kind, whole, v2=v2)
            if kind == "endpoints" and not (found or lost or v2) and piece.printed is None:
                self.plain.add(printed)
        return found
