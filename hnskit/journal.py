"""What was done to which host: one JSON line an event, flushed before and after each step.

A run that is killed at any point leaves a journal that says what was begun. What hnskit made and what it
found are told apart by it: teardown removes only what was made.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from hnskit.errors import HnskitError
from hnskit.steps import Action, Step

FILE = "journal.jsonl"
DEFAULT_RUNS = Path("runs")

Identity = tuple[str, str, str]
"""(kind, name, id) of an object on a host."""


class Journal:
    """Appends to one file."""

    def __init__(self, path: Path, target: str) -> None:
        self.path = path
        self.target = target
        path.parent.mkdir(parents=True, exist_ok=True)

    def write(self, event: str, **fields: Any) -> None:
        """Append one line, and come back only when it is on the disk.

        Raises:
            HnskitError: it could not be written, so nothing more must be changed.
        """
        record = {"time": datetime.now(UTC).isoformat(timespec="milliseconds"), "event": event, "target": self.target}
        try:
            with self.path.open("a", encoding="utf-8") as file:
                file.write(json.dumps({**record, **fields}, default=str) + "\n")
                file.flush()
                os.fsync(file.fileno())
        except OSError as cause:
            raise HnskitError(
                f"the journal cannot be written: {cause.strerror}",
                object=str(self.path),
                next_step="Nothing more was changed. Make room, then run the same command again.",
            ) from cause

    def started(self, step: Step) -> None:
        """Before a step is sent."""
        self.write("start", step=step.id, action=step.action, kind=step.kind, name=step.name, reason=step.reason)

    def found(self, kind: str, name: str, id: str) -> None:
        """What was there before hnskit came."""
        self.write("found", kind=kind, name=name, id=id)

    def finished(self, step: Step, id: str, seconds: float) -> None:
        """After the host showed that a step is done; `id` is of what was made."""
        self.write(
            "done", step=step.id, action=step.action, kind=step.kind, name=step.name, id=id, seconds=round(seconds, 3)
        )

    def failed(self, step: Step, error: HnskitError) -> None:
        """After a step failed."""
        # The step's own kind and name: an HnsError has a name, too, that of its code.
        self.write("failed", **{**error.to_json(), "step": step.id, "kind": step.kind, "name": step.name})


@dataclass(frozen=True, slots=True)
class Made:
    """What the journals know of one host's objects."""

    made: frozenset[Identity] = frozenset()
    found: frozenset[Identity] = frozenset()

    def only_found(self, kind: str, name: str, id: str) -> bool:
        """Whether the object was there before hnskit and was never made by it."""
        return (kind, name, id) in self.found and (kind, name, id) not in self.made

    def was_made(self, kind: str, name: str, id: str) -> bool:
        """Whether a journal says that hnskit made it."""
        return (kind, name, id) in self.made


def read_journal(path: Path) -> Iterator[dict[str, Any]]:
    """The records of one journal; a last line that was cut off by a crash is left out."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except OSError:
        return
    for line in lines:
        try:
            record = json.loads(line)
        except ValueError:
            continue
        if isinstance(record, dict):
            yield record


def made_on(target: str, runs: Path = DEFAULT_RUNS) -> Made:
    """Fold every journal below a folder of runs that is about this target."""
    made: set[Identity] = set()
    found: set[Identity] = set()
    for path in sorted(runs.glob(f"*/{FILE}")):
        for record in read_journal(path):
            if record.get("target") != target:
                continue
            identity = (str(record.get("kind")), str(record.get("name")), str(record.get("id")))
            if record.get("event") == "found":
                found.add(identity)
            elif record.get("event") == "done" and record.get("action") in (Action.CREATE, Action.IMPORT, Action.RUN):
                made.add(identity)
    return Made(frozenset(made), frozenset(found))
