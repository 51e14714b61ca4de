"""Who may come in: Negotiate (NTLM) with message encryption over HTTP, Basic over TLS only.

Client certificates would be another scheme of `Login.check`.
"""

from __future__ import annotations

import base64
import binascii
import contextlib
import hmac
import os
import struct
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import spnego

from hnskit.emulator.files import write_private

_USERS_VARIABLE = "NTLM_USER_FILE"
_users_lock = threading.Lock()

_BOUNDARY = "Encrypted Boundary"
_OCTETS = b"Content-Type: application/octet-stream\r\n"
# Windows must not ask its own accounts: the pure Python implementations, on every system.
_PROVIDER = spnego.NegotiateOptions.use_negotiate | spnego.NegotiateOptions.use_ntlm


class EncryptionError(Exception):
    """A message is not encrypted as WinRM's message encryption says."""


class Authority:
    """The one account of an emulated host."""

    def __init__(self, username: str, password: str, *, computer: str, directory: Path) -> None:
        if ":" in password or "\n" in password:
            raise ValueError("the password must not contain a colon or a line break")
        self.username = username
        self._password = password
        self._computer = computer
        self._users = directory / "ntlm-users"
        # One line for each form of the domain that a client may send.
        lines = "".join(f"{domain}:{username}:{password}\n" for domain in ("", ".", computer))
        write_private(self._users, lines)

    def login(self, *, tls: bool) -> Login:
        """A new connection that has not said yet who it is."""
        return Login(self, tls=tls)

    def knows(self, username: str, password: str) -> bool:
        """Whether this is the account, in any form of its domain."""
        domain, _, name = username.rpartition("\\")
        known = name.lower() == self.username.lower() and domain.lower() in {"", ".", self._computer.lower()}
        return hmac.compare_digest(password.encode(), self._password.encode()) and known

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
class Verdict:
    """Whether a request may pass, and the headers that its answer must carry."""

    accepted: bool
    headers: tuple[tuple[str, str], ...] = ()


class Login:
    """What is known of the client at the other end of one connection."""

    def __init__(self, authority: Authority, *, tls: bool) -> None:
        self._authority = authority
        self._tls = tls
        self._context: Any = None

    def check(self, authorization: str) -> Verdict:
        """Take a request's Authorization header ("" if it has none)."""
        scheme, _, credentials = authorization.strip().partition(" ")
        match scheme.lower():
            case "":
                accepted = self._context is not None and self._context.complete
                return Verdict(True) if accepted else self._challenge()
            case "basic" if self._tls:
                return self._basic(credentials)
            case "negotiate" | "ntlm":
                return self._negotiate(scheme, credentials)
        return self._challenge()

    @property
    def encrypts(self) -> bool:
        """Whether messages on this connection can be encrypted: not after Basic."""
        return self._context is not None and bool(self._context.complete)

    def decrypt(self, body: bytes) -> bytes:
        """The envelope inside a multipart/encrypted body.

        Raises:
            EncryptionError: it is not one, or was encrypted by somebody else.
        """
        if not self.encrypts:
            raise EncryptionError("this login has no key")
        _, found, rest = body.partition(_OCTETS)
        content = rest.removesuffix(b"\r\n").removesuffix(f"--{_BOUNDARY}--".encode())
        if not found or len(content) == len(rest) or len(content) < 4:
            raise EncryptionError("not a multipart/encrypted body")
        length = struct.unpack("<i", content[:4])[0]
        if not 0 < length <= len(content) - 4:
            raise EncryptionError("the signature has no sensible length")
        try:
            return bytes(self._context.unwrap_winrm(content[4 : 4 + length], content[4 + length :]))
        except (spnego.exceptions.SpnegoError, ValueError, struct.error) as problem:
            raise EncryptionError(str(problem)) from problem

    def encrypt(self, envelope: bytes, protocol: str) -> tuple[str, bytes]:
        """The content type and the body for an envelope."""
        wrapped = self._context.wrap_winrm(envelope)
        length = len(envelope) + wrapped.padding_length
        head = (
            f"--{_BOUNDARY}\r\n\tContent-Type: {protocol}\r\n"
            f"\tOriginalContent: type=application/soap+xml;charset=UTF-8;Length={length}\r\n"
            f"--{_BOUNDARY}\r\n\t"
        )
        body = (
            head.encode()
            + _OCTETS
            + struct.pack("<i", len(wrapped.header))
            + wrapped.header
            + wrapped.data
            + f"--{_BOUNDARY}--\r\n".encode()
        )
        return f'multipart/encrypted;protocol="{protocol}";boundary="{_BOUNDARY}"', body

    def _challenge(self) -> Verdict:
        self._context = None
        basic = (("WWW-Authenticate", 'Basic realm="WSMAN"'),) if self._tls else ()
        return Verdict(False, (("WWW-Authenticate", "Negotiate"), *basic))

    def _basic(self, credentials: str) -> Verdict:
        try:
            username, _, password = base64.b64decode(credentials, validate=True).decode().partition(":")
        except (binascii.Error, UnicodeDecodeError):
            return self._challenge()
        return Verdict(True) if self._authority.knows(username, password) else self._challenge()

    def _negotiate(self, scheme: str, credentials: str) -> Verdict:
        try:
            token = base64.b64decode(credentials, validate=True)
            with self._authority.users():
                if self._context is None or self._context.complete:
                    self._context = spnego.server(protocol="negotiate", options=_PROVIDER)
                answer = self._context.step(token)
        # pyspnego raises whatever its parsers raise on a token that is none.
        except Exception:
            return self._challenge()
        encoded = f"{scheme} {base64.b64encode(answer).decode()}" if answer else ""
        headers = (("WWW-Authenticate", encoded),) if encoded else ()
        return Verdict(bool(self._context.complete), headers)
