"""The whole redirect over stdio: through a real sshd, and on this machine, onto a real PowerShell engine."""

from __future__ import annotations

import contextlib
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from hnskit.applying.api import apply, destroy
from hnskit.applying.journal import Journal, made_on
from hnskit.applying.polling import RetryPolicy
from hnskit.applying.verification import verify
from hnskit.facts.host_facts import Facts, gather_facts
from hnskit.remote.stdio import StdioSession
from hnskit.remote.stdio_commands import VARIABLE, local_settings, ssh_settings
from hnskit.remote.stdio_settings import StdioSettings
from tests import sample_facts
from tests.emulator.engines import needs_engine
from tests.remote.sshd import needs_sshd
from tests.remote.stdio_lab import StdioHost, shell_program, ssh_way, stdio_host
from tests.tcp_relay import TcpRelay

pytestmark = needs_engine

CUTS = (
    "reset",
    pytest.param("refuse", marks=pytest.mark.slow),
    "stall",
    pytest.param("blackhole", marks=pytest.mark.slow),
)
PACE = RetryPolicy(patience=20.0, pause=0.05, longest_pause=0.5)


@pytest.fixture(scope="module")
def host(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StdioHost]:
    with stdio_host(tmp_path_factory.mktemp("host") / "state") as made:
        yield made


@pytest.fixture(scope="module")
def relay(host: StdioHost, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TcpRelay]:
    """In front of a real sshd; `ssh` on PATH finds it by the name `lab`."""
    with ssh_way(host, tmp_path_factory.mktemp("ssh")) as (_, made):
        yield made


def over_ssh() -> StdioSettings:
    settings = ssh_settings("ssh://lab", connect_timeout=5, recovery_timeout=40)
    return replace(settings, quiet_timeout=2.0)


@contextlib.contextmanager
def on_this_machine(host: StdioHost, place: Path) -> Iterator[StdioSettings]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(VARIABLE, str(shell_program(host, place)))
        yield replace(local_settings(recovery_timeout=40), quiet_timeout=2.0)


def job(host: StdioHost, settings: StdioSettings, runs: Path, disturb: Callable[[StdioSession], None]) -> list[str]:
    """Set up, prove, find it done, take away; the notes of set-up and teardown."""
    before, wanted = plain(host.facts()), sample_facts.desired()
    journal = Journal(runs / "20260101-000000-lab" / "journal.jsonl", settings.target)
    with StdioSession(settings) as session:
        facts = gather_facts(session)
        assert facts.problems == ()
        disturb(session)
        up = apply(session, wanted, facts=facts, journal=journal, pace=PACE)
        proof = verify(session, wanted)
        assert proof.ok, proof.to_text()
        assert apply(session, wanted, pace=PACE).changed == 0
        down = destroy(session, wanted, made=made_on(settings.target, runs=runs), journal=journal, pace=PACE)
    assert plain(host.facts()) == before
    return [*up.notes, *down.notes]


def plain(facts: Facts) -> Facts:
    """Without the clock, and with no name for the way."""
    assert facts.system is not None
    return replace(facts, target="", taken_at="", system=replace(facts.system, clock=""))


def nothing(_: StdioSession) -> None:
    """Leave it alone."""


@needs_sshd
@pytest.mark.parametrize("mode", CUTS)
def test_the_redirect_is_set_up_over_ssh_through_the_cut_of_the_network(
    host: StdioHost, relay: TcpRelay, mode: str, tmp_path: Path
) -> None:
    """The connection is lost when the bridge appears and when it goes; a stalled one that comes back is kept."""
    host.fresh(cut={"seconds": 0.5, "mode": mode})
    connections, detached = relay.connections, host.detached
    notes = job(host, over_ssh(), tmp_path, nothing)
    assert host.detached == detached + 2, "the bridge is made and removed by processes that no lost session ends"
    if mode == "stall":
        assert notes == []
        assert relay.connections == connections + 1
    else:
        assert sum("the connection was lost and came back" in note for note in notes) == 2, notes
        assert relay.connections > connections + 2


def test_the_redirect_is_set_up_on_the_machine_itself(host: StdioHost, tmp_path: Path) -> None:
    """There is no network to lose."""
    host.fresh(cut={"seconds": 0.5, "mode": "reset"})
    with on_this_machine(host, tmp_path / "program") as settings:
        assert job(host, settings, tmp_path / "runs", nothing) == []


@needs_sshd
@pytest.mark.parametrize("way", ["ssh", pytest.param("local", marks=pytest.mark.slow)])
def test_a_powershell_that_is_killed_at_work_is_replaced(
    host: StdioHost, relay: TcpRelay, way: str, tmp_path: Path
) -> None:
    """What it was at is read from the host, and the run goes on."""
    host.fresh(cut=None)

    def kill_soon(session: StdioSession) -> None:
        networks = len(host.facts().networks)

        def kill() -> None:
            while len(host.facts().networks) == networks:
                time.sleep(0.01)
            for pid in engines_of(host):
                os.kill(pid, signal.SIGKILL)

        threading.Thread(target=kill, daemon=True).start()

    with contextlib.ExitStack() as stack:
        local = way == "local"
        settings = stack.enter_context(on_this_machine(host, tmp_path / "program")) if local else over_ssh()
        notes = job(host, settings, tmp_path / "runs", kill_soon)
    assert any("the connection was lost and came back" in note for note in notes), notes


def engines_of(host: StdioHost) -> list[int]:
    """The processes that stand for a PowerShell of the host."""
    wanted = str(host.shells_start_in)
    found = []
    for place in Path("/proc").iterdir():
        with contextlib.suppress(OSError):
            if place.name.isdigit() and str((place / "cwd").readlink()) == wanted:
                found.append(int(place.name))
    return found
