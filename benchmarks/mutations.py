"""Faults put into the code on purpose, each against the tests that should catch it.

`python -m benchmarks.mutations` copies the project to a scratch folder, puts in one fault at a time, runs the tests
that are named for it, and prints a table. `--only WORD` takes those whose name has a word, `--jobs N` runs N at a time,
`--write` puts the table of all into docs/mutations.md. It ends with 1 if a fault is not caught, or if the tests fail
without any.

The faults are in benchmarks/mutation_list.py.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from queue import SimpleQueue

from benchmarks.mutation_list import MUTATIONS, Mutation

ROOT = Path(__file__).parent.parent
_LEFT_OUT = (".git", ".venv", "runs", ".mypy_cache", ".ruff_cache", ".pytest_cache", "__pycache__", "*.egg-info")
_NO_TEST_FAILED, _A_TEST_FAILED = 0, 1
_SECONDS = 300
_ALL_SECONDS = 1500
DOCUMENT = ROOT / "docs" / "mutations.md"
_HEAD = """# Faults put in on purpose

Made by `python -m benchmarks.mutations --write`: each fault is put into a scratch copy of the project by itself, and
the tests that are named for it (benchmarks/mutation_list.py) are run. The first that fails is in the table.
"""


class MutationError(Exception):
    """A fault cannot be put in, or its tests do not run."""


@dataclass(frozen=True, slots=True)
class Caught:
    """What became of one fault."""

    mutation: Mutation
    caught: bool
    by: str
    """The first test that failed."""
    seconds: float


def mutated(text: str, mutation: Mutation) -> str:
    """The file with the fault.

    Raises:
        MutationError: the place is not in it exactly once.
    """
    count = text.count(mutation.old)
    if count != 1:
        raise MutationError(f"{mutation.name}: its place is {count} times in {mutation.file}, not once")
    return text.replace(mutation.old, mutation.new)


@contextmanager
def _scratch(count: int) -> Iterator[SimpleQueue[Path]]:
    """Copies of the project."""
    with tempfile.TemporaryDirectory(prefix="hnskit-mutations-") as folder:
        free: SimpleQueue[Path] = SimpleQueue()
        for number in range(count):
            place = Path(folder) / str(number)
            shutil.copytree(ROOT, place, ignore=shutil.ignore_patterns(*_LEFT_OUT))
            free.put(place)
        yield free


def _run_tests(place: Path, tests: Sequence[str], seconds: int = _SECONDS) -> tuple[int, str]:
    """Run tests in a copy: pytest's status, and the first that failed."""
    words = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-x",
        "-n",
        "0",
        "-p",
        "no:cacheprovider",
        "-p",
        "no:randomly",
        "--no-header",
        *tests,
    ]
    here = {**os.environ, "PYTHONPATH": str(place), "PYTHONDONTWRITEBYTECODE": "1"}
    try:
        ran = subprocess.run(words, cwd=place, env=here, capture_output=True, text=True, timeout=seconds, check=False)
    except subprocess.TimeoutExpired:
        return _A_TEST_FAILED, f"no end within {seconds} s"
    failed = [line for line in ran.stdout.splitlines() if line.startswith(("FAILED", "ERROR"))]
    if ran.returncode not in (_NO_TEST_FAILED, _A_TEST_FAILED) or any(line.startswith("ERROR") for line in failed):
        raise MutationError(f"the tests do not run: {' '.join(tests)}\n{ran.stdout[-1500:]}{ran.stderr[-500:]}")
    return ran.returncode, failed[0].removeprefix("FAILED ").partition(" - ")[0] if failed else ""


def attempt(mutation: Mutation, free: SimpleQueue[Path]) -> Caught:
    """Put one fault into a copy, run its tests, and take it out again.

    Raises:
        MutationError: see `mutated`; or its tests do not run.
    """
    place = free.get()
    path, started = place / mutation.file, time.monotonic()
    text = path.read_text(encoding="utf-8")
    try:
        path.write_text(mutated(text, mutation), encoding="utf-8")
        code, by = _run_tests(place, mutation.tests)
    finally:
        path.write_text(text, encoding="utf-8")
        free.put(place)
    return Caught(mutation, code == _A_TEST_FAILED, by, time.monotonic() - started)


def _row(result: Caught) -> str:
    by = f"`{result.by.rpartition('::')[2]}`" if result.caught else "**NOT CAUGHT**"
    return f"| {result.mutation.place} | {result.mutation.name} | {by} |"


def main() -> int:
    """Try all faults, print the table; 1 if one is not caught."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", default="", help="those whose name or place has this word")
    parser.add_argument("--jobs", type=int, default=1, help="how many at a time")
    parser.add_argument("--write", action="store_true", help=f"the table of all into docs/{DOCUMENT.name}")
    wanted = parser.parse_args()
    chosen = [item for item in MUTATIONS if wanted.only in f"{item.place}: {item.name}"]
    if not chosen:
        parser.error(f"no fault has {wanted.only!r} in its name")
    jobs = max(1, wanted.jobs)
    with _scratch(jobs) as free, ThreadPoolExecutor(jobs) as pool:
        place = free.get()
        code, by = _run_tests(place, sorted({test for item in chosen for test in item.tests}), _ALL_SECONDS)
        free.put(place)
        if code != _NO_TEST_FAILED:
            print(f"without any fault a test fails: {by}", file=sys.stderr)
            return 1
        print("| place | fault | caught by | s |\n|---|---|---|---|", flush=True)
        results = []
        for result in pool.map(lambda item: attempt(item, free), chosen):
            results.append(result)
            print(f"{_row(result)} {result.seconds:.1f} |", flush=True)
    caught = sum(item.caught for item in results)
    said = f"{caught} of {len(results)} faults caught"
    print(f"\n{said}")
    if wanted.write and chosen == list(MUTATIONS):
        table = "\n".join(["| place | fault | caught by |", "|---|---|---|", *map(_row, results)])
        DOCUMENT.write_text(f"{_HEAD}\n{said}.\n\n{table}\n", encoding="utf-8")
    return int(caught != len(results))


if __name__ == "__main__":
    raise SystemExit(main())
