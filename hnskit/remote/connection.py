"""Settings of a connection to a host, without a secret in them."""

from __future__ import annotations

import functools
import ssl
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from hnskit.errors import CertificateError

Auth = Literal["negotiate", "ntlm", "kerberos", "basic", "certificate", "credssp"]


ENVIRONMENT = "environment"
"""As a proxy: the one that HTTP_PROXY, HTTPS_PROXY and NO_PROXY say."""


@dataclass(frozen=True, slots=True)
class ConnectionSettings:
    """Everything `remote.psrp` needs to open a session, the password by reference only."""

    target: str
    """As the operator named it; errors and files carry this."""
    server: str
    port: int
    ssl: bool
    auth: Auth = "negotiate"
    username: str = ""
    credential: str = ""
    """A reference: `env:NAME`, `file:PATH`, `keyring:SERVICE` or `prompt` (see `remote.credentials`)."""
    ca: str = ""
    """PEM file of the authority that signed the host's certificate; "" means the system's own."""
    certificate: str = ""
    """PEM file of the client certificate, with auth `certificate`; its key in `certificate_key`."""
    certificate_key: str = ""
    service: str = ""
    """First part of the host's SPN, with Kerberos; "" means pypsrp's own (`host`, as it was measured)."""
    hostname_override: str = ""
    """The host's name to Kerberos, where it is reached by an address or through a tunnel."""
    delegate: bool = False
    """True if the host gets the user's ticket, to go on with it to others; only a forwardable one goes."""
    proxy: str = ""
    """`http://`, `https://` or `socks5h://` HOST:PORT; `environment`: what HTTP(S)_PROXY say; "" means none."""
    configuration: str = ""
    """Session configuration (JEA) that has hnskit's commands already; "" sends them."""
    path: str = "wsman"
    connect_timeout: float = 10.0
    """Seconds until a host that does not answer is called unreachable."""
    operation_timeout: float = 5
    """Seconds that one long poll may last; small, so that a lost connection is noticed early."""
    create_timeout: float = 30.0
    """Seconds for a host to make a shell: it starts a process for each."""
    read_timeout: float = 0.0
    """Seconds without an answer until the connection counts as lost; 0: two more than a long poll may last."""
    recovery_timeout: float = 90.0
    """Seconds to get a lost connection back: 1.8 to 20 s were seen, and one create of 47 s end to end (HNS fact 64)."""

    @property
    def scheme(self) -> Auth:
        """Login scheme that pypsrp is asked for: NTLM, where Negotiate cannot mean a domain's account."""
        return "ntlm" if self.auth == "negotiate" and self._is_local else self.auth

    @property
    def _is_local(self) -> bool:
        """Tell whether the account is of the host itself: a name with a password and without a realm.

        Outside Windows Negotiate would try Kerberos for it first, wherever gssapi is installed: a question to the KDC
        of the machine's default realm for each login, one thread at a time, with this password. DOMAIN\\USER no
        Kerberos outside Windows can read.
        """
        return sys.platform != "win32" and bool(self.credential) and "@" not in self.username

    @property
    def login_options(self) -> dict[str, Any]:
        """Arguments of pypsrp that are for Negotiate, Kerberos and CredSSP alone."""
        wanted = {
            "negotiate_service": self.service,
            "negotiate_hostname_override": self.hostname_override,
            "negotiate_delegate": self.delegate,
            "credssp_auth_mechanism": "ntlm" if self._is_local else "",
        }
        return {name: value for name, value in wanted.items() if value}


def require_files(settings: ConnectionSettings) -> None:
    """Check the PEM files that the settings name.

    Raises:
        CertificateError: one is missing, cannot be read, or does not contain what it is named for.
    """
    named = {"ca": settings.ca, "certificate": settings.certificate, "certificate_key": settings.certificate_key}
    for key, path in named.items():
        if path and not Path(path).is_file():
            raise _unusable(settings, key, f"there is no file {path}", "Give the path of a PEM file.")
    try:
        if settings.ca:
            _read_authorities(settings.ca, Path(settings.ca).stat().st_mtime_ns)
    except OSError as cause:  # those of ssl are such
        raise _unusable(
            settings, "ca", f"{settings.ca} has no certificate that can be read",
            "Give the authority's certificate as PEM: it begins with -----BEGIN CERTIFICATE-----. On Windows: "
            "`certutil -encode FILE.cer FILE.pem`.",
        ) from cause  # fmt: skip
    try:
        if settings.certificate:
            ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_cert_chain(
                settings.certificate, settings.certificate_key or None, password=_no_passphrase
            )
    except _EncryptedKeyError as cause:
        raise _unusable(
            settings, "certificate_key", "the key is encrypted, and nobody is asked for its passphrase",
            "Decrypt it into a file that only you can read: openssl pkey -in KEY -out FILE.",
        ) from cause  # fmt: skip
    except OSError as cause:
        raise _unusable(
            settings, "certificate",
            f"{settings.certificate} and its key do not go together: one is not PEM, or the key is of another one",
            "Give the certificate and its own private key as PEM files (the key by connection.certificate_key).",
        ) from cause  # fmt: skip


@functools.lru_cache(maxsize=64)
def _read_authorities(path: str, changed: int) -> None:  # noqa: ARG001 - a file that was changed is read again
    """Read a file of authorities, once for all hosts of a fleet: a system's takes as long as facts of a host."""
    ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(path)


class _EncryptedKeyError(Exception):
    """A private key wants a passphrase."""


def _no_passphrase() -> str:
    raise _EncryptedKeyError


def _unusable(settings: ConnectionSettings, key: str, message: str, next_step: str) -> CertificateError:
    return CertificateError(message, host=settings.target, object=f"connection.{key}", next_step=next_step)
