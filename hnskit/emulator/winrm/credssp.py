"""The host's side of CredSSP (MS-CSSP): TLS in the headers of HTTP, in it a login by NTLM, in it a password."""

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


class CredSsp:
    """The certificate that a host shows within CredSSP: signed by itself, and verified by nobody (MS-CSSP 3.1.5)."""

    def __init__(self, directory: Path) -> None:
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
        inner = _NtlmLogin(spnego.server(protocol="negotiate", options=_NTLM))
        return spnego.server(
            protocol="credssp", credssp_tls_context=self._tls, credssp_negotiate_context=inner, options=_NTLM
        )


class _NtlmLogin:
    """The login within, whose refusal has the number that Windows gives."""

    def __init__(self, context: Any) -> None:
        self._context = context

    def __getattr__(self, name: str) -> Any:
        return getattr(self._context, name)

    def step(self, token: bytes) -> Any:
        """See pyspnego's context."""
        try:
            return self._context.step(token)
        except SpnegoError as refused:
            native = NativeError(str(refused), winerror=_LOGON_FAILURE)
            raise SpnegoError(base_error=native, context_msg="login within CredSSP") from refused


def failed(context: Any) -> bool:
    """Tell whether this login has come to its end without success."""
    return bool(context.get_extra_info("auth_stage") == "Authentication failure")
