"""Who answers in place of WinRM is named: proxies, gateways, pages, redirects, logins not offered, missing packages."""

from __future__ import annotations

import os
import re
import ssl
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pypsrp.wsman
import pytest
import requests
import trustme
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
    load_pem_private_key,
)

from hnskit.errors import CertificateError, ConnectError, HostUnreachableError, LoginRefusedError
from hnskit.remote import connection
from hnskit.remote.connection import ConnectionSettings, require_files
from hnskit.remote.psrp import PsrpSession
from tests.in_process_host import Lab

PAGE = b"<html><head><title>Access denied by policy</title></head><body><p>no</p></body></html>"


@contextmanager
def web(status: int, body: bytes = b"", tls: ssl.SSLContext | None = None, **headers: str) -> Iterator[int]:
    """A web server that has one answer; its port. Underscores in names of headers are hyphens."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            self.send_response_only(status)
            for name, value in {"Content-Type": "text/html", **headers}.items():
                for one in value.split("|"):
                    self.send_header(name.replace("_", "-"), one)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_GET = do_CONNECT = do_POST  # noqa: N815 - the name that http.server looks for

        def log_message(self, *_: Any) -> None:
            """Nothing is logged."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        if tls is not None:
            server.socket = tls.wrap_socket(server.socket, server_side=True)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield server.server_address[1]
        finally:
            server.shutdown()


@pytest.fixture
def settings(tmp_path: Path) -> Any:
    secret = tmp_path / "password"
    secret.write_text("not-a-secret-of-anybody")
    secret.chmod(0o600)

    def of(port: int, **changes: Any) -> ConnectionSettings:
        fields: dict[str, Any] = {
            "target": "winrm://host", "server": "127.0.0.1", "port": port, "ssl": False, "auth": "negotiate",
            "username": "Administrator", "credential": f"file:{secret}", "connect_timeout": 2.0, "create_timeout": 5.0,
        }  # fmt: skip
        return ConnectionSettings(**{**fields, **changes})

    return of


def refused(settings: ConnectionSettings) -> ConnectError:
    with pytest.raises(ConnectError) as caught:
        PsrpSession(settings).open()
    assert caught.value.exit_status == 3
    assert "\n" not in caught.value.paragraph()
    return caught.value


@pytest.mark.parametrize("status", [200, 403, 404, 500])
def test_a_web_page_is_told_with_its_status_and_its_heading(settings: Any, status: int) -> None:
    """Though it parses as XML, which pypsrp takes for a fault of WinRM's without a reason."""
    with web(status, PAGE, Server="squid/5.7", Via="1.1 gate.corp") as port:
        error = refused(settings(port))
    assert f"HTTP status {status}, not as WinRM does" in error.message
    assert "squid/5.7 via 1.1 gate.corp" in error.message
    assert '"Access denied by policy"' in error.message
    assert "proxy" in error.next_step


def test_windows_own_page_is_told_as_that(settings: Any) -> None:
    """HTTP.sys answers for what WinRM does not listen to."""
    with web(404, b"<h2>Not Found</h2>", Server="Microsoft-HTTPAPI/2.0") as port:
        error = refused(settings(port))
    assert 'Microsoft-HTTPAPI/2.0: "Not Found"' in error.message
    assert "winrm enumerate winrm/config/listener" in error.next_step


@pytest.mark.parametrize("status", [502, 503, 504])
def test_a_gateway_that_finds_nobody_is_named(settings: Any, status: int) -> None:
    """It is not waited for where nothing was ever there."""
    with web(status, PAGE, Server="nginx") as port:
        error = refused(settings(port))
    assert isinstance(error, HostUnreachableError)
    assert f'nginx says HTTP {status}: "Access denied by policy"' in error.message


def test_a_proxy_that_wants_a_login_is_named(settings: Any) -> None:
    with web(407, PAGE, Server="squid/5.7") as port:
        error = refused(settings(port))
    assert "a proxy on the way" in error.message
    assert "HTTP 407 of squid/5.7" in error.message


