"""Foreign text on its way out: every destination gets a form in which it is text and nothing else."""

from __future__ import annotations

import csv
import io
import json
import unicodedata
from xml.etree import ElementTree

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from hnskit.foreign_text.escaping import (
    Lines,
    block,
    csv_cell,
    escape_html,
    for_terminal,
    join_lines,
    json_text,
    one_line,
    xml_text,
)

ANYTHING = st.text(st.characters(codec=None, exclude_categories=()))
"""Lone surrogates and noncharacters included: a UTF-16 string of Windows can hold them."""


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("\x1b]0;title\x07", r"\x1b]0;title\x07"),
        ("a\x9b31mb", r"a\x9b31mb"),
        ("a\u202eb", r"a\u202eb"),
        ("a\nb\tc\r", r"a\nb\tc\r"),
        ("\ud800\x00", r"\ud800\x00"),
        ("\U000e0041", r"\U000e0041"),
        ("Zürich 東京 👍", "Zürich 東京 👍"),
        ("C:\\n", "C:\\n"),
    ],
)
def test_what_is_not_seen_as_itself_is_shown_as_its_escape(said: str, shown: str) -> None:
    assert one_line(said) == shown


@given(ANYTHING)
@example("\u2028\u2029\u0085")
def test_a_line_reaches_a_terminal_without_anything_that_it_would_obey(text: str) -> None:
    shown = for_terminal(text)
    assert len(shown.splitlines()) <= 1
    assert all(unicodedata.category(char) not in ("Cc", "Cf", "Cs", "Zl", "Zp") for char in shown)
    shown.encode("utf-8")
    assert one_line(shown) == shown, "escaping twice is escaping once"


@given(st.lists(ANYTHING))
def test_no_text_begins_a_line_that_hnskit_did_not_begin(texts: list[str]) -> None:
    joined = join_lines(texts)
    assert isinstance(joined, Lines)
    assert len(joined.split("\n")) == max(len(texts), 1)
    assert for_terminal(joined) == joined


@given(ANYTHING)
def test_html_and_svg_are_well_formed_xml_whatever_the_text(text: str) -> None:
    found = ElementTree.fromstring(f'<p a="{escape_html(text)}">{escape_html(text)}</p>'.encode())
    assert found.text in (block(text), None)
    assert list(found) == []


@given(ANYTHING)
def test_a_library_can_write_the_text_as_xml(text: str) -> None:
    element = ElementTree.Element("a")
    element.text = xml_text(text)
    assert (ElementTree.fromstring(ElementTree.tostring(element, encoding="utf-8")).text or "") == block(text)


@given(ANYTHING)
@example("=cmd|' /C calc'!A0")
@example("\t=1")
@example("\uff1d1")
def test_no_cell_of_a_csv_file_is_a_formula(text: str) -> None:
    stream = io.StringIO()
    csv.writer(stream).writerow([csv_cell(text)])
    (cell,) = next(csv.reader(io.StringIO(stream.getvalue(), newline="")))
    assert not cell.startswith(("=", "+", "-", "@", "\t", "\r", "\uff1d", "\uff0b", "\uff0d", "\uff20"))
    assert "\x00" not in cell


@given(ANYTHING)
def test_json_reads_back_the_same_and_has_nothing_raw_that_a_terminal_obeys(text: str) -> None:
    written = json_text({"text": text})
    assert json.loads(written) == {"text": json.loads(json.dumps(text))}
    assert one_line(written) == written
    written.encode("utf-8")
