"""Many hosts at once beside one after the other, on emulated hosts in one process, 50 ms away.

    python -m benchmarks.fleet                 prints all tables (a quarter of an hour)
    python -m benchmarks.fleet loop            200 hosts: facts and plan, in a plain loop and by a fleet
    python -m benchmarks.fleet many            1,000 hosts beside 200: time, processor and memory of the client
    python -m benchmarks.fleet dask            one process beside two Dask workers
    python -m benchmarks.fleet faults          20 hosts, five of them bad: apply, and one Dask worker killed
    … --hosts 40                               with fewer hosts; `many` takes five times as many
    … loop --beside ../hnskit-old              the plain loop also as another checkout does it, on its own hosts

The plain loop is `open_host`, `facts()`, `plan` for each host in turn: a sample of SAMPLE of them, times the rest. Each
figure of a fleet is of a client process of its own, so that its processor time and memory are nobody else's. `dask` is
measured twice: on emulated hosts, which share the cores with the client, and on snapshots, which cost nobody else.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import yaml

from hnskit.emulator import registry

ROOT = Path(__file__).parent.parent
LATENCY = 50
SAMPLE = 20
"""Hosts of the plain loop that are timed."""
ENDPOINTS = 400
"""Of a host that is only read from its snapshot."""
QUIET_WORKERS = {"distributed.worker.profile.enabled": False, "distributed.admin.system-monitor.interval": "10s"}
"""Dask's workers look at themselves 100 times a second, else (docs/fleet.md)."""


def processor(pid: int) -> float:
    """Processor seconds of another process, on Linux; 0.0 elsewhere."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@contextmanager
def emulated(count: int, **options: Any) -> Iterator[list[str]]:
    """So many hosts in one process; their state directory is of this run."""
    with tempfile.TemporaryDirectory() as place:
        before = os.environ.get("HNSKIT_STATE_DIR")
        os.environ["HNSKIT_STATE_DIR"] = place
        try:
            started = registry.start_many("fleet", count, options={"cut_seconds": 0, "latency": LATENCY, **options})
            try:
                yield [entry.name for entry in started]
            finally:
                registry.stop(started[0].name, together=True)
        finally:
            os.environ.pop("HNSKIT_STATE_DIR")
            if before is not None:
                os.environ["HNSKIT_STATE_DIR"] = before


def inventory(place: Path, names: Sequence[str]) -> Path:
    """An inventory of emulated hosts, or of targets, with the parameters of the examples."""
    hosts = [
        {"name": f"h{number}", "target": name if ":" in name else f"emulator://{name}"}
        for number, name in enumerate(names)
    ]
    path = place / "inventory.yaml"
    content = {"params": str(ROOT / "params" / "emulator.yaml"), "hosts": hosts}
    path.write_text(yaml.safe_dump(content), encoding="utf-8")
    return path


def client(path: Path, verb: str, **given: Any) -> dict[str, Any]:
    """A verb in a client process of its own: its states, seconds, processor seconds and most memory."""
    words = [
        sys.executable,
        "-m",
        "benchmarks.fleet",
        "client",
        "--json",
        json.dumps({"path": str(path), "verb": verb, **given}),
    ]
    host = found.pid if (found := registry.find("fleet-001")) else 0
    before = processor(host)
    ran = subprocess.run(words, check=True, capture_output=True, text=True, cwd=ROOT)
    told: dict[str, Any] = json.loads(ran.stdout.splitlines()[-1])
    return {**told, **({"emulator": processor(host) - before} if host else {})}


def be_client(given: dict[str, Any]) -> None:
    """The client process: prints one line of JSON."""
    from contextlib import nullcontext

    from hnskit.fleet import dask_executor, load_inventory, run

    place = given["runs"]
    hosts = load_inventory(given["path"])
    ready = time.perf_counter()
    loaded = resource.getrusage(resource.RUSAGE_SELF)
    with dask_executor(given["dask"]) if given.get("dask") else nullcontext() as executor:
        states = [
            result.state
            for result in run(hosts, given["verb"], executor=executor, workers=given.get("workers", 0), runs=place)
        ]
    used = resource.getrusage(resource.RUSAGE_SELF)
    cpu = used.ru_utime + used.ru_stime - loaded.ru_utime - loaded.ru_stime
    megabytes = used.ru_maxrss / 1024 if sys.platform != "darwin" else used.ru_maxrss / 2**20
    counts = {state: states.count(state) for state in sorted(set(states))}
    print(json.dumps({"states": counts, "seconds": time.perf_counter() - ready, "cpu": cpu, "megabytes": megabytes}))


def plain_loop(path: Path, verb: str) -> tuple[float, int]:
    """Today's calls in a plain loop; the seconds, and of how many hosts."""
    from hnskit import desired_from, open_host, plan
    from hnskit.fleet import load_inventory

    hosts = load_inventory(path).hosts[:SAMPLE]
    began = time.perf_counter()
    for host in hosts:
        opened = open_host(host.params)
        try:
            facts = opened.facts()
        finally:
            opened.close()
        if verb == "plan":
            plan(desired_from(host.params), facts)
    return time.perf_counter() - began, len(hosts)


