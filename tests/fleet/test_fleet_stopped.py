"""Exit statuses of `hnskit fleet`: 3 where no host is reached, 130 after Ctrl-C; hosts come to their step's end."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from hnskit.emulator import registry
from tests.fleet.fleet_hosts import inventory_file
from tests.waiting import wait_for

GONE = "winrm://127.0.0.1:9"
HOSTS = 2


@pytest.fixture(scope="module")
def names(targets: list[str]) -> list[str]:
    return [target.removeprefix("emulator://") for target in targets]


def fleet(*words: object) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "hnskit", "fleet", *map(str, words)], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        text=True, env=os.environ,
    )  # fmt: skip


def test_a_fleet_of_which_no_host_is_reached_ends_with_3(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HNSKIT_TEST_NO_SECRET", "x")
    login = {"connection.username": "x", "connection.credential": "env:HNSKIT_TEST_NO_SECRET"}
    process = fleet("facts", inventory_file(tmp_path, [GONE], **login), "--runs", tmp_path, "--json")
    said, _ = process.communicate(timeout=240)
    assert process.returncode == 3
    assert json.loads(said)["ok"] is False


def test_ctrl_c_ends_it_with_130_and_a_resumed_run_goes_on(names: list[str], tmp_path: Path) -> None:
    """The canary is at work when the signal comes: it is stopped at its step's end, and the other is not begun."""
    path = inventory_file(tmp_path, [f"emulator://{name}" for name in names])
    registry.get(names[0]).ask({"do": "fault", "name": "docker_seconds", "value": 1.0})
    process = fleet("apply", path, "--runs", tmp_path, "--canary", 1)
    wait_for(lambda: list(tmp_path.glob("*/journal.jsonl")), "it has not begun")
    process.send_signal(signal.SIGINT)
    _, told = process.communicate(timeout=240)
    assert process.returncode == 130, told
    assert "Stopping: hosts at work come to their step's end" in told
    (folder,) = tmp_path.glob("*-fleet-apply")
    states = json.loads((folder / "fleet.json").read_text())["states"]
    assert states == {"stopped": 1, "not begun": 1}
    registry.get(names[0]).ask({"do": "fault", "name": "docker_seconds", "value": 0.0})
    again = fleet("apply", path, "--runs", tmp_path, "--resume", "--json")
    said, told = again.communicate(timeout=240)
    assert again.returncode == 0, told
    assert json.loads(said)["states"] == {"ok": 2}


def test_a_second_ctrl_c_leaves_a_report_and_a_host_that_can_be_gone_on_with(names: list[str], tmp_path: Path) -> None:
    registry.get(names[1]).ask({"do": "reset"})
    registry.get(names[1]).ask({"do": "fault", "name": "docker_seconds", "value": 3.0})
    path = inventory_file(tmp_path, [f"emulator://{names[1]}"])
    process = fleet("apply", path, "--runs", tmp_path)
    wait_for(lambda: list(tmp_path.glob("*/journal.jsonl")), "it has not begun")
    process.send_signal(signal.SIGINT)
    assert process.stderr is not None
    said = process.stderr.readline()
    while "Stopping" not in said:
        said = process.stderr.readline()
    process.send_signal(signal.SIGINT)
    told = process.communicate(timeout=240)[1]
    assert process.returncode == 130, told
    (folder,) = tmp_path.glob("*-fleet-apply")
    assert (folder / "report.html").is_file()
    registry.get(names[1]).ask({"do": "fault", "name": "docker_seconds", "value": 0.0})
    again = fleet("apply", path, "--runs", tmp_path, "--resume")
    assert again.wait(240) == 0
