"""A proxy that is spoken to over TLS shows a certificate, and requests looks at it for https:// addresses only."""

from __future__ import annotations

import ssl
from collections.abc import Iterable
from typing import Any

from hnskit.errors import CertificateError
from hnskit.remote.connection import ConnectionSettings


def verify_proxy(transport: Any, settings: ConnectionSettings) -> None:
    """Have a WinRM transport verify the proxy's certificate also where the host behind it is reached by http.

    Args:
        transport: of pypsrp; its session is not built yet.
        settings: `ca` has the proxy's authority, and over https the host's as well.
    """
    if not settings.proxy.startswith("https://"):
        return
    build = transport._build_session

    def built() -> Any:
        session = build()
        for adapter in session.adapters.values():
            _look_at_every_certificate(adapter)
        return session

    transport._build_session = built


def _look_at_every_certificate(adapter: Any) -> None:
    look = adapter.cert_verify

    def looked(connection: Any, url: str, verify: Any, cert: Any) -> None:
        look(connection, url.replace("http://", "https://", 1), verify, cert)

    adapter.cert_verify = looked


def certificate_refused(causes: Iterable[BaseException]) -> ssl.SSLCertVerificationError | None:
    """The refusal of a certificate among the causes of a failure."""
    return next((one for one in causes if isinstance(one, ssl.SSLCertVerificationError)), None)


def proxy_not_trusted(refused: ssl.SSLCertVerificationError, settings: ConnectionSettings) -> CertificateError:
    """The proxy's certificate, or that of the host through its tunnel."""
    host = ", or of the host behind it," if settings.ssl else ""
    return CertificateError(
        f"the TLS certificate of the proxy {settings.proxy}{host} is not trusted: {refused.verify_message}",
        host=settings.target,
        object="connection.proxy",
        next_step="Set connection.ca to a file that has the authorities of both, the proxy and the host, one after "
        "the other.",
    )
