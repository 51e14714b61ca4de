"""Time of the doctor on a host with 10,000 endpoints of three policies each, side by side with another checkout.

    python -m benchmarks.doctor                          this tree
    python -m benchmarks.doctor --beside ../hnskit-old   and another, such as a git worktree of an earlier commit

Each tree examines its own `benchmarks.explain.host`. Rounds take turns, each in a process of its own; what counts is
the best of each tree, in seconds of the processor, so that a busy machine changes little.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from pathlib import Path

PROGRAM = """
import sys, time
sys.path.insert(0, sys.argv[1])
from benchmarks.explain import host
try:
    from hnskit.diagnosis.doctor import CHECKS, diagnose
except ImportError:
    from hnskit.doctor import CHECKS, examine as diagnose
facts = host(int(sys.argv[2]), resources=True)
best = float("inf")
for _ in range(3):
    since = time.process_time()
    found = diagnose(facts)
    best = min(best, time.process_time() - since)
print(best, len(CHECKS), len(found))
"""


def measured(tree: Path, count: int) -> tuple[float, int, int]:
    """Seconds, checks and findings of one round."""
    ran = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(tree), str(count)], capture_output=True, text=True, check=True, cwd=tree
    )
    seconds, checks, findings = ran.stdout.split()
    return float(seconds), int(checks), int(findings)


def main(count: int, rounds: int, beside: Path | None) -> None:
    """Print the figures."""
    trees = [Path(__file__).parents[1], *([beside.resolve()] if beside else [])]
    best: dict[Path, tuple[float, int, int]] = {}
    for _ in range(rounds):
        for tree in trees:
            found = measured(tree, count)
            best[tree] = min(best.get(tree, found), found)
    for name, tree in zip(("this tree", "the other"), trees, strict=False):
        seconds, checks, findings = best[tree]
        print(f"{name}: {seconds * 1000:.0f} ms for {count} endpoints, {checks} checks, {findings} findings")
    if beside:
        print(f"this tree takes {best[trees[0]][0] / best[trees[1]][0]:.2f} of the other's time (goal: at most 0.50)")


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--beside", type=Path)
    parser.add_argument("--count", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=5)
    given = parser.parse_args()
    main(given.count, given.rounds, given.beside)
