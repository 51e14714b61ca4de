"""A call of HNS in a process that outlives the session: the same answers and errors, and nothing left behind."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from hnskit.errors import RemoteCommandError
from hnskit.remote import hns
from hnskit.remote.session import Call, CallResult, invoke_calls
from hnskit.remote.stdio import StdioSession
from hnskit.remote.stdio_commands import VARIABLE, local_settings
from tests.emulator.engines import needs_engine
from tests.remote.stdio_lab import StdioHost, shell_program, stdio_host

pytestmark = needs_engine

BRIDGE = {
    "Name": "bridge", "Type": "L2Bridge",
    "Subnets": [{"AddressPrefix": "10.0.1.0/24", "GatewayAddress": "10.0.1.1"}],
}  # fmt: skip


@pytest.fixture(scope="module")
def host(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StdioHost]:
    with stdio_host(tmp_path_factory.mktemp("host") / "state") as made:
        yield made


@pytest.fixture
def session(host: StdioHost, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[StdioSession]:
    """On the machine itself, told that a cut would end it."""
    host.fresh()
    monkeypatch.setenv(VARIABLE, str(shell_program(host, tmp_path)))
    with StdioSession(local_settings()) as made:
        made.survives_cuts = False
        yield made


def answered(session: StdioSession, call: Call) -> CallResult:
    (result,) = invoke_calls(session, [call])
    return result


def networks(host: StdioHost) -> list[str]:
    return [network.name for network in host.facts().networks]


def folders(host: StdioHost) -> list[Path]:
    """Of calls; they lie where the host's shells have their temporary files."""
    return list(host.shells_start_in.glob("hnskit-detached-*"))


def test_hns_answers_a_detached_call_as_any_other(host: StdioHost, session: StdioSession) -> None:
    """The whole text, beyond the first line; the folder of the call goes with it."""
    before = host.detached
    network = hns.output(answered(session, hns.create_network("new", BRIDGE)))
    assert host.detached == before + 1
    assert network["Name"] == "bridge"
    assert networks(host).count("bridge") == 1
    gone = answered(session, hns.delete_network("gone", network["ID"]))
    assert json.loads(gone.value()["Response"])["Success"] is True
    assert "bridge" not in networks(host)
    assert folders(host) == []


def test_a_guard_is_looked_at_when_the_process_is_there(
    host: StdioHost, session: StdioSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another operator's network appears while the process starts: nothing is sent, and the process ends."""
    create = host.processes.create

    async def made_meanwhile(*given: Any) -> dict[str, int]:
        host.host.hns.call("POST", "/networks", json.dumps(BRIDGE))
        return await create(*given)

    monkeypatch.setattr(host.processes, "create", made_meanwhile)
    error = answered(session, hns.create_network("new", BRIDGE)).error
    assert isinstance(error, RemoteCommandError)
    assert error.error_id.startswith("Hnskit.Changed")
    assert networks(host).count("bridge") == 1
    assert folders(host) == []


def test_where_no_process_can_be_started_the_session_makes_the_call(
    host: StdioHost, session: StdioSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A cut may then end it, and the host's state is read."""

    async def refused(*_: Any) -> dict[str, int]:
        return {"ProcessId": 0, "ReturnValue": 2}

    monkeypatch.setattr(host.processes, "create", refused)
    assert hns.output(answered(session, hns.create_network("new", BRIDGE)))["Name"] == "bridge"
    assert networks(host).count("bridge") == 1
    assert folders(host) == []
