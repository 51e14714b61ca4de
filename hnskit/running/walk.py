"""A walk by hand, or by another runner: notebooks that share a run folder, summed up like a run of `hnskit run`."""

from __future__ import annotations

import time
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from hnskit.applying.journal import FILE as JOURNAL
from hnskit.errors import FileError, SnapshotError
from hnskit.facts.anything import load_facts
from hnskit.local import project
from hnskit.running import run_folder as runfolder
from hnskit.running.log import FILE as LOG
from hnskit.running.log import read_from
from hnskit.running.summary import StepSummary, Summary

LONGEST = 12 * 3600.0
"""Seconds after which a walk that rests is over: the next notebook begins another."""


def open_walk(runs: Path, target: str) -> Path | None:
    """Find the walk on a target that is under way.

    Args:
        runs: the folder of runs.
        target: the host.

    Returns:
        Its folder; None where there is none, or where the last one has rested too long.
    """
    folders = sorted(runs.glob(f"*-{runfolder.slug(target)}*"), reverse=True)
    for folder in folders:
        results = _results(folder)
        if results and not (folder / LOG).exists() and _target_of(folder) == target:
            return folder if time.time() - results[-1].stat().st_mtime < LONGEST else None
    return None


def write_walk(run_dir: Path) -> Summary:
    """Sum up what the notebooks of a folder have written about themselves; leave summary.json, report and junit.xml.

    Args:
        run_dir: the folder that they shared.

    Returns:
        The summary; its steps in the order in which they were finished.

    Raises:
        FileError: no notebook has written there.
    """
    from hnskit.running.junit import write_junit
    from hnskit.running.report import write_report

    results = _results(run_dir)
    if not results:
        raise FileError("no notebook has left a result in it", object=str(run_dir),
                        next_step="Name a folder that `hnskit run`, or a notebook's `run_dir`, has made.")  # fmt: skip
    started = datetime.fromtimestamp(results[0].stat().st_mtime, UTC).isoformat(timespec="seconds")
    summary = Summary(_target_of(run_dir), "", str(run_dir), started)
    for path in results:
        _add(summary, path.stem, runfolder.read_json(path) or {})
    if all(step.ok for step in summary.steps):
        summary.succeed()
    summary.report = str(run_dir / runfolder.REPORT)
    runfolder.write_json(run_dir / runfolder.SUMMARY, summary.to_json())
    write_report(run_dir)
    write_junit(run_dir)
    return summary


def _add(summary: Summary, part: str, result: Mapping[str, Any]) -> None:
    notebook = runfolder.notebook_of(part, project.find_notebooks(Path(summary.run_dir))) or part
    step = StepSummary(notebook, part, ok=bool(result.get("ok")), changed=int(result.get("changed", 0)))
    step.seconds = float(result.get("seconds", 0.0))
    step.done, step.kept, step.notes = (list(result.get(key, ())) for key in ("done", "kept", "notes"))
    step.findings, step.left = list(result.get("findings", ())), list(result.get("left", ()))
    summary.steps.append(step)
    summary.seconds = round(summary.seconds + step.seconds, 3)
    summary.verification = result.get("verification") or summary.verification
    if not step.ok:
        summary.fail(dict(result.get("error") or {}), notebook)


def _results(run_dir: Path) -> list[Path]:
    """The results of its notebooks, in the order in which they were written."""
    return sorted((run_dir / "results").glob("*.json"), key=lambda path: path.stat().st_mtime)


def _target_of(run_dir: Path) -> str:
    """The host: of the journal, or of a snapshot where nothing was changed."""
    records, _ = read_from(run_dir / JOURNAL, 0)
    if records:
        return str(records[0].get("target", ""))
    for path in sorted((run_dir / "snapshots").glob("*.json")):
        try:
            return load_facts(path).target
        except SnapshotError:
            continue
    return ""
