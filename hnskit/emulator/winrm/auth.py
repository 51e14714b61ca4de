"""Log clients in: Negotiate (NTLM) and CredSSP with message encryption over HTTP, the first bound to its channel over
TLS; Basic and client certificates over TLS only.
"""

from __future__ import annotations

import base64
import binascii
import contextlib
import hmac
import os
import re
import struct
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import spnego
from spnego._ntlm_raw.messages import Authenticate, AvId, NTClientChallengeV2
from spnego.channel_bindings import GssChannelBindings
from spnego.exceptions import BadBindingsError

from hnskit.emulator.winrm import credssp
from hnskit.emulator.winrm.service_settings import ChannelBinding
from hnskit.local.private_files import write_private

_USERS_VARIABLE = "NTLM_USER_FILE"
_users_lock = threading.Lock()

_CERTIFICATE = "http://schemas.dmtf.org/wbem/wsman/1/wsman/secprofile/https/mutual"
_BOUNDARY = "Encrypted Boundary"
_OCTETS = b"Content-Type: application/octet-stream\r\n"
_PARTS = re.compile(rb"--%s\r\n\s*Content-Type: application/HTTP-" % _BOUNDARY.encode())
_LONGEST_RECORD = 16384
"""Bytes that one record of TLS holds: with CredSSP a longer envelope goes in several parts (MS-WSMV 2.2.9.1.2)."""
# Windows must not ask its own accounts: the pure Python implementations, on every system.
_NTLM_AUTHENTICATE = b"NTLMSSP\x00\x03\x00\x00\x00"
_NTLM_V1_RESPONSE = 24
_PROVIDER = spnego.NegotiateOptions.use_negotiate | spnego.NegotiateOptions.use_ntlm


class EncryptionError(Exception):
    """A message is not encrypted as WinRM's message encryption says."""


@dataclass(frozen=True, slots=True)
class Account:
    """An account of a host."""

    name: str
    password: str = field(repr=False)
    administrator: bool = True


class Authority:
    """The accounts of an emulated host.

    Args:
        accounts: the first is the one that client certificates are mapped to.
        computer: a domain that a client may name.
        directory: where pyspnego's file of users is kept.
        binding: `tls-server-end-point` of the host's certificate, to which a Negotiate login over TLS is bound.
        hardening: what such a login must say of it: CbtHardeningLevel of WinRM.
        keytab: file of this host's keys in a Kerberos realm; "" means it is in none.
        offers_credssp: CredSSP is switched on, as by Enable-WSManCredSSP -Role Server.
    """

    def __init__(
        self,
        accounts: Sequence[Account],
        *,
        computer: str,
        directory: Path,
        binding: bytes = b"",
        hardening: ChannelBinding = "relaxed",
        keytab: str = "",
        offers_credssp: bool = False,
    ) -> None:
        if any(":" in account.password or "\n" in account.password for account in accounts):
            raise ValueError("the password must not contain a colon or a line break")
        self._accounts = {account.name.lower(): account for account in accounts}
        self.mapped = accounts[0]
        self.binding = GssChannelBindings(application_data=binding) if binding and hardening != "none" else None
        self.hardening = hardening
        self.keytab = keytab
        if keytab:  # GSSAPI looks nowhere else
            os.environ["KRB5_KTNAME"] = keytab
        self.credssp = credssp.CredSsp(directory, in_domain=bool(keytab)) if offers_credssp else None
        self._computer = computer
        self._users = directory / "ntlm-users"
        # One line for each form of the domain that a client may send.
        lines = "".join(
            f"{domain}:{account.name}:{account.password}\n" for account in accounts for domain in ("", ".", computer)
        )
        write_private(self._users, lines)

    def login(self, *, tls: bool, certified: bool = False) -> Login:
        """A new connection that has not said yet who it is; `certified`: with a certificate that the host trusts."""
        return Login(self, tls=tls, certified=certified)

    def named(self, username: str) -> Account | None:
        """The account of this name, in any form of its domain."""
        domain, _, name = username.rpartition("\\")
        return self._accounts.get(name.lower()) if domain.lower() in {"", ".", self._computer.lower()} else None

    def knows(self, username: str, password: str) -> Account | None:
        """The account, if this is its password."""
        account = self.named(username)
        expected = account.password if account is not None else ""
        return account if hmac.compare_digest(password.encode(), expected.encode()) else None

    @contextlib.contextmanager
    def users(self) -> Iterator[None]:
        """pyspnego's NTLM acceptor reads its accounts from the file that a variable of the process names."""
        with _users_lock:
            before = os.environ.get(_USERS_VARIABLE)
            os.environ[_USERS_VARIABLE] = str(self._users)
            try:
                yield
            finally:
                if before is None:
                    del os.environ[_USERS_VARIABLE]
                else:
                    os.environ[_USERS_VARIABLE] = before


