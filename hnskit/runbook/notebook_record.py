"""Records of a notebook in its run's folder: the journal, its result, and the host as a snapshot and a picture."""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path

from hnskit.applying.host_lock import Claim
from hnskit.applying.journal import FILE, Journal, Records, made_on
from hnskit.applying.outcomes import Outcome
from hnskit.errors import FileError, HnskitError
from hnskit.facts.host_facts import Facts
from hnskit.facts.snapshot import save_facts
from hnskit.local import project
from hnskit.local.private_files import write_private_bytes
from hnskit.planning.provenance import Provenance
from hnskit.runbook.notebook_checks import CheckResults
from hnskit.running.lazy_journal import LazyJournal
from hnskit.running.results import write_result
from hnskit.running.run_folder import capture_file, picture_file, snapshot_file
from hnskit.views.topology import Topology


class NotebookRecord:
    """The run folder of one notebook.

    Attributes:
        run_dir: the folder; None until there is something to keep, where none was given.
    """

    def __init__(self, part: str, run_dir: Path | None) -> None:
        self.part = part
        self.run_dir = run_dir
        self._since = time.monotonic()

    @property
    def seconds(self) -> float:
        """The time since the notebook was opened."""
        return time.monotonic() - self._since

    def runs(self) -> Path:
        """Return the folder of all runs."""
        return self.run_dir.parent if self.run_dir else project.default_runs()

    def known(self, target: str) -> Provenance:
        """Read the provenance of a target's objects from the journals of all runs."""
        return made_on(target, runs=self.runs())

    def journal(self, target: str, held: Claim | None) -> Records:
        """Open the journal; a missing run folder is made with the first line, and told to the lock's holder."""
        if self.run_dir is not None:
            return Journal(self.run_dir / FILE, target)

        def made(run_dir: Path) -> None:
            self.run_dir = run_dir
            if held is not None:
                held.is_kept_in(run_dir)

        return LazyJournal(self.runs(), target, self.known(target), made)

    def keep(self, moment: str, facts: Facts, picture: Topology) -> None:
        """Write the host as a snapshot that can be read again and as a picture, for this user alone.

        Args:
            moment: `before` or `after`.
            facts: the host.
            picture: the same, drawn.
        """
        if self.run_dir is None:
            return
        for path in (snapshot_file, picture_file):
            path(self.run_dir, self.part, moment).parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        save_facts(facts, snapshot_file(self.run_dir, self.part, moment), private=True)
        picture.save(picture_file(self.run_dir, self.part, moment), private=True)

    def keep_captures(self, captures: Mapping[str, bytes]) -> None:
        """Write packet captures, by container, for this user alone.

        Raises:
            FileError: one cannot be written.
        """
        if self.run_dir is None:
            return
        try:
            for name, pcap in captures.items():
                place = capture_file(self.run_dir, name)
                place.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
                write_private_bytes(place, pcap)
        except OSError as cause:
            raise FileError(f"it cannot be written: {cause.strerror or cause}", object=str(place)) from cause

    def write(self, outcome: Outcome | None, checked: CheckResults, error: HnskitError | None) -> None:
        """Write the notebook's result, also after an error."""
        if self.run_dir is None:
            return
        write_result(
            self.run_dir,
            self.part,
            seconds=self.seconds,
            outcome=outcome,
            findings=checked.findings,
            verification=checked.verification,
            error=error,
        )
