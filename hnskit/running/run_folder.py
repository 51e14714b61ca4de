"""The folder of a run, `runs/<YYYYMMDD-HHMMSS>-<target>/`, and what lies in it.

journal.jsonl           what was begun and done, as it happened
results/<part>.json     what one notebook came to
snapshots/<part>-….json the host before and after it, for `target: snapshot:FILE`
pictures/<part>-….svg   the same as a picture
captures/<name>.pcap    packets on the wires of containers, of an emulated host with real ones
*.ipynb                 the executed notebooks
run.jsonl               the notebooks as they began and ended: what a page follows
summary.json            the whole run
report.html, junit.xml  the same for a reader, and for CI systems
"""

from __future__ import annotations

import contextlib
import json
import re
from datetime import datetime
from pathlib import Path
from typing import Any

from hnskit.errors import FileError, HnskitError, NotebooksError
from hnskit.foreign_text.escaping import json_text
from hnskit.foreign_text.masking import mask_data
from hnskit.local.atomic_write import atomic_write_text

SUMMARY = "summary.json"
REPORT = "report.html"


def part_of(notebook: Path) -> str:
    """The part of the redirect that a notebook is about, by its metadata; "" where it names none.

    Raises:
        NotebooksError: it is not a notebook.
    """
    try:
        metadata = json.loads(notebook.read_text(encoding="utf-8"))["metadata"]
    except (OSError, ValueError, KeyError, TypeError) as cause:
        raise NotebooksError("this is not a notebook", object=str(notebook)) from cause
    return str(metadata.get("hnskit", {}).get("part", ""))


def notebook_of(part: str, notebooks: Path) -> str:
    """The name of the notebook of a part; "" where the folder has none."""
    with contextlib.suppress(HnskitError):
        return next((path.stem for path in sorted(notebooks.glob("[0-9]*.ipynb")) if part_of(path) == part), "")
    return ""


def new_run_folder(runs: Path, target: str) -> Path:
    """Make the folder of a new run.

    Raises:
        HnskitError: it cannot be made.
    """
    name = f"{datetime.now():%Y%m%d-%H%M%S}-{slug(target)}"
    try:
        for number in range(1, 100):
            folder = runs / (name if number == 1 else f"{name}-{number}")
            try:
                folder.parent.mkdir(parents=True, exist_ok=True)
                folder.mkdir(mode=0o700)
            except FileExistsError:
                continue
            return folder
    except OSError as cause:
        raise FileError(
            f"the run folder cannot be made: {cause.strerror}",
            object=str(runs),
            next_step="Choose another place with --runs; nothing was changed.",
        ) from cause
    raise HnskitError("there are too many runs of this second", object=str(runs / name))


def slug(target: str) -> str:
    """A target as part of a file's name: `winrm://10.0.0.4:5986` is `10.0.0.4-5986`."""
    place = target.partition("://")[2] or target.partition(":")[2] or target
    return re.sub(r"[^A-Za-z0-9._-]+", "-", place).strip("-.")[:60] or "host"


def write_json(path: Path, data: Any) -> None:
    """Write a file of JSON, whole or not at all; its folder is made."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    atomic_write_text(path, json_text(mask_data(data), indent=2, default=str) + "\n", private=True)


def read_json(path: Path) -> dict[str, Any] | None:
    """Read a file of `write_json`; None if there is none."""
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return data if isinstance(data, dict) else None


def results_file(run_dir: Path, part: str) -> Path:
    """Return the results file of a part's notebook."""
    return run_dir / "results" / f"{part}.json"


def picture_file(run_dir: Path, part: str, moment: str) -> Path:
    """Return the picture file of a part's notebook; `moment` is `before` or `after`."""
    return run_dir / "pictures" / f"{part}-{moment}.svg"


def capture_file(run_dir: Path, container: str) -> Path:
    """Return the capture file of a container's wire."""
    return run_dir / "captures" / f"{slug(container)}.pcap"


def snapshot_file(run_dir: Path, part: str, moment: str) -> Path:
    """Return the snapshot file of a part's notebook; `moment` is `before` or `after`."""
    return run_dir / "snapshots" / f"{part}-{moment}.json"
