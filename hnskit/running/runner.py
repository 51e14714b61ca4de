"""Execute the step notebooks in order through papermill; leave a run folder with a summary and a report.

It never raises for a run that fails: the summary says where it stopped, why, and with which exit status.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

from hnskit.applying import host_lock
from hnskit.applying.journal import FILE
from hnskit.errors import HnskitError, ParamsError, StoppedError
from hnskit.local import project
from hnskit.model.wording import duration_text
from hnskit.params.hidden_overrides import hide, reveal
from hnskit.params.loading import load_params
from hnskit.running import resuming
from hnskit.running import run_folder as runfolder
from hnskit.running.change_record import change_record
from hnskit.running.execution import Execution
from hnskit.running.interruptible import run_interruptible
from hnskit.running.log import STOP, Patience, RunLog, asked_to_stop, read_from
from hnskit.running.notebook_sequence import notebook_sequence
from hnskit.running.results import done_steps, error_json, write_unfinished
from hnskit.running.summary import SilentWatcher, StepSummary, Summary, Watcher

_AGAIN = 5.0
"""Seconds after which what does not heed a request to stop is asked again."""


def run(
    params_file: str | Path,
    *,
    overrides: Sequence[str] = (),
    notebooks: Path | None = None,
    runs: Path | None = None,
    watcher: Watcher | None = None,
    only: Sequence[str] = (),
    share_kernel: bool = True,
    cell_timeout: int | None = None,
    resume: bool = False,
    confirmed: bool = False,
    adopt: bool = False,
) -> Summary:
    """Set up the redirect and prove it, notebook by notebook; stop at the first that fails.

    Args:
        params_file: relative to the working directory or the project's root.
        overrides: `key.path=value`.
        notebooks: their folder; the project's by default. All but the teardown are run, in the order of their names.
        runs: where the run folder is made; `runs` in the project's root by default.
        watcher: told of what happens.
        only: names of notebooks without `.ipynb`, to run these and no others; the teardown can be among them.
        share_kernel: one kernel for all notebooks, emptied between them; else one each.
        cell_timeout: seconds that a cell may take.
        resume: go on in the folder of the target's last run, which did not come to its end; notebooks that are
            done and still true are not run again.
        confirmed: whether what would be removed is agreed to; a notebook that would remove something fails without.
        adopt: whether what was made by hand is taken over; a notebook that meets such fails without.

    Returns:
        The summary; `ok` and `exit_status` say how it went.

    Raises:
        ParamsError: there is no such parameter file; no run folder was made.
        BusyError: another run is at work on the host; nothing was changed, and no run folder was made.
        NotebooksError: there are none, or none of a name in `only`; nothing was changed.
        HnskitError: the run folder could not be made, there is no run to go on with, or the host lock could not be
            taken; nothing was changed.
    """
    overrides = reveal(overrides)
    path = project.find_params(params_file)
    todo = notebook_sequence(notebooks or project.find_notebooks(path), only)
    digest = _digest(path)
    target, wrong = _target_of(path, overrides)
    if wrong is not None and not project.is_there(path):
        raise wrong  # a name that was mistyped is not a run
    place = runs or project.default_runs()
    # The lock is taken before the run folder is created: who is refused has written nothing.
    with host_lock.claim(target, kind=host_lock.RUN) if wrong is None else nullcontext() as held:
        run_dir = resuming.unfinished_run(place, target) if resume else runfolder.new_run_folder(place, target)
        task = _Task(
            path, tuple(overrides), tuple(todo), target, run_dir, share_kernel, cell_timeout, resume, confirmed, adopt,
            digest,
        )  # fmt: skip
        return _run(task, held, wrong, watcher or SilentWatcher())


@dataclass(frozen=True, slots=True)
class _Task:
    """Task of one run: notebooks, parameters and folder."""

    path: Path
    overrides: tuple[str, ...]
    todo: tuple[tuple[Path, str], ...]
    target: str
    run_dir: Path
    share_kernel: bool
    cell_timeout: int | None
    resume: bool
    confirmed: bool
    adopt: bool
    digest: str
    """Of the parameter file as the run began; "" where it cannot be read."""


def _digest(path: Path) -> str:
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError:
        return ""


def _changed(task: _Task) -> dict[str, Any] | None:
    """The error of a parameter file that was changed meanwhile: the rest of the run would be on other parameters."""
    if _digest(task.path) == task.digest:
        return None
    said = "the parameter file was changed while the run was at work: the notebooks that are left were not begun"
    step = "Run the same command again: it reads the host first, and does what the file says now."
    return error_json(HnskitError(said, object=str(task.path), host=task.target, next_step=step))


def _run(task: _Task, held: host_lock.Claim | None, wrong: HnskitError | None, watcher: Watcher) -> Summary:
    """Run the notebooks, unless something is wrong already; leave the summary in the run folder."""
    since, started = time.monotonic(), datetime.now(UTC).isoformat(timespec="seconds")
    shown, hidden = hide(task.overrides)
    (task.run_dir / STOP).unlink(missing_ok=True)
    summary = Summary(task.target, str(task.path), str(task.run_dir), started)
    summary.record = change_record(task.path, task.overrides, shown)
    log = RunLog(task.run_dir, watcher)
    names = [notebook.stem for notebook, _ in task.todo]
    log.write("run", target=task.target, params_file=str(task.path), todo=names)
    given = {
        "params_file": str(task.path), "overrides": list(shown), "run_dir": str(task.run_dir), "interactive": False,
    }  # fmt: skip
    if task.confirmed:  # a notebook of one's own need not know it
        given["confirmed"] = True
    if task.adopt:
        given["adopt"] = True
    if held is not None:
        held.is_kept_in(task.run_dir)
        environment = {**held.environment, **hidden}
        wrong = _attempt(
            task,
            summary,
            partial(Execution, share_kernel=task.share_kernel, cell_timeout=task.cell_timeout, environment=environment),
            lambda execution: _execute_all(summary, task, given, execution, log),
        )
    if wrong is not None:
        summary.fail(error_json(wrong), "the parameters" if isinstance(wrong, ParamsError) else "its beginning")
    summary.seconds = round(time.monotonic() - since, 3)
    _write(summary, task.run_dir)
    log.write(
        "finish", ok=summary.ok, exit_status=summary.exit_status, seconds=summary.seconds, error=summary.error,
        earlier=len(summary.earlier), achieved=summary.achieved, left=len(summary.left),
    )  # fmt: skip
    return summary


def _target_of(path: Path, overrides: Sequence[str]) -> tuple[str, HnskitError | None]:
    """The target of the parameters; of wrong ones the file's name, and what is wrong."""
    try:
        return load_params(path, overrides=overrides).target, None
    except HnskitError as error:
        return path.stem, error


