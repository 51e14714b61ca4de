"""The journal of work that may come to nothing: its run folder is made when there is something to keep."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from hnskit.applying import host_lock
from hnskit.applying.journal import FILE, Journal, Records, made_on
from hnskit.local.project import default_runs
from hnskit.planning.provenance import Provenance
from hnskit.running import run_folder as runfolder


class LazyJournal(Records):
    """Begins at the first change, or at the first object that was found and that no journal knows.

    What was found and is written down stays when hnskit's work is taken away, so this is worth a folder, once.

    Args:
        runs: where run folders are.
        target: the host.
        known: what the journals say of it.
        made: called with the run folder as soon as there is one.
    """

    def __init__(self, runs: Path, target: str, known: Provenance, made: Callable[[Path], None]) -> None:
        super().__init__(target)
        self._runs, self._known, self._made = runs, known, made
        self._journal: Journal | None = None

    def write(self, event: str, **fields: Any) -> None:
        """Keep one record; on the disk, with those before it, as soon as one is worth it.

        Raises:
            HnskitError: the folder cannot be made, or the journal not be written; nothing more must be changed.
        """
        super().write(event, **fields)
        if self._journal is not None:
            self._journal.write(event, **fields)
        elif event != "found" or not self._is_known(**fields):
            self.run_dir = runfolder.new_run_folder(self._runs, self.target)
            self._journal = Journal(self.run_dir / FILE, self.target)
            self._journal.computer = self.computer
            self._made(self.run_dir)
            for record in self.records:
                self._journal.write(
                    **{key: value for key, value in record.items() if key not in ("time", "target", "computer")}
                )

    def _is_known(self, kind: str, name: str, id: str, *, adopted: bool = False) -> bool:
        if adopted:
            return self._known.was_adopted(kind, name, id)
        return self._known.was_finished(kind, name, id) or self._known.only_found(kind, name, id)


@contextmanager
def journalled(target: str, *, runs: Path | None = None) -> Iterator[Records]:
    """Keep a journal, in a run folder once there is something to keep; hold the host lock meanwhile.

    Args:
        target: as `Params.target` has it.
        runs: where run folders are; None: `runs` in the project's root, as for the command line and the notebooks.

    Returns:
        A context manager of what `apply` and `destroy` take as `journal`.

    Raises:
        BusyError: another process is at work on it.
    """
    place = runs or default_runs()
    with host_lock.claim(target, kind=host_lock.COMMAND) as held:
        yield LazyJournal(place, target, made_on(target, runs=place), held.is_kept_in)
