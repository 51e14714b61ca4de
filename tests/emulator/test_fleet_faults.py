"""An emulated fleet with bad hosts among the good, far away, whose containers restart by themselves."""

from __future__ import annotations

import itertools
import json
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from hnskit.emulator import registry
from hnskit.emulator.emulator_commands import emulator
from hnskit.emulator.fleet_faults import KINDS, fault_hosts
from hnskit.emulator.host.host import create_host
from hnskit.fleet import load_inventory, run
from tests.fleet.fleet_hosts import inventory_file
from tests.waiting import LONG

ROUND_TRIP = 0.05


@pytest.fixture(scope="module")
def fleet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Six hosts, a fault of each kind among them, 50 ms away."""
    place = tmp_path_factory.mktemp("faulty")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HNSKIT_STATE_DIR", str(place / "state"))
        words = ["start", "bad", "--hosts", "6", "--fault-hosts", "5", "--latency", str(ROUND_TRIP * 1000)]
        started = CliRunner().invoke(emulator, words)
        assert started.exit_code == 0, started.output
        assert [line.split(": ")[1] for line in started.output.splitlines()[1:]] == list(KINDS)
        yield place
        registry.stop("bad-001", together=True)


def good() -> str:
    """The host that has no fault."""
    names = registry.names_of("bad", 6)
    return next(name for name in names if name not in fault_hosts(names, "5"))


def test_a_fault_is_what_it_says_and_touches_no_other_host(fleet: Path, tmp_path: Path) -> None:
    names = registry.names_of("bad", 6)
    kinds = fault_hosts(names, "5")
    hosts = load_inventory(inventory_file(tmp_path, [f"emulator://{name}" for name in names]))
    found = {result.target.partition("://")[2]: result.state for result in run(hosts, "plan", runs=tmp_path)}
    expected = {"unreachable": "unreachable", "refusing": "refused", "silent": "refused"}
    assert found == {name: expected.get(kinds.get(name, ""), "differs") for name in names}


def test_a_request_is_not_answered_before_a_round_trip(fleet: Path) -> None:
    began = time.monotonic()
    answer = requests.post(registry.get(good()).http, timeout=LONG)
    assert answer.status_code == 401
    assert time.monotonic() - began >= ROUND_TRIP


@given(st.integers(1, 1000), st.integers(1, 100))
def test_a_share_of_hosts_is_spread_over_all_of_them(hosts: int, share: int) -> None:
    names = registry.names_of("x", hosts)
    found = list(fault_hosts(names, f"{share}%"))
    assert len(found) == max(1, round(hosts * share / 100))
    assert found == [name for name in names if name in found]
    places = [names.index(name) for name in found]
    gaps = [after - before for before, after in itertools.pairwise(places)]
    assert not gaps or max(gaps) - min(gaps) <= 1


@pytest.mark.parametrize("share", ["", "x", "-1", "101%", "0%", "7", "5.5%"])
def test_a_share_that_is_none_is_refused(share: str) -> None:
    with pytest.raises(ValueError, match="is not a number of hosts up to 6"):
        fault_hosts(registry.names_of("x", 6), share)


@pytest.mark.parametrize("words", [["--hosts", "6", "--fault-hosts", "7"], ["--fault-hosts", "1"]])
def test_a_wrong_share_is_a_wrong_word(words: list[str]) -> None:
    assert CliRunner().invoke(emulator, ["start", "none", *words]).exit_code == 2


def test_a_container_that_restarts_has_another_compartment() -> None:
    host = create_host("restarts", options={"cut_seconds": 0})
    image = host.engine.images[0].name
    for name in ("one", "two"):
        ran = host.docker.run(["run", "-d", "--network", "none", "--name", name, image, "ping.exe", "-t", "localhost"])
        assert ran.exit_code == 0, ran
    before = {item.id: item.container_id for item in host.snapshot().compartments}
    first = host.restart_container()
    second = host.restart_container()
    assert {first, second} == {"one", "two"}, "in turn"
    after = {item.id: item.container_id for item in host.snapshot().compartments}
    assert len(after) == len(before)
    assert {number for number, owner in after.items() if owner}.isdisjoint(
        number for number, owner in before.items() if owner
    )
    assert host.restart_container("nobody") == ""


def test_a_restart_is_asked_for_by_name(fleet: Path) -> None:
    assert json.loads(json.dumps(registry.get(good()).ask({"do": "restart"}))) == {"container": ""}
