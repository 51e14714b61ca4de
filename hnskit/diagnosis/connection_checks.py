"""The way to a host, step by step: what of it works, what does not, and what to do. Nothing on the host is changed."""

from __future__ import annotations

import importlib.util
import os
import socket
import ssl
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

from hnskit.errors import CertificateError, ConnectError, HnskitError, LoginRefusedError
from hnskit.facts.finding import Finding
from hnskit.facts.source import connect, connection_settings, is_snapshot
from hnskit.params.schema import TargetParams
from hnskit.remote import transports, windows
from hnskit.remote.connection import ENVIRONMENT, ConnectionSettings, require_files
from hnskit.remote.session import ConnectedSession, invoke_calls
from hnskit.remote.targets import LOCAL, SSH

_VARIABLES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy")
_SOON = 21
"""Days before its end from which a certificate is warned of."""


def check_connection(params: TargetParams, *, on_start: Callable[[str], None] | None = None) -> tuple[Finding, ...]:
    """Go the way to the host that the parameters name, as far as it leads.

    Args:
        params: from `load_params`.
        on_start: called with one sentence if an emulated host has to be started first.

    Returns:
        A finding for each step; those after the first that fails are left out, since they could only fail too.

    Raises:
        ConnectError: an emulated host did not start.
    """
    return tuple(_until_error(_steps(params, on_start)))


def require_way(findings: tuple[Finding, ...], *, host: str) -> None:
    """Stop where a step has failed.

    Raises:
        ConnectError: naming the step and what to do.
    """
    for one in findings:
        if one.severity == "error":
            raise ConnectError(one.message, host=host, object=one.object, next_step=one.next_step)


def _until_error(steps: Iterator[Finding]) -> Iterator[Finding]:
    for finding in steps:
        yield finding
        if finding.severity == "error":
            return


def _steps(params: TargetParams, on_start: Callable[[str], None] | None) -> Iterator[Finding]:
    if is_snapshot(params.target):
        yield Finding("target", "note", "target", "is a file: there is no way to check")
        return
    configuration = params.connection.configuration
    if params.target != LOCAL and not params.target.startswith(f"{SSH}://"):
        settings = connection_settings(params, on_start=on_start)
        yield from _proxy_steps(settings)
        if not transports.is_proxied(settings):
            yield _name(settings)
            yield _port(settings)
            yield from _transport_steps(settings)
            yield _schemes(settings)
        if settings.auth == "kerberos":
            yield _kerberos_package(settings)
            yield _ticket(settings)
        if settings.auth == "credssp":
            yield _credssp_package(settings)
        configuration = settings.configuration
    yield from _session_steps(params, configuration)


def _proxy_steps(settings: ConnectionSettings) -> Iterator[Finding]:
    found = next((name for name in _VARIABLES if os.environ.get(name)), "")
    if settings.proxy == ENVIRONMENT:
        said = "names one for this host" if transports.is_proxied(settings) else "names none for this host"
        yield Finding("proxy", "ok", "proxy", f"is left to the environment, which {said}")
    elif settings.proxy:
        place = urlsplit(settings.proxy)
        try:
            socket.create_connection((place.hostname or "", place.port or 0), settings.connect_timeout).close()
        except OSError as cause:
            yield Finding(
                "proxy", "error", f"proxy {settings.proxy}", f"does not take connections: {_words(cause)}",
                "Check that it runs, and connection.proxy.",
            )  # fmt: skip
        else:
            yield Finding("proxy", "ok", f"proxy {settings.proxy}", "takes connections; it finds the host by itself")
    elif found:
        yield Finding("proxy", "note", "proxy", f"{found} of the environment is not used (connection.proxy)")


def _name(settings: ConnectionSettings) -> Finding:
    try:
        found = socket.getaddrinfo(settings.server, settings.port, type=socket.SOCK_STREAM)
    except OSError as cause:
        return Finding(
            "name", "error", f"name {settings.server}", f"cannot be resolved: {_words(cause)}",
            "Check its spelling and this machine's DNS, or name the host by its address.",
        )  # fmt: skip
    addresses = ", ".join(dict.fromkeys(str(item[4][0]) for item in found))
    return Finding("name", "ok", f"name {settings.server}", f"is {addresses}")


def _port(settings: ConnectionSettings) -> Finding:
    place = f"port {settings.port}"
    try:
        socket.create_connection((settings.server, settings.port), settings.connect_timeout).close()
    except OSError as cause:
        return Finding(
            "port", "error", place, f"does not take connections: {_words(cause)}",
            "Check that WinRM listens there (`winrm enumerate winrm/config/listener` on the host) and that no firewall "
            "is between.",
        )  # fmt: skip
    return Finding("port", "ok", place, "takes connections")


def _transport_steps(settings: ConnectionSettings) -> Iterator[Finding]:
    speaks = transports.speaks_tls(settings.server, settings.port)
    if speaks != settings.ssl:
        error = transports.wrong_transport(settings)
        yield Finding("transport", "error", "transport", error.message, error.next_step)
    elif not settings.ssl:
        yield Finding("transport", "ok", "transport", "is http; the login encrypts each message")
    else:
        yield _certificate(settings)


