"""A run in a process of its own, and somebody who follows it: neither a busy page nor a dead kernel stops it."""

from __future__ import annotations

import contextlib
import itertools
import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hnskit.applying import host_lock
from hnskit.params.hidden_overrides import hide
from hnskit.remote.targets import canonical
from hnskit.running.log import FILE, read_from
from hnskit.running.run_state import RunState

_SAID = ".page"  # below the runs folder: what the runs of a page print
_NUMBERS = itertools.count(1)
_PAUSE = 0.15  # seconds between two looks
_PATIENCE = 3.0  # seconds in which a run that has let go of its host may still write its last line


@dataclass(frozen=True, slots=True)
class Launched:
    """A run that this process has started."""

    process: subprocess.Popen[bytes]
    said: Path
    """File of its output; `.err` beside it. A pipe would break when this process ends."""

    def forget(self) -> None:
        """Wait for its end, and take away what it printed."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(_PATIENCE)
        for file in (self.said, self.said.with_suffix(".err")):
            file.unlink(missing_ok=True)


def launch(
    params_file: Path, runs: Path, only: Sequence[str] = (), *, environment: Mapping[str, str] | None = None,
    overrides: Sequence[str] = (), confirmed: bool = False, adopt: bool = False,
) -> Launched:  # fmt: skip
    """Start `hnskit run` on its own; it goes on when this process ends.

    Args:
        environment: added to its environment, such as the secret behind an `env:` reference.
        confirmed: whether what it would remove is agreed to.
        adopt: whether what was made by hand is taken over.
    """
    said = runs / _SAID / f"page-{os.getpid()}-{next(_NUMBERS)}.out"
    said.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    shown, hidden = hide(overrides)
    command = [sys.executable, "-P", "-m", "hnskit", "run", str(params_file), "--json", "--runs", str(runs)]
    command += [part for name in only for part in ("--only", name)]
    command += ["--yes"] if confirmed else []
    command += ["--adopt"] if adopt else []
    command += [part for override in shown for part in ("--set", override)]
    detached: dict[str, Any] = {"start_new_session": True}
    if sys.platform == "win32":
        detached = {"creationflags": subprocess.CREATE_NO_WINDOW | subprocess.CREATE_NEW_PROCESS_GROUP}
    with said.open("wb") as out, said.with_suffix(".err").open("wb") as err:
        process = subprocess.Popen(  # noqa: S603 - our own module, arguments as a list
            command, stdin=subprocess.DEVNULL, stdout=out, stderr=err,
            env={**os.environ, **hidden, **(environment or {})},
            **detached,
        )  # fmt: skip
    return Launched(process, said)


class Follower:
    """Reads a run's log in a thread and tells of each new state until the run is over.

    Args:
        on_state: called in the thread with each new state.
        on_refused: called if the run could not begin, with the sentence that says why.
        on_other: called with what is at work on the target if that is not a run, and so has no log to follow; and with
            None when it has ended.
        launched: the run, if this process started it; else what is at work on the target is followed.
    """

    def __init__(
        self,
        target: str,
        on_state: Callable[[RunState], None],
        on_refused: Callable[[str], None],
        on_other: Callable[[host_lock.LockHolder | None], None],
        launched: Launched | None = None,
    ) -> None:
        self._target, self._launched = target, launched
        self._process = launched.process if launched else None
        self._on_state, self._on_refused, self._on_other = on_state, on_refused, on_other
        self.run_dir: Path | None = None
        self._thread = threading.Thread(target=self._follow, name="follower", daemon=True)

    def start(self) -> None:
        """Begin to follow."""
        self._thread.start()

    @property
    def alive(self) -> bool:
        """Tell whether it still follows."""
        return self._thread.is_alive()

    def join(self, seconds: float) -> None:
        """Wait for the end."""
        self._thread.join(seconds)

    def _follow(self) -> None:
        self.run_dir = self._begun() if self._launched is None else self._launched_at(self._launched.process)
        if self.run_dir is None:
            if self._launched is None:
                self._on_other(None)
            else:
                self._on_refused(self._said())
                self._forget()
            return
        state, place, gone_since = RunState(self.run_dir), 0, 0.0
        while not state.over:
            records, place = read_from(self.run_dir / FILE, place)
            state.take(records)
            if not records and not self._lives():
                gone_since = gone_since or time.monotonic()
                state.lost = time.monotonic() - gone_since > _PATIENCE
            if records or state.lost:
                self._on_state(state)
            time.sleep(_PAUSE)
        self._forget()

    def _forget(self) -> None:
        if self._launched is not None:
            self._launched.forget()

    def _begun(self) -> Path | None:
        """The folder of the run that somebody else has begun; None when what is at work has ended and was no run."""
        told: host_lock.LockHolder | None = None
        while (worker := host_lock.holder_of(self._target)) is not None:
            if told is not None and (worker.pid, worker.since) != (told.pid, told.since):
                break  # that one has ended, and the next has begun
            if worker.kind == host_lock.RUN and worker.run_dir:
                return Path(worker.run_dir)
            if worker.kind != host_lock.RUN and worker != told:
                told = worker
                self._on_other(worker)
            time.sleep(_PAUSE)
        return None

    def _launched_at(self, process: subprocess.Popen[bytes]) -> Path | None:
        """The folder of the run that this process has begun, as soon as it has one; None if it ended without."""
        while True:
            worker = host_lock.holder_of(self._target)
            if worker is not None and worker.run_dir and worker.pid == process.pid:
                return Path(worker.run_dir)
            if process.poll() is not None:
                place = self._printed().get("run_dir")
                return Path(place) if place else None
            time.sleep(_PAUSE)

    def _lives(self) -> bool:
        if self._process is not None:
            return self._process.poll() is None
        worker = host_lock.holder_of(self._target)
        return worker is not None and worker.run_dir == str(self.run_dir)

    def _printed(self) -> dict[str, Any]:
        try:
            found = json.loads(self._launched.said.read_text(encoding="utf-8")) if self._launched else {}
        except (OSError, ValueError):
            return {}
        return found if isinstance(found, dict) else {}

    def _said(self) -> str:
        """Return why the run did not begin."""
        try:
            file = self._launched.said.with_suffix(".err") if self._launched else None
            lines = file.read_text(encoding="utf-8", errors="replace").splitlines() if file else []
        except OSError:
            lines = []
        told = str(self._printed().get("paragraph") or " ".join(lines[-3:]))
        return told or "The run could not begin, and said nothing about it."


def last_run(runs: Path, target: str) -> RunState | None:
    """The last run on a target that has come to an end, as its log tells it."""
    for log in sorted(runs.glob(f"*/{FILE}"), reverse=True):
        records, _ = read_from(log, 0)
        if records and canonical(str(records[0].get("target"))) == canonical(target):
            state = RunState(log.parent.absolute())
            state.take(records)
            state.lost, state.past = state.finish is None, True
            return state
    return None
