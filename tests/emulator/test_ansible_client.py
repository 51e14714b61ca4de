"""Ansible's psrp connection against the door, in an environment of its own: a whole client of somebody else."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from typing import Any

import pytest

from hnskit.emulator.engines.pwsh.locate import find_engine
from tests.emulator.client_environments import environment_of, seen_by
from tests.emulator.engines import Served, needs_engine
from tests.waiting import LONG

pytestmark = [needs_engine, pytest.mark.slow]
"""It runs scripts of its own, which the double refuses by name."""

QUICK = ("raw negotiate", "wrong password", "several", "files")
SLOW = ("raw basic", "raw ntlm", "raw certificate", "script")


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A host with a real PowerShell."""
    with Served("pwsh", tmp_path_factory.mktemp("ansible") / "door") as host:
        yield host


@pytest.fixture(scope="module")
def seen(served: Served) -> dict[str, Any]:
    """What Ansible saw of it."""
    return seen_by("ansible_psrp.py", environment_of("ansible"), served.door, cases=QUICK)


@pytest.fixture(scope="module")
def seen_slowly(served: Served) -> dict[str, Any]:
    """What it saw in its other ways."""
    return seen_by("ansible_psrp.py", environment_of("ansible"), served.door, cases=SLOW)


def test_raw_runs_a_command_and_has_its_exit_status(seen: dict[str, Any]) -> None:
    """Over HTTP, encrypted with the keys of the login."""
    assert seen["raw negotiate"] == [3, "LAB"]


def test_a_wrong_password_is_refused(seen: dict[str, Any]) -> None:
    """With Ansible's own words for it."""
    assert seen["wrong password"].startswith("AnsibleConnectionFailure: failed to authenticate")


def test_each_command_is_closed_before_the_next(seen: dict[str, Any]) -> None:
    """By the signal that the plug-in sends to a command that has ended (ansible PR 74985)."""
    assert seen["several"] == ["one", "two", "three"]


def test_a_file_is_put_and_fetched(seen: dict[str, Any]) -> None:
    """Half a megabyte. Ansible's fetch asks New-Object for its buffer: a stand-in of it may give one byte."""
    arrived, fetched, same = seen["files"]
    assert (arrived, same) == (True, True)
    assert fetched == (256 * 2048 if _probe("(New-Object byte[] 100).Length -eq 100") else 1)


@pytest.mark.parametrize("auth", ["basic", "ntlm", "certificate"])
def test_it_logs_in_otherwise(seen_slowly: dict[str, Any], auth: str) -> None:
    """Over TLS with a password or a certificate, and with NTLM by name."""
    assert seen_slowly[f"raw {auth}"] == [3, "LAB"]


def test_a_script_is_put_and_run(seen_slowly: dict[str, Any]) -> None:
    """Ansible's wrapper runs it in a runspace that it makes: a full pwsh can, an engine without its modules cannot."""
    status, text = seen_slowly["script"]
    if _probe("[powershell]::Create().Runspace"):
        assert status == 0, text
        assert "hello you from LAB" in text
    else:
        assert "failed to run exec_wrapper action module_script_wrapper" in text
        assert "'SessionStateProxy' cannot be found" in text.replace("\\", "")


def _probe(expression: str) -> bool:
    """Whether an engine by itself finds something true."""
    command = [str(find_engine()), "-Command", f"if ({expression}) {{ 'yes' }} else {{ 'no' }}"]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=LONG).stdout.strip() == "yes"
