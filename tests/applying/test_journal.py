"""The journal tells what was made from what was found, and survives a crash."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from hnskit.applying.journal import Journal, made_on
from hnskit.applying.journal_checks import believed_records
from hnskit.errors import DockerError, HnsError, HnskitError, OutcomeUnknownError, RemoteCommandError
from hnskit.params.desired import Part
from hnskit.planning.steps import Action, Step

STEP = Step(Part.NETWORK, Action.CREATE, "network", "n", "it is not there")


def journal(runs: Path, name: str, target: str = "emulator://lab") -> Journal:
    return Journal(runs / name / "journal.jsonl", target)


def test_each_event_is_one_line_that_is_on_disk_at_once(tmp_path: Path) -> None:
    """A reader of the file sees the start of a step before the step is done."""
    writer = journal(tmp_path, "1")
    writer.started(STEP)
    assert [record["event"] for record in believed_records(writer.path)] == ["start"]
    writer.finished(STEP, "ID1", 1.25)
    records = list(believed_records(writer.path))
    assert records[1]["id"] == "ID1"
    assert records[1]["seconds"] == 1.25
    assert all(record["target"] == "emulator://lab" and record["time"] for record in records)


def test_made_and_found_are_folded_over_all_runs_of_one_target(tmp_path: Path) -> None:
    """What an earlier run made stays made though a later run finds it; other targets do not count."""
    journal(tmp_path, "1").finished(STEP, "ID1", 0)
    journal(tmp_path, "2").found("network", "n", "ID1")
    journal(tmp_path, "2").found("network", "old", "ID2")
    journal(tmp_path, "3", target="winrm://x").finished(STEP, "ID3", 0)
    known = made_on("emulator://lab", runs=tmp_path)
    assert known.was_created("network", "n", "ID1")
    assert not known.only_found("network", "n", "ID1")
    assert known.only_found("network", "old", "ID2")
    assert not known.was_created("network", "n", "ID3")


@pytest.mark.parametrize("written", ["winrm://HOST", "winrm://host:5986", "winrm://Host:5985", "winrm://host"])
def test_an_older_journal_counts_by_whatever_name_its_host_has(written: str, tmp_path: Path) -> None:
    """It has the target as the parameter file spelt it then; another port is another host's."""
    journal(tmp_path, "1", target=written).finished(STEP, "ID1", 0)
    assert made_on("winrm://host", runs=tmp_path).was_created("network", "n", "ID1")
    assert made_on(written, runs=tmp_path).was_created("network", "n", "ID1")
    assert not made_on("winrm://host:8443", runs=tmp_path).was_created("network", "n", "ID1")


def test_names_of_emulated_hosts_know_letter_case(tmp_path: Path) -> None:
    """Each is a folder of its own."""
    journal(tmp_path, "1", target="emulator://LAB").finished(STEP, "ID1", 0)
    assert not made_on("emulator://lab", runs=tmp_path).was_created("network", "n", "ID1")


def test_an_object_made_anew_is_another_object(tmp_path: Path) -> None:
    """The id counts, not the name: a network of the same name that somebody else made later is not ours."""
    journal(tmp_path, "1").finished(STEP, "ID1", 0)
    journal(tmp_path, "2").found("network", "n", "ID9")
    assert made_on("emulator://lab", runs=tmp_path).only_found("network", "n", "ID9")


def test_a_line_cut_off_by_a_crash_is_left_out(tmp_path: Path) -> None:
    """The journal of a killed run can be read."""
    writer = journal(tmp_path, "1")
    writer.finished(STEP, "ID1", 0)
    with writer.path.open("a") as file:
        file.write('{"time": "2026-')
    assert made_on("emulator://lab", runs=tmp_path).was_created("network", "n", "ID1")


def test_a_journal_that_cannot_be_written_stops_the_run(tmp_path: Path) -> None:
    """Nothing is changed on a host that is not written down."""
    writer = journal(tmp_path, "1")
    writer.path.mkdir()
    with pytest.raises(HnskitError, match="cannot be written"):
        writer.started(STEP)


