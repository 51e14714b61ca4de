"""Execute the step notebooks in order through papermill; leave a run folder with a summary and a report.

It never raises for a run that fails: the summary says where it stopped, why, and with which exit status.
"""

from __future__ import annotations

import json
import os
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Protocol

from hnskit import runfolder
from hnskit.errors import HnskitError
from hnskit.journal import FILE
from hnskit.params import load_params
from hnskit.results import error_json

INTERRUPTED = 130
"""Exit status of a run that the operator stopped, as shells have it for SIGINT."""

_WORTH_SAYING = 0.01
"""Seconds."""

TEARDOWN = "teardown"
"""The part that a run leaves out: it would take away what the run has made."""

_IPC_ROOM = 48
"""Characters of a folder in which `/kernel-<uuid>-ipc-5` still fits a socket's name (104 on macOS)."""


@dataclass(slots=True)
class StepSummary:
    """What one notebook came to."""

    notebook: str
    part: str
    file: str = ""
    """The executed notebook, relative to the run folder; "" if it was not begun."""
    ok: bool = False
    changed: int = 0
    seconds: float = 0.0
    done: list[dict[str, Any]] = field(default_factory=list)
    kept: list[str] = field(default_factory=list)
    """Why nothing was to do, for each object that was already as it should be."""
    notes: list[str] = field(default_factory=list)
    findings: list[dict[str, str]] = field(default_factory=list)


@dataclass(slots=True)
class Summary:
    """A run, as summary.json has it."""

    target: str
    params_file: str
    run_dir: str
    started: str
    ok: bool = False
    exit_status: int = 1
    seconds: float = 0.0
    stopped_at: str = ""
    """The notebook that failed."""
    error: dict[str, Any] | None = None
    steps: list[StepSummary] = field(default_factory=list)
    verification: dict[str, Any] | None = None
    report: str = ""

    @property
    def changed(self) -> int:
        """How many steps of all notebooks changed something."""
        return sum(step.changed for step in self.steps)

    def to_json(self) -> dict[str, Any]:
        """As summary.json and `hnskit run --json` have it."""
        return asdict(self)


class Watcher(Protocol):
    """Who wants to see a run while it happens."""

    def begins(self, notebook: str) -> None:
        """A notebook begins."""

    def happens(self, line: str, lasting: bool) -> None:
        """Something happens in it; not `lasting` is what the next line will outdate."""

    def ends(self, step: StepSummary) -> None:
        """It has ended."""


class Nobody:
    """Nobody watches."""

    def begins(self, notebook: str) -> None:
        """Nothing."""

    def happens(self, line: str, lasting: bool) -> None:
        """Nothing."""

    def ends(self, step: StepSummary) -> None:
        """Nothing."""


def run(
    params_file: str | Path,
    overrides: Sequence[str] = (),
    *,
    notebooks: Path | None = None,
    runs: Path | None = None,
    watcher: Watcher | None = None,
) -> Summary:
    """Set up the redirect and prove it, notebook by notebook; stop at the first that fails.

    Args:
        params_file: relative to the working directory or the project's root.
        overrides: `key.path=value`.
        notebooks: their folder; the project's by default. All but the teardown are run, in the order of their names.
        runs: where the run folder is made; `runs` in the project's root by default.
        watcher: told of what happens.

    Returns:
        The summary; `ok` and `exit_status` say how it went.

    Raises:
        HnskitError: the run folder could not be made or there are no notebooks; nothing was changed.
    """
    since = time.monotonic()
    path = runfolder.find_params(params_file)
    folder = notebooks or runfolder.project_root() / runfolder.NOTEBOOKS
    todo = _sequence(folder)
    started = datetime.now(UTC).isoformat(timespec="seconds")
    wrong: HnskitError | None = None
    target = path.stem
    try:
        target = load_params(path, overrides).target
    except HnskitError as error:
        wrong = error
    run_dir = runfolder.new_run_folder(runs or runfolder.default_runs(), target)
    summary = Summary(target, str(path), str(run_dir), started)
    if wrong is not None:
        summary.error, summary.exit_status, summary.stopped_at = error_json(wrong), wrong.exit_status, "the parameters"
    else:
        parameters = {
            "params_file": str(path),
            "overrides": list(overrides),
            "run_dir": str(run_dir),
            "interactive": False,
        }
        _execute_all(summary, todo, parameters, run_dir, watcher or Nobody())
    summary.seconds = round(time.monotonic() - since, 3)
    _write(summary, run_dir)
    return summary


def _sequence(folder: Path) -> list[tuple[Path, str]]:
    """The notebooks and their parts, without the teardown."""
    found = [(path, _part(path)) for path in sorted(folder.glob("[0-9]*.ipynb"))]
    todo = [(path, part) for path, part in found if part and part != TEARDOWN]
    if not todo:
        raise HnskitError(
            "there are no step notebooks in it",
            object=str(folder),
            next_step="Run this in the project's folder, or name theirs with --notebooks.",
        )
    return todo


