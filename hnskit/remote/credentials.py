"""Credential references: where a secret is, never the secret.

env:NAME          an environment variable
file:PATH         the first line of a file that only its owner can read
keyring:SERVICE   the system's keyring (Windows Credential Manager, macOS Keychain, Secret Service)
prompt            ask the person at the screen, once a process
"""

from __future__ import annotations

import getpass
import os
import stat
import sys
from pathlib import Path

from hnskit.errors import CredentialError

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


def resolve(reference: str, username: str) -> Secret:
    """Fetch the secret behind a reference.

    Raises:
        CredentialError: there is none, or it must not be used.
    """
    scheme, _, place = reference.partition(":")
    if scheme == "env":
        value = os.environ.get(place)
        if value is None:
            raise CredentialError(
                f"the environment variable {place} is not set",
                object="connection.credential",
                next_step=f"Set {place} to the password of {username}, or name another reference.",
            )
        return Secret(value)
    if scheme == "file":
        return _from_file(Path(place).expanduser())
    if scheme == "keyring":
        return _from_keyring(place, username)
    if scheme == "prompt":
        return _from_prompt(username)
    raise CredentialError(
        f"{reference.partition(':')[0]!r} is not a kind of credential reference",
        object="connection.credential",
        next_step=f"Use one of {', '.join(SCHEMES)}.",
    )


def _from_file(path: Path) -> Secret:
    try:
        mode = path.stat().st_mode
        text = path.read_text(encoding="utf-8")
    except OSError as cause:
        raise CredentialError(
            f"the password file {path} cannot be read: {cause.strerror}", object="connection.credential"
        ) from cause
    if os.name == "posix" and mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise CredentialError(
            f"the password file {path} can be read by others",
            object="connection.credential",
            next_step=f"Run: chmod 600 {path}",
        )
    return Secret(text.splitlines()[0] if text else "")


def _from_keyring(service: str, username: str) -> Secret:
    import keyring
    import keyring.errors

    try:
        value = keyring.get_password(service, username)
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
    return Secret(value)


_typed: dict[str, Secret] = {}
"""What was typed at the screen in this process, by account."""


def remember(username: str, value: str) -> None:
    """Keep what was typed for an account, in this process only, for `prompt`."""
    _typed[username] = Secret(value)


def typed(username: str) -> Secret | None:
    """The password of an account that has been typed already."""
    return _typed.get(username)


def _from_prompt(username: str) -> Secret:
    if username not in _typed:
        if not sys.stdin or not sys.stdin.isatty():
            raise CredentialError(
                "the credential is `prompt`, and no password has been typed",
                object="connection.credential",
                next_step="Type it into the box of the form, then run this cell again; in a pipeline use env:NAME "
                "or keyring:SERVICE.",
            )
        remember(username, getpass.getpass(f"Password of {username}: "))
    return _typed[username]
