"""Go on with a run: its folder, and which of its notebooks are done and still true."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

from hnskit.applying.journal import made_on
from hnskit.errors import FileError
from hnskit.facts.source import open_host
from hnskit.params.desired import Part, desired_from
from hnskit.params.loading import Params
from hnskit.planning.preflight import preflight
from hnskit.planning.setup import plan
from hnskit.running import run_folder as runfolder
from hnskit.running.log import FILE, read_from

KEPT = "it was done before, and the host still shows it"


def unfinished_run(runs: Path, target: str) -> Path:
    """The folder of the last run of this target, which did not come to its end.

    Raises:
        FileError: there is none.
    """
    folders = sorted(runs.glob(f"*-{runfolder.slug(target)}*"))  # those of other targets may begin like this, too
    found = [path for path in folders if _target_of(path) == target]
    summary = runfolder.read_json(found[-1] / runfolder.SUMMARY) if found else None
    if not found or (summary or {}).get("ok"):
        why = ", for the last one came to its end" if found else ""
        raise FileError(
            f"there is no run of {target} to go on with{why}",
            object=str(runs),
            next_step="Run it without --resume.",
        )
    return found[-1]


def _target_of(run_dir: Path) -> str:
    """Return the target of a run folder; "" if it holds no run: `hnskit apply` keeps its journal there, too."""
    records, _ = read_from(run_dir / FILE, 0)
    return next((str(record.get("target")) for record in records if record.get("event") == "run"), "")


def still_true(
    params: Params, run_dir: Path, parts: Iterable[str], on_start: Callable[[str], None] | None = None
) -> set[str]:
    """Parts that this run has done and that the host, read anew, still shows as done.

    The verification is never among them: that it was proved once proves nothing now.
    """
    done = {part for part in parts if _went_well(run_dir, part)}
    if not done:
        return set()
    host = open_host(params, on_start=on_start)
    try:
        facts = host.facts()
    finally:
        host.close()
    desired, made = desired_from(params), made_on(params.target, runs=run_dir.parent)
    known = {part.value: part for part in Part}

    def holds(part: str) -> bool:
        if part == "preflight":
            return all(finding.severity != "error" for finding in preflight(desired, facts, made=made))
        if part not in known:
            return False
        current = plan(desired, facts, parts=(known[part],), made=made)
        return not current.pending and not current.refused

    return {part for part in done if not facts.problems and holds(part)}


def _went_well(run_dir: Path, part: str) -> bool:
    result = runfolder.read_json(runfolder.results_file(run_dir, part))
    return bool(result and result.get("ok"))