def _attempt(
    task: _Task, summary: Summary, prepare: Callable[[], Execution], execute_all: Callable[[Execution], None]
) -> HnskitError | None:
    """Execute the notebooks; what broke the run is given back, so that the folder gets its summary."""

    def work() -> None:
        with execution:  # all in the one thread that the kernel's connection belongs to
            execute_all(execution)

    try:
        execution = prepare()
        if task.resume:
            summary.earlier = done_steps(read_from(task.run_dir / FILE, 0)[0])
            summary.kept = sorted(_still_true(task.path, task.overrides, task.run_dir, task.todo))
        run_interruptible(work, task.run_dir, execution.stop)
    except HnskitError as error:
        return error
    except KeyboardInterrupt:  # between two notebooks
        return StoppedError("the run was stopped", host=task.target)
    except Exception as cause:  # the edge of a run: whatever it is
        broken = HnskitError(
            f"the run broke: {type(cause).__name__}: {cause}",
            next_step=_what_to_do(cause),
        )
        broken.__cause__ = cause
        return broken
    return None


def _what_to_do(cause: Exception) -> str:
    """The next step after what nobody expected."""
    if isinstance(cause, OSError) and cause.errno in (errno.ENOSPC, errno.EDQUOT):
        return "Make room on the disk, then run the same command again: it reads the host first and goes on."
    if isinstance(cause, ImportError):
        return "If a package is missing, install hnskit again with all its requirements."
    return "Run the same command again: it reads the host first and goes on. If it comes again, report it."


def _still_true(path: Path, overrides: Sequence[str], run_dir: Path, todo: Sequence[tuple[Path, str]]) -> set[str]:
    return resuming.still_true(load_params(path, overrides=overrides), run_dir, [part for _, part in todo])


