"""A record that a host sends compressed reads as its lines; one that cannot be read is an error that quotes it."""

from __future__ import annotations

import base64
import gzip

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hnskit.errors import HostAnswerError
from hnskit.remote.compressed_records import lines_in, lines_of

LINES = st.lists(
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\n")).map("{{{}".format), min_size=1
)
MEBIBYTE = 1024 * 1024


def packed(content: bytes, count: int = 1, then: bytes = b"") -> str:
    return f"gzip {count} {base64.b64encode(gzip.compress(content) + then).decode()}"


@given(LINES)
def test_a_record_is_the_same_with_and_without_compression(lines: list[str]) -> None:
    """Also where a text has separators of Unicode in it."""
    plain = "\n".join(lines)
    compressed = packed(plain.encode(), len(lines))
    assert lines_of(plain) == lines_of(compressed) == lines
    assert lines_in(plain) == lines_in(compressed) == len(lines)


WHOLE = packed(b"{}")


@pytest.mark.parametrize(
    "record",
    [
        "gzip ", "gzip 1", "gzip 1 ", "gzip 1 ****", WHOLE[:-8], WHOLE[:-9], f"{WHOLE}\n{{}}", "gzip 1 e30=",
        packed(b"\xff\xfe"), WHOLE.replace("gzip 1 ", "gzip 1  "),
        packed(b"{}", then=gzip.compress(b"{}")), packed(b"{}", then=b"more"),
    ],
    ids=[
        "no count", "no text", "an empty text", "no base64", "cut short", "cut in a group", "with a line after it",
        "not compressed", "no UTF-8", "two spaces", "with another one after it", "with bytes after it",
    ],
)  # fmt: skip
def test_a_compressed_record_that_cannot_be_read_is_an_error_that_quotes_it(record: str) -> None:
    with pytest.raises(HostAnswerError, match="compressed record that cannot be read") as caught:
        lines_of(record)
    assert caught.value.got == record


def test_a_short_text_cannot_stand_for_gigabytes() -> None:
    """65 MiB of spaces are 65 KiB; no more than 64 MiB of it are made."""
    with pytest.raises(HostAnswerError, match="it goes on"):
        lines_of(packed(65 * MEBIBYTE * b" "))


@pytest.mark.parametrize("record", ["gzip x e30=", "gzip  e30=", f"gzip {'9' * 5000} e30=", "gzip \u00b2 e30="])
def test_a_count_that_is_none_counts_as_one(record: str) -> None:
    """What is wrong with the record is said where it is read."""
    assert lines_in(record) == 1
