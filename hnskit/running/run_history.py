"""The run folders of a project: each with its target, its moment and its verdict."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from hnskit.errors import FileError
from hnskit.facts.anything import load_facts
from hnskit.facts.host_facts import Facts
from hnskit.foreign_text.escaping import shortened
from hnskit.local.project import is_there
from hnskit.model.wording import counted
from hnskit.running import run_folder as runfolder
from hnskit.running.run_verdict import Achievement, verdict_sentence

_LONGEST = 120  # characters of an error
_JOURNAL, _LOG, _FLEET = "journal.jsonl", "run.jsonl", "fleet.json"


@dataclass(frozen=True, slots=True)
class PastRun:
    """One folder of runs/."""

    folder: str
    """Its name."""
    kind: str
    """`run` (notebooks), `journal` (`hnskit apply`, `destroy`, `policy`) or `fleet`."""
    target: str
    started: str
    """ISO 8601, as the run wrote it; "" where it is not known."""
    ok: bool | None
    """None: it was not told."""
    verdict: str
    changed: int
    seconds: float | None

    def to_json(self) -> dict[str, Any]:
        """As `hnskit runs --json` prints it."""
        return asdict(self)


def past_runs(runs: Path) -> tuple[PastRun, ...]:
    """List the folders of runs, the newest first.

    Args:
        runs: the folder that holds them.

    Returns:
        Every folder that has a summary, a journal, a log or a fleet's results; other folders are not runs.
    """
    folders = sorted((path for path in runs.glob("*") if path.is_dir()), reverse=True) if runs.is_dir() else []
    return tuple(one for folder in folders if (one := _read(folder)) is not None)


def last_seconds(runs: Path, target: str) -> float | None:
    """Tell how long the last run of a target took that proved the redirect.

    Args:
        runs: the folder that holds the runs.
        target: of the run.

    Returns:
        Seconds, as its summary has them; None where there is no such run.
    """
    for folder in sorted(runs.glob("*/"), reverse=True) if runs.is_dir() else ():
        summary = runfolder.read_json(folder / runfolder.SUMMARY) or {}
        if (summary.get("target"), summary.get("achieved")) == (target, Achievement.PROVED.value):
            return float(summary.get("seconds") or 0.0)
    return None


def is_run(folder: Path) -> bool:
    """Tell whether a folder is one of a run with snapshots."""
    if not is_there(folder):
        return False
    return ((folder / "snapshots").is_dir() and (folder / _LOG).is_file()) or (folder / runfolder.SUMMARY).is_file()


def facts_after(run_dir: Path) -> Facts:
    """Read the host as a run left it: the last snapshot of its folder.

    Args:
        run_dir: the folder of a run.

    Raises:
        FileError: the run took no snapshot.
    """
    files = sorted((run_dir / "snapshots").glob("*.json"), key=lambda path: (path.stat().st_mtime_ns, path.name))
    if not files:
        raise FileError(
            "this run has no snapshot", object=str(run_dir), next_step="Name a file or a host in its place."
        )
    return load_facts(files[-1])


def _read(folder: Path) -> PastRun | None:
    summary = runfolder.read_json(folder / runfolder.SUMMARY)
    if summary is not None:
        return _of_summary(folder.name, summary)
    fleet = runfolder.read_json(folder / _FLEET)
    if fleet is not None:
        hosts = fleet.get("hosts") or ()
        changed = sum(int(host.get("changed") or 0) for host in hosts)
        said = f"{fleet.get('verb', '')}: {fleet.get('verdict', '')}"
        return PastRun(
            folder.name, "fleet", str(fleet.get("inventory", "")), str(fleet.get("started", "")),
            bool(fleet.get("ok")), said, changed, None,
        )  # fmt: skip
    if (folder / _LOG).is_file():
        first = next(_records(folder / _LOG), {})
        verdict = "not finished: it is at work, or its process was ended"
        return PastRun(
            folder.name, "run", str(first.get("target", "")), str(first.get("time", "")), None, verdict,
            _done(folder), None,
        )  # fmt: skip
    if (folder / _JOURNAL).is_file():
        first = next(_records(folder / _JOURNAL), {})
        changed = _done(folder)
        return PastRun(
            folder.name, "journal", str(first.get("target", "")), str(first.get("time", "")), None,
            f"journal: {counted(changed, 'changes')}", changed, None,
        )  # fmt: skip
    return None


def _of_summary(name: str, summary: Mapping[str, Any]) -> PastRun:
    steps = summary.get("steps") or ()
    ok = bool(summary.get("ok"))
    if ok:
        left = sum(len(step.get("left") or ()) for step in steps)
        verdict = verdict_sentence(_achievement(summary.get("achieved")), past=True, left=left)
    else:
        place = summary.get("stopped_at")
        said = str((summary.get("error") or {}).get("message") or "")
        verdict = (f"stopped at {place}" if place else "did not start") + (
            f": {shortened(said, _LONGEST)}" if said else ""
        )
    return PastRun(
        name, "run", str(summary.get("target", "")), str(summary.get("started", "")), ok, verdict,
        sum(int(step.get("changed") or 0) for step in steps), float(summary.get("seconds") or 0.0),
    )  # fmt: skip


def _achievement(word: Any) -> Achievement:
    try:
        return Achievement(word)
    except ValueError:  # of a version that did not tell
        return Achievement.UNPROVED


def _done(folder: Path) -> int:
    return sum(record.get("event") == "done" for record in _records(folder / _JOURNAL))


def _records(path: Path) -> Iterator[Mapping[str, Any]]:
    """The lines of a log that are whole."""
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
