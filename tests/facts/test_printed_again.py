"""A list that a paste has twice, before and after something: the last one is what there is, and the other is named."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from hnskit.diagnosis.doctor import diagnose
from hnskit.facts.dumps import read_text
from tests.facts.powershell_print import format_list

PROMPT = "PS C:\\> "


def _endpoint(id: int, address: int) -> dict[str, Any]:
    return {
        "ID": f"74C00000-0000-4000-8000-0000000000{id:02}", "IPAddress": f"10.74.1.{address}",
        "MacAddress": f"00-15-5D-74-01-{id:02}", "Name": f"lock{address}", "Policies": [{"Type": "L2Driver"}],
        "SharedContainers": [], "State": 1, "VirtualNetwork": "74C00000-0000-4000-8000-00000000000A",
    }  # fmt: skip


def _table(endpoints: list[dict[str, Any]]) -> str:
    rows = "".join(f"{one['ID']} {one['Name']} {one['IPAddress']}\n" for one in endpoints)
    return f"\n{'ID':<36} Name  IPAddress\n{'--':<36} ----  ---------\n{rows}\n\n"


FORMS: dict[str, tuple[str, Callable[[list[dict[str, Any]]], str]]] = {
    "lists": ("", lambda endpoints: f"\n\n{format_list(endpoints)}\n\n"),
    "JSON": (" | ConvertTo-Json -Depth 20", lambda endpoints: json.dumps(endpoints, indent=4) + "\n"),
    "table": (" | ft ID,Name,IPAddress", _table),
}
BEFORE = [_endpoint(1, 5), _endpoint(2, 6)]
AFTER = [_endpoint(11, 5), _endpoint(12, 6)]


def _paste(form: str, *lists: list[dict[str, Any]]) -> str:
    stage, printed = FORMS[form]
    texts = [f"{PROMPT}Get-HnsEndpoint{stage}\n{printed(one) if one else ''}" for one in lists]
    return f"{PROMPT}Restart-Service hns\n".join(texts) + f"{PROMPT}\n"


@pytest.mark.parametrize("form", FORMS)
def test_the_last_of_two_lists_is_what_there_is(form: str) -> None:
    facts = read_text(_paste(form, BEFORE, AFTER))

    assert [one.id for one in facts.endpoints] == [one["ID"] for one in AFTER]
    assert any("2 endpoints of an earlier list" in str(problem) for problem in facts.problems)
    assert not [item for item in diagnose(facts) if item.severity != "note"]


@pytest.mark.parametrize("form", FORMS)
def test_what_is_in_both_lists_is_there_without_a_word(form: str) -> None:
    facts = read_text(_paste(form, BEFORE, BEFORE))

    assert len(facts.endpoints) == 2
    assert not facts.problems


@pytest.mark.parametrize("form", FORMS)
def test_a_list_that_is_printed_again_with_nothing_in_it_leaves_the_first_uncertain(form: str) -> None:
    """Nothing was printed, or it was not pasted."""
    facts = read_text(_paste(form, BEFORE, []))

    assert len(facts.endpoints) == 2
    assert not facts.knows("endpoints")
    assert any("printed again, with nothing in it" in str(problem) for problem in facts.problems)


@pytest.mark.parametrize(
    "command", ["$all = Get-HnsEndpoint", "Get-HnsEndpoint > e.txt", "Get-HnsEndpoint | Out-File e"]
)
def test_a_list_that_goes_elsewhere_is_no_empty_one(command: str) -> None:
    text = _paste("JSON", BEFORE) + f"{command}\n{PROMPT}exit\n"

    assert not read_text(text).problems


def test_a_part_that_is_printed_later_takes_nothing_away() -> None:
    text = _paste("JSON", BEFORE) + f"Get-HnsEndpoint | ? Name -eq lock5\n\n\n{format_list(BEFORE[:1])}\n\n{PROMPT}\n"

    assert len(read_text(text).endpoints) == 2
