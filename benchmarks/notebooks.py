"""What the notebooks cost: all of them headless, as many empty ones through the same runner, and the calls alone.

    python -m benchmarks.notebooks

The goal: the notebooks take at most 1.2 times what the empty ones and the library's calls take together. The host is
emulated, on this machine, and its cut lasts no time.
"""

from __future__ import annotations

import os
import shutil
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any
from uuid import uuid4

import nbformat

from hnskit.running import runner

ROOT = Path(__file__).parent.parent
PARAMS = ROOT / "params" / "emulator.yaml"
GOAL = 1.2
ROUNDS = 5


def main() -> int:
    """Measure and print; status 1 if the goal is missed."""
    with tempfile.TemporaryDirectory(prefix="hnskit-bench-") as place:
        folder = Path(place)
        os.environ["HNSKIT_STATE_DIR"] = str(folder / "state")  # its hosts leave nothing among one's own
        emptied = _emptied(folder / "emptied")
        rounds: list[tuple[float, ...]] = []
        for number in range(ROUNDS + 1):
            # The three in turn, so that what else the machine does meanwhile is done to all of them.
            whole = _notebooks(folder / f"whole{number}", ROOT / "notebooks")
            empty = _notebooks(folder / f"empty{number}", emptied)
            rounds.append((whole, empty, _calls()))
    # The first round loads papermill and the rest; no other has to.
    whole, empty, calls = (statistics.median(measured) for measured in zip(*rounds[1:], strict=True))
    ratio = whole / (empty + calls)
    print(f"all notebooks, headless            {whole:6.2f} s")
    print(f"as many empty notebooks            {empty:6.2f} s")
    print(f"the library's calls alone          {calls:6.2f} s")
    print(f"ratio                              {ratio:6.2f}    (goal: at most {GOAL})")
    return 0 if ratio <= GOAL else 1


def _notebooks(folder: Path, notebooks: Path) -> float:
    with _host() as overrides:
        since = time.perf_counter()
        summary = runner.run(PARAMS, overrides=overrides, notebooks=notebooks, runs=folder / "runs")
        seconds = time.perf_counter() - since
    if not summary.ok:
        raise SystemExit(f"the run failed: {summary.error}")
    return seconds


def _emptied(folder: Path) -> Path:
    """The step notebooks with the cell of parameters and no other."""
    shutil.copytree(ROOT / "notebooks", folder)
    for path in folder.glob("[0-9]*.ipynb"):
        notebook = nbformat.read(path, as_version=4)
        notebook.cells = [cell for cell in notebook.cells if "parameters" in cell.metadata.get("tags", ())]
        nbformat.write(notebook, path)
    return folder


def _calls() -> float:
    """What the six notebooks ask of the library, each with a connection of its own."""
    from hnskit.applying.api import apply
    from hnskit.applying.verification import verify
    from hnskit.facts.host_facts import gather_facts
    from hnskit.facts.source import connect
    from hnskit.params.desired import Part, desired_from
    from hnskit.params.loading import load_params
    from hnskit.planning.preflight import preflight

    with _host() as overrides:
        params = load_params(PARAMS, overrides=overrides)
        desired = desired_from(params)
        since = time.perf_counter()
        with connect(params) as session:
            preflight(desired, gather_facts(session))
        for part in Part:
            with connect(params) as session:
                apply(session, desired, parts=(part,), facts=gather_facts(session))
        with connect(params) as session:
            gather_facts(session)
            verify(session, desired)
        return time.perf_counter() - since


class _host:  # noqa: N801 - used as a word in a with statement
    """A fresh emulated host that runs already, so that its start is nobody's time."""

    def __enter__(self) -> list[str]:
        from hnskit.emulator import registry

        self._name = f"bench-{uuid4().hex[:8]}"
        registry.start(self._name, options={"cut_seconds": 0.0})
        return [f"target=emulator://{self._name}", "emulator.cut_seconds=0"]

    def __exit__(self, *_: Any) -> None:
        from hnskit.emulator import registry

        registry.stop(self._name)


if __name__ == "__main__":
    sys.exit(main())
