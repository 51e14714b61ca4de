"""Bytes of a file to text: what PowerShell's `>` and `Out-File`, editors and log collectors leave behind."""

from __future__ import annotations

import codecs

_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_PROBE = 4096  # bytes that tell UTF-16 without a mark


def decode(data: bytes) -> tuple[str, str]:
    """Text, and a sentence about what could not be read of it; the sentence is empty where all could.

    Raises:
        ValueError: it is no text.
    """
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return _decoded(data[len(mark) :], encoding)
    probe = data[:_PROBE]
    if b"\0" in probe:
        # ASCII in UTF-16 has a NUL in every second byte; whatever else has NULs is no text.
        for start, encoding in ((1, "utf-16-le"), (0, "utf-16-be")):
            half = probe[start::2]
            if half.count(0) > 0.6 * len(half) and probe[1 - start :: 2].count(0) < 0.1 * len(half) + 1:
                return _decoded(data, encoding)
        raise ValueError("it is no text")
    try:
        return data.decode("utf-8"), ""
    except UnicodeDecodeError as problem:
        line = data[: problem.start].count(b"\n") + 1
        said = f"line {line}, offset {problem.start}: it is not UTF-8; its letters beyond ASCII are a guess"
        return data.decode("cp1252", errors="replace"), said


def _decoded(data: bytes, encoding: str) -> tuple[str, str]:
    try:
        return data.decode(encoding), ""
    except UnicodeDecodeError as problem:
        return data.decode(encoding, errors="replace"), f"offset {problem.start}: not {encoding.upper()} from here on"
