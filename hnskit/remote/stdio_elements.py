"""The lines of PSRP over stdio, as `pwsh -s` speaks it: one XML element a line, base64 of fragments inside."""

from __future__ import annotations

import base64
import binascii
import re
from typing import NamedTuple
from uuid import UUID

SESSION = UUID(int=0)
"""PSGuid of the session itself; any other is a pipeline's."""

_ELEMENT = re.compile(
    rb"<(?P<name>\w+)(?: Stream='(?P<stream>\w+)')? PSGuid='(?P<guid>[0-9A-Fa-f-]{36})'\s*"
    rb"(?:/>|>(?P<content>[A-Za-z0-9+/=]*)</\w+>)"
)


class ElementError(ValueError):
    """A line is not an element."""


class Element(NamedTuple):
    """One line from PowerShell."""

    name: str
    guid: UUID
    data: bytes = b""


def data(guid: UUID, fragments: bytes, *, prompt: bool = False) -> bytes:
    """Fragments for PowerShell; `prompt` are answers to host calls."""
    stream = b"PromptResponse" if prompt else b"Default"
    return b"<Data Stream='%b' PSGuid='%b'>%b</Data>\n" % (stream, _text(guid), base64.b64encode(fragments))


def bare(name: str, guid: UUID) -> bytes:
    """`Command`, `Signal` or `Close`."""
    return b"<%b PSGuid='%b' />\n" % (name.encode(), _text(guid))


def parse(line: bytes) -> Element:
    """Read a line of PowerShell.

    Raises:
        ElementError: it is none.
    """
    match = _ELEMENT.fullmatch(line.strip())
    if match is None:
        raise ElementError(f"not an element: {line[:80]!r}")
    try:
        content = base64.b64decode(match["content"] or b"", validate=True)
    except binascii.Error as problem:
        raise ElementError(f"not base64: {line[:80]!r}") from problem
    return Element(match["name"].decode(), UUID(match["guid"].decode()), content)


def _text(guid: UUID) -> bytes:
    return str(guid).encode()
