"""The log of a run, line by line in a file of its folder, for every process that follows it.

The start page follows it while the run goes on; a page that is opened later, or again, reads it from the beginning.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from hnskit.foreign_text.escaping import json_text
from hnskit.foreign_text.masking import mask_data
from hnskit.local.private_files import private_opener
from hnskit.running.summary import StepSummary, Watcher

FILE = "run.jsonl"
STOP = "stop"
"""A file of this name in a run's folder asks the run to stop."""


class RunLog:
    """A watcher that writes everything down and passes it on."""

    def __init__(self, run_dir: Path, watcher: Watcher) -> None:
        self._path = run_dir / FILE
        self._watcher = watcher
        self._lock = threading.Lock()

    def write(self, event: str, **fields: Any) -> None:
        """Append one line; that the disk is full is the journal's affair, not this record's."""
        record = {"time": datetime.now(UTC).isoformat(timespec="milliseconds"), "event": event, **fields}
        try:
            with (
                self._lock,
                open(self._path, "a", encoding="utf-8", opener=private_opener) as file,
            ):
                file.write(json_text(mask_data(record), default=str) + "\n")
        except OSError:
            return

    def begins(self, notebook: str) -> None:
        """A notebook begins."""
        self.write("begin", notebook=notebook)
        self._watcher.begins(notebook)

    def happens(self, line: str, lasting: bool) -> None:
        """Something happens in it."""
        self.write("line", text=line, lasting=lasting)
        self._watcher.happens(line, lasting)

    def ends(self, step: StepSummary) -> None:
        """It has ended."""
        self.write("end", **asdict(step))
        self._watcher.ends(step)


class Patience:
    """Passes on what happens, and says now and then that the host is waited for: silence looks like an end."""

    def __init__(self, happens: Callable[[str, bool], None], pause: float = 15.0) -> None:
        """`pause` is in seconds."""
        self._happens = happens
        self._pause = pause
        self._since = self._said = time.monotonic()

    def happens(self, line: str, lasting: bool) -> None:
        """Something happens."""
        self._since = self._said = time.monotonic()
        self._happens(line, lasting)

    def remind(self, now: float) -> None:
        """Say how long nothing has happened, if it is time for that; `now` is of `time.monotonic`."""
        if now - self._said >= self._pause:
            self._said = now
            self._happens(f"waiting for the host, {now - self._since:.0f} s now", True)


def read_from(path: Path, place: int) -> tuple[list[dict[str, Any]], int]:
    """The whole lines of a file of JSON lines from a place on, and the place after them."""
    try:
        with path.open("rb") as file:
            file.seek(place)
            text = file.read()
    except OSError:
        return [], place
    whole = text[: text.rfind(b"\n") + 1]
    return list(_records(whole)), place + len(whole)


def _records(text: bytes) -> Iterator[dict[str, Any]]:
    for line in text.splitlines():
        try:
            record = json.loads(line)
        except ValueError:
            continue
        if isinstance(record, dict):
            yield record


def ask_to_stop(run_dir: Path) -> None:
    """Ask a run to stop; it does so within a second, and says it in its log."""
    (run_dir / STOP).touch()


def asked_to_stop(run_dir: Path) -> bool:
    """Tell whether somebody asked this run to stop."""
    return (run_dir / STOP).exists()
