"""The processes behind a real engine's shells, as tests see them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pypsrp.powershell import PowerShell, RunspacePool

from tests.emulator.engines import Served
from tests.waiting import wait_for


def output(pool: RunspacePool, script: str, *inputs: Any) -> list[Any]:
    pipeline = PowerShell(pool)
    pipeline.add_script(script)
    return list(pipeline.invoke(list(inputs) if inputs else None))


def process_of(pool: RunspacePool) -> int:
    (pid,) = output(pool, "$PID")
    return int(pid)


def runs(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state != "Z"


def wait_until_gone(*pids: int) -> None:
    wait_for(lambda: not any(map(runs, pids)), "an engine's process is still there")


def process_of_shell(served: Served, pool: RunspacePool) -> int:
    def now() -> int:
        engine: Any = served.door.shells.find(pool.id).engine
        return int(engine.process.pid)

    return int(served.call(now))


def children_of(pid: int) -> list[int]:
    found = Path(f"/proc/{pid}/task").glob("*/children")
    return [int(child) for path in found for child in path.read_text().split()]
