"""Connections without a login take no place from the host's owner."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from hnskit.emulator.winrm.http_connection import Limits
from tests.emulator.door_host import Served, invoke
from tests.waiting import wait_for

PLACES = 12


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    with Served(tmp_path, limits=Limits(connections=PLACES)) as door:
        yield door


def crowd(served: Served, count: int, said: bytes, stack: contextlib.ExitStack) -> list[socket.socket]:
    """So many connections on which nobody logs in; each may have begun a request."""
    port = served.door._http.port
    made = [stack.enter_context(socket.create_connection(("127.0.0.1", port), 5)) for _ in range(count)]
    for one in made:
        with contextlib.suppress(OSError):
            one.sendall(said)
    return made


@pytest.mark.parametrize("said", [b"", b"POST /wsman HTTP/1.1\r\nHost: x\r\n"], ids=["silent", "half a request"])
def test_a_crowd_that_does_not_log_in_locks_nobody_out(served: Served, said: bytes) -> None:
    """Five times as many as there are places."""
    with contextlib.ExitStack() as stack:
        crowd(served, 5 * PLACES, said, stack)
        wait_for(lambda: len(served.door._http._connections) == PLACES)
        with served.pool("http", module=False) as pool:
            assert invoke(pool, "hostname") == ["STANDIN"]


def test_a_connection_with_a_login_keeps_its_place(served: Served) -> None:
    """The crowd comes afterwards; the session goes on over the connection that it has."""
    with served.pool("http", module=False) as pool, contextlib.ExitStack() as stack:
        assert invoke(pool, "hostname") == ["STANDIN"]
        trusted = {one for one in served.door._http._connections if one.trusted}
        assert trusted
        crowd(served, 5 * PLACES, b"", stack)
        wait_for(lambda: len(served.door._http._connections) == PLACES)
        assert trusted <= set(served.door._http._connections)
        assert invoke(pool, "hostname") == ["STANDIN"]
