"""Map failures of HTTP, WinRM and PowerShell to errors of hnskit.

`psrp.py` alone knows pypsrp; what comes here are the exceptions of requests and urllib3 below it, and plain values.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import requests
from urllib3.exceptions import NewConnectionError

from hnskit.errors import (
    CertificateError,
    ConnectError,
    HnskitError,
    HostUnreachableError,
    LoginRefusedError,
    OutcomeUnknownError,
    RemoteCommandError,
)
from hnskit.foreign_text.masking import mask_text
from hnskit.remote import transports
from hnskit.remote.connection import ENVIRONMENT, ConnectionSettings
from hnskit.remote.http_answers import GatewayError, HttpAnswers
from hnskit.remote.https_proxy import certificate_refused, proxy_not_trusted
from hnskit.remote.login_failures import login_error

LOST = (requests.exceptions.ConnectionError, requests.exceptions.Timeout, requests.exceptions.ChunkedEncodingError)
"""Exceptions of requests for a connection that is lost, or was never made."""
ANY = requests.exceptions.RequestException
"""Every exception of requests."""
_SILENCE = re.compile(r"Read timed out\. \(read timeout=([\d.]+)\)")
_CATEGORIES = (
    "NotSpecified", "OpenError", "CloseError", "DeviceError", "DeadlockDetected", "InvalidArgument", "InvalidData",
    "InvalidOperation", "InvalidResult", "InvalidType", "MetadataError", "NotImplemented", "NotInstalled",
    "ObjectNotFound", "OperationStopped", "OperationTimeout", "SyntaxError", "ParserError", "PermissionDenied",
    "ResourceBusy", "ResourceExists", "ResourceUnavailable", "ReadError", "WriteError", "FromStdErr", "SecurityError",
    "ProtocolError", "ConnectionError", "AuthenticationError", "LimitsExceeded", "QuotaExceeded", "NotEnabled",
)  # fmt: skip
"""System.Management.Automation.ErrorCategory, by number."""


def may_come_back(cause: Exception) -> bool:
    """Tell whether this was a lost connection: no refused certificate (a ConnectionError to requests, and no
    loss), no gateway that knows that nobody is there, no proxy that opens no way, and not one that was never made."""
    certain = isinstance(cause, requests.exceptions.SSLError | GatewayError) or bool(turned_away(cause))
    certain = certain or certificate_refused(_causes(cause)) is not None
    return isinstance(cause, LOST) and not certain and not never_arrived(cause)


def never_arrived(lost: Exception) -> bool:
    """Tell whether a request surely did not reach the host: not even a connection was made, or its name found."""
    return isinstance(lost, requests.exceptions.ConnectTimeout) or any(
        isinstance(cause, NewConnectionError) for cause in _causes(lost)
    )


def unreachable(cause: Exception, settings: ConnectionSettings) -> ConnectError:
    """Of one of `LOST`: nobody is there, or TLS failed."""
    where = _where(settings)
    if isinstance(cause, GatewayError):
        return HostUnreachableError(
            f"no WinRM behind {where}: {cause.said}",
            host=settings.target,
            next_step="Check that WinRM runs on the host (`Get-Service WinRM`), and what is on the way to it.",
        )
    if not isinstance(cause, LOST):
        return conversation_failed(cause, settings)
    refused = certificate_refused(_causes(cause))
    if refused and settings.proxy.startswith("https://"):
        return proxy_not_trusted(refused, settings)
    if transports.is_proxied(settings) and not isinstance(cause, requests.exceptions.SSLError):
        return _through_proxy(cause, settings)
    if not isinstance(cause, requests.exceptions.SSLError):
        return HostUnreachableError(f"nothing answers at {where}: {reason(cause)}", host=settings.target)
    if transports.answers_plainly(_causes(cause)):
        return transports.wrong_transport(settings)
    if transports.broke_off(_causes(cause)):
        return HostUnreachableError(
            f"{where} takes connections and gives no answer in TLS: {reason(cause)}",
            host=settings.target,
            next_step=_about_certificate(settings),
        )
    said = reason(cause)
    if settings.auth == "certificate" and re.search(r"\balert\b", said):  # an alert is what the other side thinks
        return CertificateError(
            f"{where} refuses the client certificate: {said}",
            host=settings.target,
            object="connection.certificate",
            next_step=_about_certificate(settings),
        )
    return _not_trusted(said, settings)


def _not_trusted(why: str, settings: ConnectionSettings) -> CertificateError:
    authority = "" if settings.proxy else transports.issuer(settings.server, settings.port)
    signed = f" (it was signed by {authority})" if authority else ""
    return CertificateError(
        f"the TLS certificate of {_where(settings)} is not trusted{signed}: {why}",
        host=settings.target,
        next_step=f"{CertificateError.default_next_step} If that is a proxy or a security product on the way, TLS ends "
        "there: have it let WinRM pass untouched, or reach the host itself."
        if authority
        else "",
    )


def turned_away(cause: BaseException) -> str:
    """The refusal of a proxy that opens no tunnel to the host, as its HTTP status and words; "" for another failure."""
    words = next((str(one) for one in _causes(cause) if "Tunnel connection failed: " in str(one)), "")
    found = re.search(r"Tunnel connection failed: (\d{3}[\w -]*)", words)
    return f"HTTP {found[1].strip()}" if found else ""


def _by_proxy(said: str, settings: ConnectionSettings) -> ConnectError:
    """The error of a proxy that opens no tunnel."""
    away = said.startswith("HTTP 5")
    if away:
        step = "Check the host's address and port as the proxy sees them, and that WinRM listens there."
    elif said.startswith("HTTP 407"):
        step = "The proxy wants a login of its own: have it let WinRM pass, or reach the host without it."
    else:
        step = f"Have the proxy let connections (CONNECT) to port {settings.port} pass, or reach the host without it."
    return (HostUnreachableError if away else ConnectError)(
        f"{_proxy(settings)} opens no way to {_where(settings)}: {said}",
        host=settings.target,
        object="connection.proxy",
        next_step=step,
    )


def _proxy(settings: ConnectionSettings) -> str:
    return "the proxy of the environment" if settings.proxy == ENVIRONMENT else f"the proxy {settings.proxy}"


def _through_proxy(cause: Exception, settings: ConnectionSettings) -> ConnectError:
    if said := turned_away(cause):
        return _by_proxy(said, settings)
    refused = isinstance(cause, requests.exceptions.ProxyError)
    return HostUnreachableError(
        f"{_where(settings)} is not reached through {_proxy(settings)}: {reason(cause)}",
        host=settings.target,
        object="connection.proxy",
        next_step="Check that the proxy listens there, and that it lets connections to this host and port pass."
        if refused or never_arrived(cause)
        else "Check the host's address and port as the proxy sees them, and that WinRM listens there.",
    )


def gives_no_answer(lost: Exception, settings: ConnectionSettings) -> ConnectError:
    """Make the error of a host that takes connections and closes each without an answer."""
    if settings.proxy:
        return _through_proxy(lost, settings)
    return HostUnreachableError(
        f"{_where(settings)} takes connections and gives no answer: {reason(lost)}",
        host=settings.target,
        next_step=_about_certificate(settings),
    )


def _about_certificate(settings: ConnectionSettings) -> str:
    """Return the next step where a client certificate may be the reason of an end without words; else ""."""
    if settings.auth != "certificate":
        return ""
    return (
        "A host that does not trust the client certificate may end the connection so: see `winrm enumerate "
        "winrm/config/service/certmapping` on it, and that its authority is among the host's trusted ones."
    )


def did_not_come_back(seconds: float, host: str) -> HostUnreachableError:
    """The connection was there, was lost, and all attempts to get it back failed."""
    return HostUnreachableError(
        f"the connection was lost and did not come back within {max(seconds, 1):.0f} s",
        host=host,
        next_step="Look at the host's console; then run the same command again: it goes on from there.",
    )


def login_refused(settings: ConnectionSettings, answers: HttpAnswers | None = None) -> LoginRefusedError:
    """WinRM is there and does not let this user in, or not in this way."""
    user = settings.username or "this user"
    offered = answers.refuses() if answers else ""
    by_ntlm = settings.scheme == "ntlm" != settings.auth
    of_domain = " An account of a domain is named USER@REALM: this one was tried by NTLM." if by_ntlm else ""
    if offered:
        return LoginRefusedError(
            f"{_where(settings)} does not offer a login with {settings.auth}; it offers {offered}",
            host=settings.target,
            object="connection.auth",
            next_step="Set `connection.auth` to one that it offers, or allow this one on the host "
            f"(`winrm get winrm/config/service/auth`).{of_domain}",
        )
    bound = settings.ssl and settings.auth in ("negotiate", "ntlm", "kerberos")
    return LoginRefusedError(
        f"the login of {user} with {settings.auth} was refused",
        host=settings.target,
        next_step=LoginRefusedError.default_next_step
        + of_domain
        + (
            " If they are right: over TLS this login is bound to the certificate (channel binding), so that a load "
            "balancer or a proxy that ends TLS on the way breaks it: reach the host itself."
            if bound
            else ""
        ),
    )


def not_winrm(status: int, settings: ConnectionSettings) -> ConnectError:
    """An HTTP status that WinRM does not answer with."""
    return ConnectError(
        f"{_where(settings)} answered with HTTP status {status}, not as WinRM does",
        host=settings.target,
        next_step="Check that the port is WinRM's (5985 for HTTP, 5986 for HTTPS).",
    )


def winrm_refused(fault: int | None, reason: str | None, settings: ConnectionSettings) -> ConnectError:
    """A SOAP fault, with the number and the words that Windows gives it."""
    said = str(reason or "no reason given").strip()
    if fault == 2150859173:  # MaxShellsPerUser
        return ConnectError(
            f"WinRM has no room for another shell of this user: {said} (fault {fault})",
            host=settings.target,
            next_step="Close other sessions, or wait some minutes: the host ends the shells of clients that were "
            "killed. `winrm get winrm/config/winrs` has the quota.",
        )
    return ConnectError(
        f"WinRM refused: {said} (fault {fault})",
        host=settings.target,
        next_step="Check the session configuration's name and the quotas of WinRM on the host.",
    )


@contextmanager
def named(settings: ConnectionSettings) -> Iterator[None]:
    """Turn an exception that a library raises during the login into an error of hnskit's.

    A traceback of a library's own shows, under IPython's `%xmode Verbose`, the variables of its frames: the password.

    Raises:
        ConnectError: with the library's words.
    """
    try:
        yield
    except HnskitError:
        raise
    except Exception as cause:
        raise login_error(cause, settings) or conversation_failed(cause, settings) from None


def conversation_failed(cause: Exception, settings: ConnectionSettings) -> ConnectError:
    """Something else."""
    if "SOCKS" in str(cause):
        return ConnectError(
            "a SOCKS proxy needs a package that is not installed",
            host=settings.target,
            object="connection.proxy",
            next_step="Run: pip install requests[socks]",
        )
    said = mask_text(str(cause))
    return ConnectError(f"the conversation with {_where(settings)} failed: {said}", host=settings.target)


def outcome_unknown(command: str, host: str) -> OutcomeUnknownError:
    """The pipeline is gone, and how far it came nobody can tell but the host's state."""
    return OutcomeUnknownError(
        f"the connection was lost while {command} ran, and the host no longer knows of it", host=host
    )


