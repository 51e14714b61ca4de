"""PSRP messages out of answers of which some may be lost, or come twice.

A message may be cut into fragments that come in several answers (MS-PSRP 2.2.4). If one of them is lost, so is the
message; all others are kept.
"""

from __future__ import annotations

import struct

_HEADER = struct.Struct(">QQBI")
_END = 2


class IntactMessages:
    """Messages of one runspace pool that came whole, once each."""

    def __init__(self) -> None:
        self.torn = 0
        """Number of messages that lack a fragment."""
        self._parts: dict[int, list[bytes]] = {}
        self._over: set[int] = set()

    @property
    def in_pieces(self) -> bool:
        """Tell whether a message is there in part, and the rest of it may come."""
        return bool(self._parts)

    def begin(self) -> None:
        """A new pipeline begins: that its messages have other numbers than those before is not relied on."""
        self._over.clear()

    def take(self, data: bytes) -> bytes:
        """The fragments of all messages that are whole now; what lacks one is left out."""
        whole, at = [], 0
        while at + _HEADER.size <= len(data):
            message, number, marks, length = _HEADER.unpack_from(data, at)
            end = at + _HEADER.size + length
            self._add(message, number, data[at:end])
            if marks & _END and message in self._parts:
                whole += self._parts.pop(message)
                self._over.add(message)
            at = end
        return b"".join(whole)

    def _add(self, message: int, number: int, fragment: bytes) -> None:
        if message in self._over:
            return
        parts = self._parts.setdefault(message, [])
        if number == len(parts):
            parts.append(fragment)
        elif number > len(parts):
            self.torn += 1
            del self._parts[message]
            self._over.add(message)
