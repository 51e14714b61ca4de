"""hnskit keep: seconds from a container's restart to the proof that it redirects again, and the cost of being idle.

    python -m benchmarks.keep [--hosts 50] [--minutes 10] [--times 5]

Emulated hosts in a process of their own, reached by WinRM; keep runs in a process of its own too, as an operator starts
it. A restart in the emulator takes no time: on a real host its own seconds come before the first of these.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import yaml

from hnskit.emulator import registry

PARAMS = Path(__file__).parents[1] / "params" / "emulator.yaml"
CLIENT = "hnskit-client1"
TICK = os.sysconf("SC_CLK_TCK")


class Keep:
    """A keep in a process of its own."""

    def __init__(self, place: Path, *options: str) -> None:
        self.state = place / "state.json"
        self.state.unlink(missing_ok=True)
        command = [sys.executable, "-m", "hnskit", "keep", str(place / "inventory.yaml"), "--runs", str(place / "runs")]
        self._log = (place / "keep.log").open("a")
        self.process = subprocess.Popen(
            [*command, "--state", str(self.state), *options], stdout=self._log, stderr=subprocess.STDOUT
        )

    def rows(self) -> list[dict[str, Any]]:
        return json.loads(self.state.read_text())["hosts"] if self.state.exists() else []

    def wait(self, is_so: Callable[[list[dict[str, Any]]], bool], seconds: float = 600) -> None:
        deadline = time.monotonic() + seconds
        while not (rows := self.rows()) or not is_so(rows):
            if time.monotonic() > deadline or self.process.poll() is not None:
                raise SystemExit(f"keep did not come there: {json.dumps(rows, indent=1)[:2000]}")
            time.sleep(0.1)

    def processor(self) -> float:
        """Seconds of processor so far."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / TICK

    def megabytes(self) -> float:
        """Resident memory."""
        text = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(text.partition("VmRSS:")[2].split()[0]) / 1024

    def end(self) -> float:
        """End it; the seconds that takes."""
        began = time.monotonic()
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(120)
        self._log.close()
        return time.monotonic() - began


@contextmanager
def farm(place: Path, count: int) -> Iterator[list[str]]:
    """Emulated hosts, and an inventory of them in the place."""
    os.environ["HNSKIT_STATE_DIR"] = str(place / "hosts")
    if count == 1:
        entries = [registry.start("keep", None, {"cut_seconds": 0})[0]]
    else:
        entries = registry.start_many("keep", count, None, {"cut_seconds": 0})
    hosts = [
        {"name": one.name, "target": f"emulator://{one.name}", "set": {"emulator.cut_seconds": 0}} for one in entries
    ]
    (place / "p.yaml").write_text(PARAMS.read_text())
    (place / "inventory.yaml").write_text(yaml.safe_dump({"params": "p.yaml", "hosts": hosts}))
    try:
        yield [one.name for one in entries]
    finally:
        registry.stop(entries[0].name, together=True)


def restarts(place: Path, name: str, times: int, *options: str) -> list[float]:
    """Seconds from each restart to its proof, by keep's own clock of both."""
    keep = Keep(place, "--allow-disruptive", *options)
    keep.wait(lambda rows: all(row["ok"] for row in rows))
    took = []
    for _ in range(times):
        time.sleep(3)  # what follows the last one is over
        proofs = keep.rows()[0]["proofs"]
        began = time.time()
        registry.get(name).ask({"do": "docker", "words": ["restart", CLIENT]})
        changes = keep.rows()[0]["changes"]
        keep.wait(lambda rows: rows[0]["proofs"] > proofs and rows[0]["changes"] > changes)  # noqa: B023
        took.append(time.time() - began)
    print(f"  ended by SIGTERM in {keep.end():.1f} s")
    return took


def idle(place: Path, hosts: int, minutes: float) -> None:
    """The cost of many hosts to which nothing happens."""
    keep = Keep(place, "--allow-disruptive")
    keep.wait(lambda rows: len(rows) == hosts and all(row["ok"] and row["follows_events"] for row in rows))
    time.sleep(20)
    reads = sum(row["reads"] for row in keep.rows())
    processor, memory, began = keep.processor(), keep.megabytes(), time.monotonic()
    marks = []
    while (passed := time.monotonic() - began) < 60 * minutes:
        time.sleep(min(60.0, 60 * minutes - passed))
        marks.append(keep.megabytes())
    spent, seconds = keep.processor() - processor, time.monotonic() - began
    read = sum(row["reads"] for row in keep.rows()) - reads
    print(f"{hosts} idle hosts, {seconds / 60:.1f} minutes, {read} readings:")
    print(f"  processor {spent:.2f} s, {100 * spent / seconds:.2f} % of a core")
    print(f"  memory {memory:.1f} MB, then each minute {', '.join(f'{mark:.1f}' for mark in marks)} MB")
    print(f"  ended by SIGTERM in {keep.end():.1f} s")


def said(what: str, took: list[float]) -> str:
    return f"{what}: median {statistics.median(took):.1f} s, most {max(took):.1f} s, of {len(took)}"


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--hosts", type=int, default=50)
    arguments.add_argument("--minutes", type=float, default=10.0)
    arguments.add_argument("--times", type=int, default=5)
    wanted = arguments.parse_args()
    print(f"{datetime.now().astimezone():%Y-%m-%d %H:%M}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
    with tempfile.TemporaryDirectory() as folder, farm(Path(folder), 1) as names:
        print(said("from a restart to the proof, by events", restarts(Path(folder), names[0], wanted.times)))
        by_schedule = restarts(Path(folder), names[0], wanted.times, "--no-events", "--interval", "10")
        print(said("from a restart to the proof, each 10 s without events", by_schedule))
    if wanted.hosts:
        with tempfile.TemporaryDirectory() as folder, farm(Path(folder), wanted.hosts):
            idle(Path(folder), wanted.hosts, wanted.minutes)


if __name__ == "__main__":
    main()
