"""What was done to which host: one JSON line an event, flushed before and after each step.

A run that is killed at any point leaves a journal that says what was begun. What hnskit made and what it
found are told apart by it: teardown removes only what was made.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from hnskit.errors import HnsError, HnskitError
from hnskit.steps import Action, Step

FILE = "journal.jsonl"
DEFAULT_RUNS = Path("runs")

Identity = tuple[str, str, str]
"""(kind, name, id) of an object on a host."""

_MAKING = frozenset({Action.CREATE, Action.IMPORT, Action.RUN})
_REMOVING = frozenset({Action.DELETE})
_SWITCHED = frozenset({"forwarding", "policy"})
"""Kinds that are a state of an endpoint: their id is the endpoint's."""


class Journal:
    """Appends to one file."""

    def __init__(self, path: Path, target: str) -> None:
        self.path = path
        self.target = target
        self._whole = False
        path.parent.mkdir(parents=True, exist_ok=True)

    def write(self, event: str, **fields: Any) -> None:
        """Append one line, and come back only when it is on the disk.

        Raises:
            HnskitError: it could not be written, so nothing more must be changed.
        """
        record = {"time": datetime.now(UTC).isoformat(timespec="milliseconds"), "event": event, "target": self.target}
        try:
            with self.path.open("ab+") as file:
                begin = b"" if self._whole or _ends_a_line(file) else b"\n"
                file.write(begin + json.dumps({**record, **fields}, default=str).encode() + b"\n")
                file.flush()
                os.fsync(file.fileno())
            self._whole = True
        except OSError as cause:
            self._whole = False
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
        fields = {**error.to_json(), "step": step.id, "action": step.action, "kind": step.kind, "name": step.name}
        self.write("failed", **fields, refused=isinstance(error, HnsError))

    def overtaken(self, step: Step) -> None:
        """Somebody else had changed what the step was about, so nothing was sent."""
        self.write("overtaken", step=step.id, action=step.action, kind=step.kind, name=step.name)


@dataclass(frozen=True, slots=True)
class Made:
    """What the journals know of one host's objects."""

    made: frozenset[Identity] = frozenset()
    found: frozenset[Identity] = frozenset()
    begun: frozenset[tuple[str, str]] = frozenset()
    """(kind, name) of what was begun to be made and never seen: what is there now of this name was made."""

    def only_found(self, kind: str, name: str, id: str) -> bool:
        """Whether the object was there before hnskit and was never made by it."""
        return (kind, name, id) in self.found and not self.was_made(kind, name, id)

    def was_made(self, kind: str, name: str, id: str) -> bool:
        """Whether a journal says that hnskit made it."""
        return (kind, name, id) in self.made or (kind, name) in self.begun


def read_journal(path: Path) -> Iterator[dict[str, Any]]:
    """The records of one journal; a last line that was cut off by a crash is left out."""
    try:
        lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
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
    """Fold every journal below a folder of runs that is about this target, the oldest first."""
    paths = sorted(runs.glob(f"*/{FILE}"), key=lambda path: path.parent.name)
    records = (record for path in paths for record in read_journal(path))
    return made_from(record for record in records if record.get("target") == target)


def made_from(records: Iterable[Mapping[str, Any]]) -> Made:
    """What the records of one host say, in the order in which they were written.

    A run that was killed, or lost its host, between a step's start and its end leaves it open whether the object
    was made. The step was only begun because nothing of that name was there: so what is found next is hnskit's.
    """
    made: set[Identity] = set()
    found: set[Identity] = set()
    begun: set[tuple[str, str]] = set()
    for record in records:
        event, action = record.get("event"), record.get("action")
        kind, name, id = str(record.get("kind")), str(record.get("name")), str(record.get("id"))
        makes = action in _MAKING or (action == Action.UPDATE and kind in _SWITCHED)
        if event == "start" and action in _MAKING:
            begun.add((kind, name))
        elif event == "overtaken" or (event == "failed" and record.get("refused")):
            begun.discard((kind, name))
        elif event == "done" and (makes or action in _REMOVING):
            begun.discard((kind, name))
            if makes:
                made.add((kind, name, id))
        elif event == "found":
            (made if (kind, name) in begun else found).add((kind, name, id))
            begun.discard((kind, name))
    return Made(frozenset(made), frozenset(found), frozenset(begun))


def _ends_a_line(file: Any) -> bool:
    """Whether a file that is appended to is empty, or its last line is whole: a full disk may have cut it off."""
    end = file.seek(0, os.SEEK_END)
    if not end:
        return True
    file.seek(end - 1)
    return bool(file.read(1) == b"\n")
