"""Seconds of starting: `hnskit --help` and `import hnskit`, in turn with another tree.

    python -m benchmarks.startup                  of this tree alone
    python -m benchmarks.startup --beside OLD     and of another checkout with its own .venv, and their ratio

Each figure is the least of so many processes: what a loaded machine adds, it adds to some of them only.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent.parent
CASES = {
    "hnskit --help": "import sys; sys.argv = ['hnskit', '--help']; from hnskit.commands.cli import main; main()",
    "import hnskit": "import hnskit",
    "hnskit errors 0x803b0013": (
        "import sys; sys.argv = ['hnskit', 'errors', '0x803b0013']; from hnskit.commands.cli import main; main()"
    ),
}


def seconds(tree: Path, code: str) -> float:
    """One process of a tree's own environment."""
    program = sys.executable if tree == HERE else str(tree / ".venv/bin/python")
    started = time.perf_counter()
    subprocess.run([program, "-c", code], cwd=tree, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - started


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--beside", type=Path)
    parser.add_argument("--runs", type=int, default=15)
    asked = parser.parse_args()
    trees = [HERE, *([asked.beside.resolve()] if asked.beside else [])]
    print("| started | " + " | ".join(["seconds", "beside", "ratio"][: 3 if asked.beside else 1]) + " |")
    print("|---" * (4 if asked.beside else 2) + "|")
    for name, code in CASES.items():
        least = [float("inf")] * len(trees)
        for _ in range(asked.runs):
            for place, tree in enumerate(trees):
                least[place] = min(least[place], seconds(tree, _for(tree, code)))
        cells = [f"{value:.3f}" for value in least] + ([f"{least[0] / least[1]:.2f}"] if asked.beside else [])
        print(f"| `{name}` | " + " | ".join(cells) + " |", flush=True)


def _for(tree: Path, code: str) -> str:
    """The code for a tree in which the command line is in another place."""
    place = "hnskit.commands.cli" if (tree / "hnskit/commands/cli.py").exists() else "hnskit.cli"
    return code.replace("hnskit.commands.cli", place)


if __name__ == "__main__":
    main()
