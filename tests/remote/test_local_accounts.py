"""Logins with Negotiate: an account of the host itself is not asked for in a realm, where Kerberos is installed."""

from __future__ import annotations

import importlib.util
import socket
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import get_args

import pytest

from hnskit.errors import LoginRefusedError
from hnskit.remote.connection import Auth, ConnectionSettings
from hnskit.remote.psrp import PsrpSession
from tests.door_thread import DoorThread
from tests.in_process_host import PASSWORD, USER, host_here

pytestmark = pytest.mark.skipif(
    not all(map(importlib.util.find_spec, ("gssapi", "krb5"))), reason="no Kerberos here: pip install pypsrp[kerberos]"
)


@pytest.fixture
def asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """The KDC of this machine's default realm, which answers nothing: who has asked it."""
    listener, callers = socket.create_server(("127.0.0.1", 0)), list[str]()

    def serve() -> None:
        while True:
            try:
                caller, place = listener.accept()
            except OSError:
                return
            callers.append(str(place))
            caller.close()

    (tmp_path / "krb5.conf").write_text(
        "[libdefaults]\n default_realm = CORP.TEST\n dns_lookup_kdc = false\n udp_preference_limit = 1\n"
        f"[realms]\n CORP.TEST = {{\n  kdc = 127.0.0.1:{listener.getsockname()[1]}\n }}\n"
    )
    monkeypatch.setenv("KRB5_CONFIG", str(tmp_path / "krb5.conf"))
    monkeypatch.setenv("KRB5CCNAME", f"FILE:{tmp_path / 'no-cache'}")
    threading.Thread(target=serve, daemon=True).start()
    with listener:
        yield callers
        listener.shutdown(socket.SHUT_RDWR)


@pytest.mark.parametrize(
    ("username", "by_kerberos"),
    [(USER, False), (f".\\{USER}", False), (f"LAB\\{USER}", False), (f"{USER}@CORP.TEST", True)],
)
def test_the_realm_is_asked_only_for_an_account_that_names_it(
    asked: list[str], tmp_path: Path, username: str, by_kerberos: bool
) -> None:
    """Whether the host then knows it by this name is another matter."""
    (tmp_path / "password").write_text(PASSWORD)
    (tmp_path / "password").chmod(0o600)
    with DoorThread(host_here(), tmp_path / "door", USER, PASSWORD) as door:
        settings = ConnectionSettings(
            "winrm://lab", "127.0.0.1", door.port_of("http"), False, username=username,
            credential=f"file:{tmp_path / 'password'}",
        )  # fmt: skip
        with suppress(LoginRefusedError), PsrpSession(settings) as session:
            session.open()
    assert bool(asked) == by_kerberos


@pytest.mark.parametrize("auth", get_args(Auth))
def test_a_scheme_that_is_named_stays(auth: Auth) -> None:
    wanted = ConnectionSettings(
        "winrm://lab", "lab", 5985, False, auth=auth, username=f"{USER}@CORP.TEST", credential="env:PASSWORD"
    )
    assert wanted.scheme == auth
