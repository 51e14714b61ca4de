"""The original's steps: its two transcripts member by member, and its calls as a script on a real PowerShell engine."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest
from pypsrp.powershell import PowerShell

from benchmarks import transcripts
from tests.emulator.engines import Served, needs_engine

SCRIPTS = Path(__file__).parents[1] / "data" / "original"


def differences(rows: list[transcripts.Row]) -> set[tuple[str, str]]:
    return {(row.record, row.member) for row in rows if not row.same}


def test_every_member_of_the_transcripts_is_the_same_or_has_its_reason() -> None:
    """docs/conformance.md has the table; none of the reasons is left over."""
    rows = transcripts.compare(transcripts.made())
    assert [row.record for row in rows if row.member == "ActivityId"] == list(transcripts.RECORDS)
    assert len(rows) == 69
    assert differences(rows) == set(transcripts.REASONS)


@pytest.mark.parametrize("change", ["name", "value", "place", "more"])
def test_a_member_that_is_not_as_it_was_is_noticed(change: str) -> None:
    objects = copy.deepcopy(transcripts.made())
    record = objects["redirected"]
    if change == "name":
        record["Gateway"] = record.pop("GatewayAddress")
    elif change == "value":
        record["State"] = 1
    elif change == "place":
        objects["redirected"] = {"VirtualNetworkName": record.pop("VirtualNetworkName"), **record}
    else:
        record["Flags"] = 0
    assert len(differences(transcripts.compare(objects)) - set(transcripts.REASONS)) >= 1


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[Any]]:
    """What the script shows, by name; it ends without an error."""
    with Served("pwsh", tmp_path_factory.mktemp("host"), profile="rs4") as served, served.pool(module=False) as pool:
        place = PowerShell(pool)
        place.add_script("param($text) $null = mkdir C:\\k; Set-Content C:\\k\\hns.psm1 -Value $text")
        place.add_argument((SCRIPTS / "hns.psm1").read_text())
        place.invoke()
        steps = PowerShell(pool)
        steps.add_script((SCRIPTS / "steps.ps1").read_text())
        lines = list(steps.invoke())
        # The slip's error is kept in a variable, docker's words without a terminal are on its stderr.
        assert [str(item) for item in steps.streams.error if "Element not found" not in str(item)] == []
    found: dict[str, list[Any]] = {}
    for line in lines:
        name, _, text = line.partition(" ")
        found.setdefault(name, []).append(json.loads(text))
    return found


@needs_engine
def test_the_script_s_objects_are_those_of_the_transcripts(shown: dict[str, list[Any]]) -> None:
    rows = transcripts.compare({record: shown[record][0] for record in transcripts.RECORDS})
    assert differences(rows) == set(transcripts.REASONS)


@needs_engine
def test_each_line_of_the_steps_does_what_it_did(shown: dict[str, list[Any]]) -> None:
    """netsh, forwarding, the container's compartment, the endpoint found by its address, the bridge made by Docker."""
    assert shown["netsh"] == [["Ok.", ""]]
    assert shown["forwarding"] == ["Enabled"]
    printed = transcripts.STEPS.read_text().splitlines()
    at = next(place for place, line in enumerate(printed) if "Windows IP Configuration" in line)
    wanted = [line.strip() for line in printed[at : at + 5] if line.strip()]
    here = [line for line in shown["proxycompartment"][0] if line]
    assert here == [line.replace("Compartment 4 ", "Compartment 2 ") for line in wanted]
    assert shown["found"] == [True]
    assert "microsoft/servercore:rs4" in shown["images"][0]
    assert shown["networks"][0] == ["myl2bridge l2bridge local", "nat nat local", "none null local"]
    text = transcripts.FAILED.read_text()
    (seen,) = json.loads(text[text.index("\n        [\n") : text.index("\n        ]\n") + len("\n        ]")])
    (made,) = shown["inspected"]
    assert list(made) == list(seen)
    assert (made["Driver"], made["IPAM"], list(made["Options"])) == (
        seen["Driver"],
        seen["IPAM"],
        list(seen["Options"]),
    )


@needs_engine
def test_the_redirect_of_the_steps_works_and_the_misspelt_one_does_not(shown: dict[str, list[Any]]) -> None:
    answer = shown["answer"][0]
    assert (answer[0], "Via: 1.1 metadata-proxy" in answer) == ("HTTP/1.1 200 OK", True)
    assert not [line for line in shown["misspelt"][0] if line.startswith("HTTP/")]


@needs_engine
def test_slips_of_the_page_are_refused_as_windows_refuses_them(shown: dict[str, list[Any]]) -> None:
    """An alias that there is not, a terminal that there is not, an ActivityId in the place of an ID (HNS fact 39)."""
    assert shown["impo"] == ["CommandNotFoundException"]
    assert shown["tty"][0][0].startswith("the input device is not a TTY")
    assert shown["slip"] == [["Element not found. "]]


@needs_engine
def test_docker_leaves_the_endpoints_and_the_clean_up_leaves_nothing(shown: dict[str, list[Any]]) -> None:
    """HNS fact 77."""
    assert shown["left"] == [["cbr0", "Ethernet", "Ethernet"]]
    assert (shown["networks"][1], shown["endpoints"]) == (["nat"], [0])
