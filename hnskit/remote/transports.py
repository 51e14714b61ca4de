"""Tell which of WinRM's two transports a port speaks: taken for each other, they fail strangely."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterable

from requests.utils import get_environ_proxies, select_proxy

from hnskit.errors import ConnectError
from hnskit.foreign_text.escaping import shortened
from hnskit.remote.connection import ENVIRONMENT, ConnectionSettings

_SECONDS = 2.0
_NO_TLS = {"WRONG_VERSION_NUMBER", "UNKNOWN_PROTOCOL", "HTTP_REQUEST", "RECORD_LAYER_FAILURE", "PACKET_LENGTH_TOO_LONG"}
"""Words of OpenSSL, in its versions, for an answer that is not TLS at all."""


def is_proxied(settings: ConnectionSettings) -> bool:
    """Tell whether a proxy is on the way: of the parameters, or of the environment where it names one for the host."""
    if settings.proxy != ENVIRONMENT:
        return bool(settings.proxy)
    url = f"{'https' if settings.ssl else 'http'}://{settings.server}:{settings.port}"
    return select_proxy(url, get_environ_proxies(url)) is not None


def speaks_tls(server: str, port: int, seconds: float = _SECONDS) -> bool:
    """Tell whether a TLS handshake succeeds there, whosever certificate it shows; nothing is sent but the handshake."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    try:
        with socket.create_connection((server, port), seconds) as plain, context.wrap_socket(plain):
            return True
    except OSError:
        return False


def issuer(server: str, port: int, seconds: float = _SECONDS) -> str:
    """The name of the authority that signed the certificate shown there, trusted or not; "" where none can be had."""
    from cryptography import x509  # only here: a start without it is quicker
    from cryptography.x509.oid import NameOID

    try:
        shown = x509.load_pem_x509_certificate(ssl.get_server_certificate((server, port), timeout=seconds).encode())
    except (OSError, ValueError):
        return ""
    names = [shown.issuer.get_attributes_for_oid(kind) for kind in (NameOID.COMMON_NAME, NameOID.ORGANIZATION_NAME)]
    return shortened(next((str(found[0].value) for found in names if found), ""), 100)


def answers_plainly(causes: Iterable[BaseException]) -> bool:
    """Tell whether a handshake failed since the other side does not speak TLS; a certificate is another matter."""
    return any(isinstance(cause, ssl.SSLError) and cause.reason in _NO_TLS for cause in causes)


def broke_off(causes: Iterable[BaseException]) -> bool:
    """Tell whether the other side closed the connection during the handshake."""
    return any(isinstance(cause, ssl.SSLEOFError | ssl.SSLZeroReturnError) for cause in causes)


def wrong_transport(settings: ConnectionSettings) -> ConnectError:
    """The error of a port that speaks the other one than `settings` say."""
    has, wanted, port = ("http", "https", 5986) if settings.ssl else ("https", "http", 5985)
    return ConnectError(
        f"{settings.server}:{settings.port} speaks {has}, and connection.transport is {wanted}",
        host=settings.target,
        next_step=f"Set `connection.transport: {has}`, or name the port of WinRM over {wanted} in the target "
        f"({port}, unless it was changed).",
    )
