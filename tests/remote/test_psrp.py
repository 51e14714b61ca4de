"""The session over PowerShell Remoting, through the real door of an emulated host."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import threading
import time
from collections.abc import Generator, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import pytest
import requests
from pypsrp.powershell import Fragmenter, PowerShell

from hnskit.emulator.host import create_host
from hnskit.emulator.powershell.command import Cut
from hnskit.emulator.winrm.winrm_server import WinrmServer
from hnskit.errors import (
    CertificateError,
    ConnectError,
    HostUnreachableError,
    LoginRefusedError,
    OutcomeUnknownError,
    RemoteCommandError,
)
from hnskit.facts.host_facts import gather_facts
from hnskit.remote.connection import ConnectionSettings
from hnskit.remote.module_source import module_text
from hnskit.remote.psrp import PsrpSession
from hnskit.remote.session import Call, CallResult, invoke_calls
from tests.waiting import LONG

PASSWORD = "not-a-secret-of-anybody"


class Lab:
    """A door in a thread of its own."""

    def __init__(self, folder: Path) -> None:
        self.secret = folder / "password"
        self.secret.write_text(PASSWORD)
        self.secret.chmod(0o600)
        self.loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self._thread.start()
        host = create_host("lab", options={"cut_seconds": 0})
        self.door = WinrmServer(host, directory=folder / "host", username="Administrator", password=PASSWORD)
        self.run(self.door.open())

    def run(self, coroutine: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(coroutine, self.loop).result(LONG)

    def cut(self, cut: Cut) -> None:
        self.loop.call_soon_threadsafe(self.door.cut, cut)

    def settings(self, transport: str) -> ConnectionSettings:
        ssl = transport == "https"
        url = self.door.https if ssl else self.door.http
        return ConnectionSettings(
            target="emulator://lab",
            server="127.0.0.1",
            port=int(url.split(":")[2].split("/")[0]),
            ssl=ssl,
            auth="basic" if ssl else "negotiate",
            username="Administrator",
            credential=f"file:{self.secret}",
            ca=str(self.door.ca) if ssl else "",
            connect_timeout=2,
            recovery_timeout=5,
        )

    def close(self) -> None:
        self.run(self.door.close())
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join(10)


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    lab = Lab(tmp_path_factory.mktemp("lab"))
    yield lab
    lab.close()


@pytest.fixture(params=["http", "https"])
def settings(lab: Lab, request: pytest.FixtureRequest) -> ConnectionSettings:
    return lab.settings(request.param)


def system(session: PsrpSession) -> dict[str, Any]:
    return next(invoke_calls(session, [Call("system", "Get-HnskitSystem")])).value()


def test_a_batch_answers_each_call_by_its_id(settings: ConnectionSettings) -> None:
    """Results come with the id of their call, and a call that fails does not stop the others."""
    calls = [
        Call("one", "Get-HnskitSystem"),
        Call("two", "Set-HnskitForwarding", {"InterfaceIndex": 1, "State": "Sometimes"}),
        Call("three", "Get-HnskitCompartment"),
    ]
    with PsrpSession(settings) as session:
        results = {result.id: result for result in invoke_calls(session, calls)}
    assert results["one"].value()["ComputerName"] == "LAB"
    assert results["three"].values()[0]["Id"] == 1
    assert results["two"].error is not None
    assert results["two"].error.error_id == "ParameterArgumentValidationError,Set-HnskitForwarding"


def test_the_kit_s_commands_are_sent_once(settings: ConnectionSettings, monkeypatch: pytest.MonkeyPatch) -> None:
    """The module's text goes with the first pipeline of a pool only."""
    sent: list[str] = []
    add = PowerShell.add_script

    def counting(pipeline: PowerShell, script: str, **more: Any) -> PowerShell:
        sent.append(script)
        return add(pipeline, script, **more)

    monkeypatch.setattr(PowerShell, "add_script", counting)
    with PsrpSession(settings) as session:
        system(session)
        system(session)
    assert sent == [module_text()]


