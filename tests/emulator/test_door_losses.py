"""Lost connections: the ways a network goes away, output that is kept, and clients that come back."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import pytest
import requests
from pypsrp.complex_objects import PSInvocationState
from pypsrp.exceptions import WinRMTransportError, WSManFaultError
from pypsrp.powershell import PowerShell, RunspacePool

from tests.emulator.door_host import Served, command, invoke
from tests.waiting import LONG, wait_for

MODES = pytest.mark.parametrize("mode", ["reset", "refuse", "stall", "blackhole"])
SCHEMES = pytest.mark.parametrize("scheme", ["http", "https"])


@pytest.fixture
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with Served(tmp_path_factory.mktemp("door")) as door:
        yield door


@pytest.fixture
def inside(served: Served) -> Iterator[requests.Session]:
    """A client whose connection is open already."""
    with requests.Session() as client:
        assert client.post(served.door.http, timeout=LONG).status_code == 401
        yield client


def rebuild(pool: RunspacePool) -> None:
    """A new connection and login for a pypsrp whose connection is gone."""
    transport = pool.connection.transport
    transport.close()
    transport.session = transport.encryption = None


def resume(script: PowerShell) -> list[Any]:
    """Poll on until the pipeline ended, however often the connection is lost."""
    deadline = time.monotonic() + LONG
    while script.state == PSInvocationState.RUNNING:
        assert time.monotonic() < deadline
        try:
            script.poll_invoke()
        except (requests.exceptions.RequestException, WinRMTransportError):
            # 400: urllib3 connected anew by itself, and the message was encrypted for the connection before.
            time.sleep(0.1)
            rebuild(script.runspace_pool)
    return list(script.output)


def answers(served: Served) -> bool:
    """Whether a new connection is taken and answered."""
    try:
        return requests.post(served.door.http, timeout=LONG).status_code == 401
    except requests.exceptions.ConnectionError:
        return False


@MODES
@SCHEMES
def test_a_command_that_cuts_the_network_runs_once_and_its_output_is_kept(
    served: Served, scheme: str, mode: str
) -> None:
    with served.pool(scheme, operation_timeout=1, read_timeout=1.2, reconnection_backoff=0.1) as pool:
        script = command(pool, "Invoke-HnskitDocker", ArgumentList=["cut", "0.6", mode])
        script.begin_invoke()
        (record,) = resume(script)
        assert record.extended_properties["StdOut"] == "done"
        assert served.host.runs == 1
        assert invoke(pool, "hostname") == ["STANDIN"]


def test_a_refused_network_refuses_new_connections_and_comes_back_at_the_same_port(served: Served) -> None:
    served.cut(3, "refuse")
    for url in (served.door.http, served.door.https):
        with pytest.raises(requests.exceptions.ConnectionError):
            requests.post(url, timeout=LONG, verify=str(served.door.ca))
    wait_for(lambda: answers(served))


def test_a_reset_network_takes_new_connections_at_once(served: Served, inside: requests.Session) -> None:
    served.cut(30, "reset")
    assert requests.post(served.door.http, timeout=LONG).status_code == 401


def test_a_stalled_network_serves_what_it_held_back(served: Served, inside: requests.Session) -> None:
    served.cut(0.5, "stall")
    with pytest.raises(requests.exceptions.ReadTimeout):
        requests.post(served.door.http, timeout=0.2)
    assert inside.post(served.door.http, timeout=LONG).status_code == 401


def test_a_black_hole_never_answers_those_who_were_in(served: Served, inside: requests.Session) -> None:
    served.cut(0.3, "blackhole")
    with pytest.raises(requests.exceptions.ReadTimeout):
        inside.post(served.door.http, timeout=1)
    assert requests.post(served.door.http, timeout=LONG).status_code == 401


def test_a_second_cut_makes_the_first_longer(served: Served) -> None:
    first = time.monotonic() + 0.2
    served.cut(0.2, "refuse")
    served.cut(4, "refuse")
    wait_for(lambda: time.monotonic() > first)
    assert not answers(served)
    wait_for(lambda: answers(served))


def test_a_lost_command_request_is_resumed_by_its_id(served: Served) -> None:
    """The answer to Command is lost; the pipeline ran, and polling by the client's own id finds it."""
    with served.pool() as pool:
        script = command(pool, "Invoke-HnskitDocker", ArgumentList=["big", "3"])
        send = pool.connection.transport.send

        def lose(message: bytes, **options: Any) -> bytes:
            send(message, **options)
            raise requests.exceptions.ConnectionError

        pool.connection.transport.send = lose
        with pytest.raises(requests.exceptions.ConnectionError):
            script.begin_invoke()
        pool.connection.transport.send = send
        rebuild(pool)
        script._command_id, script.state = script.id, PSInvocationState.RUNNING
        assert resume(script) == ["xxx"]
        assert served.host.runs == 1


def test_output_that_came_while_no_client_was_there_is_delivered_later(served: Served) -> None:
    with served.pool("http") as pool:
        script = command(pool, "Invoke-HnskitDocker", ArgumentList=["big", "2000000"])
        script.begin_invoke()
        served.cut(0.1, "reset")
        assert resume(script) == ["x" * 2000000]


def test_a_client_disconnects_and_reconnects(served: Served) -> None:
    with served.pool() as pool:
        script = command(pool, "Invoke-HnskitDocker", ArgumentList=["sleep", "0.3"])
        script.begin_invoke()
        pool.disconnect()
        with pytest.raises(WSManFaultError) as caught:
            pool._receive()
        assert caught.value.code == 0x803381DE
        pool.connect()
        script.connect_async()
        assert script.end_invoke() == ["asleep", "awake"]
        assert invoke(pool, "hostname") == ["STANDIN"]


def test_another_client_takes_a_disconnected_pool_over(served: Served) -> None:
    wsman = served.wsman()
    first = RunspacePool(wsman, configuration_name="hnskit")
    first.open()
    script = command(first, "Invoke-HnskitDocker", ArgumentList=["sleep", "0.3"])
    script.begin_invoke()
    first.disconnect()
    (second,) = RunspacePool.get_runspace_pools(served.wsman("http"))
    second.shell.resource_uri = first.shell.resource_uri
    second.connect()
    (found,) = second.create_disconnected_power_shells()
    assert found.connect() == ["asleep", "awake"]
    assert invoke(second, "Invoke-HnskitDocker", ArgumentList=["big", "2"]) == ["xx"]
    second.close()
    assert len(served.door.shells) == 0


def test_a_connected_pool_is_not_taken_over(served: Served) -> None:
    with served.pool() as pool:
        (other,) = RunspacePool.get_runspace_pools(served.wsman())
        with pytest.raises(WSManFaultError) as caught:
            other.connect()
        assert caught.value.code == 0x80338032
        assert invoke(pool, "hostname") == ["STANDIN"]