def _certificate(settings: ConnectionSettings) -> Finding:
    where = f"certificate of {settings.server}"
    try:
        require_files(settings)
    except CertificateError as error:
        return Finding("certificate", "error", error.object, error.message, error.next_step)
    try:
        context = ssl.create_default_context(cafile=settings.ca or None)
        with (
            socket.create_connection((settings.server, settings.port), settings.connect_timeout) as plain,
            context.wrap_socket(plain, server_hostname=settings.server) as secure,
        ):
            shown: Any = secure.getpeercert()
    except OSError as cause:
        return Finding(
            "certificate", "error", where, f"is not trusted: {getattr(cause, 'verify_message', '') or _words(cause)}",
            "Set connection.ca to the file of the authority that signed it, and name the host as the certificate does.",
        )  # fmt: skip
    ends = datetime.fromtimestamp(ssl.cert_time_to_seconds(shown["notAfter"]), UTC)
    days = (ends - datetime.now(UTC)).days
    issuer = ", ".join(value for part in shown.get("issuer", ()) for _, value in part)
    said = f"is trusted, to {ends:%Y-%m-%d}; signed by {issuer}"
    return Finding("certificate", "warning" if days < _SOON else "ok", where, said)


def _schemes(settings: ConnectionSettings) -> Finding:
    """Ask for the login schemes that are offered, without a login."""
    import requests

    from hnskit.remote.failures import reason
    from hnskit.remote.http_answers import HttpAnswers

    url = f"{'https' if settings.ssl else 'http'}://{settings.server}:{settings.port}/{settings.path}"
    answers = HttpAnswers(settings)
    with requests.Session() as session:
        session.trust_env = False
        session.hooks["response"] = [answers.look]
        try:
            session.post(
                url, timeout=settings.connect_timeout, verify=settings.ca or True, allow_redirects=False
            )  # as the session itself, which takes the authorities of certifi where none is named
        except ConnectError as error:
            return Finding("login", "error", "login", error.message, error.next_step)
        except requests.RequestException as cause:
            return Finding(
                "login", "error", "login", f"was not offered: {reason(cause)}",
                "Check that the port is WinRM's (5985 for HTTP, 5986 for HTTPS), and that WinRM runs there.",
            )  # fmt: skip
    offered = ", ".join(answers.schemes) or "none by name"
    if answers.refuses():
        return Finding(
            "login", "error", "login", f"with {settings.auth} is not offered; offered: {offered}",
            "Set `connection.auth` to one that it offers, or allow this one on the host "
            "(`winrm get winrm/config/service/auth`).",
        )  # fmt: skip
    return Finding("login", "ok", "login", f"with {settings.auth} is offered ({offered})")


def _kerberos_package(settings: ConnectionSettings) -> Finding:
    if sys.platform == "win32" or importlib.util.find_spec("gssapi"):
        return Finding("kerberos", "ok", "Kerberos", "is installed on this machine")
    from hnskit.remote.login_failures import package_missing

    error = package_missing(ImportError("No module named 'gssapi'"), settings)
    return Finding("kerberos", "error", "Kerberos", error.message, error.next_step)


def _credssp_package(settings: ConnectionSettings) -> Finding:
    if importlib.util.find_spec("requests_credssp"):
        return Finding("credssp", "ok", "CredSSP", "is installed on this machine; the host gets the password")
    from hnskit.remote.login_failures import package_missing

    error = package_missing(ImportError("No module named 'requests_credssp'"), settings)
    return Finding("credssp", "error", "CredSSP", error.message, error.next_step)


def _ticket(settings: ConnectionSettings) -> Finding:
    name = f"{settings.service or 'host'}/{settings.hostname_override or settings.server}"
    if settings.credential or sys.platform == "win32":
        return Finding("ticket", "ok", "ticket", f"is asked for with the login, for {name}")
    gssapi: Any = importlib.import_module("gssapi")
    try:
        found = gssapi.Credentials(usage="initiate")
        return Finding("ticket", "ok", "ticket", f"of {found.name} is there for {found.lifetime} s; asked for: {name}")
    except gssapi.exceptions.GSSError as cause:
        return Finding("ticket", "error", "ticket", f"is not there: {_words(cause)}", "Run: kinit USER@REALM")


def _session_steps(params: TargetParams, configuration: str) -> Iterator[Finding]:
    named = configuration or "the default"
    try:
        with connect(params) as session:
            yield Finding("session", "ok", "session", f"is open; session configuration: {named}")
            yield from _inside(session, configuration)
    except LoginRefusedError as error:
        yield Finding("session", "error", "login", error.message, error.next_step)
    except ConnectError as error:
        yield Finding("session", "error", "session", error.message, error.next_step)


def _inside(session: ConnectedSession, configuration: str) -> Iterator[Finding]:
    calls = [call for call in windows.fact_calls() if call.id == "system"]
    try:
        (result,) = invoke_calls(session, calls)
        system = windows.READERS["system"](result)
    except HnskitError as error:
        yield Finding("commands", "error", "commands of hnskit", f"do not run: {error.message}", error.next_step)
        return
    how = f"as {configuration} has them" if configuration else "sent there, in the full language"
    yield Finding("commands", "ok", "commands of hnskit", f"run, {how}, on PowerShell {system.powershell}")
    if system.administrator:
        yield Finding("elevation", "ok", "account", "is an administrator of the host, elevated")
    else:
        yield Finding(
            "elevation", "error", "account", "is not an administrator of the host, or not elevated",
            "HNS wants an administrator: log in as one, by a session configuration that is one (docs/jea.md), or start "
            "this program elevated.",
        )  # fmt: skip


def _words(cause: BaseException) -> str:
    return str(getattr(cause, "strerror", None) or cause)
