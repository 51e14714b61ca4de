"""Logins by Kerberos: a real KDC, and an emulated host that is in its realm."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import spnego
from spnego.channel_bindings import GssChannelBindings

from hnskit.applying.api import apply, destroy
from hnskit.applying.verification import verify
from hnskit.emulator.host import create_host
from hnskit.emulator.winrm.auth import Login
from hnskit.emulator.winrm.service_settings import ServiceSettings
from hnskit.errors import ConnectError, LoginRefusedError
from hnskit.facts.host_facts import gather_facts
from hnskit.remote.connection import ConnectionSettings
from hnskit.remote.psrp import PsrpSession
from tests import sample_facts
from tests.door_thread import DoorThread
from tests.in_process_host import QUICK
from tests.remote.kdc import PASSWORD, REALM, Kdc, needs_faketime, needs_kdc

pytestmark = needs_kdc


@pytest.fixture(scope="module")
def kdc(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kdc]:
    with Kdc(tmp_path_factory.mktemp("kdc")) as made, pytest.MonkeyPatch.context() as patch:
        for name, value in made.environment.items():
            patch.setenv(name, value)
        patch.setenv("KRB5_KTNAME", str(made.keytab))
        yield made


@pytest.fixture(scope="module")
def door(kdc: Kdc, tmp_path_factory: pytest.TempPathFactory) -> Iterator[DoorThread]:
    host = create_host("lab", options={"cut_seconds": 0})
    settings = ServiceSettings(keytab=str(kdc.keytab))
    with DoorThread(host, tmp_path_factory.mktemp("door"), "Administrator", "other", settings=settings) as made:
        yield made


@pytest.fixture(scope="module")
def credssp_door(kdc: Kdc, tmp_path_factory: pytest.TempPathFactory) -> Iterator[DoorThread]:
    host = create_host("lab", options={"cut_seconds": 0})
    wanted = ServiceSettings(keytab=str(kdc.keytab), credssp=True)
    place = tmp_path_factory.mktemp("credssp")
    with DoorThread(host, place, "Administrator", "other", settings=wanted) as made:
        yield made


@pytest.fixture
def password(tmp_path: Path) -> Path:
    path = tmp_path / "password"
    path.write_text(PASSWORD)
    path.chmod(0o600)
    return path


def settings(door: DoorThread, *, tls: bool = False, **changes: Any) -> ConnectionSettings:
    fields: dict[str, Any] = {
        "target": "winrm://localhost",
        "server": "localhost",
        "port": door.port_of("https" if tls else "http"),
        "ssl": tls,
        "auth": "kerberos",
        "ca": str(door.door.ca) if tls else "",
        "connect_timeout": 5.0,
        "recovery_timeout": 10.0,
    }
    return ConnectionSettings(**{**fields, **changes})


def noted_logins(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """All logins that the host accepts from now on, as it sees them."""
    logins: list[Any] = []
    accept = spnego.server

    def noted(**wanted: Any) -> Any:
        logins.append(accept(**wanted))
        return logins[-1]

    monkeypatch.setattr(spnego, "server", noted)
    return logins


def refused(wanted: ConnectionSettings) -> ConnectError:
    with pytest.raises(ConnectError) as caught:
        PsrpSession(wanted).open()
    assert caught.value.exit_status == 3
    assert caught.value.next_step
    return caught.value


def test_the_whole_job_by_a_ticket(kdc: Kdc, door: DoorThread) -> None:
    """Messages are encrypted by Kerberos; nobody types a password."""
    kdc.ticket()
    wanted = sample_facts.desired()
    with PsrpSession(settings(door)) as session:
        facts = gather_facts(session)
        assert facts.problems == ()
        outcome = apply(session, wanted, facts=facts, pace=QUICK)
        assert verify(session, wanted).ok
        destroy(session, wanted, made=outcome.made, pace=QUICK)


def test_a_password_needs_no_ticket(kdc: Kdc, door: DoorThread, password: Path) -> None:
    kdc.no_ticket()
    with PsrpSession(settings(door, username=f"alice@{REALM}", credential=f"file:{password}")) as session:
        assert gather_facts(session).system is not None


def test_over_tls_the_login_is_bound_to_the_certificate(kdc: Kdc, door: DoorThread) -> None:
    kdc.ticket()
    with PsrpSession(settings(door, tls=True)) as session:
        assert gather_facts(session).system is not None


def test_a_login_bound_to_another_certificate_is_refused(
    kdc: Kdc, door: DoorThread, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As where a device on the way ends TLS: the host knows another certificate than the client saw."""
    kdc.ticket()
    elsewhere = GssChannelBindings(application_data=b"tls-server-end-point:" + bytes(32))
    monkeypatch.setattr(Login, "_binding_for", lambda *_: elsewhere)
    assert "channel binding" in refused(settings(door, tls=True)).next_step


