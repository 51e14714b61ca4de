"""Targets: what names a host, and when two names are one host."""

from __future__ import annotations

import re

WINRM = "winrm"
SSH = "ssh"
LOCAL = "local"
"""The machine itself: a whole target. `local:`, as other targets are written, is the same."""
SNAPSHOT = "snapshot:"
"""Beginning of a target that is a file or a folder."""
WINRM_PORTS = {"http": 5985, "https": 5986}
"""Transport -> the port on which WinRM listens by default."""


_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*://")


def is_target(words: str) -> bool:
    """Tell whether words are a target by themselves: `SCHEME://PLACE`, of whatever scheme, or the machine itself."""
    return words in (LOCAL, f"{LOCAL}:") or _SCHEME.match(words) is not None


def canonical(target: str, transport: str = "") -> str:
    """The one spelling of a target: `winrm://HOST:5986` over https is `winrm://host`.

    Host names know no letter case. Names of emulated hosts are names of folders, those of ssh may be names of the
    user's ssh_config, and files have names of their own: all of these stay as they are.

    Args:
        target: as somebody wrote it.
        transport: whose default port is left out. "" leaves out either one's, since both are ports of one Windows:
            so two targets are compared of which it is not known how they were reached.
    """
    if target == f"{LOCAL}:":
        return LOCAL
    scheme, _, place = target.partition("://")
    if scheme.lower() != WINRM:
        return target
    host, _, port = place.lower().partition(":")
    defaults = [WINRM_PORTS[transport]] if transport else list(WINRM_PORTS.values())
    left = f":{port}" if port and not (port.isdecimal() and int(port) in defaults) else ""
    return f"{WINRM}://{host}{left}"


def machine(target: str) -> str:
    """The name under which work on a host is kept apart: of two ways to one machine it is the same.

    `ssh://user@host` is where `winrm://host` is. A port of one's own may lead through a tunnel to any machine, and a
    name of ssh_config too: what is not known to be one machine stays two.
    """
    scheme, _, place = target.partition("://")
    host, _, port = place.rpartition("@")[2].lower().partition(":")
    if scheme.lower() == SSH and port in ("", "22"):
        return f"{WINRM}://{host}"
    return canonical(target)
