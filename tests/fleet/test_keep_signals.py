"""hnskit keep as a process: a signal in the middle of a step, its own restart, proofs on schedule, the real engine."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from hnskit.emulator import registry
from tests.emulator.engines import needs_engine
from tests.fleet.fleet_hosts import inventory_file
from tests.waiting import wait_for

CLIENT = "hnskit-client1"
HOSTS = 1


class Process:
    """A keep as an operator starts it, of one host."""

    def __init__(self, place: Path, *options: str) -> None:
        self._state = place / "keep.json"
        command = [sys.executable, "-m", "hnskit", "keep", str(place / "inventory.yaml"), "--runs", str(place)]
        self.process = subprocess.Popen([*command, *options], stdout=subprocess.PIPE, env=os.environ, text=True)

    @property
    def row(self) -> dict[str, Any]:
        row: dict[str, Any] = json.loads(self._state.read_text())["hosts"][0]
        return row

    def ended_by(self, number: int) -> str:
        """Its output, after a signal; it must end by itself."""
        self.process.send_signal(number)
        said: str = self.process.communicate(timeout=240)[0]
        return said


@contextmanager
def keep(place: Path, *options: str) -> Iterator[Process]:
    (place / "keep.json").unlink(missing_ok=True)
    running = Process(place, *options)
    try:
        wait_for((place / "keep.json").exists, "it has not begun")
        yield running
    finally:
        running.process.kill()
        running.process.wait()


@pytest.fixture
def name(targets: list[str], tmp_path: Path) -> Iterator[str]:
    """A host with the redirect, and an inventory of it in the place."""
    inventory_file(tmp_path, targets)
    made = [sys.executable, "-m", "hnskit", "keep", str(tmp_path / "inventory.yaml"), "--once", "--allow-disruptive"]
    subprocess.run([*made, "--runs", str(tmp_path)], check=True, capture_output=True)
    name = targets[0].removeprefix("emulator://")
    yield name
    registry.get(name).ask({"do": "fault", "name": "docker_seconds", "value": 0.0})


def events(place: Path) -> list[dict[str, Any]]:
    """Of the journals, in the order of their runs."""
    lines = [line for path in sorted(place.glob("*/journal.jsonl")) for line in path.read_text().splitlines()]
    return [json.loads(line) for line in lines]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_in_a_step_ends_it_behind_the_step_and_the_next_keep_goes_on(
    name: str, tmp_path: Path, number: int
) -> None:
    host, before = registry.get(name), len(events(tmp_path))
    host.ask({"do": "docker", "words": ["rm", "-f", CLIENT]})
    host.ask({"do": "fault", "name": "docker_seconds", "value": 2.0})
    with keep(tmp_path) as running:
        wait_for(lambda: any(one["event"] == "start" for one in events(tmp_path)[before:]), "no step has begun")
        running.ended_by(number)
        assert running.process.returncode == 0
        row = running.row
    said = events(tmp_path)[before:]
    begun, done = ({one["step"] for one in said if one["event"] == event} for event in ("start", "done"))
    assert begun == done or not done, "what was sent is done; the signal may have come just before"
    assert not any("attach" in step.split()[0] and "detach" not in step for step in begun), "no later step was begun"
    assert (row["changes"], row["state"], row["follows_events"]) == (len(done), "stopped", False)
    host.ask({"do": "fault", "name": "docker_seconds", "value": 0.0})
    with keep(tmp_path) as again:
        wait_for(lambda: again.row["ok"], "the rest was not put back")
        assert again.row["changes"] > 0
        again.ended_by(signal.SIGTERM)


def test_it_proves_now_and_then_where_nothing_changes(name: str, tmp_path: Path) -> None:
    del name
    with keep(tmp_path, "--interval", "1", "--prove-every", "1", "--no-events") as running:
        wait_for(lambda: running.row["proofs"] >= 3, "it was not proved again")
        assert running.row["changes"] == 0


def test_with_0_it_proves_once_and_then_only_after_a_change(name: str, tmp_path: Path) -> None:
    with keep(tmp_path, "--interval", "1", "--prove-every", "0", "--no-events") as running:
        wait_for(lambda: running.row["reads"] >= 4, "it is not read on schedule")
        assert running.row["proofs"] == 1
        registry.get(name).ask({"do": "docker", "words": ["restart", CLIENT]})
        wait_for(lambda: running.row["proofs"] >= 2, "a change was not proved")


@needs_engine
def test_events_of_a_real_engine_bring_a_restarted_container_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HNSKIT_STATE_DIR", str(tmp_path / "state"))
    registry.start("real", None, {"engine": "pwsh", "cut_seconds": 0})
    try:
        inventory_file(tmp_path, ["emulator://real"], **{"emulator.engine": "pwsh"})
        with keep(tmp_path, "--allow-disruptive") as running:
            wait_for(lambda: running.row["follows_events"], "the events are not followed")
            registry.get("real").ask({"do": "docker", "words": ["restart", CLIENT]})
            wait_for(lambda: running.row["proofs"] >= 2, "it was not proved again")
            running.ended_by(signal.SIGTERM)
            assert running.process.returncode == 0
    finally:
        registry.stop("real")
