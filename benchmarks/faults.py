"""The fault matrix and the kill matrix, all of them, as tables.

    python -m benchmarks.faults                     prints them; hours, with a real engine
    python -m benchmarks.faults --write             puts them into docs/fault-matrix.md as well
    python -m benchmarks.faults --results FILE      keeps each result there: what was broken off goes on from it
    python -m benchmarks.faults --engine python     on this engine alone; --every 4 takes one case of four
    python -m benchmarks.faults --seed 3 --limit 50    so many, drawn at random
    python -m benchmarks.faults --way pods          of pods that are there; --way ctr or nerdctl of containers of these

A run is disturbed at one place: a set-up or a teardown, on the engine python or pwsh, with a host that keeps answers
for a client that did not get them (MS-WSMV 3.1.4.1.39) or one that does not.
"""

from __future__ import annotations

import argparse
import atexit
import contextlib
import itertools
import json
import os
import platform
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import NamedTuple, cast

from hnskit.local.state_dir import STATE_VARIABLE
from tests.emulator.engines import engines_here
from tests.fault_proxy import MODES, MOMENTS, Fault, Mode, Moment
from tests.in_process_host import Lab
from tests.invariants import JOBS, Job, Verdict, kill, lines_of, lose, requests_of

PAGE = Path(__file__).parent.parent / "docs" / "fault-matrix.md"
MARKS = {
    "docker": "<!-- the tables of python -m benchmarks.faults -->",
    "pods": "<!-- the tables of python -m benchmarks.faults --way pods -->",
    "ctr": "<!-- the tables of python -m benchmarks.faults --way ctr -->",
    "nerdctl": "<!-- the tables of python -m benchmarks.faults --way nerdctl -->",
}
"""Way of the containers -> the line of the page after which its tables stand."""
_MOMENTS = {"before": "before it reaches the host", "after": "after the host has acted"}
_HEADS = {"docker": "## ", "pods": "### Pods: ", "ctr": "### Containers of ctr: ",
          "nerdctl": "### Containers of nerdctl: "}  # fmt: skip
_KILL = "kill"
_SPARE = 4
"""Requests that a run on a real engine may send more than the one that was counted."""


class Case(NamedTuple):
    """One disturbed run."""

    engine: str
    kept: bool
    job: str
    moment: str
    mode: str
    """How a request is lost; `_KILL`: the process is killed at a line of the journal."""
    number: int
    """Of the request, or of the line."""
    way: str = "docker"
    """Of the containers: `docker`, `pods` that are there already, `ctr` or `nerdctl`."""


class Result(NamedTuple):
    """How it ended."""

    case: Case
    ending: str
    """`alone`, `again` (by the second run), `lost`, or `unmet` where there was no such request."""
    seconds: float
    said: str


class _Worker:
    """What a process of the pool keeps: a state directory of its own, and a host for each kind of case."""

    def __init__(self) -> None:
        self._stack = contextlib.ExitStack()
        atexit.register(self._stack.close)
        self._folder = Path(self._stack.enter_context(tempfile.TemporaryDirectory(prefix="hnskit-faults-")))
        os.environ[STATE_VARIABLE] = str(self._folder / "state")
        self._labs: dict[tuple[str, bool, str], Lab] = {}
        self._cases = 0

    def lab(self, engine: str, kept: bool, way: str) -> Lab:
        if (engine, kept, way) not in self._labs:
            folder = self._folder / f"{engine}-{kept}-{way}"
            folder.mkdir()
            made = Lab(folder, engine=engine, kept=kept, way=way)
            self._labs[engine, kept, way] = self._stack.enter_context(made)
        return self._labs[engine, kept, way]

    def runs(self) -> Path:
        """A new folder of runs."""
        self._cases += 1
        return self._folder / f"case{self._cases}"


_workers: list[_Worker] = []


def _worker() -> _Worker:
    if not _workers:
        _workers.append(_Worker())
    return _workers[0]


def count(engine: str, job: Job, way: str) -> tuple[int, int]:
    """How many requests and journal lines an undisturbed run has."""
    mine = _worker()
    lab = mine.lab(engine, True, way)
    spare = 0 if engine == "python" else _SPARE
    return requests_of(lab, job, mine.runs()) + spare, lines_of(lab, job, mine.runs())


def run(case: Case) -> Result:
    """Disturb one run."""
    mine, since = _worker(), time.monotonic()
    lab, job, moment = mine.lab(case.engine, case.kept, case.way), cast(Job, case.job), cast(Moment, case.moment)
    if case.mode == _KILL:
        verdict = kill(lab, job, case.number, moment, mine.runs())
    else:
        verdict = lose(lab, job, Fault(case.number, moment, cast(Mode, case.mode)), mine.runs())
    said = "; ".join([verdict.said, *verdict.wrong])
    return Result(case, ending(verdict), round(time.monotonic() - since, 2), said)


def ending(verdict: Verdict) -> str:
    """In which column a case counts."""
    if verdict.wrong:
        return "lost"
    return "unmet" if not verdict.met else "alone" if verdict.runs == 1 else "again"


