"""The state of each kept host: for the state file, the metrics and the verdict, never for a decision."""

from __future__ import annotations

import json
import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from hnskit.errors import FileError
from hnskit.foreign_text.masking import mask_data
from hnskit.local.atomic_write import atomic_write_text


@dataclass(slots=True)
class KeptHost:
    """One host; times are Unix seconds, 0 for never."""

    name: str
    target: str
    state: str = "starting"
    """starting, ok, withheld, refused, unproved, busy, unreachable, login, unknown, failed, stopped"""
    verdict: str = ""
    read_at: float = 0.0
    changed_at: float = 0.0
    proved_at: float = 0.0
    event_at: float = 0.0
    next_at: float = 0.0
    """Time of the next attempt, after a failure."""
    follows_events: bool = False
    no_events: str = ""
    """The reason why the host's events cannot be followed."""
    reads: int = 0
    changes: int = 0
    proofs: int = 0
    events: int = 0
    failures: int = 0
    withheld: list[dict[str, Any]] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        """Tell whether the host is as its parameters say, as far as it was last seen."""
        return self.state == "ok"


class KeepState:
    """All hosts, shared by their threads."""

    def __init__(self, hosts: list[KeptHost]) -> None:
        self._hosts = hosts
        self._lock = threading.Lock()
        self._began = time.time()
        self._changes, self._written = 1, 0

    @contextmanager
    def changing(self) -> Iterator[None]:
        """Change hosts, alone."""
        with self._lock:
            self._changes += 1
            yield

    def snapshot(self) -> list[dict[str, Any]]:
        """Every host as data."""
        with self._lock:
            return [{**asdict(host), "ok": host.ok} for host in self._hosts]

    def to_json(self) -> dict[str, Any]:
        """As the state file has it; times are UTC, "" for never."""
        rows = [
            {name: _utc(value) if name.endswith("_at") else value for name, value in host.items()}
            for host in self.snapshot()
        ]
        return {"pid": os.getpid(), "began": _utc(self._began), "ok": all(row["ok"] for row in rows), "hosts": rows}

    def write(self, path: Path) -> None:
        """Write the file whole, where something has changed since it was last written.

        Raises:
            FileError: it cannot be written.
        """
        changes = self._changes
        if changes == self._written:
            return
        text = json.dumps(mask_data(self.to_json()), indent=2)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            atomic_write_text(path, f"{text}\n")
        except OSError as cause:
            raise FileError(f"it cannot be written: {cause.strerror or cause}", object=str(path)) from cause
        self._written = changes


def _utc(moment: float) -> str:
    return datetime.fromtimestamp(moment, UTC).isoformat(timespec="seconds") if moment else ""
