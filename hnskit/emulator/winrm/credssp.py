"""The host's side of CredSSP (MS-CSSP): TLS in HTTP's headers, in it a login by NTLM or Kerberos, in it a password."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import spnego
import spnego.tls
from spnego.exceptions import NativeError, SpnegoError

from hnskit.local.private_files import write_private

_LOGON_FAILURE = 0xC000006D - 2**32
"""STATUS_LOGON_FAILURE, signed as pyspnego has such numbers: what TSRequest's errorCode says of a wrong password."""
_NTLM = spnego.NegotiateOptions.use_negotiate | spnego.NegotiateOptions.use_ntlm
NTLM_SIGNATURE = b"NTLMSSP\x00"
"""In each token of a login by NTLM."""


class CredSsp:
    """The certificate that a host shows within CredSSP: signed by itself, and verified by nobody (MS-CSSP 3.1.5).

    Args:
        directory: its file lies here for a moment.
        in_domain: the host has keys in a Kerberos realm.
    """

    def __init__(self, directory: Path, *, in_domain: bool = False) -> None:
        self._in_domain = in_domain
        certificate, key, public_key = spnego.tls.generate_tls_certificate()
        self._tls = spnego.tls.default_tls_context(usage="accept")
        path = directory / "credssp.pem"
        write_private(path, (certificate + key).decode())
        try:
            self._tls.context.load_cert_chain(path)
        finally:
            path.unlink()
        self._tls.public_key = public_key

    def acceptor(self) -> Any:
        """A login that has not begun; the accounts are those of pyspnego's file of users."""
        inner = _InnerLogin(in_domain=self._in_domain)
        return spnego.server(
            protocol="credssp", credssp_tls_context=self._tls, credssp_negotiate_context=inner, options=_NTLM
        )


class _InnerLogin:
    """The login within, by what its first token begins; its refusal has the number that Windows gives."""

    def __init__(self, *, in_domain: bool) -> None:
        self._context = spnego.server(protocol="negotiate", options=_NTLM)
        self._may_be_kerberos = in_domain

    def __getattr__(self, name: str) -> Any:
        return getattr(self._context, name)

    def step(self, token: bytes) -> Any:
        """See pyspnego's context."""
        try:
            if self._may_be_kerberos and NTLM_SIGNATURE not in token:
                self._context = spnego.server(protocol="negotiate")
            self._may_be_kerberos = False
            return self._context.step(token)
        except SpnegoError as refused:
            native = NativeError(str(refused), winerror=_LOGON_FAILURE)
            raise SpnegoError(base_error=native, context_msg="login within CredSSP") from refused


def failed(context: Any) -> bool:
    """Tell whether this login has come to its end without success."""
    return bool(context.get_extra_info("auth_stage") == "Authentication failure")
