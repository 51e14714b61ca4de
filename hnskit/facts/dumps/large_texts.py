"""Texts that are too large to be read line by line: thinned to what may say something of a host, cut into windows."""

from __future__ import annotations

from collections.abc import Iterator

WINDOW = 16 * 1024 * 1024
"""Characters that are looked at together; what lies across a border is read as cut off there."""

_BLOCK = 64 * 1024
_MARKS = (
    "hns", "hcn", "hostcompute", "virtualnetwork", "macpool", "sharedcontainers", "compartmentid", "endpointid",
    "addressprefix", "ipaddress", "errorcode", "ipconfig", "network destination", "windowsshim", "sandboxid",
    "policies",
)  # fmt: skip
"""One of them is in each form that is read, but for those of other languages."""


def windows_of(text: str) -> Iterator[tuple[str, int, int]]:
    """Parts of a text that may say something of a host: each with the number of its first line, and its offset."""
    offset = line = 0
    parts: list[str] = []
    size, begin, first = 0, 0, 0
    for block, near in _blocks(text):
        count = block.count("\n")
        if size and size + len(block) > WINDOW:
            yield "".join(parts), first, begin
            parts, size = [], 0
        if not parts:
            begin, first = offset, line
        parts.append(block if near else "\n" * count)
        size += len(parts[-1])
        offset, line = offset + len(block), line + count
    if parts:
        yield "".join(parts), first, begin


def _blocks(text: str) -> Iterator[tuple[str, bool]]:
    """The text in blocks of whole lines, and whether one is near a mark: in it, or in the one before or after it."""
    block, near, before, start = "", False, False, 0
    while start < len(text):
        end = text.find("\n", start + _BLOCK)
        end = len(text) if end < 0 else end + 1
        following = text[start:end]
        lowered = following.lower()
        marked = any(mark in lowered for mark in _MARKS)
        if block:
            yield block, near or marked
        block, near, before = following, marked or before, marked
        start = end
    if block:
        yield block, near
