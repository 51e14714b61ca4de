"""Watch-HnskitEvent: what docker events and ctr events tell of containers, through the door, on both engines."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest

from hnskit.emulator.host import EmulatedHost
from hnskit.emulator.host.containerd.node_pods import node_pods
from hnskit.errors import RemoteCommandError
from tests.emulator.engines import needs_engine
from tests.in_process_host import Lab
from tests.waiting import wait_for

ENGINES = ["python", pytest.param("pwsh", marks=needs_engine)]
IMAGE = "mcr.microsoft.com/windows/nanoserver:1809"
RUN = ["run", "--detach", "--name", "web", "--network", "none", "--label", "app=web", IMAGE, "ping", "-t", "localhost"]


@pytest.fixture(scope="module", params=ENGINES)
def lab(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    with Lab(tmp_path_factory.mktemp("host"), engine=request.param, runtime="both") as served:
        yield served


class Watcher(threading.Thread):
    """A session that watches until the command ends."""

    def __init__(self, lab: Lab, **parameters: Any) -> None:
        super().__init__(daemon=True)
        self._lab, self._parameters = lab, {"Seconds": 20, **parameters}
        self.lines: list[str] = []
        self.error: Exception | None = None
        self.start()

    def run(self) -> None:
        with self._lab.session(operation_timeout=2.0, read_timeout=20.0, create_timeout=30.0) as session:
            try:
                self.lines += session.invoke("Watch-HnskitEvent", self._parameters)
            except RemoteCommandError as error:
                self.error = error


def followers(lab: Lab) -> int:
    return lab.do(lambda host: len(host.engine.events._followers))


def actions(lines: list[str]) -> list[tuple[str, str]]:
    events = [json.loads(line) for line in lines]
    return [(event["Action"], event["Actor"]["Attributes"]["name"]) for event in events]


def test_a_restart_is_told_and_ends_the_wait(lab: Lab) -> None:
    lab.fresh()
    lab.do(lambda host: host.docker.run(RUN))
    watcher = Watcher(lab, Runtime="docker")
    wait_for(lambda: followers(lab), "nobody follows")
    lab.do(lambda host: host.docker.run(["restart", "web"]))
    wait_for(lambda: not watcher.is_alive(), "it goes on")
    assert actions(watcher.lines) == [("die", "web"), ("start", "web")]


def test_an_event_has_the_members_that_docker_documents(lab: Lab) -> None:
    lab.fresh()
    lab.do(lambda host: host.docker.run(RUN))
    watcher = Watcher(lab, Runtime="docker", Since=str(int(time.time()) - 5))
    wait_for(lambda: not watcher.is_alive(), "it goes on")
    (event,) = map(json.loads, watcher.lines)
    assert list(event) == ["status", "id", "from", "Type", "Action", "Actor", "scope", "time", "timeNano"]
    assert event["Actor"]["Attributes"] == {"app": "web", "image": IMAGE, "name": "web"}


def test_without_an_event_it_ends_when_its_time_is_over(lab: Lab) -> None:
    lab.fresh()
    with lab.session(read_timeout=20.0, create_timeout=30.0) as session:
        assert list(session.invoke("Watch-HnskitEvent", {"Runtime": "docker", "Seconds": 1})) == []


def test_a_daemon_that_stops_is_told(lab: Lab) -> None:
    lab.fresh()
    watcher = Watcher(lab, Runtime="docker")
    wait_for(lambda: followers(lab), "nobody follows")
    lab.do(lambda host: host.set_fault("docker_stopped", True))
    wait_for(lambda: not watcher.is_alive(), "it goes on")
    assert isinstance(watcher.error, RemoteCommandError)
    assert watcher.error.error_id == "Hnskit.EventsEnded,Watch-HnskitEvent"


def test_a_pod_that_comes_again_is_told_by_containerd(lab: Lab) -> None:
    lab.fresh()
    watcher = Watcher(lab, Runtime="containerd")
    wait_for(lambda: lab.do(lambda host: len(_containerd(host).events._followers)), "nobody follows")

    def renew(host: EmulatedHost) -> None:
        containerd = _containerd(host)
        sandbox = next(item for item in containerd.sandboxes if item.name.startswith("web"))
        containerd.renew(sandbox, next(pod for pod in node_pods(_nanoserver(host), 4) if pod.name == "web"))

    lab.do(renew)
    wait_for(lambda: not watcher.is_alive(), "it goes on")
    assert any(" k8s.io /tasks/start {" in line for line in watcher.lines)
    assert any(" k8s.io /tasks/exit {" in line for line in watcher.lines)


def _containerd(host: EmulatedHost) -> Any:
    assert host.containerd is not None
    return host.containerd._containerd


def _nanoserver(host: EmulatedHost) -> str:
    return next(str(name) for name in _containerd(host).images["k8s.io"] if "nanoserver" in name)
