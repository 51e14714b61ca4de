"""Logins by CredSSP: requests-credssp as pypsrp uses it, and an emulated host that offers them."""

from __future__ import annotations

import http.client
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from hnskit.applying.api import apply, destroy
from hnskit.applying.verification import verify
from hnskit.emulator.host import create_host
from hnskit.emulator.winrm.service_settings import ServiceSettings
from hnskit.errors import LoginRefusedError
from hnskit.facts.host_facts import gather_facts
from hnskit.remote.connection import ConnectionSettings
from hnskit.remote.psrp import PsrpSession
from tests import sample_facts
from tests.door_thread import DoorThread
from tests.in_process_host import QUICK

PASSWORD = "correct-horse-battery"


@pytest.fixture(scope="module")
def door(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DoorThread]:
    host = create_host("lab", options={"cut_seconds": 0})
    settings = ServiceSettings(credssp=True)
    with DoorThread(host, tmp_path_factory.mktemp("door"), "Administrator", PASSWORD, settings=settings) as made:
        yield made


def settings(door: DoorThread, tmp_path: Path, *, tls: bool = False, **changes: Any) -> ConnectionSettings:
    path = tmp_path / "password"
    path.write_text(changes.pop("password", PASSWORD))
    path.chmod(0o600)
    fields: dict[str, Any] = {
        "target": "winrm://localhost",
        "server": "localhost",
        "port": door.port_of("https" if tls else "http"),
        "ssl": tls,
        "auth": "credssp",
        "username": "Administrator",
        "credential": f"file:{path}",
        "ca": str(door.door.ca) if tls else "",
        "connect_timeout": 5.0,
        "recovery_timeout": 10.0,
    }
    return ConnectionSettings(**{**fields, **changes})


def refused(wanted: ConnectionSettings) -> LoginRefusedError:
    with pytest.raises(LoginRefusedError) as caught:
        PsrpSession(wanted).open()
    assert caught.value.exit_status == 3
    assert PASSWORD not in str(caught.value)
    return caught.value


@pytest.mark.parametrize("tls", [False, True], ids=["http", "https"])
def test_the_whole_job_by_credssp(door: DoorThread, tmp_path: Path, tls: bool) -> None:
    """Over http each message is encrypted, and one of more than 16 KiB goes in several parts, there and back."""
    wanted = sample_facts.desired()
    with PsrpSession(settings(door, tmp_path, tls=tls)) as session:
        facts = gather_facts(session)
        assert facts.problems == ()
        outcome = apply(session, wanted, facts=facts, pace=QUICK)
        assert verify(session, wanted).ok
        destroy(session, wanted, made=outcome.made, pace=QUICK)


@pytest.mark.parametrize(
    "changes", [{"password": "another"}, {"username": "nobody"}, {"username": r"CORP\Administrator"}]
)
def test_a_name_or_password_that_the_host_does_not_take(
    door: DoorThread, tmp_path: Path, changes: dict[str, Any]
) -> None:
    error = refused(settings(door, tmp_path, **changes))
    assert "does not take this name or password" in error.message
    assert "lock the account" in error.next_step


def test_after_a_refused_login_the_right_one_is_taken(door: DoorThread, tmp_path: Path) -> None:
    refused(settings(door, tmp_path, password="another"))
    with PsrpSession(settings(door, tmp_path)) as session:
        assert gather_facts(session).system is not None


def test_a_host_that_does_not_offer_it_says_how_to(tmp_path: Path) -> None:
    """As Windows is by default."""
    host = create_host("lab", options={"cut_seconds": 0})
    with DoorThread(host, tmp_path / "door", "Administrator", PASSWORD) as plain:
        error = refused(settings(plain, tmp_path))
    assert "offers no login by CredSSP" in error.message
    assert "Enable-WSManCredSSP" in error.next_step


@pytest.mark.parametrize("token", ["", "!", "AAAA", "FgMBAgAB"])
def test_a_token_that_is_none_is_refused(door: DoorThread, token: str) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", door.port_of("http"), timeout=5)
    for _ in range(2):  # the door is as it was
        connection.request("POST", "/wsman", headers={"Authorization": f"CredSSP {token}", "Content-Length": "0"})
        answer = connection.getresponse()
        answer.read()
        assert answer.status == 401
    connection.close()