@pytest.mark.parametrize(
    ("status", "step"),
    [(403, "connections (CONNECT) to port 5986"), (407, "login of its own"), (502, "as the proxy")],
)
def test_a_proxy_that_opens_no_tunnel_is_named_and_not_the_host(settings: Any, status: int, step: str) -> None:
    with web(status, PAGE, Server="squid/5.7") as port:
        error = refused(settings(5986, ssl=True, proxy=f"http://127.0.0.1:{port}"))
    assert f"the proxy http://127.0.0.1:{port} opens no way to 127.0.0.1:5986: HTTP {status} " in error.message
    assert step in error.next_step
    assert error.object == "connection.proxy"


@pytest.mark.parametrize("status", [403, 407, 502])
def test_a_page_that_came_through_the_proxy_of_the_parameters_names_it(settings: Any, status: int) -> None:
    """It may be the host's page, too: that it came that way is what is known."""
    with web(status, PAGE, Server="squid/5.7") as port:
        error = refused(settings(5985, proxy=f"http://127.0.0.1:{port}"))
    assert f"squid/5.7 (through connection.proxy, http://127.0.0.1:{port})" in error.message


def test_a_socks_proxy_without_its_package_is_told_with_the_command(
    settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def missing(*_: object, **__: object) -> None:
        raise requests.exceptions.InvalidSchema("Missing dependencies for SOCKS support.")

    monkeypatch.setattr(requests.adapters, "SOCKSProxyManager", missing)
    error = refused(settings(5985, proxy="socks5h://127.0.0.1:1080"))
    assert "package that is not installed" in error.message
    assert "pip install requests[socks]" in error.next_step


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_redirect_is_told_and_not_followed(settings: Any, status: int) -> None:
    """The place is in the sentence; nothing of the login goes there."""
    with web(200, PAGE) as other, web(status, Location=f"http://127.0.0.1:{other}/login", Server="nginx") as port:
        error = refused(settings(port))
    assert f"127.0.0.1:{port} sends its callers on to http://127.0.0.1:{other}/login (HTTP {status})" in error.message
    assert "nginx" in error.message


@pytest.mark.parametrize(
    ("auth", "offered", "said"),
    [
        ("negotiate", 'Basic realm="WSMAN"', "Basic"),
        ("ntlm", 'Basic realm="a, b"|CredSSP', "Basic, CredSSP"),
        ("ntlm", "Kerberos", "Kerberos"),
        pytest.param(
            "negotiate",
            "Kerberos",
            "Kerberos",
            marks=pytest.mark.skipif(sys.platform == "win32", reason="there Windows itself chooses the scheme"),
        ),
    ],
)
def test_a_login_that_is_not_offered_is_named_with_those_that_are(
    settings: Any, auth: str, offered: str, said: str
) -> None:
    """The user name is not blamed."""
    with web(401, WWW_Authenticate=offered) as port:
        error = refused(settings(port, auth=auth))
    assert isinstance(error, LoginRefusedError)
    assert f"does not offer a login with {auth}; it offers {said}" in error.message


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


def tls(authority: trustme.CA, tmp_path: Path) -> tuple[ssl.SSLContext, str]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    return context, str(tmp_path / "ca.pem")


def test_basic_that_is_not_offered_is_told_so(settings: Any, authority: trustme.CA, tmp_path: Path) -> None:
    """It is off by default in Windows."""
    context, ca = tls(authority, tmp_path)
    with web(401, tls=context, WWW_Authenticate="Negotiate|Kerberos") as port:
        error = refused(settings(port, ssl=True, auth="basic", ca=ca))
    assert "does not offer a login with basic; it offers Negotiate, Kerberos" in error.message
    assert "connection.auth" in error.next_step


def test_a_refused_login_over_tls_names_the_middle_box(settings: Any, authority: trustme.CA, tmp_path: Path) -> None:
    """The login is bound to the certificate, which is another one where TLS ends on the way."""
    context, ca = tls(authority, tmp_path)
    with web(401, tls=context, WWW_Authenticate="Negotiate") as port:
        error = refused(settings(port, ssl=True, auth="negotiate", ca=ca))
    assert isinstance(error, LoginRefusedError)
    assert "channel binding" in error.next_step
    assert "user name" in error.next_step


def test_the_authority_of_a_certificate_that_is_not_trusted_is_named(
    settings: Any, authority: trustme.CA, tmp_path: Path
) -> None:
    """A box that opens TLS on the way signs with its own."""
    context, _ = tls(authority, tmp_path)
    with web(401, tls=context) as port:
        error = refused(settings(port, ssl=True))
    assert isinstance(error, CertificateError)
    assert re.search(r"is not trusted \(it was signed by .*trustme", error.message)
    assert "on the way, TLS ends there" in error.next_step


@pytest.mark.parametrize("auth", ["credssp", "kerberos"])
def test_a_package_that_is_missing_is_named_with_its_command(
    settings: Any, auth: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is only missed when the first request is made."""

    def missing(*_: object) -> None:
        raise ImportError("No module named 'something'")

    monkeypatch.setattr(pypsrp.wsman._TransportHTTP, f"_build_auth_{auth}", missing)
    error = refused(settings(1, auth=auth))
    assert f"auth {auth} needs a package" in error.message
    assert f"pip install pypsrp[{auth}]" in error.next_step


@pytest.mark.parametrize("name", ["http_proxy", "https_proxy", "all_proxy"])
@pytest.mark.parametrize("value", ["http://127.0.0.1:9", "socks5h://127.0.0.1:9"])
def test_proxies_of_the_environment_are_not_for_winrm(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    """A proxy is used where the parameters name one."""
    for variable in (name, name.upper()):
        monkeypatch.setenv(variable, value)
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.delenv("NO_PROXY", raising=False)
    with Lab(tmp_path) as lab, lab.session(tls=name == "https_proxy") as session:
        session.open()


@pytest.mark.parametrize(
    ("place", "said"),
    [("ca", "has no certificate"), ("certificate", "do not go together"), ("certificate_key", "key is encrypted")],
)
def test_a_pem_file_that_is_of_no_use_is_named(
    settings: Any, authority: trustme.CA, tmp_path: Path, place: str, said: str
) -> None:
    """The host's certificate is not blamed, and nobody is asked for a passphrase."""
    issued = authority.issue_cert("lab.example.test")
    files = {
        "ca": tmp_path / "ca.pem",
        "certificate": tmp_path / "certificate.pem",
        "certificate_key": tmp_path / "key",
    }
    authority.cert_pem.write_to_path(files["ca"])
    issued.cert_chain_pems[0].write_to_path(files["certificate"])
    issued.private_key_pem.write_to_path(files["certificate_key"])
    if place == "certificate_key":
        key = load_pem_private_key(files[place].read_bytes(), None)
        locked = BestAvailableEncryption(b"passphrase")
        files[place].write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, locked))
    else:
        files[place].write_text("nothing of use")
    paths = {name: str(path) for name, path in files.items()}
    error = refused(settings(1, ssl=True, auth="certificate", **paths))
    assert isinstance(error, CertificateError)
    assert said in error.message
    assert error.object == f"connection.{place}"