def answers_lost(command: str, host: str) -> OutcomeUnknownError:
    """The connection came back, and a part of what the pipeline put out did not."""
    return OutcomeUnknownError(
        f"the connection was lost while {command} ran, and with it a part of what it said", host=host
    )


def command_error(record: Any, command: str, host: str) -> ConnectError | RemoteCommandError:
    """PowerShell's ErrorRecord (as pypsrp has it: `category`, `fq_error`, `target_name`, its words as str).

    A session in which no command of hnskit can run at all is a host that is not reached: a ConnectError.
    """
    number = record.category if isinstance(record.category, int) else 0
    error_id, target = record.fq_error or "", str(record.target_name or "")
    if "ScriptsNotAllowed" in error_id:
        return ConnectError(f"the session takes no scripts (no-language mode): {record}", host=host, next_step=_JEA)
    if error_id == "CommandNotFoundException" and target == command:
        return ConnectError(f"the session has no {command}: {record}", host=host, next_step=_NO_COMMANDS)
    if "ConstrainedLanguage" in error_id:
        return ConnectError(
            f"PowerShell on this host runs in ConstrainedLanguage: {record}", host=host, next_step=_CONSTRAINED
        )
    return RemoteCommandError(
        str(record),
        error_id=error_id,
        category=_CATEGORIES[number] if 0 <= number < len(_CATEGORIES) else str(number),
        error_target=target,
        command=command,
        host=host,
    )


