"""Two targets of one machine are kept apart from no other work on it."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from hnskit.applying import host_lock
from hnskit.errors import BusyError
from hnskit.local.state_dir import STATE_VARIABLE
from hnskit.remote.targets import machine


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("winrm://Host", "ssh://host"),
        ("winrm://host:5986", "ssh://admin@HOST:22"),
        ("winrm://host:5985", "winrm://HOST"),
    ],
)
def test_ways_to_one_machine_have_one_name(one: str, other: str) -> None:
    assert machine(one) == machine(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("winrm://host:15985", "winrm://host"),
        ("ssh://host:2222", "ssh://host"),
        ("emulator://host", "winrm://host"),
        ("local", "emulator://local"),
    ],
)
def test_what_may_be_two_machines_has_two(one: str, other: str) -> None:
    assert machine(one) != machine(other)


def test_work_by_ssh_waits_for_none_by_winrm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is told that another run is at work."""
    monkeypatch.setenv(STATE_VARIABLE, str(tmp_path))
    with host_lock.claim("winrm://host"), ThreadPoolExecutor(1) as elsewhere, pytest.raises(BusyError):
        elsewhere.submit(host_lock.require_nobody, "ssh://admin@host").result()
