"""Targets: what names a host, and when two names are one host."""

from __future__ import annotations

WINRM = "winrm"
WINRM_PORTS = {"http": 5985, "https": 5986}
"""Transport -> the port on which WinRM listens by default."""


def canonical(target: str, transport: str = "") -> str:
    """The one spelling of a target: `winrm://HOST:5986` over https is `winrm://host`.

    Host names know no letter case. Names of emulated hosts are names of folders, and files have names of their own:
    both stay as they are.

    Args:
        target: as somebody wrote it.
        transport: whose default port is left out. "" leaves out either one's, since both are ports of one Windows:
            so two targets are compared of which it is not known how they were reached.
    """
    scheme, _, place = target.partition("://")
    if scheme.lower() != WINRM:
        return target
    host, _, port = place.lower().partition(":")
    defaults = [WINRM_PORTS[transport]] if transport else list(WINRM_PORTS.values())
    left = f":{port}" if port and not (port.isdecimal() and int(port) in defaults) else ""
    return f"{WINRM}://{host}{left}"
