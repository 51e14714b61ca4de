"""70_fleet on emulated hosts, executed by papermill as a pipeline does, and its session in plain Python."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import nbformat
import pytest

from hnskit import runbook
from hnskit.errors import ArgumentError, HnskitError, ParamsError
from hnskit.runbook.screen import Sentence
from hnskit.views.table import View
from tests.fleet.fleet_hosts import inventory_file

NOTEBOOK = Path(__file__).parents[2] / "notebooks" / "70_fleet.ipynb"
GONE = "winrm://127.0.0.1:9"
HOSTS = 2


@pytest.fixture(autouse=True)
def _as_made(targets: list[str]) -> None:
    """Each test finds the hosts as they were made, whichever test came before."""
    from hnskit.emulator import registry

    for target in targets:
        registry.get(target.rpartition("/")[2]).ask({"do": "reset"})


def test_a_pipeline_sets_all_hosts_up_and_keeps_the_tables(place: Path, targets: list[str], tmp_path: Path) -> None:
    import papermill

    given = {"inventory": str(inventory_file(place, targets)), "apply": "yes", "canary": 1}
    out = tmp_path / "70_fleet.ipynb"
    papermill.execute_notebook(NOTEBOOK, out, given, progress_bar=False, cwd=str(tmp_path))
    cells: list[Any] = nbformat.read(out, as_version=4).cells
    said = "\n".join(
        str(output.get("data", {}).get("text/plain", "")) for cell in cells for output in cell.get("outputs", ())
    )
    for part in (
        "2 hosts",
        "facts: 2 of 2 hosts ok",
        "on more than one host",
        "doctor: 2 of 2",
        "17 to do",
        "2 of 2 clients proved",
        "Report: ",
    ):
        assert part in said
    assert len(list(tmp_path.glob("runs/*-fleet-*/report.html"))) == 4


def test_nothing_is_changed_headless_where_nobody_wants_it(place: Path, targets: list[str], tmp_path: Path) -> None:
    session = runbook.open_fleet(inventory_file(place, targets), limit="h1", runs=tmp_path, interactive=False)
    assert "is false" in session.apply_button("Set up")
    assert isinstance(session.result(), Sentence)
    assert not list(tmp_path.iterdir())


def test_a_host_that_fails_is_a_row_of_a_look_and_an_error_of_the_result(
    place: Path, targets: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HNSKIT_TEST_NO_SECRET", "x")
    more = {"connection.username": "x", "connection.credential": "env:HNSKIT_TEST_NO_SECRET"}
    path = inventory_file(place, [GONE], **more)
    session = runbook.open_fleet(path, runs=tmp_path, interactive=False)
    table = session.look("facts")
    assert list(table.frame["state"]) == ["unreachable"]
    session.apply_button("Set up", wanted=True)
    with pytest.raises(HnskitError, match="0 of 1 host ok: 1 unreachable") as caught:
        session.result()
    assert "report.html" in caught.value.next_step


def test_the_button_does_the_work_when_it_is_pressed(place: Path, targets: list[str], tmp_path: Path) -> None:
    session = runbook.open_fleet(inventory_file(place, targets), limit="h2", runs=tmp_path, interactive=True)
    box = session.apply_button("Set up")
    below = session.result()
    assert "not been pressed" in str(below)
    box.children[2].children[0].click()
    made = session.result()
    assert "h2" in str(below), "the cell below follows the button"
    assert isinstance(made, View)
    assert list(made.frame["state"]) == ["ok"]


def test_a_host_that_failed_stays_in_the_table_under_the_button(
    place: Path, targets: list[str], tmp_path: Path
) -> None:
    session = runbook.open_fleet(inventory_file(place, [*targets[:1], GONE]), runs=tmp_path, interactive=True)
    box = session.apply_button("Set up")
    box.children[2].children[0].click()
    with pytest.raises(HnskitError):
        session.result()
    shown = box.children[-1].value
    assert "Set up: 99 %" in shown, "both hosts have come to their end"
    assert "apply: 2 of 2 hosts done" in shown
    assert shown.index(">failed<") < shown.index(">ok<")


def test_only_verbs_that_change_nothing_are_looks(place: Path, targets: list[str], tmp_path: Path) -> None:
    session = runbook.open_fleet(inventory_file(place, targets), runs=tmp_path, interactive=False)
    with pytest.raises(ArgumentError, match="destroy"):
        session.look("destroy")


def test_a_mistake_in_the_inventory_is_said_before_a_host_is_contacted(tmp_path: Path) -> None:
    (tmp_path / "x.yaml").write_text("hosts: []\n")
    with pytest.raises(ParamsError, match="there is none"):
        runbook.open_fleet(tmp_path / "x.yaml", interactive=False)


def test_the_shipped_inventory_is_one() -> None:
    session = runbook.open_fleet("params/fleet.csv", interactive=False)
    assert list(session.hosts().frame["host"]) == ["web1", "web2", "web3"]
