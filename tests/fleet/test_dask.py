"""A fleet on a real Dask cluster of two processes: the same results, and a worker that dies loses no host."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import distributed
import pytest

from hnskit.errors import ArgumentError, ConnectError, LoginRefusedError
from hnskit.fleet import dask_executor, load_inventory, run
from tests.fleet.fleet_hosts import inventory_file

HOSTS = 3


@pytest.fixture(scope="module")
def cluster(targets: list[str], place: Path) -> Iterator[Any]:
    """Its workers have the environment of now, with the hosts' state directory."""
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=2, processes=True, dashboard_address=None, host="127.0.0.1",
        local_directory=str(place / "dask"),
    ) as made:  # fmt: skip
        yield made


def test_hosts_are_worked_on_by_two_processes(cluster: Any, place: Path, targets: list[str], tmp_path: Path) -> None:
    hosts = load_inventory(inventory_file(place, targets))
    with dask_executor(cluster.scheduler_address) as executor:
        made = list(run(hosts, "apply", executor=executor, runs=tmp_path))
        again = list(run(hosts, "apply", executor=executor, runs=tmp_path))
        gone = list(run(hosts, "destroy", executor=executor, runs=tmp_path, agreed=True))
    assert [one.state for one in (*made, *again, *gone)] == ["ok"] * 9
    assert all(one.changed > 10 for one in (*made, *gone))
    assert all(one.changed == 0 for one in again), "equal calls are made again, and read the host again"


def test_an_error_keeps_its_class_and_fields(cluster: Any, place: Path, targets: list[str], tmp_path: Path) -> None:
    from hnskit.emulator import registry

    (secret := tmp_path / "secret").write_text("wrong")
    secret.chmod(0o600)
    port = registry.get(targets[0].partition("://")[2]).http.rpartition(":")[2].partition("/")[0]
    more = {"connection.username": "alice", "connection.credential": f"file:{secret}", "connection.auth": "ntlm"}
    hosts = load_inventory(inventory_file(place, [f"winrm://127.0.0.1:{port}"], **more))
    with dask_executor(cluster.scheduler_address) as executor:
        (result,) = run(hosts, "facts", executor=executor)
    assert isinstance(result.error, LoginRefusedError)
    assert (result.state, result.error.host) == ("login", f"winrm://127.0.0.1:{port}")
    assert "wrong" not in repr(result)


def test_a_host_whose_worker_died_is_read_again_by_another(cluster: Any, place: Path, targets: list[str]) -> None:
    hosts = load_inventory(inventory_file(place, targets))
    with distributed.Client(cluster.scheduler_address) as client:
        pids = list(client.run(os.getpid).values())
    with dask_executor(cluster.scheduler_address) as executor:
        results = run(hosts, "facts", executor=executor)
        first = next(results)
        os.kill(pids[0], signal.SIGKILL)
        states = [first.state, *(one.state for one in results)]
    assert states == ["ok"] * 3


def test_a_scheduler_that_is_not_there_is_one_sentence() -> None:
    with (
        pytest.raises(ConnectError, match="no Dask scheduler answers"),
        dask_executor("tcp://127.0.0.1:9", seconds=1),
    ):
        pass


def test_where_dask_is_not_installed_it_is_named_with_its_command(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "distributed", None)
    with pytest.raises(ArgumentError) as caught, dask_executor("tcp://127.0.0.1:9"):
        pass
    assert 'pip install "hnskit[dask]"' in caught.value.next_step
