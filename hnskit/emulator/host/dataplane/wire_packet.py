"""A packet, and the ways in which one ends before it arrives."""

from __future__ import annotations

from dataclasses import dataclass, replace

FIRST_DYNAMIC_PORT = 49152
"""Windows' own side of a connection begins here."""


@dataclass(frozen=True, slots=True)
class Packet:
    """The first packet of a connection, or of its answer."""

    protocol: str
    """`tcp` or `udp`."""
    source: str
    source_port: int
    destination: str
    port: int

    def answer(self) -> Packet:
        """The packet that goes back."""
        return replace(
            self, source=self.destination, source_port=self.port, destination=self.source, port=self.source_port
        )

    def to(self, address: str, port: int) -> Packet:
        """The packet with another destination."""
        return replace(self, destination=address, port=port)

    def __str__(self) -> str:
        return f"{self.source}:{self.source_port} > {self.destination}:{self.port}"


class PacketLostError(Exception):
    """The packet goes no further.

    Attributes:
        code: a word for programs.
        reason: a sentence.
    """

    def __init__(self, code: str, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason
