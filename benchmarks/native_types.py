"""Seconds until the functions of vmcompute.dll can be called: a type made in memory against one that is compiled.

    python -m benchmarks.native_types [ROUNDS]

Each round is two new processes of the real engine (HNSKIT_PWSH, or pwsh on PATH), in turn.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from hnskit.emulator.engines.pwsh.locate import find_engine
from hnskit.remote.module_source import module_text

MAKERS = {"in memory (System.Reflection.Emit)": "New-HnskitNativeType", "compiled (Add-Type)": "New-HnskitCompiledType"}
SCRIPT = """
$watch = [System.Diagnostics.Stopwatch]::StartNew()
$null = {maker} -Name Measured -Library vmcompute.dll
$watch.Elapsed.TotalSeconds.ToString([System.Globalization.CultureInfo]::InvariantCulture)
"""


def seconds(maker: str) -> float:
    """Of one new process, its start not counted."""
    with tempfile.TemporaryDirectory() as place:
        script = Path(place, "measure.ps1")
        script.write_text(module_text() + SCRIPT.format(maker=maker), encoding="utf-8")
        run = subprocess.run(
            [str(find_engine()), "-NoProfile", "-File", str(script)],
            capture_output=True,
            text=True,
            check=True,
            env={**os.environ, "POWERSHELL_TELEMETRY_OPTOUT": "1"},
        )
    return float(run.stdout)


def main() -> None:
    """Print the medians and their ratio."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    measured: dict[str, list[float]] = {title: [] for title in MAKERS}
    for _ in range(rounds):
        for title, maker in MAKERS.items():
            measured[title].append(seconds(maker))
    medians = {title: statistics.median(values) for title, values in measured.items()}
    for title, median in medians.items():
        print(f"{title}: {median:.2f} s")
    memory, compiled = medians.values()
    print(f"ratio: {memory / compiled:.2f}")


if __name__ == "__main__":
    main()
