"""Somebody sits between hnskit and a host: what is said in clear is not taken, and no redirect is followed."""

from __future__ import annotations

import contextlib
import pickle
import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from pypsrp.powershell import RunspacePool

from hnskit.emulator.host import create_host
from hnskit.errors import ConnectError, HnskitError
from hnskit.facts.host_facts import gather_facts
from hnskit.remote.connection import ConnectionSettings
from hnskit.remote.psrp import PsrpSession
from tests.door_thread import DoorThread

USER, PASSWORD = "Administrator", "not-a-secret-of-anybody"
Tamper = Callable[[bytes], bytes]


class Between:
    """A relay in front of one port, one thread a connection; `tamper` may change what the host answers."""

    def __init__(self, port: int) -> None:
        self.tamper: Tamper = lambda answer: answer
        self._target = port
        self._server = socket.create_server(("127.0.0.1", 0))
        self.port = self._server.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._server.accept()
                threading.Thread(target=self._relay, args=(client,), daemon=True).start()

    def _relay(self, client: socket.socket) -> None:
        with (
            contextlib.suppress(OSError, EOFError),
            client,
            socket.create_connection(("127.0.0.1", self._target)) as host,
        ):
            ask, answer = client.makefile("rb"), host.makefile("rb")
            while True:
                host.sendall(message(ask))
                client.sendall(self.tamper(message(answer)))

    def close(self) -> None:
        self._server.close()


def message(stream: object) -> bytes:
    """One HTTP message with its body."""
    head, length = b"", 0
    while not head.endswith(b"\r\n\r\n"):
        line = stream.readline()  # type: ignore[attr-defined]
        if not line:
            raise EOFError
        head += line
        name, _, value = line.partition(b":")
        length = int(value) if name.strip().lower() == b"content-length" else length
    return head + stream.read(length)  # type: ignore[attr-defined, no-any-return]


def in_clear(body: bytes, status: bytes = b"200 OK", extra: bytes = b"") -> bytes:
    kind = b"Content-Type: application/soap+xml;charset=UTF-8\r\n"
    return b"HTTP/1.1 " + status + b"\r\n" + kind + extra + b"Content-Length: %d\r\n\r\n" % len(body) + body


@pytest.fixture(scope="module")
def door(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DoorThread]:
    host = create_host("lab", options={"cut_seconds": 0})
    with DoorThread(host, tmp_path_factory.mktemp("host"), USER, PASSWORD) as served:
        yield served


@pytest.fixture
def between(door: DoorThread) -> Iterator[Between]:
    relay = Between(int(door.door.http.rsplit(":", 1)[1].partition("/")[0]))
    yield relay
    relay.close()


@pytest.fixture
def settings(between: Between, tmp_path: Path) -> ConnectionSettings:
    secret = tmp_path / "password"
    secret.write_text(PASSWORD)
    secret.chmod(0o600)
    return ConnectionSettings(
        target="winrm://lab", server="127.0.0.1", port=between.port, ssl=False, auth="negotiate", username=USER,
        credential=f"file:{secret}", connect_timeout=2, recovery_timeout=2,
    )  # fmt: skip


def test_what_is_encrypted_goes_through_a_relay(settings: ConnectionSettings) -> None:
    with PsrpSession(settings) as session:
        assert gather_facts(session).system is not None


@pytest.mark.parametrize("status", [b"200 OK", b"500 Internal Server Error", b"418 Teapot"])
def test_an_answer_in_clear_to_an_encrypted_request_is_refused(
    between: Between, settings: ConnectionSettings, status: bytes
) -> None:
    """Its text, a whole SOAP envelope, is not read: it is in no error either."""
    with PsrpSession(settings) as session:
        session.open()
        between.tamper = lambda _: in_clear(b"<s:Envelope xmlns:s='x'><s:Body>marker</s:Body></s:Envelope>", status)
        with pytest.raises(ConnectError, match="answered in clear") as caught:
            gather_facts(session)
        assert "https" in caught.value.next_step
        assert "marker" not in str(caught.value)
        between.tamper = lambda answer: answer


@pytest.mark.parametrize("status", [b"403 Forbidden", b"404 Not Found"])
def test_the_text_of_a_refusal_in_clear_is_not_read(
    between: Between, settings: ConnectionSettings, status: bytes
) -> None:
    fault = b"<s:Fault xmlns:s='http://www.w3.org/2003/05/soap-envelope'>marker 2150858843</s:Fault>"
    with PsrpSession(settings) as session:
        session.open()
        between.tamper = lambda _: in_clear(fault, status)
        with pytest.raises(HnskitError, match="HTTP status") as caught:
            gather_facts(session)
        assert "marker" not in str(caught.value)
        between.tamper = lambda answer: answer


@pytest.mark.parametrize("status", [b"301 Moved", b"302 Found", b"307 Temporary Redirect", b"308 Permanent Redirect"])
def test_a_redirect_is_not_followed(between: Between, settings: ConnectionSettings, status: bytes) -> None:
    """Wherever it leads, nobody is asked there."""
    with socket.create_server(("127.0.0.1", 0)) as elsewhere, PsrpSession(settings) as session:
        elsewhere.settimeout(0.2)
        port = elsewhere.getsockname()[1]
        session.open()
        between.tamper = lambda _: in_clear(b"", status, b"Location: http://127.0.0.1:%d/\r\n" % port)
        with pytest.raises(ConnectError, match=f"on to http://127.0.0.1:{port}/"):
            gather_facts(session)
        with pytest.raises(TimeoutError):
            elsewhere.accept()
        between.tamper = lambda answer: answer


def test_what_a_library_raises_at_the_login_is_no_traceback_with_a_password(
    settings: ConnectionSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Such a traceback has, as IPython shows it in its most talkative mode, the variables of each frame."""

    def broken(self: RunspacePool, **_: object) -> None:
        password = self.connection.transport.password
        raise ValueError(f"no login with {password}")

    monkeypatch.setattr(RunspacePool, "open", broken)
    with pytest.raises(ConnectError) as caught:
        PsrpSession(settings).open()
    error = caught.value
    assert PASSWORD not in "".join(error._render_traceback_()) + str(error) + repr(error)
    assert error.__cause__ is None
    assert error.__suppress_context__


def test_a_session_is_not_pickled(settings: ConnectionSettings) -> None:
    """Its transport has the password."""
    with pytest.raises(TypeError, match="connect inside the task"):
        pickle.dumps(PsrpSession(settings))