def _execute_all(summary: Summary, task: _Task, parameters: dict[str, Any], execution: Execution, log: RunLog) -> None:
    run_dir = Path(summary.run_dir)
    for path, part in task.todo:
        log.begins(path.stem)
        step = StepSummary(path.stem, part, path.name)
        if part in summary.kept:
            step.ok, step.kept = True, [resuming.KEPT]
            summary.steps.append(step)
            log.ends(step)
            continue
        since = time.monotonic()
        for earlier in (runfolder.results_file(run_dir, part), run_dir / path.name):
            earlier.unlink(missing_ok=True)  # remove results of an earlier attempt
        place = _end_of(run_dir / FILE)
        with _watching(run_dir, log.happens, execution.stop):
            stopped = error_json(StoppedError()) if asked_to_stop(run_dir) else _changed(task)
            error = _named(stopped or execution.execute(path, run_dir / path.name, parameters), step, summary)
        step.seconds = round(time.monotonic() - since, 3)
        if error is not None and not runfolder.results_file(run_dir, part).exists():
            write_unfinished(run_dir, part, done_steps(read_from(run_dir / FILE, place)[0]), error)
        error = _named(_take_result(step, summary, run_dir), step, summary) or error
        step.ok, step.stopped = error is None, error is not None and error["exit_status"] == StoppedError.exit_status
        step.file = path.name if (run_dir / path.name).is_file() else ""
        summary.steps.append(step)
        log.ends(step)
        if error is not None:
            summary.fail(error, path.stem)
            return
    summary.succeed()


def _named(error: dict[str, Any] | None, step: StepSummary, summary: Summary) -> dict[str, Any] | None:
    """An error as it is, but of one that was stopped it is said which notebook that was, and on which host."""
    if error is None or error["exit_status"] != StoppedError.exit_status:
        return error
    return error_json(StoppedError(error["message"], object=step.notebook, host=summary.target))


def _take_result(step: StepSummary, summary: Summary, run_dir: Path) -> dict[str, Any] | None:
    """Read what the notebook wrote about itself; its error, if it has one."""
    result = runfolder.read_json(runfolder.results_file(run_dir, step.part))
    if result is None:
        return None
    step.changed = result["changed"]
    step.done, step.kept, step.notes, step.findings = (result[key] for key in ("done", "kept", "notes", "findings"))
    step.left = list(result.get("left", ()))
    summary.verification = result["verification"] or summary.verification
    error: dict[str, Any] | None = result["error"]
    return error


@contextmanager
def _watching(run_dir: Path, happens: Callable[[str, bool], None], stop: Callable[[], None]) -> Iterator[None]:
    """Tell of the journal's new lines while a notebook runs, and stop it when somebody asks for that."""
    ended, patience = threading.Event(), Patience(happens)
    journal = run_dir / FILE
    begin = _end_of(journal)

    def follow() -> None:
        place, asked = begin, 0.0
        while True:
            last = ended.is_set()
            place = _tell(journal, place, patience.happens)
            if last:
                return
            if asked_to_stop(run_dir) and time.monotonic() > asked:
                happens("stopping …", False)
                stop()
                asked = time.monotonic() + _AGAIN
            patience.remind(time.monotonic())
            ended.wait(0.2)

    thread = threading.Thread(target=follow, name="journal", daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


def _end_of(journal: Path) -> int:
    return journal.stat().st_size if journal.exists() else 0


def _tell(journal: Path, place: int, happens: Callable[[str, bool], None]) -> int:
    """Tell of whole lines from `place` on; returns the place after them."""
    records, place = read_from(journal, place)
    for record in records:
        said = _journal_line(record)
        if said:
            happens(said, record["event"] != "start")
    return place


def _journal_line(record: dict[str, Any]) -> str:
    event = record.get("event")
    if event == "start":
        return f"{record['step']} …"
    if event == "done":
        return f"{record['step']}{duration_text(record['seconds'])}"
    if event == "cut":
        return f"{record['step']}: the host's own network goes away for seconds now, and the host is waited for"
    if event == "failed":
        if record.get("error") == StoppedError.__name__:
            return f"{record['step']}: stopped, what came of it is not known"
        return f"{record['step']} failed: {record.get('message', '')}"
    return str(record.get("text", "")) if event == "note" else ""


def _write(summary: Summary, run_dir: Path) -> None:
    """Leave the summary and what is made of it; that this cannot be done is the run's failure, if it has no other."""
    from hnskit.running.junit import write_junit
    from hnskit.running.report import write_report

    summary.report = str(run_dir / runfolder.REPORT)
    try:
        runfolder.write_json(run_dir / runfolder.SUMMARY, summary.to_json())
        write_report(run_dir)
        write_junit(run_dir)
    except (HnskitError, OSError) as cause:
        if summary.error is None:
            error = HnskitError(f"what the run came to cannot be written down: {cause}", object=str(run_dir))
            summary.fail(error_json(error), "its report")
            with contextlib.suppress(OSError):
                runfolder.write_json(run_dir / runfolder.SUMMARY, summary.to_json())