@dataclass(frozen=True, slots=True)
class LoginVerdict:
    """Result of a login's step: the request passes or not, and the headers of its answer."""

    accepted: bool
    headers: tuple[tuple[str, str], ...] = ()


class Login:
    """The login of the client at the other end of one connection."""

    def __init__(self, authority: Authority, *, tls: bool, certified: bool) -> None:
        self._authority = authority
        self._tls = tls
        self._certified = certified
        self._context: Any = None
        self._by_credssp = False
        self._of_domain = False  # whether Kerberos lets the client in, and not this host's own accounts
        self.account: Account | None = None
        """Account that logged in last."""

    def check(self, authorization: str) -> LoginVerdict:
        """Take a request's Authorization header ("" if it has none)."""
        scheme, _, credentials = authorization.strip().partition(" ")
        match scheme.lower():
            case "":
                accepted = self._context is not None and self._context.complete
                return LoginVerdict(True) if accepted else self._challenge()
            case "basic" if self._tls:
                return self._basic(credentials)
            case "negotiate" | "ntlm":
                self._by_credssp = False
                return self._negotiate(scheme, credentials)
            case "credssp" if self._authority.credssp is not None:
                return self._credssp(self._authority.credssp, credentials)
            case _ if scheme.lower() == _CERTIFICATE and self._certified:
                self.account = self._authority.mapped
                return LoginVerdict(True)
        return self._challenge()

    @property
    def encrypts(self) -> bool:
        """Tell whether messages on this connection can be encrypted: not after Basic."""
        return self._context is not None and bool(self._context.complete)

    def decrypt(self, body: bytes) -> bytes:
        """The envelope inside a multipart/encrypted or multipart/x-multi-encrypted body.

        Raises:
            EncryptionError: it is not one, or was encrypted by another user or program.
        """
        if not self.encrypts:
            raise EncryptionError("this login has no key")
        end = f"--{_BOUNDARY}--".encode()
        whole = body.removesuffix(b"\r\n")
        if not whole.endswith(end):
            raise EncryptionError("not a multipart/encrypted body")
        content = whole.removesuffix(end)
        parts = _PARTS.split(content)[1:] if self._by_credssp else [content]
        return b"".join(self._decrypted(part) for part in parts)

    def _decrypted(self, part: bytes) -> bytes:
        _, found, content = part.partition(_OCTETS)
        if not found or len(content) < 4:
            raise EncryptionError("not a part of a multipart/encrypted body")
        length = struct.unpack("<i", content[:4])[0]
        if not 0 < length <= len(content) - 4:
            raise EncryptionError("the signature has no sensible length")
        try:
            return bytes(self._context.unwrap_winrm(content[4 : 4 + length], content[4 + length :]))
        except (spnego.exceptions.SpnegoError, ValueError, struct.error) as problem:
            raise EncryptionError(str(problem)) from problem

    def encrypt(self, envelope: bytes) -> tuple[str, bytes]:
        """The content type and the body for an envelope."""
        protocol = f"application/HTTP-{'CredSSP' if self._by_credssp else 'SPNEGO'}-session-encrypted"
        size = _LONGEST_RECORD if self._by_credssp else max(len(envelope), 1)
        parts = [self._encrypted(envelope[at : at + size], protocol) for at in range(0, len(envelope), size)]
        kind = "multipart/encrypted" if len(parts) == 1 else "multipart/x-multi-encrypted"
        body = b"".join(parts) + f"--{_BOUNDARY}--\r\n".encode()
        return f'{kind};protocol="{protocol}";boundary="{_BOUNDARY}"', body

    def _encrypted(self, text: bytes, protocol: str) -> bytes:
        wrapped = self._context.wrap_winrm(text)
        length = len(text) + wrapped.padding_length
        head = (
            f"--{_BOUNDARY}\r\n\tContent-Type: {protocol}\r\n"
            f"\tOriginalContent: type=application/soap+xml;charset=UTF-8;Length={length}\r\n"
            f"--{_BOUNDARY}\r\n\t"
        )
        signature = struct.pack("<i", len(wrapped.header)) + wrapped.header
        return b"".join((head.encode(), _OCTETS, signature, wrapped.data))

    def _challenge(self) -> LoginVerdict:
        self._context = None
        offered = ["Negotiate"]
        offered += ['Basic realm="WSMAN"'] if self._tls else []
        offered += ["CredSSP"] if self._authority.credssp is not None else []
        return LoginVerdict(False, tuple(("WWW-Authenticate", scheme) for scheme in offered))

    def _basic(self, credentials: str) -> LoginVerdict:
        try:
            username, _, password = base64.b64decode(credentials, validate=True).decode().partition(":")
        except (binascii.Error, UnicodeDecodeError):
            return self._challenge()
        self.account = self._authority.knows(username, password)
        return LoginVerdict(True) if self.account is not None else self._challenge()

    def _binding_for(self, token: bytes) -> GssChannelBindings | None:
        """Return the channel bindings that this token must have.

        Raises:
            BadBindingsError: it is bound to nothing, and must be.
        """
        binding = self._authority.binding if self._tls else None
        if binding is None or not _names_no_channel(token):
            return binding
        if self._authority.hardening == "strict":
            raise BadBindingsError(context_msg="a login that is bound to no channel")
        return None

    def _negotiate(self, scheme: str, credentials: str) -> LoginVerdict:
        try:
            token = base64.b64decode(credentials, validate=True)
            with self._authority.users():
                if self._context is None or self._context.complete:
                    self._of_domain = bool(self._authority.keytab) and credssp.NTLM_SIGNATURE not in token
                    provider = spnego.NegotiateOptions.none if self._of_domain else _PROVIDER
                    self._context = spnego.server(protocol="negotiate", options=provider)
                answer = self._context.step(token, channel_bindings=self._binding_for(token))
            if self._context.complete:
                principal = str(self._context.client_principal)
                self.account = Account(principal, "") if self._of_domain else self._authority.named(principal)
        # pyspnego raises whatever its parsers raise on a token that is none.
        except Exception:
            return self._challenge()
        encoded = f"{scheme} {base64.b64encode(answer).decode()}" if answer else ""
        headers = (("WWW-Authenticate", encoded),) if encoded else ()
        return LoginVerdict(bool(self._context.complete) and self.account is not None, headers)

    def _credssp(self, offered: credssp.CredSsp, credentials: str) -> LoginVerdict:
        try:
            token = base64.b64decode(credentials, validate=True)
            with self._authority.users():
                if self._context is None or self._context.complete or not self._by_credssp:
                    self._context, self._by_credssp = offered.acceptor(), True
                answer = self._context.step(token) or b""
            if self._context.complete:
                principal = str(self._context.client_principal)
                of_domain = self._context.negotiated_protocol == "kerberos"
                self.account = Account(principal, "") if of_domain else self._authority.named(principal)
                return LoginVerdict(True) if self.account is not None else self._challenge()
            if credssp.failed(self._context):
                self._context = None  # the client hears why, and begins anew
        # pyspnego raises whatever its parsers raise on a token that is none.
        except Exception:
            return self._challenge()
        said = f"CredSSP {base64.b64encode(answer).decode()}".strip()  # TLS may have nothing to say yet
        return LoginVerdict(False, (("WWW-Authenticate", said),))


def _names_no_channel(token: bytes) -> bool:
    """Tell whether a token has the last message of NTLM, and no channel binding in it: none at all, or one of zeros.

    pyspnego's acceptor takes zeros for any binding.
    """
    at = token.find(_NTLM_AUTHENTICATE)
    if at < 0:
        return False
    response = Authenticate.unpack(token[at:]).nt_challenge_response or b""
    if len(response) <= _NTLM_V1_RESPONSE:
        return True
    named = NTClientChallengeV2.unpack(response[16:]).av_pairs.get(AvId.channel_bindings, b"")
    return not any(named)