@pytest.mark.parametrize("delegate", [True, False])
def test_a_forwardable_ticket_is_handed_on_only_where_that_is_wanted(
    kdc: Kdc, door: DoorThread, monkeypatch: pytest.MonkeyPatch, delegate: bool
) -> None:
    kdc.ticket("-f")
    logins = noted_logins(monkeypatch)
    with PsrpSession(settings(door, delegate=delegate)) as session:
        assert gather_facts(session).system is not None
    assert {bool(login.context_attr & spnego.ContextReq.delegate) for login in logins} == {delegate}


@pytest.mark.parametrize("tls", [False, True], ids=["http", "https"])
def test_within_credssp_an_account_of_the_realm_logs_in_by_kerberos(
    kdc: Kdc, credssp_door: DoorThread, password: Path, monkeypatch: pytest.MonkeyPatch, tls: bool
) -> None:
    """The host knows alice from nowhere else; each message is encrypted by CredSSP."""
    kdc.no_ticket()
    logins = noted_logins(monkeypatch)
    wanted = sample_facts.desired()
    by_credssp = settings(
        credssp_door, tls=tls, auth="credssp", username=f"alice@{REALM}", credential=f"file:{password}"
    )
    with PsrpSession(by_credssp) as session:
        outcome = apply(session, wanted, facts=gather_facts(session), pace=QUICK)
        assert verify(session, wanted).ok
        destroy(session, wanted, made=outcome.made, pace=QUICK)
    within = [login for login in logins if login.protocol == "credssp" and login.complete]
    assert {(login.client_principal, login.negotiated_protocol) for login in within} == {(f"alice@{REALM}", "kerberos")}


@pytest.mark.parametrize("username", [f"alice@{REALM}", f"nobody@{REALM}", "alice"])
def test_within_credssp_what_the_realm_does_not_take_is_refused(
    kdc: Kdc, credssp_door: DoorThread, password: Path, username: str
) -> None:
    kdc.no_ticket()
    password.write_text("wrong")
    error = refused(settings(credssp_door, auth="credssp", username=username, credential=f"file:{password}"))
    assert isinstance(error, LoginRefusedError)
    assert "does not take this name or password" in error.message


def test_within_credssp_a_local_account_logs_in_beside_the_realm(
    kdc: Kdc, credssp_door: DoorThread, password: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The realm is not asked for it."""
    logins = noted_logins(monkeypatch)
    password.write_text("other")
    by_credssp = settings(credssp_door, auth="credssp", username="Administrator", credential=f"file:{password}")
    with PsrpSession(by_credssp) as session:
        assert gather_facts(session).system is not None
    assert {login.negotiated_protocol for login in logins if login.protocol == "credssp"} == {"ntlm"}


def test_by_an_address_the_name_is_given(kdc: Kdc, door: DoorThread) -> None:
    """Without it the realm knows no such host."""
    kdc.ticket()
    assert "no host of this name" in refused(settings(door, server="127.0.0.1")).message
    with PsrpSession(settings(door, server="127.0.0.1", hostname_override="localhost")) as session:
        assert gather_facts(session).system is not None


def test_the_service_of_the_spn_may_be_another(kdc: Kdc, door: DoorThread) -> None:
    kdc.ticket()
    with PsrpSession(settings(door, service="WSMAN")) as session:
        assert gather_facts(session).system is not None
    assert "no host of this name" in refused(settings(door, service="NOSUCH")).message


def test_a_missing_ticket_is_named(kdc: Kdc, door: DoorThread) -> None:
    kdc.no_ticket()
    error = refused(settings(door))
    assert isinstance(error, LoginRefusedError)
    assert "no Kerberos ticket" in error.message
    assert "kinit" in error.next_step


def test_a_wrong_password_of_a_domain_is_named(kdc: Kdc, door: DoorThread, password: Path) -> None:
    kdc.no_ticket()
    password.write_text("wrong")
    error = refused(settings(door, username=f"alice@{REALM}", credential=f"file:{password}"))
    assert "does not take this password" in error.message


@pytest.mark.parametrize("username", [f"nobody@{REALM}", "HNSKIT\\alice"])
def test_an_account_that_the_realm_does_not_know(kdc: Kdc, door: DoorThread, password: Path, username: str) -> None:
    """A backslash is an escape to MIT Kerberos."""
    kdc.no_ticket()
    error = refused(settings(door, username=username, credential=f"file:{password}"))
    assert "does not know" in error.message
    assert "USER@REALM" in error.next_step


def test_a_realm_whose_kdc_is_away(kdc: Kdc, door: DoorThread, password: Path) -> None:
    error = refused(settings(door, username="alice@ELSEWHERE.TEST", credential=f"file:{password}"))
    assert "no domain controller" in error.message


@needs_faketime
def test_a_clock_that_is_an_hour_off_is_told(
    door: DoorThread, tmp_path: Path, password: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Kdc(tmp_path / "late", clock="-1h") as late:
        for name, value in late.environment.items():
            monkeypatch.setenv(name, value)
        error = refused(settings(door, username=f"alice@{REALM}", credential=f"file:{password}"))
    assert "clock" in error.message
    assert "time server" in error.next_step
