"""WinRM requests, bytes and seconds for the whole redirect with two clients, on an emulated host.

    python -m benchmarks.redirect                            prints the table
    python -m benchmarks.redirect --write                    puts it into docs/benchmarks.md
    python -m benchmarks.redirect --beside FOLDER --rounds 3    requests of this tree and of another one, in turn

A request is one HTTP POST. The host's cut is switched off, so that only hnskit's own work is counted. All is measured
twice: the host as near as it is, and as if a round trip to it took ROUND_TRIP seconds. On a real engine the number
depends on how quick the engine is at that moment: answers that are ready together come together.
"""

from __future__ import annotations

import argparse
import contextlib
import itertools
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import requests

import hnskit
from benchmarks.far import Far
from hnskit.params.loading import Params
from hnskit.remote.session import ConnectedSession
from tests.emulator.engines import engines_here
from tests.pages import print_or_write

Connect = Callable[[Params], ConnectedSession]
ROOT = Path(__file__).parent.parent
PAGE = ROOT / "docs" / "benchmarks.md"
ROUND_TRIP = 0.05
MARK = "<!-- the table of python -m benchmarks.redirect -->"
TRANSPORTS = {
    "HTTP, NTLM, encrypted": ("connection.transport=http", "connection.auth=negotiate"),
    "HTTPS, Basic": ("connection.transport=https", "connection.auth=basic"),
}


@dataclass
class Count:
    """What went over the wire."""

    requests: int = 0
    sent: int = 0
    received: int = 0
    seconds: float = 0.0


@contextlib.contextmanager
def counted() -> Iterator[Count]:
    """Count every HTTP exchange of this process, those of a login among them."""
    count, send = Count(), requests.adapters.HTTPAdapter.send

    def counting(self: requests.adapters.HTTPAdapter, request: requests.PreparedRequest, **kwargs: object) -> object:
        response = send(self, request, **kwargs)  # type: ignore[arg-type]
        count.requests += 1
        count.sent += len(request.body or b"")
        count.received += int(response.headers.get("Content-Length", 0))  # reading the body here would hide the socket
        return response

    requests.adapters.HTTPAdapter.send = counting  # type: ignore[method-assign, assignment]
    since = time.perf_counter()
    try:
        yield count
    finally:
        count.seconds = time.perf_counter() - since
        requests.adapters.HTTPAdapter.send = send  # type: ignore[method-assign]


def measure(name: str, overrides: tuple[str, ...], connect: Connect) -> list[tuple[str, Count]]:
    """Set up, prove and take away the redirect once."""
    params = hnskit.load_params(ROOT / "params" / "emulator.yaml", overrides=[f"target=emulator://{name}", *overrides])
    desired = hnskit.desired_from(params)
    rows: list[tuple[str, Count]] = []
    with counted() as count:
        session = connect(params)
    rows.append(("connect", count))
    with counted() as count:
        facts = hnskit.gather_facts(session)
    rows.append(("facts (sends hnskit's commands)", count))
    with counted() as count:
        outcome = hnskit.apply(session, desired, facts=facts)
    rows.append((f"apply, {outcome.changed} steps, read back", count))
    with counted() as count:
        assert hnskit.verify(session, desired).ok
    rows.append(("verify, 2 clients", count))
    with counted() as count:
        session.close()
    rows.append(("close", count))
    rows.append(("**the whole redirect**", total(count for _, count in rows)))
    session = connect(params)
    with counted() as count:
        assert hnskit.apply(session, desired).changed == 0
    rows.append(("apply again, nothing to do", count))
    with counted() as count:
        hnskit.destroy(session, desired)
    rows.append(("destroy", count))
    session.close()
    return rows


def total(counts: Iterator[Count]) -> Count:
    """The sum."""
    result = Count()
    for count in counts:
        result.requests += count.requests
        result.sent += count.sent
        result.received += count.received
        result.seconds += count.seconds
    return result


