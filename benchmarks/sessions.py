"""One session that is used for long, and clients that are killed: what is left of them on the host.

    python -m benchmarks.sessions                                3,000 snapshots in one session, 100 killed clients
    python -m benchmarks.sessions --snapshots 300 --clients 40   fewer

Windows takes 1,000 commands in a shell that nobody ends, and 30 shells of a user (defaults of WinRM). The emulated host
has the same quotas; it is in this process, so that the memory is of both. Exit status 1 if anything was refused.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import signal
import tempfile
import time
from pathlib import Path
from typing import Any

from hnskit.errors import HnskitError
from hnskit.facts.host_facts import gather_facts
from hnskit.local.state_dir import STATE_VARIABLE
from hnskit.remote.connection import ConnectionSettings
from hnskit.remote.psrp import PsrpSession
from tests.in_process_host import Lab

_PATIENT: dict[str, Any] = {
    "connect_timeout": 30.0,
    "create_timeout": 60.0,
    "read_timeout": 30.0,
    "operation_timeout": 5.0,
}


def open_and_die(settings: ConnectionSettings, turns: int) -> None:
    """Open so many sessions, each in a process of its own that is killed."""
    for _ in range(turns):
        child = os.fork()
        if child:
            os.waitpid(child, 0)
            continue
        PsrpSession(settings).open()
        os.kill(os.getpid(), signal.SIGKILL)


def memory() -> float:
    """MB that this process has now."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def open_commands(lab: Lab) -> tuple[int, int]:
    """How many shells the host has, and how many commands at most in one of them."""

    async def count() -> tuple[int, int]:
        shells = lab.door.shells.all()
        return len(shells), max((len(shell.pipelines) + len(shell._retired) for shell in shells), default=0)

    shells, commands = lab.run(count())
    return int(shells), int(commands)


def long_session(engine: str, snapshots: int, place: Path) -> list[str]:
    """Rows of the table: what the session is at its beginning, later, and at its end."""
    rows, most = [], 0
    marks = {max(1, snapshots // 10), snapshots // 2, snapshots}
    with Lab(place, engine=engine) as lab, lab.session(tls=True, **_PATIENT) as session:
        since = time.monotonic()
        for number in range(1, snapshots + 1):
            if gather_facts(session).problems:
                raise SystemExit(f"snapshot {number} lacks something")
            shells, commands = open_commands(lab)
            most = max(most, commands)
            if number in marks:
                seconds = time.monotonic() - since
                rows.append(f"| {engine} | {number} | {seconds:.0f} | {shells} | {most} | {memory():.0f} |")
    return rows


def killed(clients: int, place: Path) -> str:
    """Open so many sessions in processes that are killed; then work in one more."""
    with Lab(place) as lab:
        settings = lab.settings(tls=True, **_PATIENT)
        child = multiprocessing.get_context("spawn").Process(target=open_and_die, args=(settings, clients))
        child.start()
        child.join()
        left, _ = open_commands(lab)
        with PsrpSession(settings) as session:
            gather_facts(session)
        return f"{clients} clients killed with an open shell: {left} shells left on the host; another client: served"


def main() -> None:
    """Print both."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--snapshots", type=int, default=3000)
    parser.add_argument("--clients", type=int, default=100)
    parser.add_argument("--engine", choices=["python", "pwsh"], default="python", help="of the long session")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="hnskit-sessions-") as folder:
        place = Path(folder)
        os.environ[STATE_VARIABLE] = str(place / "state")
        for name in ("long", "killed"):
            (place / name).mkdir()
        try:
            print("| engine | snapshots | seconds | shells | most commands that the host kept | MB of both |")
            print("|---|---:|---:|---:|---:|---:|")
            print("\n".join(long_session(options.engine, options.snapshots, place / "long")), flush=True)
            print(killed(options.clients, place / "killed"))
        except HnskitError as refused:
            raise SystemExit(refused.paragraph()) from refused


if __name__ == "__main__":
    main()
