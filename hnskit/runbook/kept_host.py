"""The host as a notebook saw it, left in the run's folder: a snapshot that can be read again, and a picture."""

from __future__ import annotations

from pathlib import Path

from hnskit.facts.host_facts import Facts
from hnskit.facts.snapshot import save_facts
from hnskit.running.run_folder import picture_file, snapshot_file
from hnskit.views.topology import Topology


def keep_host(run_dir: Path, part: str, moment: str, facts: Facts, picture: Topology) -> None:
    """Write both files, for this user alone.

    Args:
        run_dir: the run's folder.
        part: of the notebook.
        moment: `before` or `after`.
        facts: the host.
        picture: the same, drawn.
    """
    for path in (snapshot_file, picture_file):
        path(run_dir, part, moment).parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    save_facts(facts, snapshot_file(run_dir, part, moment), private=True)
    picture.save(picture_file(run_dir, part, moment), private=True)
