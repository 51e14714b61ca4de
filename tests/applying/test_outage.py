"""A host that does not answer while its network is away says so."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from hnskit.applying import host_lock
from hnskit.applying.journal import FILE, Journal
from hnskit.applying.outage import since_cut
from hnskit.emulator import registry
from tests.host_process import emulated_host
from tests.sample_facts import PARAMS
from tests.terminal import hnskit, sets

TARGET = "winrm://127.0.0.1:9"


def journal(runs: Path, *events: str, seconds_ago: float = 0.0) -> None:
    """A run in which this happened."""
    written = Journal(runs / "run" / FILE, TARGET)
    for event in events:
        written.write(event, step="create network hnskit-l2bridge", kind="network", name="hnskit-l2bridge")
    if seconds_ago:
        lines = [json.loads(line) for line in written.path.read_text().splitlines()]
        then = (datetime.now(UTC) - timedelta(seconds=seconds_ago)).isoformat(timespec="milliseconds")
        written.path.write_text("".join(json.dumps({**line, "time": then}) + "\n" for line in lines))


@pytest.mark.parametrize(
    ("events", "seconds_ago", "told"),
    [
        (("start", "cut"), 3.0, True),
        (("start", "cut", "failed"), 3.0, True),
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


def test_a_host_that_a_stopped_run_has_cut_is_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The same command run again goes on as soon as the host is back."""
    monkeypatch.chdir(tmp_path)
    with emulated_host(tmp_path / "state") as overrides:
        name = overrides[0].rpartition("/")[2]
        assert hnskit(capsys, "facts", str(PARAMS), *sets(overrides)).status == 0
        written = Journal(tmp_path / "runs" / "run" / FILE, f"emulator://{name}")
        written.write("cut", step="create network hnskit-l2bridge")
        registry.get(name).ask({"do": "cut", "seconds": 2.0})
        said = hnskit(capsys, "plan", str(PARAMS), *sets(overrides))
    assert said.status == 0, said.err
    assert "did not see it come back. Waiting up to 90 s." in said.err


def test_who_changes_a_host_looks_first_whether_somebody_is_at_work(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Also where the host does not answer: that may be the other's doing."""
    monkeypatch.setattr(
        host_lock,
        "other_holder",
        lambda target: host_lock.LockHolder(target, 7, "09:00:00", "/runs/a", host_lock.RUN, ""),
    )
    said = hnskit(capsys, "apply", str(PARAMS), "--set", f"target={TARGET}", "--set", "connection.username=u")
    assert said.status == 4
    assert "another run is at work on it since 09:00:00" in said.err


def test_a_command_after_a_stopped_run_names_the_cut(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """It advises to wait, and not to look for a firewall."""
    monkeypatch.chdir(tmp_path)
    login = ["connection.username=u", "connection.credential=env:HNSKIT_SECRET", "connection.recovery_timeout=1"]
    arguments = ["facts", str(PARAMS), *sets([f"target={TARGET}", *login])]
    monkeypatch.setenv("HNSKIT_SECRET", "x")
    before = hnskit(capsys, *arguments)
    journal(tmp_path / "runs", "cut", seconds_ago=4.0)
    after = hnskit(capsys, *arguments)
    assert (before.status, after.status) == (3, 3)
    assert "firewall" in before.err
    assert "took its network away" in after.err
    assert "Wait some seconds and try again" in after.err
    assert "firewall" not in after.err


def test_the_runs_folder_that_was_given_is_asked_for_a_cut(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """It was the default one, whatever `--runs` said: the same command gave up at once."""
    monkeypatch.chdir(tmp_path)
    login = ["connection.username=u", "connection.credential=env:HNSKIT_SECRET", "connection.recovery_timeout=1"]
    monkeypatch.setenv("HNSKIT_SECRET", "x")
    journal(tmp_path / "elsewhere", "cut", seconds_ago=4.0)
    arguments = [str(PARAMS), *sets([f"target={TARGET}", *login])]
    for verb in ("plan", "drift", "apply"):
        assert "took its network away" not in hnskit(capsys, verb, *arguments).err, verb
        assert "took its network away" in hnskit(capsys, verb, *arguments, "--runs", str(tmp_path / "elsewhere")).err, (
            verb
        )
