"""One worker a host: two tabs, two pipelines, a script or a forgotten run must not change the same host at once.

The claim is a lock on a file of this user's, whatever the runs folder is. It ends with the process that holds it,
whatever happens to it, so nothing has to be tidied up after a crash. Beside it lies who holds it. Other users and other
machines do not see it: for them each change is guarded on the host (`planning` and `Assert-HnskitGuard`).

A run's notebooks do its work in processes of their own. They are let in by a token that is made for this one claim and
lies in their environment; the run hands it to its kernels and to nobody else.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import secrets
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import IO

from hnskit.errors import BusyError, HnskitError
from hnskit.local.locks import try_lock, unlock
from hnskit.local.ownership import require_ours, require_private_place
from hnskit.local.private_files import private_opener, write_private
from hnskit.local.state_dir import STATE_VARIABLE, state_directory
from hnskit.remote.targets import machine

CLAIM_VARIABLE = "HNSKIT_CLAIM"
"""Has the token of a claim, in the environment of those that work for who holds it."""

RUN, COMMAND, NOTEBOOK, SCRIPT = "run", "command", "notebook", "script"
"""Kinds of work. Only a run has a log that can be followed."""
_NOUNS = {RUN: "another run", COMMAND: "another command", NOTEBOOK: "a notebook", SCRIPT: "another script"}

_TRIES, _PAUSE = 10, 0.02

_mine: ContextVar[Mapping[Path, Claim]] = ContextVar("claims")
"""Claims of the caller itself, by the lock."""


@dataclass(frozen=True, slots=True)
class LockHolder:
    """The process that is at work on a host."""

    target: str
    pid: int = 0
    """0: not known."""
    since: str = ""
    """Local time, as a clock shows it."""
    run_dir: str = ""
    """Absolute; "" without a run folder, or while a run has none yet."""
    kind: str = ""
    """`RUN`, `COMMAND`, `NOTEBOOK` or `SCRIPT`; "" if not known."""
    token: str = field(default="", repr=False)

    def sentence(self) -> str:
        """Say what the holder is, since when it works, and where to look at it."""
        noun = _NOUNS.get(self.kind, "something else")
        if not self.pid:
            return f"{noun} is at work on it"
        place = self.run_dir or "without a run folder"
        return f"{noun} is at work on it since {self.since} (process {self.pid}, {place})"


class Claim:
    """The right to work on a host, while it lasts."""

    def __init__(self, who: Path, worker: LockHolder) -> None:
        self._who = who
        self._worker = worker

    @property
    def environment(self) -> dict[str, str]:
        """The environment variables of a process that works for the holder; no other process may have them."""
        return {CLAIM_VARIABLE: self._worker.token}

    def is_kept_in(self, run_dir: Path) -> None:
        """Let others know where this work is to be seen; who works for another holder says nothing new.

        Raises:
            HnskitError: the state directory cannot be written to.
        """
        if self._worker.pid == os.getpid():
            self._worker = replace(self._worker, run_dir=str(run_dir.absolute()))
            self.tell()

    def tell(self) -> None:
        """Write down who is at work; errors are those of `is_kept_in`."""
        try:
            _patient(lambda: write_private(self._who, json.dumps(asdict(self._worker))))
        except OSError as cause:
            raise _not_sure(self._who.parent, self._worker.target, cause) from cause

    def end(self) -> None:
        """Remove the holder's file; where it stays, its lock shows that the holder has ended."""
        with contextlib.suppress(OSError):
            _patient(lambda: self._who.unlink(missing_ok=True))


