"""Who the door lets in by certificate and by a bound login, who it does not, and what each stream carries."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Mapping
from pathlib import Path
from typing import Any
from unittest import mock
from xml.etree import ElementTree

import pytest
import requests
import trustme
from psrpcore.types import PSSecureString
from pypsrp import negotiate
from pypsrp.exceptions import AuthenticationError, WinRMTransportError, WSManFaultError
from pypsrp.powershell import PowerShell, RunspacePool
from pypsrp.wsman import NAMESPACES, WSMan

from hnskit.applying.api import apply
from hnskit.applying.verification import verify
from hnskit.emulator import registry
from hnskit.emulator.constants import LIMITED
from hnskit.emulator.powershell.command import Command, PSError, StreamRecord
from hnskit.emulator.winrm.service_settings import ChannelBinding, ServiceSettings
from hnskit.emulator.winrm.winrm_server import WinrmServer
from hnskit.errors import LoginRefusedError
from hnskit.facts.host_facts import gather_facts
from hnskit.facts.source import connection_settings
from hnskit.params.loading import load_params
from hnskit.remote.psrp import PsrpSession
from tests import sample_facts
from tests.emulator.door_host import PASSWORD, USER, Served, invoke
from tests.in_process_host import QUICK, Lab
from tests.waiting import LONG

LIMITED_PASSWORD = "not-an-administrator"


async def _speak(host: Any, bound: Mapping[str, Any]) -> AsyncIterator[Any]:
    yield "output"
    for stream in ("warning", "verbose", "debug", "information", "progress"):
        yield StreamRecord(stream, f"a {stream}")
    yield PSError("an error", error_id="Hnskit.Test", category="InvalidOperation")
    yield PSSecureString("a secret")


class Rights(Served):
    """A door with an account without administrator rights, in front of a host that can speak."""

    def __init__(self, directory: Path) -> None:
        super().__init__(directory)
        self.directory = directory
        self.host.commands["Get-HnskitAdapter"] = Command("Get-HnskitAdapter", (), _speak)
        self.door = WinrmServer(
            self.host, directory=directory, username=USER, password=PASSWORD, limited_password=LIMITED_PASSWORD
        )


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rights]:
    with Rights(tmp_path_factory.mktemp("rights")) as served:
        yield served


def certificate(served: Rights, path: str | Path | None = None) -> dict[str, Any]:
    pem = str(path or served.directory / "client.pem")
    return {"auth": "certificate", "certificate_pem": pem, "certificate_key_pem": pem, "username": None,
            "password": None}  # fmt: skip


def test_a_client_certificate_is_a_login(served: Rights) -> None:
    """It is mapped to the administrator's account."""
    with served.pool(**certificate(served)) as pool:
        assert len(invoke(pool, "Get-HnskitSystem")) == 1


def test_a_certificate_of_another_authority_is_refused(served: Rights, tmp_path: Path) -> None:
    """The handshake does not come to its end."""
    other = trustme.CA().issue_cert("operator@localhost").private_key_and_cert_chain_pem
    other.write_to_path(tmp_path / "other.pem")
    with pytest.raises((requests.exceptions.SSLError, requests.exceptions.ConnectionError)):  # noqa: SIM117
        with served.pool(**certificate(served, tmp_path / "other.pem")):
            pass


def test_who_says_certificate_and_has_none_is_refused(served: Rights) -> None:
    """The header alone is not a login."""
    header = "http://schemas.dmtf.org/wbem/wsman/1/wsman/secprofile/https/mutual"
    answer = requests.post(
        served.door.https, headers={"Authorization": header}, verify=str(served.door.ca), timeout=LONG
    )
    assert answer.status_code == 401


def test_a_certificate_is_no_login_over_http(served: Rights) -> None:
    """There is no channel that could have shown it."""
    header = "http://schemas.dmtf.org/wbem/wsman/1/wsman/secprofile/https/mutual"
    assert requests.post(served.door.http, headers={"Authorization": header}, timeout=LONG).status_code == 401


@pytest.mark.parametrize("hardening", ["relaxed", "strict", "none"])
def test_a_login_over_tls_is_bound_as_the_host_wants_it(tmp_path: Path, hardening: ChannelBinding) -> None:
    """CbtHardeningLevel: pypsrp sends the binding or none; one of another channel is refused but where nobody looks."""
    with Served(tmp_path, settings=ServiceSettings(channel_binding=hardening)) as served:

        def lets_in(**settings: Any) -> bool:
            try:
                with served.pool(auth="negotiate", module=False, **settings) as pool:
                    return bool(invoke(pool, "hostname"))
            except AuthenticationError:
                return False

        bound, unbound = lets_in(), lets_in(negotiate_send_cbt=False)
        elsewhere_data = lambda _: b"tls-server-end-point:another"  # noqa: E731
        with mock.patch.object(negotiate.HTTPNegotiateAuth, "_get_cbt_data", staticmethod(elsewhere_data)):
            elsewhere = lets_in()
    assert (bound, unbound, elsewhere) == (True, hardening != "strict", hardening == "none")


