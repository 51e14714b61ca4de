"""Idle connections end, as on Windows (pypsrp#21, pypsrp#203), and a shell outlives them; a second client finds it."""

from __future__ import annotations

import base64
import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from pypsrp.exceptions import WinRMTransportError
from pypsrp.powershell import RunspacePool

from hnskit.emulator import registry
from hnskit.emulator.emulator_commands import emulator
from hnskit.emulator.winrm.service_settings import ServiceSettings
from tests.emulator.door_host import PASSWORD, USER, Served, invoke
from tests.emulator.soap_client import SHELL, SoapClient

QUICK = ServiceSettings(idle_connection_seconds=0.3, quiet_shell_seconds=0.15)


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    with Served(tmp_path, settings=QUICK) as door:
        yield door


def until_closed(served: Served) -> None:
    deadline = time.monotonic() + 10
    while served.door._http._connections or served.door._https._connections:
        assert time.monotonic() < deadline, "an idle connection is still open"
        time.sleep(0.02)


def state_of(pool: RunspacePool, served: Served) -> str:
    answer = SoapClient(served.door, USER, PASSWORD).ask(
        "http://schemas.xmlsoap.org/ws/2004/09/transfer/Get", shell=pool.id, resource=SHELL
    )
    return answer.root.findtext(f".//{{{SHELL}}}State", "")


def test_windows_ends_a_connection_after_two_minutes() -> None:
    assert ServiceSettings().idle_connection_seconds == 120
    assert ServiceSettings().quiet_shell_seconds == 60


def test_after_an_idle_connection_the_shell_is_disconnected_and_an_old_key_is_no_good(served: Served) -> None:
    """What was encrypted for the connection before is answered with 400; with a new login all goes on."""
    with served.pool("http", module=False) as pool:
        assert invoke(pool, "hostname") == ["STANDIN"]
        until_closed(served)
        assert state_of(pool, served) == "Disconnected"
        with pytest.raises(WinRMTransportError) as caught:
            invoke(pool, "hostname")
        assert caught.value.code == 400
        transport = pool.connection.transport
        transport.close()
        transport.session = transport.encryption = None
        assert invoke(pool, "hostname") == ["STANDIN"]


def test_over_tls_with_basic_nobody_notices_that_a_connection_was_ended(served: Served) -> None:
    with served.pool("https", module=False) as pool:
        assert invoke(pool, "hostname") == ["STANDIN"]
        until_closed(served)
        assert invoke(pool, "hostname") == ["STANDIN"]


def test_a_long_poll_is_not_idle(served: Served) -> None:
    with served.pool("http") as pool:
        assert invoke(pool, "Invoke-HnskitDocker", ArgumentList=["sleep", "0.8"]) == ["asleep", "awake"]


def first_receives(second: RunspacePool) -> list[bytes]:
    """The answers that a second client gets to Connect and to the Receives after it."""
    seen: list[bytes] = []
    send = second.connection.transport.send

    def keeping(message: bytes, **options: Any) -> bytes:
        answer: bytes = send(message, **options)
        seen.append(answer)
        return answer

    second.connection.transport.send = keeping
    second.connect()
    second._receive()
    return seen


def objects(answer: bytes) -> list[int]:
    """Ids of the PSRP objects in an answer."""
    texts = re.findall(rb"(?:<rsp:Stream [^>]*>|connectResponseXml>)([A-Za-z0-9+/=]+)<", answer)
    return [int.from_bytes(base64.b64decode(text)[:8], "big") for text in texts]


def test_connect_has_its_streams_and_the_pools_last_answer_comes_again(served: Served) -> None:
    """As recorded (test_psrp_disconnect_runspaces, messages 14 to 16): object 3 once more, then the private data."""
    first = RunspacePool(served.wsman())
    first.open()
    first.disconnect()
    (second,) = RunspacePool.get_runspace_pools(served.wsman())
    connected, again, private = first_receives(second)
    assert b"<rsp:InputStreams>stdin pr</rsp:InputStreams><rsp:OutputStreams>stdout</rsp:OutputStreams>" in connected
    assert (objects(connected), objects(again), objects(private)) == ([4], [3], [6])
    second.close()


def test_where_the_engine_spoke_since_the_private_data_comes_first(served: Served) -> None:
    """As recorded (test_psrp_disconnected_commands, messages 14 and 15)."""
    first = RunspacePool(served.wsman())
    first.open()
    assert invoke(first, "hostname")
    first.disconnect()
    (second,) = RunspacePool.get_runspace_pools(served.wsman())
    second.connect()
    assert second.application_private_data
    second.close()


@pytest.mark.parametrize(
    "wrong", ["channel_binding=loose", "shells_per_user=0", "shells=3", "idle_connection_seconds=x"]
)
def test_a_setting_that_winrm_has_not_is_a_usage_error(wrong: str) -> None:
    ran = CliRunner().invoke(emulator, ["start", "never", "--winrm", wrong])
    assert ran.exit_code == 2
    assert "--winrm" in ran.output


def test_a_host_is_started_with_its_own_settings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HNSKIT_STATE_DIR", str(tmp_path))
    settings = ["--winrm", "shells_per_user=1", "--winrm", "channel_binding=strict"]
    assert CliRunner().invoke(emulator, ["start", "tight", *settings]).exit_code == 0
    try:
        entry = registry.get("tight")

        class Door:
            https, ca = entry.https, entry.ca

        client = SoapClient(Door, entry.username, Path(entry.password_file).read_text())
        said = client.ask(
            "http://schemas.xmlsoap.org/ws/2004/09/transfer/Get",
            resource="http://schemas.microsoft.com/wbem/wsman/1/config",
        ).text
        assert "<cfg:MaxShellsPerUser>1</cfg:MaxShellsPerUser>" in said
        assert "<cfg:CbtHardeningLevel>Strict</cfg:CbtHardeningLevel>" in said
    finally:
        registry.stop("tight")
