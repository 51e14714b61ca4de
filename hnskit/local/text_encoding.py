"""Bytes of a file to text: what PowerShell's `>` and `Out-File`, editors and log collectors leave behind."""

from __future__ import annotations

import codecs
import re

_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_MIXED = "has parts in UTF-8 and in UTF-16, as after `>>`; letters beyond ASCII in them are a guess"
_ASCII = (0x09, 0x0A, 0x0D, *range(0x20, 0x7F))
_PAIRS = "".join(f"\\u{high:02x}20-\\u{high:02x}7e\\u{high:02x}09\\u{high:02x}0a\\u{high:02x}0d" for high in _ASCII)
_BYTES = re.compile(f"[{_PAIRS}]{{24,}}")
"""Letters in a row, both bytes of which are ASCII: no language has so many."""
_PROBE = 4096  # bytes that tell UTF-16 without a mark


def decode(data: bytes) -> tuple[str, str]:
    """Text, and a sentence about what could not be read of it; the sentence is empty where all could.

    Raises:
        ValueError: it is not text.
    """
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return _decoded(data[len(mark) :], encoding)
    probe = data[:_PROBE]
    if b"\0" in probe:
        # ASCII in UTF-16 has a NUL in every second byte; whatever else has NULs is not text.
        for start, encoding in ((1, "utf-16-le"), (0, "utf-16-be")):
            half = probe[start::2]
            if half.count(0) > 0.6 * len(half) and probe[1 - start :: 2].count(0) < 0.1 * len(half) + 1:
                return _decoded(data, encoding)
        raise ValueError("it is not text")
    try:
        text = data.decode("utf-8")
        return (text, "") if "\0" not in text else (text.replace("\0", ""), _MIXED)
    except UnicodeDecodeError as problem:
        if b"\0" in data:
            return data.replace(b"\0", b"").decode("utf-8", errors="replace"), _MIXED
        line = data[: problem.start].count(b"\n") + 1
        said = f"line {line}, offset {problem.start}: it is not UTF-8; its letters beyond ASCII are a guess"
        return data.decode("cp1252", errors="replace"), said


def _decoded(data: bytes, encoding: str) -> tuple[str, str]:
    try:
        text, said = data.decode(encoding), ""
    except UnicodeDecodeError as problem:
        text = data.decode(encoding, errors="replace")
        said = f"offset {problem.start}: not {encoding.upper()} from here on"
    if encoding.startswith("utf-16") and _BYTES.search(text):
        return _BYTES.sub(lambda found: _as_bytes(found[0], encoding), text), _MIXED
    return text, said


def _as_bytes(text: str, encoding: str) -> str:
    """Text of another encoding that was read as UTF-16: two of its letters as one."""
    return text.encode(encoding, "surrogatepass").decode("utf-8", errors="replace")
