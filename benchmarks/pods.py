"""Requests and seconds to read a node with many pods, beside a host of Docker with the redirect.

    python -m benchmarks.pods [--pods 110]

Each host is read ROUNDS times in a session that knows hnskit's commands already; the median is printed.
"""

from __future__ import annotations

import argparse
import os
import statistics
import tempfile
from pathlib import Path

import hnskit
from benchmarks.redirect import Count, counted
from hnskit.emulator import registry
from tests.emulator.engines import engines_here

ROOT = Path(__file__).parent.parent
ROUNDS = 5


def docker_host(engine: str) -> hnskit.Params:
    """The parameters of a new host of Docker, with the redirect and two clients."""
    params = _started(f"docker-{engine}", "emulator.yaml", {"engine": engine, "runtime": "docker"})
    with hnskit.connect(params) as session:
        hnskit.apply(session, hnskit.desired_from(params))
    return params


def node(engine: str, pods: int) -> hnskit.Params:
    """The parameters of a new node with so many pods."""
    return _started(f"node-{engine}", "pods.example.yaml", {"engine": engine, "runtime": "containerd", "pods": pods})


def _started(name: str, file: str, options: dict[str, str | int]) -> hnskit.Params:
    registry.start(name, "ws2022", {**options, "cut_seconds": 0})
    given = {"target": f"emulator://{name}", "emulator.profile": "ws2022", "emulator.cut_seconds": 0}
    chosen = {f"emulator.{key}": value for key, value in options.items() if key != "runtime"}
    overrides = [f"{key}={value}" for key, value in {**given, **chosen}.items()]
    return hnskit.load_params(ROOT / "params" / file, overrides=overrides)


def read(params: hnskit.Params) -> list[Count]:
    """Read the host so many times, after once."""
    counts = []
    with hnskit.connect(params) as session:
        hnskit.gather_facts(session)
        for _ in range(ROUNDS):
            with counted() as count:
                hnskit.gather_facts(session)
            counts.append(count)
    return counts


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pods", type=int, default=110)
    given = parser.parse_args()
    print("| host | engine | requests | KB received | seconds |\n|---|---|---:|---:|---:|")
    with tempfile.TemporaryDirectory(prefix="hnskit-bench-") as state:
        os.environ["HNSKIT_STATE_DIR"] = state
        for engine in engines_here():
            hosts = {"Docker, 2 clients": docker_host(engine), f"a node, {given.pods} pods": node(engine, given.pods)}
            for title, params in hosts.items():
                counts = read(params)
                requests, kilobytes, seconds = (
                    statistics.median(values)
                    for values in zip(
                        *((one.requests, one.received / 1024, one.seconds) for one in counts), strict=True
                    )
                )
                print(f"| {title} | {engine} | {requests:g} | {kilobytes:.0f} | {seconds:.2f} |", flush=True)
                registry.stop(params.target.removeprefix("emulator://"))


if __name__ == "__main__":
    main()
