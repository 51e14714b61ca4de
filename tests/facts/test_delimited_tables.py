"""Tables of `Export-Csv`, spreadsheets and Markdown; JSON values that share a line."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hnskit.errors import SnapshotError
from hnskit.facts.anything import read_anything

ONE, TWO = "0A35F162-0000-0000-0000-000000000001", "0A35F162-0000-0000-0000-000000000003"
WORDS = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=12)
NAMES = ("Name", "ID", "IPAddress", "State", "VirtualNetworkName", "Policies")
ROWS = (
    ("client1", ONE, "10.0.1.20", "3", "l2", "System.Object[]"),
    ("client2", TWO, "10.0.1.21", "1", "l2", "System.Object[]"),
)


def delimited(sign: str, quoting: int, rows: Sequence[Sequence[str]] = ROWS) -> str:
    text = io.StringIO()
    writer = csv.writer(text, delimiter=sign, quoting=quoting)  # type: ignore[arg-type]
    writer.writerows([NAMES, *rows])
    return text.getvalue()


def markdown(rows: Sequence[Sequence[str]] = ROWS) -> str:
    lines = [NAMES, [":--"] * len(NAMES), *rows]
    return "my endpoints:\n\n" + "\n".join(f"| {' | '.join(line)} |" for line in lines) + "\n\nthanks\n"


@pytest.mark.parametrize(
    "text",
    [
        "#TYPE HNSEndpoint\n" + delimited(",", csv.QUOTE_ALL),
        delimited(",", csv.QUOTE_MINIMAL),
        delimited(";", csv.QUOTE_ALL),
        delimited("\t", csv.QUOTE_MINIMAL),
        markdown(),
        markdown().replace(ONE, f"`{ONE}`").replace("Name |", "**Name** |", 1),
    ],
    ids=["Export-Csv", "pwsh 7", "-UseCulture", "spreadsheet", "Markdown", "Markdown with marks"],
)
def test_a_table_is_read_as_the_objects_of_its_rows(text: str) -> None:
    found = read_anything(text)
    read = [(one.name, one.id, one.address, one.state, one.network_name) for one in found.facts.endpoints]
    assert read == [("client1", ONE, "10.0.1.20", 3, "l2"), ("client2", TWO, "10.0.1.21", 1, "l2")]
    assert found.what[0].startswith("2 endpoints (")


def test_a_list_that_powershell_printed_as_its_type_is_told_as_lost() -> None:
    facts = read_anything(delimited(",", csv.QUOTE_ALL)).facts
    assert all("policies" in one.unread for one in facts.endpoints)
    assert any("(Policies)" in str(problem) for problem in facts.problems)


def test_a_cell_may_have_line_breaks_and_its_own_sign() -> None:
    facts = read_anything(delimited(",", csv.QUOTE_ALL, [('a, "b"\nc', *ROWS[0][1:])])).facts
    assert [one.name for one in facts.endpoints] == ['a, "b"\nc']


def test_a_row_that_is_cut_off_is_left_out_and_the_list_is_not_whole() -> None:
    text = "PS C:\\> Get-HnsEndpoint | ConvertTo-Csv\n" + delimited(",", csv.QUOTE_ALL)
    text = text.replace("VirtualNetworkName", "VirtualNetwork")
    whole = read_anything(text + "\n\n\nPS C:\\> \n").facts
    cut = read_anything(text[: text.index("10.0.1.21")]).facts
    assert [one.name for one in cut.endpoints] == ["client1"]
    assert not cut.completeness.is_whole("endpoints")
    assert whole.completeness.is_whole("endpoints")


def test_a_table_of_other_things_is_not_taken_for_objects_of_a_host() -> None:
    with pytest.raises(SnapshotError):
        read_anything("Colour,Size,Price\nred,2,3\nblue,3,4\n")


@given(st.lists(st.lists(WORDS, min_size=1, max_size=7), max_size=5), st.sampled_from(",;\t|"))
def test_no_row_of_any_length_ends_the_reading(rows: list[list[str]], sign: str) -> None:
    """The rows before it are kept."""
    text = markdown() if sign == "|" else delimited(sign, csv.QUOTE_MINIMAL)
    more = "\n".join(sign.join(row) for row in rows)
    found = read_anything(text.replace("\n\nthanks\n", "\n") + more).facts
    assert {ONE, TWO} <= {one.id for one in found.endpoints}


def test_json_values_of_one_line_are_all_read() -> None:
    """hcsshim's logs have a request and its answer on a line; other tools print objects one behind the other."""
    line = ", ".join(f'{{"ID":"{id}","Name":"n","IPAddress":"10.0.0.{n}","VirtualNetwork":"N"}}'
                     for n, id in enumerate((ONE, TWO), 2))  # fmt: skip
    assert [one.id for one in read_anything(line).facts.endpoints] == [ONE, TWO]
    asked = '{"Name":"asked","IPAddress":"10.0.0.9","VirtualNetwork":"N"}'
    log = f'time=1 Request : {asked} Response : {{"Success":true,"Output":[{line}]}}\n'
    assert [one.id for one in read_anything(log).facts.endpoints] == [ONE, TWO]


def test_a_list_of_nothing_is_not_left_aside() -> None:
    text = "REPOSITORY   TAG   IMAGE ID   CREATED   SIZE\n\n" + markdown()
    assert "0 x" not in " ".join(map(str, read_anything(text).facts.problems))
