"""Twenty hosts, five of them bad: fifteen are set up and proved, the five are named, none is lost; also on Dask."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from hnskit.emulator import registry
from hnskit.emulator.fleet_faults import fault_hosts
from hnskit.fleet import HostResult, Inventory, dask_executor, load_inventory, run
from tests.fleet.fleet_hosts import inventory_file

pytestmark = pytest.mark.slow
NAMES = registry.names_of("twenty", 20)
BAD = fault_hosts(NAMES, "25%")


@pytest.fixture
def inventory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Inventory]:
    monkeypatch.setenv("HNSKIT_STATE_DIR", str(tmp_path / "state"))
    started = registry.start_many("twenty", 20, options={"cut_seconds": 0, "fault_hosts": BAD})
    yield load_inventory(inventory_file(tmp_path, [f"emulator://{name}" for name in NAMES]))
    registry.stop(started[0].name, together=True)


def judge(found: Mapping[str, HostResult]) -> None:
    """By the emulated host's name: each good one is done and proved; each bad one is done, or named."""
    assert sorted(found) == NAMES, "none is lost"
    good = {name: (one.state, "2 of 2 clients proved" in one.verdict) for name, one in found.items() if name not in BAD}
    assert good == dict.fromkeys(set(NAMES) - set(BAD), ("ok", True))
    bad = {BAD[name]: found[name].state for name in BAD}
    assert bad == {"unreachable": "unreachable", "slow": "ok", "refusing": "refused", "cut": "ok", "silent": "refused"}
    for name, kind in BAD.items():
        assert found[name].state == "ok" or name in found[name].verdict, kind


def by_target(results: list[HostResult]) -> dict[str, HostResult]:
    return {one.target.removeprefix("emulator://"): one for one in results}


def test_bad_hosts_touch_no_other(inventory: Inventory, tmp_path: Path) -> None:
    judge(by_target(list(run(inventory, "apply", runs=tmp_path))))


def test_a_dying_dask_worker_loses_none_of_them(inventory: Inventory, tmp_path: Path) -> None:
    distributed = pytest.importorskip("distributed")
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=4, processes=True, dashboard_address=None, host="127.0.0.1",
        local_directory=str(tmp_path / "dask"),
    ) as cluster:  # fmt: skip
        with distributed.Client(cluster.scheduler_address) as client:
            pids = list(client.run(os.getpid).values())
        with dask_executor(cluster.scheduler_address) as executor:
            results = run(inventory, "apply", executor=executor, runs=tmp_path)
            first = next(results)
            os.kill(pids[0], signal.SIGKILL)
            found = by_target([first, *results])
    judge(found)
