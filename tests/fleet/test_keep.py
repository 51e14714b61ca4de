"""hnskit keep on emulated hosts: what is missing comes back, what disturbs is withheld, one bad host harms no other."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import requests

from hnskit.applying import host_lock
from hnskit.emulator import registry
from hnskit.emulator.host import EmulatedHost
from hnskit.emulator.host.containerd.node_pods import node_pods
from hnskit.fleet.inventory import Inventory
from hnskit.fleet.keeping import host_keeper
from hnskit.fleet.keeping.host_keeper import KeepOptions
from hnskit.fleet.keeping.keep_loop import Keep
from hnskit.fleet.keeping.kept_hosts import kept_hosts
from hnskit.remote.psrp import PsrpSession
from tests.fleet.fleet_hosts import emulated_fleet, inventory_file
from tests.in_process_host import Lab
from tests.waiting import LONG, wait_for

CLIENT = "hnskit-client1"
PODS = Path(__file__).parents[2] / "params" / "pods.example.yaml"
IMAGE = "mcr.microsoft.com/windows/nanoserver:1809"


@pytest.fixture(scope="module")
def farm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[str]]:
    with emulated_fleet(tmp_path_factory.mktemp("farm"), 2) as names:
        yield names


class Kept:
    """A keep in this process, with what it said."""

    def __init__(self, inventory: Inventory, **options: Any) -> None:
        self.lines: list[str] = []
        metrics = options.pop("metrics", None)
        self.keep = Keep(
            inventory, KeepOptions(**options), lambda name, text: self.lines.append(f"{name} {text}"), metrics=metrics
        )

    def rows(self) -> dict[str, dict[str, Any]]:
        return {row["name"]: row for row in self.keep.state.snapshot()}

    @contextmanager
    def running(self) -> Iterator[None]:
        thread = threading.Thread(target=self.keep.run)
        thread.start()
        try:
            yield
        finally:
            self.keep.stop()
            thread.join()


def hosts(place: Path, targets: list[str]) -> Inventory:
    return kept_hosts(inventory_file(place, targets))


def once(inventory: Inventory, runs: Path, **options: Any) -> Kept:
    kept = Kept(inventory, once=True, runs=runs, **options)
    kept.keep.run()
    return kept


def docker(name: str, *words: str) -> dict[str, Any]:
    answer: dict[str, Any] = registry.get(name).ask({"do": "docker", "words": list(words)})
    return answer


@pytest.fixture
def made(farm: list[str], tmp_path: Path) -> Inventory:
    """Both hosts with the redirect."""
    for name in farm:
        registry.get(name).ask({"do": "reset"})
    inventory = hosts(tmp_path, [f"emulator://{name}" for name in farm])
    assert all(row["ok"] for row in once(inventory, tmp_path, allow_disruptive=True).rows().values())
    return inventory


def test_a_bridge_that_cuts_the_host_is_withheld_and_named(farm: list[str], tmp_path: Path) -> None:
    registry.get(farm[0]).ask({"do": "reset"})
    registry.get(farm[0]).ask({"do": "fault", "name": "cut", "value": {"seconds": 1, "mode": "refuse"}})
    kept = once(hosts(tmp_path, [f"emulator://{farm[0]}"]), tmp_path)
    row = kept.rows()["h1"]
    assert (row["state"], row["ok"]) == ("withheld", False)
    assert row["withheld"][0]["reason"] == "the host's own network would go away for seconds"


def test_a_restarted_container_redirects_again_by_its_event(farm: list[str], made: Inventory, tmp_path: Path) -> None:
    kept = Kept(made, interval=3600, runs=tmp_path)
    with kept.running():
        wait_for(lambda: all(row["follows_events"] for row in kept.rows().values()), "the events are not followed")
        docker(farm[0], "restart", CLIENT)
        wait_for(lambda: kept.rows()["h1"]["proofs"] >= 2, "it was not proved again")
    assert any(f"attach endpoint {CLIENT}" in line for line in kept.lines)


def test_without_events_it_is_found_on_schedule(farm: list[str], made: Inventory, tmp_path: Path) -> None:
    kept = Kept(made, interval=1, events=False, runs=tmp_path)
    with kept.running():
        wait_for(lambda: kept.rows()["h1"]["proofs"] >= 1, "it was not proved")
        docker(farm[0], "restart", CLIENT)
        wait_for(lambda: kept.rows()["h1"]["proofs"] >= 2, "it was not proved again")


def test_a_rebooted_host_is_served_again_while_another_cannot_be_reached(
    farm: list[str], made: Inventory, tmp_path: Path
) -> None:
    del made
    inventory = hosts(tmp_path, [f"emulator://{farm[0]}", "winrm://127.0.0.1:9"])
    kept = Kept(inventory, interval=3600, runs=tmp_path)
    with kept.running():
        wait_for(lambda: kept.rows()["h1"]["follows_events"], "the events are not followed")
        registry.get(farm[0]).ask({"do": "fault", "name": "cut", "value": {"seconds": 0.5, "mode": "refuse"}})
        registry.get(farm[0]).ask({"do": "fault", "name": "reboot", "value": True})
        wait_for(lambda: kept.rows()["h1"]["proofs"] >= 2, "it was not proved again")
        assert kept.rows()["h1"]["state"] == "ok"
        wait_for(lambda: kept.rows()["h2"]["failures"], "it has not failed")
    assert not kept.rows()["h2"]["ok"]


def test_a_host_on_which_somebody_works_is_left(farm: list[str], made: Inventory, tmp_path: Path) -> None:
    found: list[dict[str, Any]] = []
    with host_lock.claim(f"emulator://{farm[0]}"):
        thread = threading.Thread(target=lambda: found.append(once(made, tmp_path).rows()))
        thread.start()
        thread.join()
    assert (found[0]["h1"]["state"], found[0]["h2"]["state"]) == ("busy", "ok")


def test_a_pod_that_comes_again_is_redirected_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With another endpoint, on which nobody has put a policy: containerd tells that its container has started."""
    with Lab(tmp_path / "node", runtime="containerd", pods=6) as lab:
        session: dict[str, Any] = {"operation_timeout": 2.0, "read_timeout": 30.0, "create_timeout": 30.0}
        monkeypatch.setattr(host_keeper, "connect", lambda *_, **__: _opened(lab.session(**session)))
        kept = Kept(kept_hosts(PODS), interval=3600, runs=tmp_path)

        def renew(host: EmulatedHost) -> None:
            engine = host._containerd
            old = next(item for item in engine.sandboxes if item.name.startswith("web-"))
            engine.renew(old, next(pod for pod in node_pods(IMAGE, 6) if pod.name == "web"))

        with kept.running():
            wait_for(lambda: lab.do(lambda host: len(host._containerd.events._followers)), "nobody follows")
            before = kept.rows()["emulator://node"]["changes"]
            lab.do(renew)
            wait_for(lambda: kept.rows()["emulator://node"]["changes"] > before, "no policy was put back")
    assert sum("update policy default/web-" in line for line in kept.lines) == 2


