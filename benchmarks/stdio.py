"""Seconds of a stdio session beside a WinRM one, on one emulated host with the real engine; and its memory.

    python -m benchmarks.stdio [ROUNDS]

ssh goes through a real sshd on loopback. Rounds are interleaved; medians are printed.
"""

from __future__ import annotations

import os
import resource
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import hnskit
from hnskit.remote.session import Call, ConnectedSession, invoke_calls
from hnskit.remote.stdio_commands import VARIABLE
from tests.remote.stdio_lab import StdioHost, shell_program, ssh_way, stdio_host

ROOT = Path(__file__).parent.parent
CALLS = 500
Times = dict[str, float]


def redirect(connect: Callable[[], ConnectedSession]) -> Times:
    """Connect, facts, set-up and proof, then take it away, which is not counted."""
    times: Times = {}
    wanted = hnskit.desired_from(hnskit.load_params(ROOT / "params" / "emulator.yaml"))
    began = time.perf_counter()
    with connect() as session:
        facts = hnskit.gather_facts(session)
        times["connect and facts"] = time.perf_counter() - began
        outcome = hnskit.apply(session, wanted, facts=facts)
        assert hnskit.verify(session, wanted).ok
        times["the whole redirect"] = time.perf_counter() - began
        hnskit.destroy(session, wanted, made=outcome.made)
    return times


def ways(host: StdioHost, place: Path) -> Iterator[tuple[str, Callable[[], ConnectedSession]]]:
    """The ways to the host."""
    for title, target in (("WinRM", f"emulator://{host.name}"), ("ssh", "ssh://lab"), ("local", "local")):
        params = hnskit.load_params(ROOT / "params" / "emulator.yaml", overrides=[f"target={target}"])
        yield title, lambda params=params, title=title: on_way(title, host, place, params)  # type: ignore[misc]


def on_way(title: str, host: StdioHost, place: Path, params: hnskit.Params) -> ConnectedSession:
    """Connect; `local` starts a shell of the host."""
    before = os.environ[VARIABLE]
    if title == "local":
        os.environ[VARIABLE] = str(shell_program(host, place / "local"))
    try:
        return hnskit.connect(params)
    finally:
        os.environ[VARIABLE] = before


def many_calls(session: ConnectedSession) -> tuple[float, int]:
    """Milliseconds of one call among many, and by how many KiB this process grew meanwhile."""
    for _ in range(20):
        list(invoke_calls(session, [Call("a", "Get-HnskitCompartment", reads=True)]))
    kept, began = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.perf_counter()
    for _ in range(CALLS):
        list(invoke_calls(session, [Call("a", "Get-HnskitCompartment", reads=True)]))
    took = (time.perf_counter() - began) / CALLS * 1000
    return took, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - kept


@contextmanager
def lab() -> Iterator[tuple[StdioHost, Path]]:
    """A host behind all of its ways."""
    with (
        tempfile.TemporaryDirectory() as name,
        stdio_host(Path(name) / "state") as host,
        ssh_way(host, Path(name) / "ssh"),
    ):
        yield host, Path(name)


def main() -> None:
    """Print the medians."""
    rounds = next((int(word) for word in sys.argv[1:] if word.isdecimal()), 3)
    with lab() as (host, place):
        measured: dict[str, list[Times]] = {}
        for _ in range(rounds):
            for title, connect in ways(host, place):
                host.fresh()
                measured.setdefault(title, []).append(redirect(connect))
        medians = {
            title: {key: statistics.median(times[key] for times in all_times) for key in all_times[0]}
            for title, all_times in measured.items()
        }
        for title, times in medians.items():
            for key, seconds in times.items():
                print(f"{title}, {key}: {seconds:.2f} s, {seconds / medians['WinRM'][key]:.2f} of WinRM's")
        for title, connect in ways(host, place):
            with connect() as session:
                milliseconds, grown = many_calls(session)
            print(f"{title}, each of {CALLS} calls: {milliseconds:.1f} ms; grown by {grown} KiB")


if __name__ == "__main__":
    main()