def test_the_text_is_in_the_message_once(settings: ConnectionSettings, monkeypatch: pytest.MonkeyPatch) -> None:
    """The first statement of a batch goes twice: it is a short one."""
    sent: list[bytes] = []
    fragment = Fragmenter.fragment

    def noted(fragmenter: Fragmenter, *arguments: Any, **more: Any) -> list[bytes]:
        fragments: list[bytes] = fragment(fragmenter, *arguments, **more)
        sent.extend(fragments)
        return fragments

    monkeypatch.setattr(Fragmenter, "fragment", noted)
    with PsrpSession(settings) as session:
        system(session)
    whole = b"".join(sent)
    assert whole.count(b"function New-HnskitError") == 1
    assert whole.count(b'<S N="Cmd">Set-StrictMode<') == 2


def test_the_environment_is_not_read_for_each_request(
    settings: ConnectionSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is read where the session of requests is built, and the session keeps what is wanted of it."""
    with PsrpSession(settings) as session:
        system(session)
        monkeypatch.setattr("requests.utils.getproxies", lambda: pytest.fail("the environment was read again"))
        system(session)


def test_a_terminating_error_of_a_command_has_powershell_s_own_id(settings: ConnectionSettings) -> None:
    """What PowerShell refuses arrives with its FullyQualifiedErrorId and category."""
    with PsrpSession(settings) as session, pytest.raises(RemoteCommandError) as caught:
        list(session.invoke("Invoke-HnskitCall", {"Cal1": ["x"]}))
    assert caught.value.error_id == "NamedParameterNotFound,Invoke-HnskitCall"
    assert caught.value.category == "InvalidArgument"


def test_a_reader_that_goes_away_leaves_the_session_usable(settings: ConnectionSettings) -> None:
    """Stopping in the middle stops the pipeline on the host, and the next call works."""
    with PsrpSession(settings) as session:
        results = invoke_calls(session, [Call(str(number), "Get-HnskitSystem") for number in range(50)])
        assert next(results).id == "0"
        cast(Generator[CallResult], results).close()
        assert system(session)["ComputerName"] == "LAB"


@pytest.mark.parametrize("seconds", [0.0, 0.6])
def test_a_connection_that_dies_between_two_calls_is_made_anew(
    lab: Lab, settings: ConnectionSettings, seconds: float
) -> None:
    """An idle connection that was reset, or a host that was away, is not an error of the next call."""
    with PsrpSession(settings) as session:
        before = gather_facts(session)
        lab.cut(Cut(seconds, "refuse" if seconds else "reset"))
        assert gather_facts(session) == before


def test_a_shell_that_timed_out_is_opened_anew(lab: Lab, settings: ConnectionSettings) -> None:
    """When the host has dropped the idle shell, the commands are sent again to a new one."""
    with PsrpSession(settings) as session:
        system(session)

        async def drop() -> None:
            for shell in lab.door.shells.all():
                await lab.door.shells.delete(shell)

        lab.run(drop())
        assert system(session)["ComputerName"] == "LAB"


class LosesOneAnswer:
    """Sends the first request that starts a pipeline, and loses what the host answers."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.lost = 0
        send = requests.adapters.HTTPAdapter.send

        def losing(adapter: Any, request: Any, **options: Any) -> Any:
            response = send(adapter, request, **options)
            if not self.lost and b"shell/Command" in (request.body or b""):
                self.lost += 1
                raise requests.exceptions.ConnectionError("reset by a test")
            return response

        monkeypatch.setattr(requests.adapters.HTTPAdapter, "send", losing)


def test_a_lost_answer_to_a_command_does_not_run_it_twice(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    """The host started the pipeline, the client did not hear of it: its output is asked for, nothing is sent again."""
    with PsrpSession(lab.settings("https")) as session:
        session.open()
        loss = LosesOneAnswer(monkeypatch)
        assert system(session)["ComputerName"] == "LAB"
        assert loss.lost == 1


def test_a_command_that_was_cut_in_two_is_of_unknown_outcome(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where only a part of a large command went over, it cannot run; that is said, instead of waiting for ever."""
    with PsrpSession(lab.settings("https")) as session:
        session.open()
        LosesOneAnswer(monkeypatch)
        with pytest.raises(OutcomeUnknownError):
            list(invoke_calls(session, [Call("x", "Get-HnskitSystem", {"Filler": "x" * 1_000_000})]))
        assert system(session)["ComputerName"] == "LAB"


def test_a_name_that_is_not_found_is_unreachable_at_once(settings: ConnectionSettings) -> None:
    """A name without an address is not a lost connection."""
    with pytest.raises(HostUnreachableError, match="nothing answers at"):
        PsrpSession(replace(settings, server="no-such-host.invalid")).open()


def test_a_missing_certificate_file_is_named(lab: Lab) -> None:
    """The path of the CA is checked before anything is sent."""
    with pytest.raises(CertificateError, match="there is no file"):
        PsrpSession(replace(lab.settings("https"), ca="nowhere.pem")).open()


def test_a_wrong_password_is_a_refused_login(lab: Lab, settings: ConnectionSettings, tmp_path: Path) -> None:
    """The error names the user and how he tried, and not the password."""
    wrong = tmp_path / "wrong"
    wrong.write_text("c4nary")
    wrong.chmod(0o600)
    with pytest.raises(LoginRefusedError, match="Administrator") as caught:
        PsrpSession(replace(settings, credential=f"file:{wrong}")).open()
    assert caught.value.exit_status == 3
    assert "c4nary" not in repr(vars(caught.value))


def test_an_unknown_authority_is_a_certificate_error(lab: Lab) -> None:
    """Without the right CA the session is not opened."""
    with pytest.raises(CertificateError, match="not trusted"):
        PsrpSession(replace(lab.settings("https"), ca="")).open()


def test_a_port_where_nobody_listens_is_unreachable(settings: ConnectionSettings) -> None:
    """The error says where nothing answers."""
    with pytest.raises(HostUnreachableError, match=r"127\.0\.0\.1:1"):
        PsrpSession(replace(settings, port=1)).open()


def test_a_web_server_that_is_not_winrm_is_named_as_such(lab: Lab) -> None:
    """A wrong path gets an HTTP status, and a hint at WinRM's ports."""
    with pytest.raises(ConnectError, match="not as WinRM does"):
        PsrpSession(replace(lab.settings("https"), path="elsewhere")).open()


def test_an_unknown_session_configuration_is_refused_with_the_host_s_reason(settings: ConnectionSettings) -> None:
    """A JEA configuration that is not there is an error of its own."""
    with pytest.raises(ConnectError, match="fault"):
        PsrpSession(replace(settings, configuration="nobody")).open()


def test_a_session_configuration_has_the_commands_already(settings: ConnectionSettings) -> None:
    """In hnskit's own configuration no text is sent, and the commands work."""
    with PsrpSession(replace(settings, configuration="hnskit")) as session:
        assert system(session)["ComputerName"] == "LAB"


def test_a_session_does_not_print_its_secret(settings: ConnectionSettings) -> None:
    """Neither the session nor its settings show the password."""
    with PsrpSession(settings) as session:
        system(session)
        assert PASSWORD not in f"{session!r} {session} {settings!r}"


@pytest.mark.parametrize(("said", "port_of"), [("http", "https"), ("https", "http")])
def test_the_other_transport_is_named_at_once(
    lab: Lab, monkeypatch: pytest.MonkeyPatch, said: str, port_of: str
) -> None:
    """http to the port of https and the reverse: neither a lost connection nor a certificate is blamed."""
    monkeypatch.setattr(time, "sleep", lambda *_: pytest.fail("it waits for a host that was never away"))
    wrong = replace(lab.settings(said), port=lab.settings(port_of).port)
    with pytest.raises(ConnectError, match=f"speaks {port_of}, and connection.transport is {said}") as caught:
        PsrpSession(wrong).open()
    assert f"connection.transport: {port_of}" in caught.value.next_step
    assert not isinstance(caught.value, CertificateError)


def test_who_takes_connections_and_never_answers_was_never_lost(settings: ConnectionSettings) -> None:
    """A connection that never was cannot have been lost, nor can it come back."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def hang_up() -> None:
            with contextlib.suppress(OSError):
                while True:
                    server.accept()[0].close()

        thread = threading.Thread(target=hang_up, daemon=True)
        thread.start()
        with pytest.raises(HostUnreachableError, match="gives no answer") as caught:
            PsrpSession(replace(settings, port=server.getsockname()[1], connect_timeout=0.5)).open()
        server.shutdown(socket.SHUT_RDWR)
    thread.join(10)
    assert "was lost" not in str(caught.value)