def test_the_error_of_a_step_is_kept_with_its_fields(tmp_path: Path) -> None:
    """A failed step leaves its error as data."""
    writer = journal(tmp_path, "1")
    writer.failed(STEP, HnskitError("no", host="h", next_step="do"))
    record = json.loads(writer.path.read_text())
    assert (record["event"], record["error"], record["message"], record["next_step"]) == (
        "failed",
        "HnskitError",
        "no",
        "do",
    )


def test_what_was_begun_and_found_next_was_made(tmp_path: Path) -> None:
    """A run that was killed before it could write `done` had made it: the step was begun since nothing was there."""
    journal(tmp_path, "1").started(STEP)
    assert made_on("emulator://lab", runs=tmp_path).was_created("network", "n", "ID1")
    journal(tmp_path, "2").found("network", "n", "ID1")
    known = made_on("emulator://lab", runs=tmp_path)
    assert known.was_created("network", "n", "ID1")
    assert not known.was_created("network", "n", "ID2")


@pytest.mark.parametrize("ending", ["overtaken", "refused"])
def test_what_was_begun_and_never_sent_is_somebody_elses(ending: str, tmp_path: Path) -> None:
    """Where a guard or HNS itself kept the step from being done, what is found next is found."""
    writer = journal(tmp_path, "1")
    writer.started(STEP)
    if ending == "overtaken":
        writer.lost_race(STEP)
    else:
        writer.failed(STEP, HnsError("no", code=0x57))
    journal(tmp_path, "2").found("network", "n", "ID1")
    assert made_on("emulator://lab", runs=tmp_path).only_found("network", "n", "ID1")


def test_a_line_that_was_cut_off_does_not_spoil_the_next(tmp_path: Path) -> None:
    """A resumed run appends to the journal of one that was killed, or had no room."""
    path = tmp_path / "1" / "journal.jsonl"
    path.parent.mkdir()
    path.write_text('{"time": "2026-')
    journal(tmp_path, "1").finished(STEP, "ID1", 0)
    assert [record["event"] for record in believed_records(path)] == ["done"]


@pytest.mark.parametrize(
    ("error", "certain"),
    [
        (DockerError("no", exit_code=1, stderr="no such file"), True),
        (RemoteCommandError("no", error_id="Hnskit.DockerMissing,Invoke-HnskitDocker"), True),
        (RemoteCommandError("no", error_id="Hnskit.DockerTimeout,Invoke-HnskitDocker"), False),
        (OutcomeUnknownError("lost"), False),
    ],
    ids=["docker's status", "docker is not there", "docker took too long", "the connection was lost"],
)
def test_only_a_certain_failure_says_that_nothing_was_made(error: Any, certain: bool, tmp_path: Path) -> None:
    """What is found after one is somebody else's; after any other it may be what was begun."""
    writer = journal(tmp_path, "1")
    writer.started(STEP)
    writer.failed(STEP, error)
    journal(tmp_path, "2").found("network", "n", "ID1")
    assert made_on("emulator://lab", runs=tmp_path).only_found("network", "n", "ID1") is certain


def test_journals_count_in_the_order_in_which_things_happened(tmp_path: Path) -> None:
    """A folder's name is of a local clock, which is put back in autumn: the records' own time counts."""
    removed = Step(Part.NETWORK, Action.CREATE, "network", "n", "")
    early, late = journal(tmp_path, "20261025-025900-lab"), journal(tmp_path, "20261025-020100-lab")
    early.started(removed)
    late.found("network", "n", "ID1")
    assert made_on("emulator://lab", runs=tmp_path).was_created("network", "n", "ID1")


def test_done_without_an_id_leaves_it_open_which_object_was_made(tmp_path: Path) -> None:
    """What is found next is the one."""
    writer = journal(tmp_path, "1")
    writer.started(STEP)
    writer.finished(STEP, "", 0)
    journal(tmp_path, "2").found("network", "n", "ID1")
    assert made_on("emulator://lab", runs=tmp_path).was_created("network", "n", "ID1")


def test_journals_are_those_of_the_project_wherever_one_stands(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """From notebooks/ a script finds what the command line left in the project's root."""
    for folder in ("params", "notebooks"):
        (tmp_path / folder).mkdir()
    journal(tmp_path / "runs", "1").finished(STEP, "ID1", 1.0)
    for place in (tmp_path, tmp_path / "notebooks"):
        monkeypatch.chdir(place)
        assert made_on("emulator://lab").was_created("network", "n", "ID1")
