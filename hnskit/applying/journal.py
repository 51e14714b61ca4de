"""Write the journal of changes to a host: one JSON line an event, flushed before and after each step.

A run that is killed at any point leaves a journal that says what was begun. What hnskit made and what it
found are told apart by it: teardown removes only what was made.
"""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from hnskit.applying.journal_checks import believed_records
from hnskit.errors import ContainerdError, DockerError, HnsError, HnskitError, RemoteCommandError
from hnskit.foreign_text.masking import mask_data
from hnskit.local.originator import originator_text
from hnskit.local.private_files import private_opener
from hnskit.local.project import default_runs
from hnskit.local.version import __version__
from hnskit.planning.provenance import Provenance, provenance_from
from hnskit.planning.steps import Step
from hnskit.remote.targets import machine

FILE = "journal.jsonl"
_IDENTITY = ("step", "action", "kind", "name", "id")
"""By these a record is known again: they are never masked."""


class Records:
    """The events of one run, kept in memory; a `Journal` keeps it on the disk as well."""

    run_dir: Path | None = None
    """The run's folder, where there is one."""
    computer = ""
    """The host's own name, as Windows says it; "" while it is not known."""

    def __init__(self, target: str) -> None:
        self.target = target
        self.records: list[dict[str, Any]] = []

    def write(self, event: str, **fields: Any) -> None:
        """Keep one record, in the order in which things happen."""
        time = datetime.now(UTC).isoformat(timespec="milliseconds")
        said = {key: value if key in _IDENTITY else mask_data(value) for key, value in fields.items()}
        bound = {"computer": self.computer} if self.computer else {}
        self.records.append({"time": time, "event": event, "target": self.target, **self._bound(), **bound, **said})

    def _bound(self) -> dict[str, Any]:
        """Return the place that a record names as its own."""
        return {}

    def started(self, step: Step, id: str = "") -> None:
        """Record that a step is about to be sent; `id` is of what it changes: a policy's endpoint, a route's place."""
        on = {"id": id} if id else {}
        fields = {"step": step.id, "action": step.action, "kind": step.kind, "name": step.title, **on}
        self.write("start", **fields, reason=step.reason)

    def found(self, kind: str, name: str, id: str, *, adopted: bool = False) -> None:
        """Record an object that was there before hnskit; `adopted` if it was made by hand, and is taken over."""
        self.write("found", kind=kind, name=name, id=id, **({"adopted": True} if adopted else {}))

    def finished(self, step: Step, id: str, seconds: float, *, existed: bool = False) -> None:
        """Record that the host showed a step as done; `id` is that of the object, `existed` if it was there already."""
        fields: dict[str, Any] = {"existed": True} if existed else {}
        fields |= {"id": id, "seconds": round(seconds, 3)}
        self.write("done", step=step.id, action=step.action, kind=step.kind, name=step.title, **fields)

    def failed(self, step: Step, error: HnskitError) -> None:
        """Record that a step failed."""
        # The step's own kind and name: an HnsError has a name, too, that of its code.
        fields = {**error.to_json(), "step": step.id, "action": step.action, "kind": step.kind, "name": step.title}
        self.write("failed", **fields, refused=was_refused(error))

    def lost_race(self, step: Step) -> None:
        """Write that another user had changed the object first, so that nothing was sent."""
        self.write("overtaken", step=step.id, action=step.action, kind=step.kind, name=step.title)


class Journal(Records):
    """The records of one run, each appended to a file as it is written."""

    def __init__(self, path: Path, target: str) -> None:
        super().__init__(target)
        self.path = path
        self.run_dir = path.parent
        self._whole = False
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)

    def _bound(self) -> dict[str, Any]:
        return {"run": self.path.parent.name, "by": originator_text(), "hnskit": __version__}

    def write(self, event: str, **fields: Any) -> None:
        """Append one line, and come back only when it is on the disk.

        Raises:
            HnskitError: it could not be written, so nothing more must be changed.
        """
        super().write(event, **fields)
        try:
            with open(self.path, "ab+", opener=private_opener) as file:
                begin = b"" if self._whole or _ends_a_line(file) else b"\n"
                file.write(begin + json.dumps(self.records[-1], default=str).encode() + b"\n")
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


def was_refused(error: HnskitError) -> bool:
    """Tell whether an error says for certain that nothing was made: the request was refused, or never sent."""
    if isinstance(error, RemoteCommandError):
        # After a timeout Docker or containerd may still come to the end of what it was asked for.
        return error.error_id.startswith("Hnskit.") and not error.error_id.startswith(
            ("Hnskit.DockerTimeout", "Hnskit.ToolTimeout")
        )
    return isinstance(error, HnsError | DockerError | ContainerdError)


def made_on(target: str, *, runs: Path | None = None) -> Provenance:
    """Fold every journal about this target.

    Args:
        target: as `Params.target` has it.
        runs: the folder whose runs are read; None: `runs` in the project's root, as for the command line and the
            notebooks.

    Returns:
        What hnskit created on the host, what it found and adopted there, and what it began and never saw.
    """
    return provenance_from(records_on(target, runs))


def records_on(target: str, runs: Path | None = None) -> list[dict[str, Any]]:
    """Read the records about this target of every journal below a folder of runs, in the order of their time."""
    runs = default_runs() if runs is None else runs
    timed: list[tuple[str, dict[str, Any]]] = []
    for path in sorted(runs.glob(f"*/{FILE}")):
        latest = ""
        for record in believed_records(path):
            latest = max(latest, str(record.get("time", "")))  # within one journal the order is that of its lines
            timed.append((latest, record))
    # By the records' own UTC: folders are named after a local clock, which is put back in autumn, and a resumed run
    # goes on in an older folder.
    timed.sort(key=lambda item: item[0])
    wanted = machine(target)  # journals of older versions have a target as its file spelt it
    return [record for _, record in timed if machine(str(record.get("target"))) == wanted]


def _ends_a_line(file: Any) -> bool:
    """Tell whether a file that is appended to is empty, or its last line is whole: a full disk may have cut it off."""
    end = file.seek(0, os.SEEK_END)
    if not end:
        return True
    file.seek(end - 1)
    return bool(file.read(1) == b"\n")
