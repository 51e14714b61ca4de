"""Credential references: where a secret is, never the secret.

env:NAME          an environment variable
file:PATH         the first line of a file that only its owner can read; UTF-8, or with its mark UTF-16
keyring:SERVICE   the system's keyring (Windows Credential Manager, macOS Keychain, Secret Service)
prompt            ask the person at the screen, once a process for each account of a host
"""

from __future__ import annotations

import getpass
import os
import stat
import sys
from pathlib import Path

from hnskit.errors import CredentialError
from hnskit.foreign_text.masking import learn
from hnskit.local.text_encoding import decode
from hnskit.remote.targets import canonical

SCHEMES = ("env", "file", "keyring", "prompt")


class Secret:
    """A password that does not print itself."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        """The password, for the one call that needs it."""
        return self._value

    def __repr__(self) -> str:
        return "Secret('**********')"

    def __reduce__(self) -> str:
        raise TypeError("a secret is not pickled")


def resolve(reference: str, username: str, target: str) -> Secret:
    """Fetch the secret behind a reference.

    Args:
        reference: see above.
        username: whose it is; of a keyring's entry the account.
        target: the host that is to get it; what was typed for another one is not used.

    Raises:
        CredentialError: there is none, or it must not be used.
    """
    scheme, _, place = reference.partition(":")
    if scheme == "env":
        secret = _from_environment(place, username)
    elif scheme == "file":
        secret = _from_file(Path(place).expanduser())
    elif scheme == "keyring":
        secret = _from_keyring(place, username)
    elif scheme == "prompt":
        secret = _from_prompt(username, target)
    else:
        raise CredentialError(
            f"{scheme!r} is not a kind of credential reference"
            if reference
            else "it does not say where the password is",
            object="connection.credential",
            next_step="Set it to env:NAME, file:PATH, keyring:SERVICE or prompt; never to the password itself.",
        )
    if not secret:
        raise CredentialError(
            f"the password of {username} for {target} is empty",
            object="connection.credential",
            next_step=f"{reference} must give one; of a file the first line counts.",
        )
    learn(secret)
    return Secret(secret)


def _from_environment(name: str, username: str) -> str:
    value = os.environ.get(name)
    if value is None:
        raise CredentialError(
            f"the environment variable {name} is not set",
            object="connection.credential",
            next_step=f"Set {name} to the password of {username}, or name another reference.",
        )
    return value


_LARGEST = 65_536
"""Bytes of a password file: an endless device would fill the memory."""


def _without_waiting(path: str, flags: int) -> int:
    """For `open`: a pipe that nobody writes to is not waited for."""
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0))


def _from_file(path: Path) -> str:
    try:
        with open(path, "rb", opener=_without_waiting) as file:
            mode = os.fstat(file.fileno()).st_mode
            data = file.read(_LARGEST + 1) if stat.S_ISREG(mode) else b""
    except OSError as cause:
        raise CredentialError(
            f"the password file {path} cannot be read: {cause.strerror}", object="connection.credential"
        ) from cause
    if not stat.S_ISREG(mode) or len(data) > _LARGEST:
        raise CredentialError(
            f"the password file {path} is not a file of at most {_LARGEST} bytes",
            object="connection.credential",
            next_step="Name a file that has the password in its first line.",
        )
    if os.name == "posix" and mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise CredentialError(
            f"the password file {path} can be read by others",
            object="connection.credential",
            next_step=f"Run: chmod 600 {path}",
        )
    try:
        text, doubt = decode(data)
    except ValueError:
        text, doubt = "", "it is not text"
    if doubt:  # letters that are a guess would be another password, and a few of those lock the account
        raise CredentialError(
            f"the password file {path} cannot be read: it is neither UTF-8 nor UTF-16",
            object="connection.credential",
            next_step="Save it as UTF-8.",
        )
    return text.splitlines()[0] if text else ""


def _from_keyring(service: str, username: str) -> str:
    import keyring
    import keyring.errors

    try:
        value: str | None = keyring.get_password(service, username)
    except keyring.errors.KeyringError as cause:
        raise CredentialError(
            f"this machine has no usable keyring: {cause}",
            object="connection.credential",
            next_step="Use env:NAME where there is no desktop.",
        ) from cause
    if value is None:
        raise CredentialError(
            f"the keyring has no password of {username} for {service}",
            object="connection.credential",
            next_step=f"Run: keyring set {service} {username}",
        )
    return value


_typed: dict[tuple[str, str], Secret] = {}
"""Passwords typed at the screen in this process, by host and account."""


def remember(target: str, username: str, value: str) -> None:
    """Keep what was typed for an account of one host, in this process only, for `prompt`."""
    _typed[canonical(target), username] = Secret(value)


def typed(target: str, username: str) -> Secret | None:
    """The password of an account of one host, if it has been typed already."""
    return _typed.get((canonical(target), username))


def _from_prompt(username: str, target: str) -> str:
    secret = typed(target, username)
    if secret is not None:
        return secret.reveal()
    if not sys.stdin or not sys.stdin.isatty():
        raise CredentialError(
            "the credential is `prompt`, and no password has been typed",
            object="connection.credential",
            next_step="There is no terminal to ask on: in a notebook type it into the box of the form, then run the "
            "cell again; a command or a pipeline needs env:NAME, file:PATH or keyring:SERVICE.",
        )
    value = getpass.getpass(f"Password of {username} on {target}: ")
    if value:
        remember(target, username, value)
    return value
