"""A client of another code base against the door: pypsrp 1.0 beta (`psrp` on httpx), in an environment of its own.

The environment is made once, under the user's cache directory (HNSKIT_TEST_CACHE in its place), from a lock file with
hashes; where it cannot be made, because no index can be reached, the tests are skipped and say so. With
HNSKIT_NEEDS_CLIENT set, as CI does, they fail.
"""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import venv
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import platformdirs
import pytest

from hnskit.local.private_files import locked
from hnskit.remote.module_source import module_text
from tests.emulator.engines import PASSWORD, USER, Served, needs_engine

CLIENTS = Path(__file__).parent.parent / "clients"
LOCK = CLIENTS / "pypsrp-beta.lock"


def python_of(place: Path) -> Path:
    return place / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")


def make_environment() -> Path:
    """The Python that has the other client.

    Raises:
        OSError: pip did not install it; the message is its last line.
    """
    root = Path(os.environ.get("HNSKIT_TEST_CACHE") or platformdirs.user_cache_dir("hnskit-tests", appauthor=False))
    digest = hashlib.sha256(f"{sys.version}{LOCK.read_text()}".encode()).hexdigest()[:16]
    place = root / f"pypsrp-beta-{digest}"
    root.mkdir(parents=True, exist_ok=True)
    with locked(root / "lock", seconds=300):
        if not (place / "ready").exists():
            venv.create(place, with_pip=True, clear=True)
            command = [str(python_of(place)), "-m", "pip", "install", "--quiet", "--no-deps", "--require-hashes", "-r"]
            ran = subprocess.run([*command, str(LOCK)], capture_output=True, text=True, check=False, timeout=300)
            if ran.returncode:
                raise OSError((ran.stderr.strip().splitlines() or ["pip failed"])[-1])
            (place / "ready").touch()
    return python_of(place)


@pytest.fixture(scope="session", params=["python", pytest.param("pwsh", marks=needs_engine)])
def engine(request: pytest.FixtureRequest) -> str:
    """Which PowerShell is behind the door."""
    return str(request.param)


@pytest.fixture(scope="session")
def seen(engine: str, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What the other client saw of an emulated host."""
    try:
        python = make_environment()
    except (OSError, subprocess.SubprocessError, TimeoutError) as problem:
        lack = f"pypsrp 1.0 beta cannot be installed here: {problem}"
        if os.environ.get("HNSKIT_NEEDS_CLIENT"):
            pytest.fail(lack)
        pytest.skip(lack)
    with Served(engine, tmp_path_factory.mktemp("other") / "door") as served:
        door = served.door
        where = {
            "http": urlsplit(door.http).port,
            "https": urlsplit(door.https).port,
            "username": USER,
            "password": PASSWORD,
            "ca": str(door.ca),
            "client": str(door.ca.with_name("client.pem")),
            "module": module_text(),
        }
        ran = subprocess.run(
            [python, CLIENTS / "psrp_beta.py"],
            input=json.dumps(where),
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )
    assert ran.returncode == 0, ran.stderr
    return dict(json.loads(ran.stdout))


@pytest.mark.parametrize("how", ["http negotiate", "https basic", "https negotiate", "https certificate"])
def test_it_logs_in(seen: dict[str, Any], how: str) -> None:
    """And runs a command of the kit."""
    assert seen[how] == "LAB"


@pytest.mark.parametrize(
    ("how", "error"),
    [
        ("wrong password", "WSManAuthenticationError"),
        ("untrusted authority", "ConnectError"),
    ],
)
def test_it_is_refused(seen: dict[str, Any], how: str, error: str) -> None:
    """With its own error for it."""
    assert str(seen[how]).startswith(error)


def test_it_runs_a_batch(seen: dict[str, Any]) -> None:
    """An error of a call does not end it."""
    assert seen["batch"] == [["a", True], ["b", False], ["c", True]]


def test_it_gets_an_error_record(seen: dict[str, Any]) -> None:
    """Its id and its category."""
    assert seen["error"] == ["Hnskit.DockerCommandNotAllowed,Invoke-HnskitDocker", 18]


def test_it_sends_and_gets_a_megabyte(seen: dict[str, Any]) -> None:
    """In fragments, both ways."""
    assert seen["large"] is True


def test_it_runs_several_pipelines_at_once(seen: dict[str, Any]) -> None:
    """In a pool of three runspaces, each of which has the commands: a session configuration gives them to it.

    A batch that loads them first is no way: its statements take any free runspace, and the next one may not have them.
    """
    assert seen["several"] == ["LAB"] * 3


def test_it_counts_runspaces(seen: dict[str, Any]) -> None:
    """More are allowed, a minimum above the maximum is not, and a pool of several is not reset."""
    assert seen["runspaces"] == [True, 3, False, False]


def test_it_disconnects_and_goes_on(seen: dict[str, Any]) -> None:
    """Reconnect with the same client."""
    assert seen["resumed"] == 1


def test_it_disconnects_and_a_second_one_takes_over(seen: dict[str, Any], engine: str) -> None:
    """A real engine over stdio has no connect: the second client is told so, and why."""
    if engine == "python":
        assert seen["disconnect"] == ["LAB", "LAB"]
    else:
        assert "lets no second client connect" in seen["disconnect"]


def test_it_exchanges_keys(seen: dict[str, Any]) -> None:
    """For SecureString."""
    assert seen["key"] is True


def test_it_is_told_what_is_not_emulated(seen: dict[str, Any], engine: str) -> None:
    """By name; a real engine has the command."""
    if engine == "python":
        assert "Get-ChildItem" in seen["not emulated"]
    else:
        assert seen["not emulated"] == "no error"


def test_it_meets_the_restricted_configuration(seen: dict[str, Any]) -> None:
    """The kit's commands are there; anything else is not found."""
    assert seen["restricted"] == ["LAB", "CommandNotFoundException"]
