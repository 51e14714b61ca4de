"""The writing of targets and proxies, checked before anything is reached."""

from __future__ import annotations

import re

from hnskit.remote.connection import ENVIRONMENT
from hnskit.remote.stdio_commands import ssh_place
from hnskit.remote.targets import LOCAL, SSH, WINRM

TARGETS = "emulator://NAME, winrm://HOST[:PORT], ssh://[USER@]HOST[:PORT], local or snapshot:FILE"
_TARGET = re.compile(r"[a-z][a-z0-9+.-]*://\S+|snapshot:.+|local")
_PROXY = re.compile(r"(?:https?|socks5h)://(?P<host>[A-Za-z0-9._-]+):(?P<port>[0-9]{1,5})/?")
_WINRM_PLACE = re.compile(r"(?P<host>[\w.-]+)(?::(?P<port>[0-9]{0,5}))?")
"""Host and port alone: after a slash, a question mark or a number sign the URL would have no port, and 80 be asked."""


def text_of_target(value: object) -> object:
    """Return the text of an unquoted target that ends with a colon, which is a mapping to YAML (`target=local:`)."""
    if isinstance(value, dict) and len(value) == 1:
        ((word, nothing),) = value.items()
        value = f"{word}:" if isinstance(word, str) and nothing is None else value
    return LOCAL if value == f"{LOCAL}:" else value


def check_target(value: str) -> str:
    """Return a target as it is; ValueError says how one is written."""
    if not _TARGET.fullmatch(value):
        raise ValueError(f"a target is {TARGETS}" + ("; no blank is part of it" if re.search(r"\s", value) else ""))
    scheme, _, place = value.partition("://")
    if scheme == SSH:
        ssh_place(value)
        return value
    if "@" in place:
        raise ValueError("no user in a target: connection.username and connection.credential say who logs in")
    if scheme == WINRM:
        if "[" in place:
            raise ValueError("an IPv6 address is not taken here: winrm://HOST[:PORT], with the host's name")
        match = _WINRM_PLACE.fullmatch(place)
        if match is None or not _is_host(match["host"]) or not _is_port(match["port"] or "1"):
            raise ValueError("winrm://HOST[:PORT], with a name or an IPv4 address and a port of 1 to 65535")
    return value


def check_proxy(value: str) -> str:
    """Return a proxy as it is; ValueError says how one is written."""
    if not value or value == ENVIRONMENT:
        return value
    match = _PROXY.fullmatch(value)
    if match is None or not _is_host(match["host"]) or not _is_port(match["port"]):
        raise ValueError("http://, https:// or socks5h://HOST:PORT is wanted, without a user; or environment")
    return value


def _is_host(name: str) -> bool:
    """Tell whether DNS could have this name: no empty or overlong part."""
    try:
        return not name.startswith("-") and bool(name.encode("idna"))
    except UnicodeError:
        return False


def _is_port(digits: str) -> bool:
    return 0 < int(digits) < 65536
