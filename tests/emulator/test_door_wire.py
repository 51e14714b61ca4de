"""The door below pypsrp: bad input, limits, and the same message twice."""

from __future__ import annotations

import base64
import socket
import uuid
from collections.abc import Iterator
from typing import Any

import pytest
import requests
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pypsrp.wsman import WSManAction

from hnskit.emulator.winrm.http_connection import Limits
from tests.emulator.door_host import PASSWORD, USER, Served, invoke
from tests.emulator.soap_client import envelope
from tests.waiting import LONG

STREAM = '<rsp:Send><rsp:Stream Name="stdin">{}</rsp:Stream></rsp:Send>'
TERMINATE = f'<rsp:Signal CommandId="{uuid.uuid4()}"><rsp:Code>x/signal/Terminate</rsp:Code></rsp:Signal>'


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    limits = Limits(head=4096, body=200_000, request_seconds=0.5, idle_seconds=1)
    with Served(tmp_path_factory.mktemp("door"), limits=limits) as door:
        yield door


def post(served: Served, envelope: bytes | str) -> requests.Response:
    data = envelope.encode() if isinstance(envelope, str) else envelope
    return requests.post(served.door.https, data=data, auth=(USER, PASSWORD), timeout=LONG, verify=str(served.door.ca))


def raw(served: Served, data: bytes, *, end: bool = False) -> bytes:
    """All that the plain port answers to these bytes, until it closes the connection."""
    with socket.create_connection(("127.0.0.1", served.port_of("http")), timeout=LONG) as connection:
        connection.sendall(data)
        if end:
            connection.shutdown(socket.SHUT_WR)
        answer = b""
        try:
            while part := connection.recv(65536):
                answer += part
        except ConnectionResetError:
            pass
        return answer


def still_serves(served: Served) -> bool:
    with served.pool(module=False) as pool:
        return bool(invoke(pool, "hostname") == ["STANDIN"])


@pytest.mark.parametrize(
    "data",
    [
        b"\x00\x01\x02\x03\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"POST /wsman HTTP/1.1\r\nHost: x\r\nContent-Length: -4\r\n\r\n",
        b"POST /wsman HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"POST /wsman HTTP/1.1\r\n\r\n",
        b"POST /wsman HTTP/1.1\r\nHost: x\r\nX: " + b"a" * 10_000,
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\x00" * 200,
    ],
    ids=["binary", "version", "length", "chunk", "no-host", "huge-header", "tls"],
)
def test_what_is_not_http_gets_an_error_and_the_next_client_is_served(served: Served, data: bytes) -> None:
    answer = raw(served, data)
    assert answer.startswith(b"HTTP/1.1 4")
    assert b"Traceback" not in answer
    assert still_serves(served)


@pytest.mark.parametrize(
    "data",
    [b"POST /wsman HT", b"POST /wsman HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n<s:Env"],
    ids=["line", "body"],
)
def test_a_request_that_does_not_go_on_is_closed(served: Served, data: bytes) -> None:
    assert raw(served, data) == b""
    assert raw(served, data, end=True) == b""


def test_a_body_that_is_too_large_is_refused(served: Served) -> None:
    head = b"POST /wsman HTTP/1.1\r\nHost: x\r\nContent-Length: 300000\r\n\r\n"
    assert raw(served, head + b"x" * 300_000).startswith(b"HTTP/1.1 413")
    assert still_serves(served)


def test_requests_sent_one_after_the_other_without_waiting_are_answered(served: Served) -> None:
    one = b"GET /wsman HTTP/1.1\r\nHost: x\r\n\r\n"
    assert raw(served, one * 3).count(b"HTTP/1.1 405") == 3


def test_other_paths_and_methods_are_not_there(served: Served) -> None:
    assert requests.post(served.door.http.replace("wsman", "other"), timeout=LONG).status_code == 404
    assert requests.get(served.door.http, timeout=LONG).status_code == 405
    assert requests.post(served.door.http.replace("wsman", "hnskit-emulator/control"), timeout=LONG).status_code == 404


@given(st.binary(max_size=200))
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_random_bytes_in_an_envelope_are_a_fault(served: Served, noise: bytes) -> None:
    answer = post(served, b"<s:Envelope" + noise)
    assert answer.status_code == 500
    assert "WSManFault" in answer.text
    assert "Traceback" not in answer.text


