"""A client of another code base against the door: pypsrp 1.0 beta (`psrp` on httpx), in an environment of its own."""

from __future__ import annotations

from typing import Any

import pytest

from hnskit.remote.module_source import module_text
from tests.emulator.client_environments import environment_of, seen_by
from tests.emulator.engines import Served, needs_engine


@pytest.fixture(scope="session", params=["python", pytest.param("pwsh", marks=[needs_engine, pytest.mark.slow])])
def engine(request: pytest.FixtureRequest) -> str:
    """Which PowerShell is behind the door."""
    return str(request.param)


@pytest.fixture(scope="session")
def seen(engine: str, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What the other client saw of an emulated host."""
    python = environment_of("pypsrp-beta")
    with Served(engine, tmp_path_factory.mktemp("other") / "door") as served:
        return seen_by("psrp_beta.py", python, served.door, module=module_text())


@pytest.mark.parametrize("how", ["http negotiate", "https basic", "https negotiate", "https certificate"])
def test_another_client_logs_in(seen: dict[str, Any], how: str) -> None:
    """And runs a command of hnskit."""
    assert seen[how] == "LAB"


@pytest.mark.parametrize(
    ("how", "error"),
    [
        ("wrong password", "WSManAuthenticationError"),
        ("untrusted authority", "ConnectError"),
    ],
)
def test_another_client_is_refused(seen: dict[str, Any], how: str, error: str) -> None:
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

    A batch that loads them first does not help: each statement takes a free runspace, which may not have them.
    """
    assert seen["several"] == ["LAB"] * 3


def test_another_client_counts_runspaces(seen: dict[str, Any]) -> None:
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


def test_another_client_exchanges_keys(seen: dict[str, Any]) -> None:
    """For SecureString."""
    assert seen["key"] is True


def test_it_is_told_what_is_not_emulated(seen: dict[str, Any], engine: str) -> None:
    """By name; a real engine has the command."""
    if engine == "python":
        assert "Get-ChildItem" in seen["not emulated"]
    else:
        assert seen["not emulated"] == "no error"


def test_it_meets_the_restricted_configuration(seen: dict[str, Any]) -> None:
    """hnskit's commands are there; anything else is not found."""
    assert seen["restricted"] == ["LAB", "CommandNotFoundException"]
