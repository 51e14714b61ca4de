"""Takes out of a host's answers what says whose host it is: names, addresses, MACs, environment, labels, mounts.

Structure, types, states, error ids and everything that HNS made up itself stay. Equal things stay equal, and addresses
of one /16 stay in one /16, so that what a transcript says of routes and subnets is still true.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

_ADDRESS = re.compile(r"(?<![\d.])(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})(?![\d.])")
_MAC = re.compile(r"\b([0-9A-Fa-f]{2}[-:]){5}[0-9A-Fa-f]{2}\b")
_KNOWN_ADDRESSES = re.compile(r"^(0\.|127\.|169\.254\.|168\.63\.129\.16$|2(2[4-9]|[345]\d)\.)")
_PUBLIC_IMAGES = ("mcr.microsoft.com/windows/", "metadata-proxy")
_SECRET = frozenset({"Env", "Labels", "Mounts", "Binds", "Cmd", "Entrypoint", "Args", "Path", "HostnamePath",
                     "HostsPath", "ResolvConfPath", "LogPath", "Hostname", "Domainname", "User", "WorkingDir",
                     "GraphDriver", "AdditionalParams", "DNSServerList", "DNSSuffix", "Description"})  # fmt: skip
"""Members that are emptied, but for those of `_kept`."""


class Scrubber:
    """Scrubs all answers of one host alike."""

    def __init__(self, *secrets: str) -> None:
        """`secrets`: texts that must not be in a transcript, the host's and the account's name for two."""
        self._secrets = [text for text in secrets if text]
        self._names: dict[str, str] = {}
        self._networks: dict[tuple[str, str], int] = {}
        self._macs: dict[str, int] = {}

    def scrub(self, value: Any, key: str = "") -> Any:
        """A copy that may be given away."""
        if isinstance(value, Mapping):
            return {name: self._member(name, item) for name, item in value.items()}
        if isinstance(value, list):
            return [self.scrub(item, key) for item in value]
        return self.text(value) if isinstance(value, str) else value

    def text(self, text: str) -> str:
        """A text without names and addresses."""
        for number, secret in enumerate(self._secrets):
            text = whole_word(secret).sub(f"SECRET{number}", text)
        text = _MAC.sub(self._mac, text)
        return _ADDRESS.sub(self._address, text)

    def _member(self, name: str, value: Any) -> Any:
        if name in _SECRET:
            return _kept(name, value)
        if name in ("Repository", "Image") and isinstance(value, str):
            return self._alias(value, "image", lambda text: text.startswith((*_PUBLIC_IMAGES, "sha256:", "<none>")))
        if name in ("Name", "VirtualNetworkName", "Alias", "NicFriendlyName") and isinstance(value, str):
            return self._alias(value, "name", _said_by_windows)
        return self.scrub(value, name)

    def _alias(self, value: str, kind: str, harmless: Callable[[str], bool]) -> str:
        if not value or harmless(value):
            return self.text(value)
        vnic = re.fullmatch(r"vEthernet \((.+)\)(?: \d+)?", value)
        if vnic:
            return value.replace(vnic[1], self._alias(vnic[1], kind, harmless))
        slash = "/" if value.startswith("/") else ""
        plain = value.removeprefix("/")
        return slash + self._names.setdefault(plain, f"{kind}-{len(self._names) + 1}")

    def _mac(self, found: re.Match[str]) -> str:
        text = found[0]
        number = self._macs.setdefault(text.upper().replace(":", "-"), len(self._macs) + 1)
        separator = text[2]
        tail = separator.join(f"{number >> shift & 0xFF:02X}" for shift in (16, 8, 0))
        return f"{text[:9]}{tail if text[:8].upper() == text[:8] else tail.lower()}"

    def _address(self, found: re.Match[str]) -> str:
        if _KNOWN_ADDRESSES.match(found[0]) or any(int(part) > 255 for part in found.groups()):
            return found[0]
        number = self._networks.setdefault((found[1], found[2]), len(self._networks))
        return f"10.{number}.{found[3]}.{found[4]}"


def whole_word(text: str) -> re.Pattern[str]:
    """A text where it is not a part of a longer word."""
    return re.compile(rf"(?<![A-Za-z0-9]){re.escape(text)}(?![A-Za-z0-9])", re.IGNORECASE)


def _said_by_windows(name: str) -> bool:
    return bool(re.fullmatch(r"(vEthernet \()?(Ethernet|nat|Loopback Pseudo-Interface)\)?( \d+)?|Microsoft .*", name))


def _kept(name: str, value: Any) -> Any:
    if name == "Description" and isinstance(value, str):
        keep = value.startswith(("\\Container_", "Default Compartment", "Hyper-V", "Microsoft Hyper-V"))
        return value if keep else "" if not value else "Adapter"
    return type(value)() if isinstance(value, dict | list | str) else None
