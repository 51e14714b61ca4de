"""A verb on many emulated hosts, through the real door: a bad host touches no other, and logins are spared."""

from __future__ import annotations

import pickle
from collections.abc import Iterator, Sequence
from concurrent.futures import Executor, Future, ProcessPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from hnskit.applying import host_lock
from hnskit.errors import ArgumentError, HnskitError
from hnskit.fleet import HostResult, HostStep, Inventory, Waves, load_inventory, outliers, run, verbs
from hnskit.fleet.host_task import HostTask
from hnskit.fleet.scheduling import FleetRun
from hnskit.running.summary import Summary
from tests.fleet.fleet_hosts import inventory_file
from tests.present import present

GONE = "winrm://127.0.0.1:9"
HOSTS = 4
LOGIN = {"connection.username": "x", "connection.credential": "env:HNSKIT_TEST_NO_SECRET"}


@pytest.fixture(autouse=True)
def _credential(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HNSKIT_TEST_NO_SECRET", "x")


def inventory(place: Path, targets: Sequence[str], **more: object) -> Inventory:
    return load_inventory(inventory_file(place, targets, **more))


def done(results: Iterator[HostResult]) -> dict[str, HostResult]:
    return {result.name: result for result in results}


def test_each_host_is_read_at_once_and_keeps_a_snapshot(place: Path, targets: list[str], tmp_path: Path) -> None:
    steps: list[HostStep] = []
    found = done(run(inventory(place, targets), "facts", folder=tmp_path, on_step=steps.append))
    assert {name: result.state for name, result in found.items()} == dict.fromkeys(("h1", "h2", "h3", "h4"), "ok")
    assert found["h2"].traits["hns"] == "9.3"
    assert (tmp_path / "hosts" / "h3" / "facts.json").is_file()
    assert {(step.name, step.text) for step in steps} >= {("h1", "connect"), ("h4", "facts")}


def test_a_host_that_is_gone_stops_no_other(place: Path, targets: list[str]) -> None:
    found = done(run(inventory(place, [targets[0], GONE, targets[1]], **LOGIN), "facts"))
    assert [found[name].state for name in ("h1", "h2", "h3")] == ["ok", "unreachable", "ok"]
    error = present(found["h2"].error)
    assert error.host == GONE
    assert error.next_step


def test_the_redirect_is_made_proved_and_taken_away_on_each(place: Path, targets: list[str], tmp_path: Path) -> None:
    hosts = inventory(place, targets[:2])
    made = done(run(hosts, "apply", runs=tmp_path))
    assert [(one.state, one.changed > 10) for one in made.values()] == [("ok", True)] * 2
    assert "2 of 2 clients proved" in made["h1"].verdict
    assert {one.state for one in run(hosts, "drift", runs=tmp_path)} == {"ok"}
    asked = done(run(hosts, "destroy", runs=tmp_path))
    assert [(one.state, one.changed) for one in asked.values()] == [("failed", 0)] * 2
    assert "Nobody has agreed" in asked["h1"].verdict
    gone = done(run(hosts, "destroy", runs=tmp_path, agreed=True))
    assert [(one.state, "nothing of hnskit's is left" in one.verdict) for one in gone.values()] == [("ok", True)] * 2


def test_a_host_on_which_another_is_at_work_is_reported_and_not_waited_for(
    place: Path, targets: list[str], tmp_path: Path
) -> None:
    with host_lock.claim(targets[0], kind=host_lock.COMMAND):
        found = done(run(inventory(place, targets[:1]), "apply", runs=tmp_path))
    assert (found["h1"].state, found["h1"].changed) == ("busy", 0)


def test_a_failed_canary_ends_it_before_the_others(place: Path, targets: list[str]) -> None:
    hosts = inventory(place, [GONE, *targets[:3]], **LOGIN)
    found = done(run(hosts, "facts", waves=Waves(canary=1)))
    assert [found[f"h{number}"].state for number in (1, 2, 3, 4)] == ["unreachable", *["not begun"] * 3]
    assert "1 of 1 hosts failed" in found["h4"].verdict


def test_a_login_that_hosts_refuse_is_not_tried_on_all_of_them(place: Path, targets: list[str], tmp_path: Path) -> None:
    """Eight hosts, a wrong password: three are asked."""
    from hnskit.emulator import registry

    (secret := tmp_path / "secret").write_text("wrong")
    secret.chmod(0o600)
    ports = [registry.get(name.partition("://")[2]).http.rpartition(":")[2].partition("/")[0] for name in targets]
    doors = [f"winrm://{name}:{port}" for port in ports for name in ("localhost", "127.0.0.1")]
    more = {"connection.username": "alice", "connection.credential": f"file:{secret}", "connection.auth": "ntlm"}
    found = done(run(inventory(place, doors, **more), "facts"))
    states = [one.state for one in found.values()]
    assert states.count("login") <= 3
    assert states.count("not begun") >= 5
    assert any("accounts get locked out" in one.verdict for one in found.values())


def test_a_prompt_is_refused_before_anything_begins(place: Path) -> None:
    with pytest.raises(ArgumentError, match="h1 is a prompt"):
        run(inventory(place, [GONE], **{"connection.credential": "prompt", "connection.username": "x"}), "facts")


def test_a_stop_lets_no_other_host_begin(place: Path, targets: list[str]) -> None:
    work = FleetRun(inventory(place, targets), "facts", workers=1)
    results = work.results()
    first = next(results)
    work.stop()
    rest = list(results)
    assert first.state == "ok"
    assert {one.state for one in rest} <= {"not begun", "stopped", "ok"}
    assert sum(one.state == "not begun" for one in rest) >= 2


def test_a_host_that_is_stopped_in_the_middle_says_what_was_done_and_goes_on(
    place: Path, targets: list[str], tmp_path: Path
) -> None:
    def stop_later(step: HostStep) -> None:
        if "endpoint" in step.text:
            work.stop()

    work = FleetRun(inventory(place, targets[3:]), "apply", runs=tmp_path, on_step=stop_later)
    (stopped,) = work.results()
    (again,) = run(inventory(place, targets[3:]), "apply", runs=tmp_path)
    (gone,) = run(inventory(place, targets[3:]), "destroy", runs=tmp_path, agreed=True)
    assert (stopped.state, stopped.error is not None) == ("stopped", True)
    assert stopped.changed > 0
    assert (again.state, stopped.changed + again.changed) == ("ok", 17)
    assert "nothing of hnskit's is left" in gone.verdict


@pytest.mark.parametrize(("verb", "state"), [("facts", "failed"), ("apply", "unknown")])
def test_a_fault_of_hnskits_own_is_a_row_like_any_other(
    place: Path, targets: list[str], verb: str, state: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError("by zero")

    monkeypatch.setattr("hnskit.fleet.verbs.VERBS", {verb: broken})
    monkeypatch.setattr("hnskit.fleet.scheduling.VERBS", {verb: broken})
    (found,) = run(inventory(place, targets[:1]), verb)
    assert found.state == state
    assert "ZeroDivisionError: by zero" in found.verdict


class LostCluster(Executor):
    """A cluster whose scheduler dies: one host's call is cancelled, others never end, and then it takes no more."""

    def __init__(self, takes: int) -> None:
        self.calls: list[Future[Any]] = []
        self._takes = takes

    def submit(self, *_: Any, **__: Any) -> Future[Any]:
        if len(self.calls) == self._takes:
            raise RuntimeError("cannot schedule new futures after shutdown")
        future: Future[Any] = Future()
        self.calls.append(future)
        if len(self.calls) == 1:
            future.cancel()
            future.set_running_or_notify_cancel()
        return future


@pytest.mark.parametrize("case", [(4, 2, 2), (4, 4, 4), (3, 4, 3)])
def test_no_host_is_lost_where_the_way_to_the_workers_is(
    place: Path, targets: list[str], case: tuple[int, int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Hosts that the cluster takes, hosts at work at once, and those whose outcome is not known in the end."""
    takes, workers, unknown = case
    monkeypatch.setattr("hnskit.fleet.scheduling._GIVE_UP_SECONDS", 0.1)
    found = done(run(inventory(place, targets), "facts", executor=LostCluster(takes), workers=workers))
    states = [one.state for one in found.values()]
    assert len(found) == 4
    assert (states.count("unknown"), states.count("not begun")) == (unknown, 4 - unknown)


def test_other_processes_do_the_same_work(place: Path, targets: list[str]) -> None:
    with ProcessPoolExecutor(2) as executor:
        found = done(run(inventory(place, [targets[0], GONE], **LOGIN), "facts", executor=executor))
    assert found["h1"].state == "ok"
    error = present(found["h2"].error)
    assert isinstance(error, HnskitError)
    assert error.exit_status == 3


def test_a_result_can_be_pickled_with_its_error(place: Path, targets: list[str]) -> None:
    (result,) = run(inventory(place, [GONE], **LOGIN), "facts")
    again = pickle.loads(pickle.dumps(result))
    assert again.to_json() == result.to_json()


def test_what_differs_from_the_majority_is_named() -> None:
    found = outliers([("a", {"hns": "9.3"}), ("b", {"hns": "9.3"}), ("c", {"hns": "13.2"}), ("gone", {})])
    assert [(one.name, one.trait, one.value, one.usual) for one in found] == [("c", "hns", "13.2", "9.3")]
    assert outliers([("a", {"hns": "9.3"}), ("b", {"hns": "9.5"})]) == ()


def test_notebooks_that_stop_on_a_host_are_told_with_their_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stopped = Summary(target="emulator://x", params_file="p.yaml", run_dir="r", started="")
    stopped.stopped_at, stopped.error = "20_proxy_container", {"message": "no space"}
    monkeypatch.setattr("hnskit.running.runner.run", lambda *_, **__: stopped)
    (host,) = inventory(tmp_path, ["emulator://x"]).hosts
    outcome = verbs.run(HostTask(host, "run", runs=str(tmp_path)), lambda _: None)
    assert (outcome.state, outcome.verdict) == ("failed", "stopped at 20_proxy_container: no space")
