"""One worker a host: two tabs, two pipelines or a forgotten run must not change the same host at once.

The claim is a lock on a file below the runs folder. It ends with the process that holds it, whatever happens to it,
so nothing has to be tidied up after a crash. Beside it lies who holds it.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

from hnskit.errors import BusyError
from hnskit.locks import try_lock, unlock
from hnskit.running import folder as runfolder

FOLDER = ".busy"

_TRIES, _PAUSE = 10, 0.02


@dataclass(frozen=True, slots=True)
class Worker:
    """Who is at work on a host."""

    target: str
    pid: int
    since: str
    """Local time, as a clock shows it."""
    run_dir: str
    """Absolute."""

    def sentence(self) -> str:
        """Who it is, since when, and where it is to be seen."""
        place = self.run_dir or "without a run folder"
        return f"another run is at work on it since {self.since} (process {self.pid}, {place})"


@contextmanager
def claim(runs: Path, target: str, run_dir: Path | None) -> Iterator[None]:
    """Be the only one at work on a host; a notebook of the run that holds the claim may go on.

    Raises:
        BusyError: somebody else is at work on it.
    """
    lock, who = _files(runs, target)
    place = str(run_dir.absolute()) if run_dir else ""
    lock.parent.mkdir(parents=True, exist_ok=True)
    with lock.open("a+b") as stream:
        if not _taken(stream.fileno(), lambda: _is_own(_read(who), place)):
            worker = _read(who)
            if _is_own(worker, place):
                yield
                return
            said = worker.sentence() if worker else "another run is at work on it"
            raise BusyError(f"{said}; nothing was changed", host=target)
        try:
            now = f"{datetime.now():%Y-%m-%d %H:%M:%S}"
            runfolder.write_json(who, asdict(Worker(target, os.getpid(), now, place)))
            yield
        finally:
            who.unlink(missing_ok=True)
            unlock(stream.fileno())


def at_work(runs: Path, target: str) -> Worker | None:
    """Who is at work on a host, if anybody is."""
    lock, who = _files(runs, target)
    if not lock.exists():
        return None
    with lock.open("a+b") as stream:
        if try_lock(stream.fileno()):
            unlock(stream.fileno())
            return None
    return _read(who)


def _taken(descriptor: int, give_up: Callable[[], bool]) -> bool:
    """Take the lock. Somebody who only looks (`at_work`) has it for a moment, so one refusal means nothing."""
    for _ in range(_TRIES):
        if try_lock(descriptor):
            return True
        if give_up():
            return False
        time.sleep(_PAUSE)
    return False


def _is_own(worker: Worker | None, place: str) -> bool:
    return worker is not None and bool(place) and worker.run_dir == place


def _files(runs: Path, target: str) -> tuple[Path, Path]:
    folder = runs / FOLDER
    name = runfolder.slug(target)
    return folder / f"{name}.lock", folder / f"{name}.json"


def _read(who: Path) -> Worker | None:
    try:
        return Worker(**(runfolder.read_json(who) or {}))
    except TypeError:  # it is just being written, or was by another version
        return None
