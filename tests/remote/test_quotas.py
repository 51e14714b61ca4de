"""hnskit stays far below what WinRM allows: commands of a shell, shells of a user."""

from __future__ import annotations

import multiprocessing
from pathlib import Path
from typing import Any

import pytest

from benchmarks.sessions import open_and_die
from hnskit.errors import ConnectError
from hnskit.facts.host_facts import gather_facts
from hnskit.remote import open_shells
from hnskit.remote.connection import ConnectionSettings
from hnskit.remote.psrp import PsrpSession
from hnskit.remote.session import Call, invoke_calls
from tests.in_process_host import TARGET, Lab

_QUOTA = 30
"""MaxShellsPerUser, as Windows has it by default."""


def commands_of(lab: Lab) -> int:
    """How many commands the host keeps for its only shell."""

    async def count() -> int:
        (shell,) = lab.door.shells.all()
        return len(shell.pipelines) + len(shell._retired)

    return int(lab.run(count()))


def system(session: PsrpSession) -> Any:
    return next(invoke_calls(session, [Call("system", "Get-HnskitSystem", reads=True)])).value()


def test_finished_pipelines_are_signalled_before_they_are_many(tmp_path: Path) -> None:
    """And not at once: deleting the shell ends the few of a short session."""
    with Lab(tmp_path) as lab, lab.session() as session:
        most = 0
        for _ in range(60):
            system(session)
            most = max(most, commands_of(lab))
    assert 15 < most < 30


def test_a_session_of_few_pipelines_signals_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It costs no request."""
    with Lab(tmp_path) as lab, lab.session() as session:
        monkeypatch.setattr(
            "pypsrp.shell.WinRS.signal", lambda *_, **__: pytest.fail("a request that nobody waits for")
        )
        for _ in range(15):
            system(session)


@pytest.mark.slow
def test_three_thousand_snapshots_work_in_one_session(tmp_path: Path) -> None:
    """Windows takes a thousand commands in a shell that nobody ends."""
    with Lab(tmp_path) as lab, lab.session() as session:
        for _ in range(3000):
            assert gather_facts(session).networks


def _killed(settings: ConnectionSettings, clients: int) -> None:
    """So many clients open a session and are killed, each in a process of its own."""
    child = multiprocessing.get_context("spawn").Process(target=open_and_die, args=(settings, clients))
    child.start()
    child.join(120)
    assert child.exitcode == 0


@pytest.mark.parametrize("clients", [_QUOTA + 1, pytest.param(100, marks=pytest.mark.slow)])
def test_killed_clients_lock_nobody_out(tmp_path: Path, clients: int) -> None:
    """Who finds no room ends what dead processes of this user left behind."""
    with Lab(tmp_path) as lab:
        settings = lab.settings(tls=True, connect_timeout=10.0, create_timeout=10.0, read_timeout=10.0)
        _killed(settings, clients)
        assert len(lab.door.shells) <= _QUOTA
        with PsrpSession(settings) as session:
            assert system(session)["ComputerName"] == "LAB"
            assert len(lab.door.shells) < _QUOTA
        assert len(list(open_shells.left_behind(TARGET))) < _QUOTA


def test_shells_of_the_living_are_left_alone(tmp_path: Path) -> None:
    """Then it is said that there is no room, and what to do."""
    with Lab(tmp_path) as lab:
        settings = lab.settings(tls=True, connect_timeout=10.0, create_timeout=10.0, read_timeout=10.0)
        sessions = [PsrpSession(settings) for _ in range(_QUOTA)]
        for session in sessions:
            session.open()
        with pytest.raises(ConnectError, match=r"no room for another shell.*2150859173") as caught:
            PsrpSession(settings).open()
        assert caught.value.exit_status == 3
        assert all(system(session) for session in sessions)
        for session in sessions:
            session.close()


def test_a_shell_that_nobody_uses_is_asked_to_end_soon(tmp_path: Path) -> None:
    """Three minutes or what a lost host is waited for, and not WinRM's two hours."""
    with Lab(tmp_path) as lab:
        for patience, idle in ((10.0, 180.0), (300.0, 360.0)):
            with lab.session(recovery_timeout=patience) as session:
                session.open()
                (shell,) = lab.door.shells.all()
                assert shell.idle == idle


def test_a_session_writes_down_its_shell_and_takes_it_back(tmp_path: Path) -> None:
    """While it is open, it is nobody's to end."""
    with Lab(tmp_path) as lab, lab.session() as session:
        session.open()
        (shell,) = lab.door.shells.all()
        assert shell.id not in open_shells.left_behind(TARGET)
        assert shell.id in {path.name for path in open_shells._folder(TARGET).iterdir()}
    assert shell.id not in {path.name for path in open_shells._folder(TARGET).iterdir()}