def test_authorities_are_read_once_for_many_hosts_and_again_when_their_file_was_changed(
    authority: trustme.CA, tmp_path: Path
) -> None:
    """A system's bundle takes as long as the facts of a host."""
    path = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(path)
    hosts = [ConnectionSettings(f"winrm://h{number}", "h", 5986, True, ca=str(path)) for number in range(3)]
    before = connection._read_authorities.cache_info().misses
    for settings in hosts:
        require_files(settings)
    assert connection._read_authorities.cache_info().misses == before + 1
    path.write_text("nothing of use")
    os.utime(path, ns=(1, 1))
    with pytest.raises(CertificateError):
        require_files(hosts[0])


def test_a_client_certificate_that_the_host_does_not_take_is_what_is_named(
    settings: Any, authority: trustme.CA, tmp_path: Path
) -> None:
    """Whether the host's alert comes in time, or only its end."""
    context, ca = tls(authority, tmp_path)
    context.verify_mode = ssl.CERT_REQUIRED
    own = trustme.CA().issue_cert("lab.example.test")
    own.private_key_and_cert_chain_pem.write_to_path(tmp_path / "own.pem")
    pair = dict.fromkeys(("certificate", "certificate_key"), str(tmp_path / "own.pem"))
    with web(401, tls=context, WWW_Authenticate="Negotiate") as port:
        error = refused(settings(port, ssl=True, auth="certificate", ca=ca, **pair))
    assert "does not trust the client certificate" in error.next_step