def _part(path: Path) -> str:
    try:
        metadata = json.loads(path.read_text(encoding="utf-8"))["metadata"]
    except (OSError, ValueError, KeyError, TypeError) as cause:
        raise HnskitError("this is not a notebook", object=str(path)) from cause
    return str(metadata.get("hnskit", {}).get("part", ""))


def _execute_all(
    summary: Summary,
    todo: Sequence[tuple[Path, str]],
    parameters: dict[str, Any],
    run_dir: Path,
    watcher: Watcher,
) -> None:
    for path, part in todo:
        watcher.begins(path.stem)
        step = StepSummary(path.stem, part, path.name)
        since = time.monotonic()
        with _tail(run_dir / FILE, watcher.happens):
            error = _execute(path, run_dir / path.name, parameters)
        step.seconds = round(time.monotonic() - since, 3)
        error = _take_result(step, summary, run_dir) or error
        step.ok = error is None
        summary.steps.append(step)
        watcher.ends(step)
        if error is not None:
            summary.error, summary.stopped_at = error, path.stem
            summary.exit_status = int(error.get("exit_status", 1))
            return
    summary.ok, summary.exit_status = True, 0


def _take_result(step: StepSummary, summary: Summary, run_dir: Path) -> dict[str, Any] | None:
    """Read what the notebook wrote about itself; its error, if it has one."""
    result = runfolder.read_json(runfolder.results_file(run_dir, step.part))
    if result is None:
        return None
    step.changed = result["changed"]
    step.done, step.kept, step.notes, step.findings = (result[key] for key in ("done", "kept", "notes", "findings"))
    summary.verification = result["verification"] or summary.verification
    error: dict[str, Any] | None = result["error"]
    return error


def _execute(source: Path, output: Path, parameters: dict[str, Any]) -> dict[str, Any] | None:
    """Execute one notebook in a kernel of its own; the error, if it failed."""
    import papermill
    from papermill.exceptions import PapermillException, PapermillExecutionError

    try:
        papermill.execute_notebook(
            source, output, parameters, kernel_name="python3", progress_bar=False, cwd=Path.cwd(), **_kernel_options()
        )
    except PapermillExecutionError as cause:
        return _other(f"{cause.ename}: {cause.evalue}", source)
    except KeyboardInterrupt:
        said = {"error": "KeyboardInterrupt", "exit_status": INTERRUPTED}
        again = "Run the same command again: it reads the host first and does only what is missing."
        return {**said, "message": "stopped", "paragraph": f"The run was stopped. {again}"}
    except (PapermillException, OSError, RuntimeError, ValueError) as cause:
        return _other(f"{type(cause).__name__}: {cause}", source)
    return None


def _other(message: str, notebook: Path) -> dict[str, Any]:
    """An error that is not hnskit's own: the notebook's, or the kernel's."""
    text = f"{notebook.stem}: {message}. The executed notebook in the run folder shows the cell."
    return {"error": message.partition(":")[0], "message": message, "paragraph": text, "exit_status": 1}


def _kernel_options() -> dict[str, Any]:
    """What every kernel gets: sockets in the file system where there are such, and no log of its own on our stderr."""
    from jupyter_core.paths import jupyter_runtime_dir
    from traitlets.config import Config

    quiet: dict[str, Any] = {"extra_arguments": ["--log-level=CRITICAL"]}
    if os.name != "posix" or len(jupyter_runtime_dir()) > _IPC_ROOM:
        return quiet
    return {**quiet, "config": Config({"KernelManager": {"transport": "ipc"}})}


@contextmanager
def _tail(journal: Path, happens: Callable[[str, bool], None]) -> Iterator[None]:
    """Tell of the journal's new lines while a notebook runs."""
    stop = threading.Event()
    begin = journal.stat().st_size if journal.exists() else 0

    def follow() -> None:
        place = begin
        while True:
            last = stop.is_set()
            place = _tell(journal, place, happens)
            if last:
                return
            stop.wait(0.2)

    thread = threading.Thread(target=follow, name="journal", daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def _tell(journal: Path, place: int, happens: Callable[[str, bool], None]) -> int:
    """Tell of whole lines from `place` on; returns the place after them."""
    try:
        with journal.open("rb") as file:
            file.seek(place)
            text = file.read()
    except OSError:
        return place
    whole = text[: text.rfind(b"\n") + 1]
    for line in whole.splitlines():
        record = json.loads(line)
        said = _journal_line(record)
        if said:
            happens(said, record["event"] != "start")
    return place + len(whole)


def _journal_line(record: dict[str, Any]) -> str:
    event = record.get("event")
    if event == "start":
        return f"{record['step']} …"
    if event == "done":
        return f"{record['step']} ({record['seconds']:.2f} s)" if record["seconds"] >= _WORTH_SAYING else record["step"]
    if event == "failed":
        return f"{record['step']} failed: {record.get('message', '')}"
    return str(record.get("text", "")) if event == "note" else ""


def _write(summary: Summary, run_dir: Path) -> None:
    from hnskit.report import write_report

    summary.report = str(run_dir / runfolder.REPORT)
    runfolder.write_json(run_dir / runfolder.SUMMARY, summary.to_json())
    write_report(run_dir)
