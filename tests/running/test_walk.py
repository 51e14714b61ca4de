"""Notebooks that were run by hand, or one by one, share a run folder that has a report like any run."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from hnskit import runbook
from hnskit.commands.report_command import report
from hnskit.errors import FileError
from hnskit.running import run_folder as runfolder
from hnskit.running.walk import LONGEST, open_walk, write_walk
from tests.host_process import emulated_host

PARAMS = Path(__file__).parents[2] / "params" / "emulator.yaml"
PARTS = ("network", "proxy", "clients", "policy", "verify")


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[list[str]]:
    with emulated_host(tmp_path / "state") as overrides:
        yield overrides


def walked(lab: list[str], run_dir: Path, *parts: str) -> None:
    """Headless, one after another, as papermill with one `run_dir` does it."""
    for part in parts:
        session = runbook.choose(PARAMS, lab, run_dir, interactive=False).open(part)
        if part == "verify":
            session.verify()
            session.require_proof()
        else:
            session.plan()
            session.apply_button("go")
            session.result()
        session.finish()


def test_notebooks_with_one_folder_have_a_report_and_a_verdict(lab: list[str], tmp_path: Path) -> None:
    """`hnskit report` sums them up; a proof counts as one."""
    folder = tmp_path / "runs" / "by-hand"
    walked(lab, folder, *PARTS)
    done = CliRunner().invoke(report, [str(folder)], catch_exceptions=False)
    assert done.exit_code == 0
    assert "in place and proved" in (folder / "report.html").read_text()
    summary = runfolder.read_json(folder / runfolder.SUMMARY)
    assert summary is not None
    assert [step["part"] for step in summary["steps"]] == list(PARTS)
    assert (summary["ok"], summary["achieved"], summary["target"]) == (True, "proved", lab[0].partition("=")[2])
    assert 'tests="' in (folder / "junit.xml").read_text()


def test_the_next_notebook_by_hand_goes_on_in_the_same_folder(
    lab: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A folder for each notebook would be no record; one that has rested for half a day is another walk's."""
    for name in ("params", "notebooks"):
        (tmp_path / name).mkdir()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(runbook, "_selections", {})
    for part in PARTS[:2]:
        session = runbook.choose(PARAMS, lab, interactive=True).open(part)
        session.plan()
        session.apply_button("go").children[2].children[0].click()
        assert "Report of this walk so far" in str(session.finish())
    (folder,) = (tmp_path / "runs").iterdir()
    assert {path.stem for path in (folder / "results").iterdir()} == {"network", "proxy"}
    target = lab[0].partition("=")[2]
    assert open_walk(tmp_path / "runs", target) == folder
    assert open_walk(tmp_path / "runs", "emulator://another") is None
    for path in (folder / "results").iterdir():
        os.utime(path, (path.stat().st_mtime - 2 * LONGEST,) * 2)
    assert open_walk(tmp_path / "runs", target) is None


def test_a_folder_without_results_is_refused_in_a_sentence(tmp_path: Path) -> None:
    """It may be any folder of this machine."""
    with pytest.raises(FileError, match="no notebook has left a result"):
        write_walk(tmp_path)
    assert list(tmp_path.iterdir()) == []
