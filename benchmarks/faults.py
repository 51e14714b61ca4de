"""The fault matrix and the kill matrix, all of them, as tables.

python -m benchmarks.faults           prints them
python -m benchmarks.faults --write   puts them into docs/fault-matrix.md as well
"""

from __future__ import annotations

import contextlib
import platform
import queue
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

from tests.fault_proxy import MODES, MOMENTS, Fault, Mode, Moment
from tests.in_process_host import Lab
from tests.invariants import JOBS, Job, Verdict, kill, lines_of, lose, requests_of

PAGE = Path(__file__).parent.parent / "docs" / "fault-matrix.md"
MARK = "<!-- the tables of python -m benchmarks.faults -->"
_WORKERS = 4  # most of the time is waiting for a timeout
_MOMENTS = {"before": "before it reaches the host", "after": "after the host has acted"}


class Worker:
    """A lab, used by one case at a time."""

    def __init__(self, stack: contextlib.ExitStack) -> None:
        self.folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="hnskit-faults-")))
        self.lab = stack.enter_context(Lab(self.folder))
        self.cases = 0

    def runs(self) -> Path:
        """A new folder of runs."""
        self.cases += 1
        return self.folder / f"case{self.cases}"


def fault_rows(workers: list[Worker]) -> list[tuple[str, Counter[str]]]:
    """A row for each job, moment and mode: how many requests, and how their runs ended."""
    requests = {job: requests_of(workers[0].lab, job, workers[0].runs()) for job in JOBS}
    cases = [
        (job, moment, mode, number)
        for job in JOBS
        for moment in MOMENTS
        for mode in MODES
        for number in range(1, requests[job] + 1)
    ]

    def case(worker: Worker, job: Job, moment: Moment, mode: Mode, number: int) -> Verdict:
        return lose(worker.lab, job, Fault(number, moment, mode), worker.runs())

    verdicts = spread(workers, [partial(_with_worker, case, given) for given in cases])
    rows: dict[str, Counter[str]] = {}
    for (job, moment, mode, _), verdict in zip(cases, verdicts, strict=True):
        rows.setdefault(f"{job} | {_MOMENTS[moment]} | {mode}", Counter())[ending(verdict)] += 1
    return list(rows.items())


def kill_rows(workers: list[Worker]) -> list[tuple[str, Counter[str]]]:
    """A row for each job and moment: how many journal lines, and how the second runs ended."""
    lines = {job: lines_of(workers[0].lab, job, workers[0].runs()) for job in JOBS}
    cases = [(job, moment, line) for job in JOBS for moment in MOMENTS for line in range(1, lines[job] + 1)]

    def case(worker: Worker, job: Job, moment: Moment, line: int) -> Verdict:
        return kill(worker.lab, job, line, moment, worker.runs())

    verdicts = spread(workers, [partial(_with_worker, case, given) for given in cases])
    rows: dict[str, Counter[str]] = {}
    for (job, moment, _), verdict in zip(cases, verdicts, strict=True):
        rows.setdefault(f"{job} | right {moment} a line is written", Counter())[ending(verdict)] += 1
    return list(rows.items())


def _with_worker(case: Callable[..., Verdict], given: tuple[Any, ...], worker: Worker) -> Verdict:
    return case(worker, *given)


def spread(workers: list[Worker], cases: list[Callable[[Worker], Verdict]]) -> list[Verdict]:
    """Run the cases, each on a worker that is free."""
    free: queue.SimpleQueue[Worker] = queue.SimpleQueue()
    for worker in workers:
        free.put(worker)

    def one(case: Callable[[Worker], Verdict]) -> Verdict:
        worker = free.get()
        try:
            verdict = case(worker)
        finally:
            free.put(worker)
        if verdict.wrong:
            print(f"LOST: {verdict}", file=sys.stderr)
        return verdict

    with ThreadPoolExecutor(len(workers)) as pool:
        return list(pool.map(one, cases))


def ending(verdict: Verdict) -> str:
    """In which column a case counts."""
    return "lost" if verdict.wrong else "alone" if verdict.runs == 1 else "again"


def table(head: str, rows: list[tuple[str, Counter[str]]], columns: int) -> list[str]:
    """Markdown, with a row of sums."""
    lines = [f"| {head} | runs | finished alone | finished by the second run | lost anything |"]
    lines.append("|---" * columns + "|---:" * 4 + "|")
    whole: Counter[str] = Counter()
    for name, counts in rows:
        whole += counts
        lines.append(f"| {name} | {counts.total()} | {counts['alone']} | {counts['again']} | {counts['lost']} |")
    label = "**all**" + " |" * (columns - 1)
    lines.append(f"| {label} | {whole.total()} | {whole['alone']} | {whole['again']} | {whole['lost']} |")
    return lines


def main() -> None:
    """Print both tables, or put them into the page as well; exit status 1 if anything was lost."""
    since = time.monotonic()
    with contextlib.ExitStack() as stack:
        workers = [Worker(stack) for _ in range(_WORKERS)]
        faults, kills = fault_rows(workers), kill_rows(workers)
    lines = ["## Lost requests", "", *table("job | lost | how", faults, 3), ""]
    lines += ["## Killed processes", "", *table("job | `kill -9`", kills, 2), ""]
    lines.append(f"Python {platform.python_version()}, {time.monotonic() - since:.0f} s in all.")
    text = "\n".join(lines)
    print(text)
    if "--write" in sys.argv:
        head = PAGE.read_text(encoding="utf-8").partition(MARK)[0]
        PAGE.write_text(f"{head}{MARK}\n\n{text}\n", encoding="utf-8")
    sys.exit(any(counts["lost"] for _, counts in (*faults, *kills)))


if __name__ == "__main__":
    main()