_OTHER_LOOP = """
import sys, time
sys.path.insert(0, ".")
from benchmarks.far import Far
from hnskit import desired_from, gather_facts, load_params, plan
from hnskit.emulator import registry
names = [f"beside-{number}" for number in range(int(sys.argv[1]) + 1)]
seconds = 0.0
with Far(float(sys.argv[2])) as far:
    for name in names:
        registry.start(name, None, {"cut_seconds": 0})
        params = load_params("params/emulator.yaml", overrides=[f"target=emulator://{name}"])
        began = time.perf_counter()
        session = far.connect(params)
        try:
            facts = gather_facts(session)
        finally:
            session.close()
        plan(desired_from(params), facts)
        seconds += (time.perf_counter() - began) * (name != names[0])
        registry.stop(name)
print(seconds / (len(names) - 1))
"""


def loop_beside(tree: Path) -> float:
    """Seconds of another checkout for a host: connect, facts, plan, close, as far away; its first host is left out."""
    own = tree / ".venv" / "bin" / "python"
    python = str(own if own.exists() else sys.executable)
    with tempfile.TemporaryDirectory() as place:
        ran = subprocess.run(
            [python, "-c", _OTHER_LOOP, str(SAMPLE // 2), str(LATENCY / 1000)], check=True, capture_output=True,
            text=True, cwd=tree, env={**os.environ, "HNSKIT_STATE_DIR": place, "PYTHONPATH": str(tree)},
        )  # fmt: skip
    return float(ran.stdout.splitlines()[-1])


def show(title: str, rows: Sequence[tuple[str, dict[str, Any], int]], note: str = "") -> None:
    """Print a table."""
    print(f"\n{title}\n")
    print("| run | hosts | seconds | a host | client's processor a host | emulated host's | memory | states |")
    print("|---|---|---|---|---|---|---|---|")
    for name, found, hosts in rows:
        cpu = f"{found['cpu'] / hosts * 1000:.0f} ms" if "cpu" in found else "-"
        there = f"{found['emulator'] / hosts * 1000:.0f} ms" if "emulator" in found else "-"
        memory = f"{found['megabytes']:.0f} MB" if "megabytes" in found else "-"
        said = ", ".join(f"{count} {state}" for state, count in found.get("states", {}).items())
        a_host = f"{found['seconds'] / hosts * 1000:.0f} ms"
        print(f"| {name} | {hosts} | {found['seconds']:.1f} | {a_host} | {cpu} | {there} | {memory} | {said} |")
    if note:
        print(f"\n{note}")


def loop(hosts: int, beside: Path | None = None) -> None:
    """A plain loop beside a fleet."""
    with tempfile.TemporaryDirectory() as place, emulated(hosts) as names:
        path = inventory(Path(place), names)
        rows = []
        ratios = []
        for verb in ("facts", "plan"):
            seconds, count = plain_loop(path, verb)
            whole = seconds / count * hosts
            rows.append((f"{verb}, plain loop ({count} timed)", {"seconds": whole}, hosts))
            found = client(path, verb, runs=place)
            rows.append((f"{verb}, fleet", found, hosts))
            ratios.append(f"{verb} 1/{whole / found['seconds']:.1f}")
        if beside:
            whole = loop_beside(beside) * hosts
            rows.append(("plan, plain loop of the other checkout (10 timed)", {"seconds": whole}, hosts))
            ratios.append(f"plan beside that 1/{whole / found['seconds']:.1f}")
        show(f"{hosts} hosts, {LATENCY} ms away", rows, f"fleet / plain loop: {', '.join(ratios)}")


def many(hosts: int) -> None:
    """Five times as many hosts."""
    with tempfile.TemporaryDirectory() as place, emulated(5 * hosts) as names:
        few = client(inventory(Path(place), names[:hosts]), "facts", runs=place)
        more = client(inventory(Path(place), names), "facts", runs=place)
    rows = [("facts", few, hosts), ("facts", more, 5 * hosts)]
    show("Five times as many hosts", rows, f"time: {more['seconds'] / few['seconds']:.1f}x")


def dask(hosts: int) -> None:
    """Two Dask workers beside one process: on hosts that share the cores, then where only the client works."""
    with tempfile.TemporaryDirectory() as place, emulated(hosts, latency=0) as names:
        _two_workers(
            f"Two Dask workers, {hosts} hosts 0 ms away", Path(place),
            [f"emulator://{name}" for name in names], "facts", threads=16,
        )  # fmt: skip
    with tempfile.TemporaryDirectory() as place:
        _two_workers(
            f"Two Dask workers, doctor on {hosts} snapshots of {ENDPOINTS} endpoints", Path(place),
            snapshots(Path(place), hosts), "doctor", threads=2,
        )  # fmt: skip


def snapshots(place: Path, count: int) -> list[str]:
    """Targets of so many snapshots: the client's processor does all the work."""
    from benchmarks.explain import host
    from hnskit.facts.snapshot import save_facts

    save_facts(host(ENDPOINTS, resources=True), first := place / "host-0.json")
    rest = [place / f"host-{number}.json" for number in range(1, count)]
    for path in rest:
        os.link(first, path)
    return [f"snapshot:{path}" for path in (first, *rest)]


def _two_workers(title: str, place: Path, targets: Sequence[str], verb: str, threads: int) -> None:
    """Print the two rows; the workers have read and imported everything before they are measured."""
    import dask as dask_package
    from distributed import Client, LocalCluster

    dask_package.config.set(QUIET_WORKERS)

    one = client(inventory(place, targets), verb, runs=str(place))
    share = f"{one['cpu'] / one['seconds']:.0%} of a core, of {os.cpu_count()} (load {os.getloadavg()[0]:.1f})"
    with LocalCluster(
        n_workers=2, threads_per_worker=threads, processes=True, dashboard_address=None, host="127.0.0.1",
        local_directory=str(place),
    ) as cluster:  # fmt: skip
        with Client(cluster.scheduler_address) as asking:
            pids = list(asking.run(os.getpid).values())
        for _ in range(2):  # each worker imports on its first host
            client(inventory(place, targets[: 2 * threads]), verb, runs=str(place), dask=cluster.scheduler_address)
        before = [processor(pid) for pid in (*pids, os.getpid())]
        two = client(inventory(place, targets), verb, runs=str(place), dask=cluster.scheduler_address)
        spent = [processor(pid) - was for pid, was in zip((*pids, os.getpid()), before, strict=True)]
    rows = [(f"{verb}, one process, threads", one, len(targets)), (f"{verb}, two Dask workers", two, len(targets))]
    workers = " and ".join(f"{seconds:.1f}" for seconds in spent[:-1])
    show(
        title, rows,
        f"time: {two['seconds'] / one['seconds']:.2f}x. The one process had {share}. The workers had {workers} s of "
        f"the processor, the scheduler {spent[-1]:.1f} s, the client {two['cpu']:.1f} s (Dask's import is in it).",
    )  # fmt: skip


def faults(hosts: int) -> None:
    """Bad hosts among good ones: each good one is set up and proved, each bad one is named."""
    from distributed import Client, LocalCluster

    from hnskit.emulator.fleet_faults import fault_hosts
    from hnskit.fleet import load_inventory, run

    names = registry.names_of("fleet", hosts)
    bad = fault_hosts(names, "25%")
    with tempfile.TemporaryDirectory() as place, emulated(hosts, fault_hosts=bad) as started:
        path = inventory(Path(place), started)
        found = {one.target.removeprefix("emulator://"): one for one in run(load_inventory(path), "apply", runs=place)}
        print(
            f"\n{hosts} hosts, {len(bad)} of them bad: apply\n\n| host | fault | state | verdict |\n|---|---|---|---|"
        )
        for name, kind in bad.items():
            print(f"| {name} | {kind} | {found[name].state} | {found[name].verdict[:100]} |")
        good = [name for name in names if name not in bad]
        done = sum(found[name].state == "ok" and found[name].changed > 0 for name in good)
        survived = sum(found[name].state == "ok" for name in bad)
        lost = [name for name in names if name not in found]
        print(
            f"\n{done} of {len(good)} good hosts done and proved; of {len(bad)} bad ones {survived} done and "
            f"proved all the same and {len(bad) - survived} named; {len(lost)} lost"
        )
    with tempfile.TemporaryDirectory() as place, emulated(hosts) as started:
        path = inventory(Path(place), started)
        with LocalCluster(n_workers=2, threads_per_worker=4, processes=True, dashboard_address=None,
                          host="127.0.0.1", local_directory=place) as cluster:  # fmt: skip
            with Client(cluster.scheduler_address) as dask_client:
                pid = next(iter(dask_client.run(os.getpid).values()))
            killer = threading.Timer(6.0, os.kill, (pid, signal.SIGKILL))
            killer.start()
            states = client(path, "apply", runs=place, dask=cluster.scheduler_address)["states"]
            killer.join()
    print(f"\n{hosts} hosts on two Dask workers, one of them killed in the middle of apply: {states}")


JOBS: dict[str, tuple[Callable[..., None], int]] = {
    "loop": (loop, 200),
    "many": (many, 200),
    "dask": (dask, 200),
    "faults": (faults, 20),
}


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.fleet", description=__doc__)
    parser.add_argument("job", nargs="?", choices=[*JOBS, "client"])
    parser.add_argument("--hosts", type=int, default=0)
    parser.add_argument("--beside", type=Path)
    parser.add_argument("--json", default="{}")
    given = parser.parse_args()
    if given.job == "client":
        be_client(json.loads(given.json))
        return
    for name, (job, hosts) in JOBS.items():
        if given.job in (None, name):
            job(given.hosts or hosts, **({"beside": given.beside.resolve()} if name == "loop" and given.beside else {}))


if __name__ == "__main__":
    main()