def _opened(session: PsrpSession) -> PsrpSession:
    session.open()
    return session


def test_metrics_say_what_the_state_says(farm: list[str], made: Inventory, tmp_path: Path) -> None:
    del farm
    kept = Kept(made, interval=3600, runs=tmp_path, metrics=0)
    assert kept.keep.metrics_address.startswith("http://127.0.0.1:")
    with kept.running():
        wait_for(lambda: all(row["ok"] for row in kept.rows().values()), "they are not ok")
        text = requests.get(kept.keep.metrics_address, timeout=LONG).text
    assert 'hnskit_keep_ok{host="h1"} 1.0' in text
    assert 'hnskit_keep_reads_total{host="h2"} 1.0' in text


def test_sigterm_ends_it_with_status_0_and_the_state_written(farm: list[str], made: Inventory, tmp_path: Path) -> None:
    del made
    state = tmp_path / "state.json"
    command = [sys.executable, "-m", "hnskit", "keep", str(tmp_path / "inventory.yaml"), "--runs", str(tmp_path)]
    process = subprocess.Popen([*command, "--state", str(state)], stdout=subprocess.PIPE, env=os.environ, text=True)
    try:
        wait_for(
            lambda: state.exists() and all(row["follows_events"] for row in json.loads(state.read_text())["hosts"]),
            "the events are not followed",
        )
        process.send_signal(signal.SIGTERM)
        said, _ = process.communicate(timeout=LONG)
    finally:
        process.kill()
    assert process.returncode == 0
    assert len(said.splitlines()) == 2
    assert [row["follows_events"] for row in json.loads(state.read_text())["hosts"]] == [False, False]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["params/snapshot.yaml", "--set", "target=snapshot:x.json"], "can only be looked at"),
        (
            [
                "params/emulator.yaml",
                "--set",
                "target=winrm://a",
                "--set",
                "connection.credential=prompt",
                "--set",
                "connection.username=someone",
            ],
            "asks a person",
        ),
        (["params/emulator.yaml", "--limit", ""], "limit"),
        (["emulator://lab"], "a parameter file is needed"),
        (["nowhere.yaml"], "nowhere.yaml"),
    ],
)
def test_a_mistake_is_one_paragraph_before_any_contact(words: list[str], said: str) -> None:
    words[0] = words[0].replace("params/snapshot.yaml", "params/emulator.yaml")
    ran = subprocess.run([sys.executable, "-m", "hnskit", "keep", *words], capture_output=True, text=True, check=False)
    assert ran.returncode == 2
    assert said in ran.stderr
    assert "Traceback" not in ran.stderr
