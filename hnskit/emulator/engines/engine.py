"""The interface of an engine that speaks PSRP behind a shell."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import NamedTuple, Protocol
from uuid import UUID

RUNSPACE_POOL_STATE = 0x00021005
PIPELINE_STATE = 0x00041006
PIPELINE_HOST_CALL = 0x00041100

_HEADER = struct.Struct(">QQBI")
_START, _END = 1, 2
_MESSAGE_HEADER = 40


class EngineError(Exception):
    """A client's message is not PSRP, or cannot be taken now."""


class Sink(Protocol):
    """The receiver of an engine's output."""

    def put(self, pipeline: UUID | None, fragments: bytes) -> None:
        """Whole fragments for a pipeline, or for the pool."""

    def finished(self, pipeline: UUID) -> None:
        """Note that this pipeline has ended."""

    def refused(self, pipeline: UUID, reason: str) -> None:
        """The engine could not read what was sent for this pipeline, and nothing more comes from it."""

    def broken(self, reason: str) -> None:
        """The engine is gone, and its shell with it."""


class Engine(Protocol):
    """The server's side of one runspace pool. Every method takes whole fragments, and may raise EngineError."""

    @property
    def process_id(self) -> int:
        """Of the process that the pool is in."""

    async def open(self, fragments: bytes) -> None:
        """The creationXml of the shell."""

    async def begin(self, pipeline: UUID, fragments: bytes) -> None:
        """A new pipeline, with the first of its fragments."""

    async def send(self, pipeline: UUID | None, fragments: bytes, *, prompt: bool) -> None:
        """More for a pipeline or the pool; `prompt` are answers to host calls (stream `pr`)."""

    async def stop(self, pipeline: UUID) -> None:
        """Ctrl+C: the pipeline says itself that it was stopped."""

    async def end(self, pipeline: UUID) -> None:
        """Forget the pipeline; stop it if it still runs."""

    async def connect(self, fragments: bytes) -> bytes:
        """Another client takes over: its connectXml in, the connectResponseXml out."""

    async def close(self) -> None:
        """The shell is deleted. Never raises."""


class NewEngine(Protocol):
    """Makes the engine of a new shell."""

    def __call__(self, sink: Sink, *, configuration: str, user: str) -> Engine:
        """`configuration` is the last part of the shell's resource URI; `user` opened the shell."""


class Fragment(NamedTuple):
    """One PSRP fragment (MS-PSRP 2.2.4)."""

    object_id: int
    starts: bool
    ends: bool
    data: bytes
    raw: bytes

    @property
    def message_type(self) -> int:
        """Of the message that starts here; 0 if none does."""
        return int.from_bytes(self.data[4:8], "little") if self.starts else 0


def fragments_of(data: bytes) -> Iterator[Fragment]:
    """Take fragments apart.

    Raises:
        EngineError: they are cut short.
    """
    at = 0
    while at < len(data):
        if len(data) - at < _HEADER.size:
            raise EngineError("a fragment's header is cut short")
        object_id, _, marks, length = _HEADER.unpack_from(data, at)
        end = at + _HEADER.size + length
        if end > len(data):
            raise EngineError("a fragment is cut short")
        body = data[at + _HEADER.size : end]
        yield Fragment(object_id, bool(marks & _START), bool(marks & _END), body, data[at:end])
        at = end


def pipeline_of(fragments: bytes) -> UUID | None:
    """The pipeline that the first message here is of (MS-PSRP 2.2.1); None if it names none.

    Raises:
        EngineError: the fragments are cut short.
    """
    first = next(fragments_of(fragments), None)
    if first is None or not first.starts or len(first.data) < _MESSAGE_HEADER:
        return None
    identity = UUID(bytes_le=first.data[24:_MESSAGE_HEADER])
    return identity if identity.int else None