_CONSTRAINED = (
    "AppLocker, WDAC or __PSLockdownPolicy made it so, and no commands run there that hnskit sends. Let the host's "
    "policy trust hnskit's module and offer it by a session configuration (docs/jea.md), and name that in "
    "connection.configuration."
)
_JEA = (
    "It is a restricted endpoint (JEA). Name the session configuration that has hnskit's commands in "
    "connection.configuration (docs/jea.md says how one is made), or log in with an account that has an ordinary "
    "session."
)
_NO_COMMANDS = (
    "connection.configuration names a session configuration in which hnskit's module is not: copy it there "
    "(docs/jea.md), or leave connection.configuration out, so that hnskit sends its commands."
)


def _where(settings: ConnectionSettings) -> str:
    return f"{settings.server}:{settings.port}"


def _causes(error: BaseException) -> Iterator[BaseException]:
    """An exception of requests, and what urllib3 hid in it."""
    for _ in range(8):
        yield error
        inner = getattr(error, "reason", None) or next((a for a in error.args if isinstance(a, BaseException)), None)
        if not isinstance(inner, BaseException):
            return
        error = inner


def reason(cause: BaseException) -> str:
    """The innermost reason of a chain of requests/urllib3 exceptions, as one short sentence."""
    *_, inner = _causes(cause)
    silent = _SILENCE.search(str(inner))
    if silent:
        return f"nothing came within {float(silent[1]):.0f} s"
    # urllib3 puts its own words, with its connection's repr, around what the system said.
    text = getattr(inner, "strerror", None) or getattr(inner.__cause__, "strerror", None) or str(inner)
    return str(text).rsplit(">: ", 1)[-1].strip()
