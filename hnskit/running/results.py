"""The result of one notebook in a file of the run folder, so that the runner need not parse outputs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hnskit.errors import HnskitError
from hnskit.running import run_folder as runfolder

if TYPE_CHECKING:
    from hnskit.applying.api import Outcome
    from hnskit.applying.verification import Verification
    from hnskit.facts.finding import Finding


def write_result(
    run_dir: Path,
    part: str,
    *,
    seconds: float,
    outcome: Outcome | None,
    findings: Iterable[Finding],
    verification: Verification | None,
    error: HnskitError | None,
) -> None:
    """Write `results/<part>.json`, for a notebook that went well or for one that failed."""
    done = outcome.done if outcome else ()
    kept = [step for step in outcome.plan.steps if not step.pending] if outcome else []
    data = {
        "part": part,
        "ok": error is None,
        "changed": len(done),
        "seconds": round(seconds, 3),
        "done": [{"step": one.step.id, "seconds": round(one.seconds, 3)} for one in done],
        "kept": [f"{step.noun} {step.title}: {step.reason}" for step in kept],
        "notes": list(outcome.notes) if outcome else [],
        "left": left_lines(outcome),
        "findings": [finding.to_json() for finding in findings],
        "verification": verification.to_json() if verification else None,
        "error": error_json(error) if error else None,
    }
    runfolder.write_json(runfolder.results_file(run_dir, part), data)


def left_lines(outcome: Outcome | None) -> list[str]:
    """Name what a teardown left, each with the reason: `network hnskit-l2bridge: no journal says …`."""
    left = (outcome.left or ()) if outcome else ()
    return [f"{item.kind} {item.name}: {item.reason or 'nothing explains it'}" for item in left]


def write_unfinished(run_dir: Path, part: str, done: Sequence[Mapping[str, Any]], error: Mapping[str, Any]) -> None:
    """Write `results/<part>.json` for a notebook that ended without a word: what the journal has of it counts."""
    data = {
        "part": part,
        "ok": False,
        "changed": len(done),
        "seconds": round(sum(one["seconds"] for one in done), 3),
        "done": list(done),
        "kept": [],
        "notes": [],
        "findings": [],
        "verification": None,
        "error": error,
    }
    runfolder.write_json(runfolder.results_file(run_dir, part), data)


def done_steps(records: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The steps that records of a journal say were done, as a result has them."""
    return [{"step": one["step"], "seconds": one["seconds"]} for one in records if one.get("event") == "done"]


def error_json(error: HnskitError) -> dict[str, Any]:
    """An error's fields, with the sentence for a person and the exit status."""
    return {**error.to_json(), "paragraph": error.paragraph(), "exit_status": error.exit_status}