@pytest.mark.parametrize(("scheme", "auth"), [("http", "negotiate"), ("https", "negotiate"), ("https", "basic")])
def test_an_account_without_administrator_rights_is_denied(served: Rights, scheme: str, auth: str) -> None:
    """It is who it says, and WinRM answers "Access is denied" with code 5; who is there, it may ask."""
    login = {"username": LIMITED, "password": LIMITED_PASSWORD, "auth": auth}
    with served.wsman(scheme, **login) as wsman:
        with pytest.raises(WSManFaultError, match="Access is denied") as caught, RunspacePool(wsman):
            pass
        assert caught.value.code == 5
    wrong = served.wsman(scheme, **{**login, "password": PASSWORD})
    with wrong, pytest.raises(AuthenticationError), RunspacePool(wrong):
        pass


def test_the_kit_says_that_an_account_may_not(served: Rights, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same error as for a wrong password, with the next step."""
    monkeypatch.setenv("HNSKIT_STATE_DIR", str(tmp_path))
    try:
        for overrides in ([], ["connection.transport=https"]):
            login = ["target=emulator://rights", f"connection.username={LIMITED}", *overrides]
            settings = connection_settings(load_params(sample_facts.PARAMS, overrides=login))
            with pytest.raises(LoginRefusedError, match="User"), PsrpSession(settings) as session:
                session.open()
        over_tls = ["target=emulator://rights", "connection.transport=https", "connection.auth=certificate",
                    "connection.certificate=the-hosts-own", "connection.certificate_key=the-hosts-own"]  # fmt: skip
        with PsrpSession(connection_settings(load_params(sample_facts.PARAMS, overrides=over_tls))) as session:
            session.open()
    finally:
        registry.stop("rights")


# The session configuration that has hnskit's commands and nothing else (JEA)


@pytest.mark.parametrize(
    "name", ["Get-Process", "Invoke-Expression", "Add-Type", "Get-ChildItem", "whoami", "Invoke-HnskitNothing", "&"]
)
def test_a_restricted_session_knows_no_other_command(served: Rights, name: str) -> None:
    """Anything else is CommandNotFound."""
    with served.pool(configuration="hnskit", module=False) as pool:
        script = PowerShell(pool)
        script.add_cmdlet(name)
        assert script.invoke() == []
        assert [item.fq_error for item in script.streams.error] == ["CommandNotFoundException"]


@pytest.mark.parametrize("text", ["1", "$PSVersionTable", "Get-HnskitSystem", "function f {}", "& { }"])
def test_a_restricted_session_runs_no_script(served: Rights, text: str) -> None:
    """Not even one that only names a command."""
    with served.pool(configuration="hnskit", module=False) as pool:
        script = PowerShell(pool)
        script.add_script(text)
        assert script.invoke() == []
        assert [item.fq_error for item in script.streams.error] == ["ScriptsNotAllowed"]


def test_the_kit_does_its_work_in_a_restricted_session(tmp_path: Path) -> None:
    """A whole set-up and its proof, without the module being sent."""
    with Lab(tmp_path) as lab, lab.session(configuration="hnskit") as session:
        wanted = sample_facts.desired()
        apply(session, wanted, facts=gather_facts(session), pace=QUICK)
        assert verify(session, wanted).ok


def test_every_stream_arrives(served: Rights) -> None:
    """Output, errors, warnings, verbose, debug, information and progress, each in its own stream."""
    with served.pool() as pool:
        pool.exchange_keys()
        script = PowerShell(pool)
        script.add_cmdlet("Get-HnskitAdapter")
        output = script.invoke()
    streams = script.streams
    assert output[0] == "output"
    said = {name: [str(item.message) for item in getattr(streams, name)] for name in ("warning", "verbose", "debug")}
    assert said == {"warning": ["a warning"], "verbose": ["a verbose"], "debug": ["a debug"]}
    assert [item.message_data for item in streams.information] == ["a information"]
    assert [item.activity for item in streams.progress] == ["a progress"]
    assert [str(item) for item in streams.error] == ["an error"]
    assert script.had_errors is False  # it did not end the pipeline
    assert output[-1] == "a secret"  # a SecureString comes back decrypted by the key that was exchanged


def test_a_body_that_is_not_encrypted_is_no_way_round(served: Rights) -> None:
    """Even after a login: over HTTP, what is not encrypted is not looked at."""
    with served.wsman("http") as wsman, pytest.raises(WinRMTransportError):
        _send_in_the_clear(wsman)


def _send_in_the_clear(wsman: WSMan) -> None:
    """A login, and then a message that is not encrypted with its key."""
    wsman.transport.wrap_required = False
    wsman.transport.encryption = None
    shells = "http://schemas.microsoft.com/wbem/wsman/1/windows/shell"
    wsman.enumerate(shells, ElementTree.Element(f"{{{NAMESPACES['wsen']}}}Enumerate"))


def test_an_envelope_above_the_quota_is_a_fault(served: Rights) -> None:
    """WinRM's MaxEnvelopeSizekb is 500: w:EncodingLimit, and the connection goes on."""
    with requests.Session() as web:
        web.trust_env = False
        web.verify, web.auth = str(served.door.ca), (USER, PASSWORD)
        answer = web.post(served.door.https, data=b"<" + b"x" * 600_000, timeout=LONG)
        assert answer.status_code == 500
        assert "w:EncodingLimit" in answer.text
        assert web.post(served.door.https, data=b"", timeout=LONG).status_code == 200
