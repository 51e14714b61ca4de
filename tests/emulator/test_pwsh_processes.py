"""A shell of an emulated host is a process of a real engine: its start, its crash, its end."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from pypsrp.exceptions import WinRMError, WSManFaultError
from pypsrp.powershell import PowerShell, RunspacePool

from hnskit.emulator import registry
from hnskit.emulator.engines.engine import EngineError
from tests.emulator.engine_processes import output, process_of, process_of_shell, wait_until_gone
from tests.emulator.engines import Served, needs_engine


@pytest.fixture(scope="module")
def pool(served: Served) -> Iterator[RunspacePool]:
    with served.pool() as opened:
        yield opened


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with Served("pwsh", tmp_path_factory.mktemp("host")) as host:
        yield host


GONE = 2150858843


@needs_engine
def test_a_shell_is_a_process_and_ends_it(served: Served) -> None:
    with served.pool(module=False) as first, served.pool(module=False) as second:
        pids = process_of(first), process_of(second)
        assert len({*pids, os.getpid()}) == 3
    wait_until_gone(*pids)


@needs_engine
def test_a_shell_ends_with_whatever_it_was_doing(served: Served) -> None:
    with served.pool(module=False) as pool:
        pid = process_of(pool)
        pipeline = PowerShell(pool)
        pipeline.add_script("Start-Sleep -Seconds 600")
        pipeline.begin_invoke()
    wait_until_gone(pid)


@needs_engine
def test_a_crash_is_a_fault_to_its_own_client_only(served: Served, pool: RunspacePool) -> None:
    with served.pool(module=False) as crashing:
        pipeline = PowerShell(crashing)
        pipeline.add_script("Start-Sleep -Seconds 600")
        pipeline.begin_invoke()
        os.kill(process_of_shell(served, crashing), signal.SIGKILL)
        with pytest.raises(WinRMError, match="ended by signal 9"):
            pipeline.end_invoke()
        with pytest.raises(WSManFaultError):
            output(crashing, "1")
    assert output(pool, "'still here'") == ["still here"]


@needs_engine
def test_what_is_no_psrp_is_refused_and_ends_nothing(served: Served, pool: RunspacePool) -> None:
    engine = served.call(lambda: served.door.shells.find(pool.id).engine)
    for garbage in (b"", b"garbage", b"\0" * 21 + b"<Data"):
        with pytest.raises(EngineError):
            served.run(engine.send(None, garbage, prompt=False))
    assert output(pool, "1") == [1]


@needs_engine
def test_an_idle_shell_is_ended(tmp_path: Path) -> None:
    with Served("pwsh", tmp_path / "host", minimum_idle=0.4) as served, served.wsman() as wsman:
        pool = RunspacePool(wsman, idle_timeout=2)
        pool.open()
        pid = process_of_shell(served, pool)
        wait_until_gone(pid)
        with pytest.raises(WSManFaultError) as fault:
            output(pool, "1")
        assert fault.value.code == GONE


@needs_engine
def test_output_waits_for_a_client_that_went_away_and_comes_back(served: Served) -> None:
    """Disconnect and Reconnect are the door's; a second client is refused, for the engine takes none."""
    with served.pool(module=False) as pool:
        pipeline = PowerShell(pool)
        pipeline.add_script("1; Start-Sleep -Milliseconds 300; 2")
        pipeline.begin_invoke()
        pool.disconnect()
        time.sleep(0.4)
        with served.wsman() as wsman:
            (other,) = [found for found in RunspacePool.get_runspace_pools(wsman) if found.id == pool.id]
            with pytest.raises(WinRMError, match="no second client"):
                other.connect()
        pool.connect()
        assert pipeline.connect() == [1, 2]


@needs_engine
def test_the_process_ends_with_its_host_however_that_ends(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Even if nobody is left to end it."""
    monkeypatch.setenv("HNSKIT_STATE_DIR", str(tmp_path))
    entry, _ = registry.start("killed", None, {"engine": "pwsh"})
    try:
        password = Path(entry.password_file).read_text(encoding="utf-8")
        port = int(entry.http.rsplit(":", 1)[1].partition("/")[0])
        from pypsrp.wsman import WSMan

        wsman = WSMan(
            "127.0.0.1",
            port=port,
            username=entry.username,
            password=password,
            ssl=False,
            auth="negotiate",
            no_proxy=True,
        )
        pool = RunspacePool(wsman)
        pool.open()
        pid = process_of(pool)
    finally:
        os.kill(entry.pid, signal.SIGKILL)
    wait_until_gone(pid)
