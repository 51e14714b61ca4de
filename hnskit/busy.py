"""One worker a host: two tabs, two pipelines, a script or a forgotten run must not change the same host at once.

The claim is a lock on a file of this user's, whatever the runs folder is. It ends with the process that holds it,
whatever happens to it, so nothing has to be tidied up after a crash. Beside it lies who holds it. Other users and other
machines do not see it: for them each change is guarded on the host (`planning` and `Assert-HnskitGuard`).
"""

from __future__ import annotations

import hashlib
import json
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

from hnskit.errors import BusyError, HnskitError
from hnskit.locks import try_lock, unlock
from hnskit.statedir import STATE_VARIABLE, state_directory

_TRIES, _PAUSE = 10, 0.02

_mine: ContextVar[frozenset[str]] = ContextVar("claimed targets", default=frozenset())
"""What the caller itself has claimed already."""


@dataclass(frozen=True, slots=True)
class Worker:
    """Who is at work on a host."""

    target: str
    pid: int
    since: str
    """Local time, as a clock shows it."""
    run_dir: str
    """Absolute; "" without a run folder."""

    def sentence(self) -> str:
        """Who it is, since when, and where it is to be seen."""
        place = self.run_dir or "without a run folder"
        return f"another run is at work on it since {self.since} (process {self.pid}, {place})"


@contextmanager
def claim(target: str, run_dir: Path | None = None) -> Iterator[None]:
    """Be the only one at work on a host; who holds the claim, and a notebook of the run that does, may go on.

    Raises:
        BusyError: somebody else is at work on it.
        HnskitError: the state directory cannot be written to.
    """
    if target in _mine.get():
        yield
        return
    lock, who = _files(target)
    place = str(run_dir.absolute()) if run_dir else ""
    try:
        lock.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        stream = lock.open("a+b")
    except OSError as cause:
        raise HnskitError(
            f"that nobody else is at work on it cannot be made sure: {cause.strerror or cause}",
            object=str(lock.parent),
            host=target,
            next_step=f"Set {STATE_VARIABLE} to a directory that you can write to.",
        ) from cause
    with stream:
        if not _taken(stream.fileno(), lambda: _is_own(_read(who), place)):
            worker = _read(who)
            if _is_own(worker, place):
                yield
                return
            said = worker.sentence() if worker else "another run is at work on it"
            raise BusyError(f"{said}; nothing was changed", host=target)
        held = _mine.set(_mine.get() | {target})
        try:
            now = f"{datetime.now():%Y-%m-%d %H:%M:%S}"
            _write(who, Worker(target, os.getpid(), now, place))
            yield
        finally:
            _mine.reset(held)
            who.unlink(missing_ok=True)
            unlock(stream.fileno())


def at_work(target: str) -> Worker | None:
    """Who is at work on a host, if anybody is."""
    lock, who = _files(target)
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


def _files(target: str) -> tuple[Path, Path]:
    # Hosts' names know no case. A hash: a target can have characters that a file's name cannot.
    name = hashlib.sha256(target.lower().encode()).hexdigest()[:16]
    folder = state_directory() / "busy"
    return folder / f"{name}.lock", folder / f"{name}.json"


def _read(who: Path) -> Worker | None:
    try:
        return Worker(**json.loads(who.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):  # it is just being written, or was by another version
        return None


def _write(who: Path, worker: Worker) -> None:
    half = who.with_suffix(".new")
    half.write_text(json.dumps(asdict(worker)), encoding="utf-8")
    half.replace(who)  # whole or not at all: others read it meanwhile
