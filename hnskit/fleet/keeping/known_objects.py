"""Objects that hnskit made, as the journals say, read again when one of them has changed."""

from __future__ import annotations

import threading
from pathlib import Path

from hnskit.applying.journal import FILE, made_on
from hnskit.planning.provenance import Provenance

_Mark = tuple[tuple[str, int, int], ...]


class KnownObjects:
    """The journals of a folder of runs, for all hosts."""

    def __init__(self, runs: Path) -> None:
        self._runs = runs
        self._lock = threading.Lock()
        self._mark: _Mark | None = None
        self._known: dict[str, Provenance] = {}

    def made_on(self, target: str) -> Provenance:
        """Fold the journals of a host."""
        with self._lock:
            mark = self._now()
            if mark != self._mark:
                self._mark, self._known = mark, {}
            if target not in self._known:
                self._known[target] = made_on(target, runs=self._runs)
            return self._known[target]

    def _now(self) -> _Mark:
        """Every journal with its time and size."""
        found = []
        for path in sorted(self._runs.glob(f"*/{FILE}")):
            try:
                stat = path.stat()
            except OSError:
                continue
            found.append((str(path), stat.st_mtime_ns, stat.st_size))
        return tuple(found)