@contextmanager
def claim(target: str, run_dir: Path | None = None, kind: str = SCRIPT) -> Iterator[Claim]:
    """Be the only one at work on a host; who holds the claim, and a notebook of the run that does, may go on.

    Args:
        run_dir: the folder in which this work is kept, if it has one.
        kind: what it is. A run is nobody's notebook: it is let in only where its own caller holds the claim.

    Raises:
        BusyError: somebody else is at work on it.
        HnskitError: the state directory cannot be written to.
    """
    lock, who = _files(target)
    mine = _mine.get({})
    if lock in mine:
        yield mine[lock]
        return

    def holds_token() -> bool:
        worker = _read(who)
        token = os.environ.get(CLAIM_VARIABLE)
        return bool(token) and kind != RUN and worker is not None and worker.token == token

    with _opened(lock, target) as stream:
        if not _taken(stream.fileno(), holds_token):
            worker = _read_patiently(who, target)
            if not holds_token():
                raise BusyError(f"{worker.sentence()}; nothing was changed", host=target)
            yield Claim(who, worker)
            return
        now = f"{datetime.now():%Y-%m-%d %H:%M:%S}"
        place = str(run_dir.absolute()) if run_dir else ""
        held = Claim(who, LockHolder(target, os.getpid(), now, place, kind, secrets.token_hex(16)))
        before = _mine.set({**mine, lock: held})
        try:
            held.tell()
            yield held
        finally:
            _mine.reset(before)
            held.end()
            unlock(stream.fileno())


def require_nobody(target: str) -> None:
    """Look, without a claim.

    Raises:
        BusyError: somebody is at work on it.
    """
    worker = other_holder(target)
    if worker is not None:
        raise BusyError(f"{worker.sentence()}; nothing was changed", host=target)


def other_holder(target: str) -> LockHolder | None:
    """Return the holder of a host's lock, unless it is the caller or the run whose notebook the caller is."""
    lock, _ = _files(target)
    worker = None if lock in _mine.get({}) else holder_of(target)
    return None if worker is None or worker.token == os.environ.get(CLAIM_VARIABLE) else worker


def holder_of(target: str) -> LockHolder | None:
    """Return the holder of a host's lock; None if there is none."""
    lock, who = _files(target)
    try:
        stream = lock.open("r+b")
    except OSError:  # nobody ever was; or nobody can be, `claim` says why
        return None
    with stream:
        if try_lock(stream.fileno()):
            unlock(stream.fileno())
            return None
    return _read_patiently(who, target)


def _opened(lock: Path, target: str) -> IO[bytes]:
    try:
        for place in (lock.parent.parent, lock.parent):
            require_private_place(place)
        lock.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        require_ours(lock, follow=False)
        return open(lock, "a+b", opener=private_opener)
    except OSError as cause:
        raise _not_sure(lock.parent, target, cause) from cause


def _not_sure(folder: Path, target: str, cause: OSError) -> HnskitError:
    return HnskitError(
        f"cannot take the host lock: {cause.strerror or cause}",
        object=str(folder),
        host=target,
        next_step=f"Set {STATE_VARIABLE} to a directory that you can write to.",
    )


def _taken(descriptor: int, give_up: Callable[[], bool]) -> bool:
    """Take the lock. Somebody who only looks (`holder_of`) has it for a moment, so one refusal means nothing."""
    for _ in range(_TRIES):
        if try_lock(descriptor):
            return True
        if give_up():
            return False
        time.sleep(_PAUSE)
    return False


def _patient(work: Callable[[], None]) -> None:
    """Do what Windows refuses while another process reads the file.

    Raises:
        OSError: it is refused for another reason, or for long.
    """
    for _ in range(_TRIES):
        try:
            work()
        except PermissionError:
            time.sleep(_PAUSE)
        else:
            return
    work()


def _files(target: str) -> tuple[Path, Path]:
    # Folders of emulated hosts may know no case. A hash: a target can have characters that a file's name cannot.
    name = hashlib.sha256(machine(target).lower().encode()).hexdigest()[:16]
    folder = state_directory() / "busy"
    return folder / f"{name}.lock", folder / f"{name}.json"


def _read(who: Path) -> LockHolder | None:
    try:
        return LockHolder(**json.loads(who.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):  # it is just being written, or was by another version
        return None


def _read_patiently(who: Path, target: str) -> LockHolder:
    """Read the lock's holder, and retry for a moment: the file that names it is written just after locking."""
    for _ in range(_TRIES):
        if (worker := _read(who)) is not None:
            return worker
        time.sleep(_PAUSE)
    return LockHolder(target)
