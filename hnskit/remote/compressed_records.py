"""Records that a host sends compressed: a busy node's tables are a tenth as long so, and come in fewer requests."""

from __future__ import annotations

import base64
import zlib

from hnskit.errors import HostAnswerError

_MARK = "gzip "
"""No answer begins so: each is a JSON object."""
_LONGEST = 64 * 1024 * 1024
"""Bytes of one record: a small text may stand for gigabytes. The host sends as it is a record that would be longer."""


def lines_in(record: str) -> int:
    """Count a record's answers without taking it apart: `gzip COUNT BASE64`, or one in each line."""
    count = record[len(_MARK) :].partition(" ")[0] if record.startswith(_MARK) else ""
    return int(count) if count.isdecimal() and len(count) < 10 else 1 + record.count("\n")


def lines_of(record: str) -> list[str]:
    """Take a record apart: one answer in each line.

    Raises:
        HostAnswerError: it says that it is compressed, and cannot be read; or it is longer than 64 MiB.
    """
    text = _text(record) if record.startswith(_MARK) else record
    return text.split("\n")  # not splitlines: JSON may have U+2028 and its like in a text, as it is


def _text(record: str) -> str:
    unpacker = zlib.decompressobj(wbits=16 + zlib.MAX_WBITS)
    try:
        content = unpacker.decompress(base64.b64decode(record.split(" ", 2)[2], validate=True), _LONGEST)
        text = content.decode()
    except (ValueError, IndexError, zlib.error) as cause:
        raise _unreadable(record, str(cause)) from cause
    if not unpacker.eof:
        raise _unreadable(record, "it goes on" if unpacker.unconsumed_tail else "it ends in the middle")
    if unpacker.unused_data:
        raise _unreadable(record, "something follows its end")
    return text


def _unreadable(record: str, reason: str) -> HostAnswerError:
    return HostAnswerError(f"the host sent a compressed record that cannot be read ({reason})", got=record)
