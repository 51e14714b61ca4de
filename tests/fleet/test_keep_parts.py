"""Parts of keep by themselves: pauses, events, logins, the state."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hnskit.errors import LoginRefusedError
from hnskit.fleet.inventory import FleetHost
from hnskit.fleet.keeping.keep_state import KeepState, KeptHost
from hnskit.fleet.keeping.kept_hosts import kept_hosts
from hnskit.fleet.keeping.login_guard import LoginGuard
from hnskit.fleet.keeping.pauses import LOGIN_SECONDS, Pauses
from hnskit.fleet.keeping.runtime_events import ContainerEvent, Watched, _events
from hnskit.params.loading import load_params
from tests import sample_facts


@given(st.floats(0.1, 10), st.floats(10, 1000), st.integers(1, 60))
def test_pauses_grow_to_a_bound_and_no_further(first: float, longest: float, count: int) -> None:
    pauses = Pauses(first, longest)
    given_out = [pauses.next() for _ in range(count)]
    for number, pause in enumerate(given_out):
        whole = min(longest, first * 2.0**number)
        assert whole / 2 <= pause <= whole
    pauses.success()
    assert pauses.next() <= first


def test_a_refused_login_waits_long() -> None:
    assert Pauses().next(login=True) >= LOGIN_SECONDS


def docker_line(action: str, id: str = "a1", name: str = "web") -> str:
    return json.dumps({"Type": "container", "Action": action, "Actor": {"ID": id, "Attributes": {"name": name}}})


def test_lines_of_docker_are_starts_and_ends() -> None:
    found = list(_events([docker_line("die"), docker_line("start")]))
    assert found == [ContainerEvent("end", "a1", "web"), ContainerEvent("start", "a1", "web")]


def test_lines_of_containerd_are_starts_and_ends_but_for_programs_inside() -> None:
    head = "2026-11-27 10:00:00.000000000 +0000 UTC k8s.io"
    lines = [
        f'{head} /tasks/start {{"container_id":"c1","pid":7}}',
        f'{head} /tasks/exit {{"container_id":"c1","id":"exec-1","pid":9}}',
        f'{head} /tasks/exit {{"container_id":"c1","id":"c1","pid":7}}',
    ]
    assert [event.life for event in _events(lines)] == ["start", "end"]


@given(st.lists(st.text(max_size=60) | st.sampled_from(["{", "{}", '{"Actor": []}', "x {", '{"Actor": {"ID": 1}}'])))
def test_whatever_a_host_prints_is_no_error(lines: list[str]) -> None:
    list(_events(lines))


def test_a_container_that_only_ended_is_told_from_one_that_restarted() -> None:
    end, start = ContainerEvent("end", "a"), ContainerEvent("start", "a")
    assert Watched((end,)).only_ends
    assert not Watched((end, start)).only_ends
    assert not Watched().only_ends


def hosts(count: int) -> list[FleetHost]:
    found = []
    for number in range(count):
        target = f"winrm://10.9.0.{number + 1}"
        params = load_params(sample_facts.PARAMS, overrides=[f"target={target}", "connection.username=ops"])
        found.append(FleetHost(f"h{number}", target, params))
    return found


def test_a_refused_account_is_left_alone_and_tried_again_later() -> None:
    now = [0.0]
    guard = LoginGuard(clock=lambda: now[0])
    asked: list[str] = []

    def refuse(host: FleetHost) -> None:
        def log_in() -> None:
            with guard.attempt(host):
                asked.append(host.name)
                raise LoginRefusedError("no", host=host.target)

        with pytest.raises(LoginRefusedError):
            log_in()

    for host in hosts(10):
        refuse(host)
    assert len(asked) == 3
    now[0] = LOGIN_SECONDS
    refuse(hosts(1)[0])
    assert len(asked) == 4


def test_the_state_is_written_whole_and_only_when_it_has_changed(tmp_path: Path) -> None:
    host = KeptHost("web", "winrm://web")
    state = KeepState([host])
    path = tmp_path / "new" / "keep.json"
    state.write(path)
    before = path.stat().st_ino
    state.write(path)
    assert path.stat().st_ino == before
    with state.changing():
        host.state = "ok"
    state.write(path)
    assert json.loads(path.read_text())["hosts"][0]["ok"] is True


def test_parameters_are_one_host_and_an_inventory_is_many(tmp_path: Path) -> None:
    assert [host.target for host in kept_hosts(sample_facts.PARAMS).hosts] == ["emulator://lab"]
    (tmp_path / "p.yaml").write_text(Path(sample_facts.PARAMS).read_text())
    (tmp_path / "i.csv").write_text("name,target,params\na,winrm://a,p.yaml\nb,winrm://b,p.yaml\n")
    assert [host.name for host in kept_hosts(tmp_path / "i.csv").hosts] == ["a", "b"]