def run(engine: str, overrides: tuple[str, ...], connect: Connect) -> list[tuple[str, Count]]:
    """Measure on a host of its own."""
    name = f"bench-{engine}-{os.getpid()}"
    try:
        return measure(name, (*overrides, f"emulator.engine={engine}", "emulator.cut_seconds=0"), connect)
    finally:
        command = [sys.executable, "-m", "hnskit", "emulator", "stop", name]
        subprocess.run(command, check=False, stdout=subprocess.DEVNULL)


def lines_of(engine: str, overrides: tuple[str, ...]) -> list[str]:
    """The table's lines for one engine."""
    with Far(ROUND_TRIP) as far:
        measured = zip(run(engine, overrides, hnskit.connect), run(engine, overrides, far.connect), strict=True)
        return [
            f"| {what} | {engine} | {near.requests} | {near.sent / 1024:.1f} | {near.received / 1024:.1f} "
            f"| {near.seconds:.2f} | {away.requests} | {away.seconds:.2f} |"
            for (what, near), (_, away) in measured
        ]


def table() -> str:
    """The whole measurement as Markdown."""
    away = f"{ROUND_TRIP * 1000:.0f} ms away"
    lines = []
    for title, overrides in TRANSPORTS.items():
        lines += [
            f"{title}:",
            "",
            f"| what | engine | requests | KB sent | KB received | seconds | requests, {away} | seconds, {away} |",
            "|---|---|---:|---:|---:|---:|---:|---:|",
            *itertools.chain(*zip(*(lines_of(engine, overrides) for engine in engines_here()), strict=True)),
            "",
        ]
    lines.append(f"Python {platform.python_version()}, {os.cpu_count()} CPUs, engines {' and '.join(engines_here())}.")
    return "\n".join(lines)


def beside(folder: str, rounds: int) -> str:
    """Requests of the whole redirect, of this tree and of another one, each round of the one after one of the other."""
    seen: dict[tuple[str, str, str], dict[str, list[int]]] = defaultdict(lambda: defaultdict(list))
    for _ in range(rounds):
        for tree, place in (("this tree", str(ROOT)), ("the other", folder)):
            for transport, engine, near, far in _wholes(place):
                seen[transport, engine, "near"][tree].append(near)
                seen[transport, engine, f"{ROUND_TRIP * 1000:.0f} ms away"][tree].append(far)
    lines = ["| transport | engine | host | this tree | the other | each round |", "|---|---|---|---:|---:|---|"]
    for (transport, engine, where), by in seen.items():
        this, other = by["this tree"], by["the other"]
        each = f"{', '.join(map(str, this))} against {', '.join(map(str, other))}"
        medians = f"{statistics.median(this):g} | {statistics.median(other):g}"
        lines.append(f"| {transport} | {engine} | {where} | {medians} | {each} |")
    return "\n".join(lines)


def _wholes(folder: str) -> Iterator[tuple[str, str, int, int]]:
    """Transport, engine and requests, near and far, as a tree's own run of this prints them."""
    environment = {**os.environ, "PYTHONPATH": folder}
    own = Path(folder) / ".venv" / "bin" / "python"  # what that tree was locked with
    command = [str(own) if own.exists() else sys.executable, "-m", "benchmarks.redirect"]
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=True)
    transport = ""
    for line in done.stdout.splitlines():
        if line.rstrip(":") in TRANSPORTS:
            transport = line.rstrip(":")
        if line.startswith("| **the whole redirect**"):
            cells = [cell.strip() for cell in line.split("|")]
            yield transport, cells[2], int(cells[3]), int(cells[7])


def main() -> None:
    """Print the table, or put it into the page, or print it beside that of another tree."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--write", action="store_true")
    parser.add_argument("--beside", metavar="FOLDER")
    parser.add_argument("--rounds", type=int, default=3, help="with --beside")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="hnskit-bench-") as state:  # its hosts leave nothing among one's own
        os.environ["HNSKIT_STATE_DIR"] = state
        if options.beside:
            print(beside(options.beside, options.rounds))
        else:
            print_or_write(PAGE, MARK, table(), until="## ")


if __name__ == "__main__":
    main()