def cases_of(engines: list[str], ways: list[str], pool: ProcessPoolExecutor) -> Iterator[Case]:
    """All there are."""
    for engine, way, job in itertools.product(engines, ways, JOBS):
        requests, lines = pool.submit(count, engine, job, way).result()
        for kept, moment, mode in itertools.product((True, False), MOMENTS, MODES):
            yield from (Case(engine, kept, job, moment, mode, number, way) for number in range(1, requests + 1))
        for moment in MOMENTS:
            yield from (Case(engine, True, job, moment, _KILL, number, way) for number in range(1, lines + 1))


def results_of(options: argparse.Namespace) -> list[Result]:
    """Run what was not run before; a case whose result was kept is not run again."""
    kept: dict[Case, Result] = {}
    if options.results and options.results.exists():
        for line in options.results.read_text(encoding="utf-8").splitlines():
            row = json.loads(line)
            kept[Case(*row[0])] = Result(Case(*row[0]), *row[1:])
    if options.limit == 0:
        return list(kept.values())
    with ProcessPoolExecutor(options.workers) as pool:
        asked = list(cases_of(options.engine or engines_here(), [options.way], pool))[:: options.every]
        left = [case for case in asked if case not in kept]
        random.Random(options.seed).shuffle(left)
        left = left[: options.limit]
        for result in pool.map(run, left):
            kept[result.case] = result
            if result.ending == "lost":
                print(f"LOST: {result}", file=sys.stderr)
            if options.results:
                with options.results.open("a", encoding="utf-8") as stream:
                    stream.write(json.dumps(result) + "\n")
    return list(kept.values())


def tables(results: list[Result], way: str) -> list[str]:
    """Both, as Markdown."""
    lost: dict[str, Counter[str]] = {}
    killed: dict[str, Counter[str]] = {}
    for result in sorted(results, key=lambda result: _place(result.case)):
        case = result.case
        answers = "kept" if case.kept else "not kept"
        if case.mode == _KILL:
            rows, name = killed, f"{case.engine} | {case.job} | right {case.moment} a line is written"
        else:
            rows, name = lost, f"{case.engine} | {answers} | {case.job} | {_MOMENTS[case.moment]} | {case.mode}"
        if result.ending != "unmet":
            rows.setdefault(name, Counter())[result.ending] += 1
    return [
        *(f"{_HEADS[way]}Lost requests", "", *table("engine | answers | job | lost | how", lost, 5), ""),
        *(f"{_HEADS[way]}Killed processes", "", *table("engine | job | `kill -9`", killed, 3), ""),
    ]


def _place(case: Case) -> tuple[bool, bool, int, int, int]:
    modes = (*MODES, _KILL)
    return (
        case.engine != "python", not case.kept, JOBS.index(cast(Job, case.job)),
        MOMENTS.index(cast(Moment, case.moment)), modes.index(cast(Mode, case.mode)),
    )  # fmt: skip


def table(head: str, rows: dict[str, Counter[str]], columns: int) -> list[str]:
    """Markdown, with a row of sums."""
    lines = [f"| {head} | runs | finished alone | finished by the second run | lost anything |"]
    lines.append("|---" * columns + "|---:" * 4 + "|")
    whole: Counter[str] = Counter()
    for name, counts in rows.items():
        whole += counts
        lines.append(f"| {name} | {counts.total()} | {counts['alone']} | {counts['again']} | {counts['lost']} |")
    label = "**all**" + " |" * (columns - 1)
    lines.append(f"| {label} | {whole.total()} | {whole['alone']} | {whole['again']} | {whole['lost']} |")
    return lines


def main() -> None:
    """Print both tables, or put them into the page as well; exit status 1 if anything was lost."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--engine", action="append", choices=["python", "pwsh"])
    parser.add_argument("--way", choices=list(MARKS), default="docker", help="what the containers are")
    parser.add_argument("--every", type=int, default=1, help="one case of so many")
    parser.add_argument("--seed", type=int, default=0, help="of the order of the cases")
    parser.add_argument("--limit", type=int, help="so many cases at most; 0: only what was kept")
    parser.add_argument("--workers", type=int, default=4, help="processes; most of the time is waiting for a timeout")
    parser.add_argument("--results", type=Path)
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()
    results = results_of(options)
    seconds = sum(result.seconds for result in results)
    made = f"Python {platform.python_version()}, {seconds:.0f} s of runs in all."
    text = "\n".join([*tables(results, options.way), made])
    print(text)
    if options.write:
        page, marks = PAGE.read_text(encoding="utf-8"), ["## containerd", *MARKS.values()]
        head, _, rest = page.partition(MARKS[options.way])
        ends = [rest.index(mark) for mark in marks if mark in rest]
        tail = rest[min(ends) :] if ends else ""
        PAGE.write_text(f"{head}{MARKS[options.way]}\n\n{text}\n" + (f"\n{tail}" if tail else ""), encoding="utf-8")
    sys.exit(any(result.ending == "lost" for result in results))


if __name__ == "__main__":
    main()
