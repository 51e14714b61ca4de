"""`hnskit fleet`: one table, one report, exit statuses; what is wrong is said before a host is contacted."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from click.testing import CliRunner, Result

from hnskit.commands.cli import hnskit
from hnskit.errors import HnskitError
from tests.fleet.fleet_hosts import inventory_file

GONE = "winrm://127.0.0.1:9"
HOSTS = 2


def fleet(*words: object) -> Result:
    return CliRunner().invoke(hnskit, ["fleet", *map(str, words)])


def error(result: Result) -> HnskitError:
    assert isinstance(result.exception, HnskitError), result.output
    return result.exception


def last(runs: Path) -> Path:
    return max(runs.glob("*-fleet-*"))


def test_a_fleet_is_set_up_proved_and_taken_away(place: Path, targets: list[str], tmp_path: Path) -> None:
    path = inventory_file(place, targets)
    made = fleet("apply", path, "--runs", tmp_path, "--canary", "1")
    assert made.exit_code == 0, made.output
    assert "2 of 2 hosts ok" in made.stdout
    assert (last(tmp_path) / "hosts" / "h2" / "facts.json").is_file()
    again = fleet("drift", path, "--runs", tmp_path, "--json")
    data: dict[str, Any] = json.loads(again.stdout)
    assert (again.exit_code, data["ok"], data["schema"]) == (0, True, 1)
    assert {(host["name"], host["ok"]) for host in data["hosts"]} == {("h1", True), ("h2", True)}
    gone = fleet("destroy", path, "--runs", tmp_path, "--yes")
    assert gone.exit_code == 0, gone.output
    assert "nothing of hnskit's is left" in gone.stdout


def test_a_removal_is_not_made_without_a_word(place: Path, targets: list[str], tmp_path: Path) -> None:
    refused = error(fleet("destroy", inventory_file(place, targets), "--runs", tmp_path))
    assert refused.exit_status == 2
    assert "Take the redirect away from 2 hosts?" in refused.message
    assert "--destroy" in refused.next_step
    assert not list(tmp_path.iterdir()), "no run folder was made"


def test_a_host_that_fails_is_named_in_the_table_the_report_and_junit(
    place: Path, targets: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HNSKIT_TEST_NO_SECRET", "x")
    more = {"connection.username": "x", "connection.credential": "env:HNSKIT_TEST_NO_SECRET"}
    path = inventory_file(place, [GONE, targets[0]], **more)
    result = fleet("facts", path, "--runs", tmp_path)
    assert result.exit_code == 1
    assert "1 of 2 hosts ok: 1 unreachable" in result.stdout
    assert result.stdout.index("h1") < result.stdout.index("h2"), "trouble stands first"
    folder = last(tmp_path)
    page = (folder / "report.html").read_text()
    assert "1 of 2 hosts ok" in page
    assert GONE in page
    suite = ElementTree.parse(folder / "junit.xml").getroot()[0]
    assert (suite.get("tests"), suite.get("failures")) == ("2", "1")
    assert json.loads((folder / "fleet.json").read_text())["states"] == {"unreachable": 1, "ok": 1}


def test_a_resumed_run_leaves_out_the_hosts_that_are_done(
    place: Path, targets: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HNSKIT_TEST_NO_SECRET", "x")
    more = {"connection.username": "x", "connection.credential": "env:HNSKIT_TEST_NO_SECRET"}
    fleet("facts", inventory_file(place, [targets[0], GONE], **more), "--runs", tmp_path)
    again = fleet("facts", inventory_file(place, targets), "--runs", tmp_path, "--resume")
    assert again.exit_code == 0, again.output
    assert "1 host done before, 1 left" in again.stderr
    assert "h1" not in again.stdout
    assert len(list(tmp_path.glob("*-fleet-facts*"))) == 1
    whole = json.loads((last(tmp_path) / "fleet.json").read_text())
    assert [(host["name"], host["ok"]) for host in whole["hosts"]] == [("h1", True), ("h2", True)]


def test_a_resumed_run_takes_no_host_for_another_of_its_name(place: Path, targets: list[str], tmp_path: Path) -> None:
    fleet("facts", inventory_file(place, targets), "--runs", tmp_path)
    again = fleet("facts", inventory_file(place, [targets[0]]), "--runs", tmp_path, "--resume")
    assert "1 host done before, 0 left" in again.stderr
    swapped = fleet("facts", inventory_file(place, targets[::-1]), "--runs", tmp_path, "--resume")
    assert "0 hosts done before, 2 left" in swapped.stderr


def test_a_plan_with_changes_is_ok_in_the_envelope(place: Path, targets: list[str], tmp_path: Path) -> None:
    found = json.loads(fleet("plan", inventory_file(place, targets), "--runs", tmp_path, "--json").stdout)
    assert [(host["ok"], host["state"]) for host in found["hosts"]] == [(True, "differs")] * 2
    assert found["verdict"] == "2 of 2 hosts planned: 2 to be changed"


def test_one_table_of_all_hosts_has_the_host_first(place: Path, targets: list[str], tmp_path: Path) -> None:
    result = fleet("show", inventory_file(place, targets), "--table", "networks", "--runs", tmp_path)
    assert result.exit_code == 0, result.output
    head, *rows = [line.split()[0] for line in result.stdout.partition("\n\n")[0].splitlines()]
    assert (head, set(rows)) == ("host", {"h1", "h2"})


def test_hosts_are_listed_without_a_contact(place: Path) -> None:
    path = inventory_file(place, [GONE])
    assert json.loads(fleet("hosts", path, "--json").stdout)["items"] == [{"name": "h1", "target": GONE, "groups": []}]


@pytest.mark.parametrize(
    ("words", "said"),
    [(("--limit", "x9"), "fits no host"), (("--limit", ""), "empty limit"), (("--batch", "none"), "--batch none"),
     (("--resume",), "no run of `fleet facts`"), (("--dask", "tcp://127.0.0.1:9"), "no Dask scheduler")],
)  # fmt: skip
def test_what_is_wrong_is_said_before_a_host_is_contacted(
    place: Path, tmp_path: Path, words: tuple[str, ...], said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hnskit.fleet.dask_cluster._SECONDS", 0.5)
    found = error(fleet("facts", inventory_file(place, [GONE]), "--runs", tmp_path, *words))
    assert said in found.paragraph()
    assert found.exit_status in (2, 3)