@pytest.mark.parametrize(
    ("document", "code"),
    [
        ("<a/>", 0x80338041),
        ('<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', 0x80338041),
        (envelope(WSManAction.CREATE), 0x80338041),
        (envelope(WSManAction.CREATE, "<rsp:Shell/>", resource="http://contoso/thing"), 0x8033803B),
        (envelope("urn:no-such-action"), 0x80338013),
        (envelope(WSManAction.RECEIVE, "<rsp:Receive/>", shell=str(uuid.uuid4())), 2150858843),
        (envelope(WSManAction.RECEIVE, "<rsp:Receive/>"), 2150858843),
        (envelope(WSManAction.GET, resource="http://contoso/thing"), 0x8033803B),
        (envelope(WSManAction.ENUMERATE, resource="http://contoso/thing"), 0x8033803B),
        (envelope(WSManAction.COMMAND, '<rsp:CommandLine CommandId="x"/>', shell="{shell}"), 0x80338041),
        (envelope(WSManAction.SEND, STREAM.format("***"), shell="{shell}"), 0x80338041),
        (envelope(WSManAction.SEND, STREAM.format("AAAA"), shell="{shell}"), 13),
        (envelope(WSManAction.SIGNAL, TERMINATE, shell="{shell}"), 2150858843),
        (envelope(WSManAction.CONNECT, "<rsp:Connect/>", shell="{shell}"), 0x80338032),
    ],
    ids=[
        "no-envelope",
        "doctype",
        "no-body",
        "resource",
        "action",
        "no-shell",
        "no-selector",
        "get",
        "enumerate",
        "command-id",
        "no-base64",
        "no-fragment",
        "no-command",
        "connected",
    ],
)
def test_a_wrong_envelope_is_a_fault_with_a_code(served: Served, document: str, code: int) -> None:
    with served.pool(module=False) as pool:
        answer = post(served, document.replace("{shell}", pool.id))
        assert answer.status_code == 500
        assert f'Code="{code}"' in answer.text
        assert invoke(pool, "hostname") == ["STANDIN"]


@pytest.mark.parametrize("size", [1, 21, 60, 100])
def test_bad_fragments_are_a_fault_to_that_shell_only(served: Served, size: int) -> None:
    noise = base64.b64encode(b"\x00" * 7 + b"\x63" + b"\x00" * 8 + b"\x03" + bytes([0, 0, 0, size]) + b"\xff" * size)
    body = f'<rsp:Send><rsp:Stream Name="stdin">{noise.decode()}</rsp:Stream></rsp:Send>'
    with served.pool(module=False) as pool:
        answer = post(served, envelope(WSManAction.SEND, body, shell=pool.id))
        assert 'Code="13"' in answer.text
        assert invoke(pool, "hostname") == ["STANDIN"]


def test_an_entity_inside_a_psrp_message_is_refused(served: Served) -> None:
    message = b'<!DOCTYPE a [<!ENTITY b "c">]><Obj><MS><I32 N="ci">1</I32></MS></Obj>'
    content = (2).to_bytes(4, "little") + (0x00021007).to_bytes(4, "little") + b"\x00" * 32 + message
    fragment = (99).to_bytes(8, "big") + b"\x00" * 8 + b"\x03" + len(content).to_bytes(4, "big") + content
    body = f'<rsp:Send><rsp:Stream Name="stdin">{base64.b64encode(fragment).decode()}</rsp:Stream></rsp:Send>'
    with served.pool(module=False) as pool:
        assert 'Code="13"' in post(served, envelope(WSManAction.SEND, body, shell=pool.id)).text


class Recorded:
    """Sends what pypsrp sends, and keeps it."""

    def __init__(self, pool: Any) -> None:
        self.sent: list[bytes] = []
        self._transport = pool.connection.transport
        self._send = self._transport.send
        self._transport.send = self

    def __call__(self, message: bytes, **options: Any) -> Any:
        self.sent.append(message)
        return self._send(message, **options)

    def again(self, number: int) -> bytes:
        content: bytes = self._send(self.sent[number])
        return content


def test_a_repeated_message_gets_the_same_answer_and_acts_once(served: Served) -> None:
    with served.pool() as pool:
        recorded = Recorded(pool)
        runs = served.host.runs
        output = invoke(pool, "Invoke-HnskitDocker", ArgumentList=["big", "5"])
        first, second = recorded.again(0), recorded.again(0)
        assert first == second
        assert b"CommandResponse" in first
        received = recorded.again(1)
        assert b"CommandState/Done" in received
        assert (output, served.host.runs) == (["xxxxx"], runs + 1)


def test_a_message_that_timed_out_may_be_asked_again(served: Served) -> None:
    with served.pool() as pool:
        message_id = f"uuid:{uuid.uuid4()}"
        request = envelope(
            WSManAction.RECEIVE, "<rsp:Receive><rsp:DesiredStream/></rsp:Receive>", message_id=message_id, shell=pool.id
        )
        assert 'Code="2150858793"' in post(served, request).text
        assert 'Code="2150858793"' in post(served, request).text


def test_a_connection_that_says_nothing_is_closed(tmp_path: Any) -> None:
    with Served(tmp_path, limits=Limits(idle_seconds=0.1)) as served:
        assert raw(served, b"") == b""
