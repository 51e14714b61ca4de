"""A host that does not answer while its network is away says so."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from hnskit.absence import since_cut
from hnskit.journal import FILE, Journal
from tests.hosts import PARAMS
from tests.terminal import hnskit

TARGET = "winrm://127.0.0.1:9"


def journal(runs: Path, *events: str, seconds_ago: float = 0.0) -> None:
    """A run in which this happened."""
    written = Journal(runs / "run" / FILE, TARGET)
    for event in events:
        written.write(event, step="create network hnskit-l2bridge")
    if seconds_ago:
        lines = [json.loads(line) for line in written.path.read_text().splitlines()]
        then = (datetime.now(UTC) - timedelta(seconds=seconds_ago)).isoformat(timespec="milliseconds")
        written.path.write_text("".join(json.dumps({**line, "time": then}) + "\n" for line in lines))


@pytest.mark.parametrize(
    ("events", "seconds_ago", "told"),
    [
        (("plan", "start", "cut"), 3.0, True),
        (("plan", "start", "cut", "failed"), 3.0, True),
        (("cut", "done"), 3.0, False),
        (("cut", "done", "cut"), 3.0, True),
        (("start",), 3.0, False),
        (("cut",), 3600.0, False),
        ((), 0.0, False),
    ],
)
def test_a_cut_counts_until_the_host_was_heard_of_again(
    tmp_path: Path, events: tuple[str, ...], seconds_ago: float, told: bool
) -> None:
    """And not for longer than hosts were seen to be away."""
    journal(tmp_path, *events, seconds_ago=seconds_ago)
    assert (since_cut(TARGET, tmp_path) is not None) is told
    assert since_cut("winrm://another", tmp_path) is None


def test_a_command_after_a_stopped_run_names_the_cut(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """It advises to wait, and not to look for a firewall."""
    monkeypatch.chdir(tmp_path)
    arguments = ["facts", str(PARAMS), "--set", f"target={TARGET}", "--set", "connection.username=u",
                 "--set", "connection.credential=env:HNSKIT_SECRET"]  # fmt: skip
    monkeypatch.setenv("HNSKIT_SECRET", "x")
    before = hnskit(capsys, *arguments)
    journal(tmp_path / "runs", "cut", seconds_ago=4.0)
    after = hnskit(capsys, *arguments)
    assert (before.status, after.status) == (3, 3)
    assert "firewall" in before.err
    assert "took its network away" in after.err
    assert "Wait some seconds and try again" in after.err
    assert "firewall" not in after.err
