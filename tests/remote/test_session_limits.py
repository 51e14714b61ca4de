"""Sessions in which hnskit's commands cannot run: restricted endpoints, those without its module, an older one."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from hnskit.applying.api import apply
from hnskit.emulator.host import create_host
from hnskit.errors import ConnectError, RemoteCommandError
from hnskit.facts.host_facts import gather_facts
from hnskit.remote.connection import ConnectionSettings
from hnskit.remote.psrp import PsrpSession
from hnskit.remote.session import Call, Session, invoke_calls
from tests import sample_facts
from tests.door_thread import DoorThread
from tests.emulator.engines import engines_here

PASSWORD = "correct-horse-battery"


def session(door: DoorThread, tmp_path: Path, configuration: str = "") -> PsrpSession:
    path = tmp_path / "password"
    path.write_text(PASSWORD)
    path.chmod(0o600)
    port = door.port_of("http")
    settings: dict[str, Any] = {
        "username": "Administrator",
        "credential": f"file:{path}",
        "configuration": configuration,
    }
    return PsrpSession(ConnectionSettings("winrm://localhost", "localhost", port, False, **settings))


@pytest.fixture(params=engines_here())
def engine(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def door_of(engine: str, tmp_path: Path, *, restricted: bool) -> DoorThread:
    host = create_host("lab", options={"cut_seconds": 0})
    return DoorThread(host, tmp_path / "door", "Administrator", PASSWORD, engine=engine, restricted=restricted)


def test_an_endpoint_that_takes_no_scripts_is_named_as_jea(engine: str, tmp_path: Path) -> None:
    """The main job says so before it does anything, and by its status that the host is not reached."""
    with door_of(engine, tmp_path, restricted=True) as door, session(door, tmp_path) as opened:
        for job in (lambda: gather_facts(opened), lambda: apply(opened, sample_facts.desired())):
            with pytest.raises(ConnectError) as caught:
                job()
            assert caught.value.exit_status == 3
            assert "takes no scripts" in caught.value.message
            assert "connection.configuration" in caught.value.next_step
            assert "docs/jea.md" in caught.value.next_step


def test_an_endpoint_without_the_module_says_where_it_belongs(engine: str, tmp_path: Path) -> None:
    with (
        door_of(engine, tmp_path, restricted=False) as door,
        session(door, tmp_path, "Microsoft.PowerShell") as opened,
        pytest.raises(ConnectError) as caught,
    ):
        gather_facts(opened)
    assert "has no Invoke-HnskitCall" in caught.value.message
    assert "docs/jea.md" in caught.value.next_step


class _Older(Session):
    """A session whose host has another hnskit, as it answers."""

    target = "winrm://host"
    seconds_lost = 0.0
    survives_cuts = True

    def invoke(self, *_: object) -> Iterator[str]:
        error = {"id": "Hnskit.UnknownCommand", "category": "ObjectNotFound", "target": "x", "message": "no command"}
        yield json.dumps({"id": "a", "ok": False, "ms": 0, "error": error})

    def close(self) -> None:
        pass


def test_an_older_module_on_the_host_is_to_be_copied_again() -> None:
    (result,) = invoke_calls(_Older(), [Call("a", "Get-HnskitCompartment")])
    assert isinstance(result.error, RemoteCommandError)
    assert "older hnskit" in result.error.next_step
