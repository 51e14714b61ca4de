"""Check values that a person wrote: each function returns "", or the mistake in words."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable

_SID = re.compile(r"S-1-(\d{1,15})((?:-\d{1,10}){1,15})", re.ASCII)


def port_problem(text: str) -> str:
    """One port."""
    return "" if _port(text) else "is not a port: a number from 1 to 65535"


def ports_problem(text: str) -> str:
    """Ports and ranges, with commas: `80`, `8000-8080,9090`."""
    for item in text.split(","):
        first, dash, last = item.strip().partition("-")
        if not _port(first) or (dash and not _port(last)):
            return "is not a list of ports: 80, or 8000-8080,9090, each from 1 to 65535"
        if dash and int(first) > int(last):
            return f"has a range that ends before it begins: {item.strip()}"
    return ""


def address_problem(text: str) -> str:
    """One IPv4 address."""
    try:
        found = ipaddress.ip_address(text)
    except ValueError:
        return "is not an IPv4 address"
    return "" if found.version == 4 else "is IPv6, and only IPv4 is known to work"


def prefix_problem(text: str) -> str:
    """An IPv4 address or prefix."""
    try:
        found = ipaddress.ip_network(text)
    except ValueError as problem:
        if "host bits" in str(problem):
            return f"has bits beyond its length: {ipaddress.ip_network(text, strict=False)} is meant"
        return "is not an IPv4 address or prefix"
    return "" if found.version == 4 else "is IPv6, and only IPv4 is known to work"


def prefixes_problem(texts: Iterable[str]) -> str:
    """IPv4 addresses or prefixes."""
    for text in texts:
        if problem := prefix_problem(text.strip()):
            return f"{text.strip()!r} {problem}"
    return ""


def target_problem(text: str) -> str:
    """`ip:port` (HNS fact 49: always both)."""
    if text.startswith("[") or text.count(":") > 1:
        return "is IPv6, and only IPv4 is known to work: ip:port is needed"
    address, colon, port = text.rpartition(":")
    if not colon or not address:
        return "is not ip:port"
    problem = address_problem(address)
    if not problem and ipaddress.ip_address(address).is_unspecified:
        problem = "is not an address of a proxy"
    if problem:
        return f"is not ip:port: {address} {problem}"
    return "is not ip:port: its port is not a number from 1 to 65535" if port_problem(port) else ""


def sid_problem(text: str) -> str:
    """A SID of a user or a group, whole: `S-1-5-32-556` (HNS fact 54)."""
    match = _SID.fullmatch(text)
    if match is None:
        return "is not a SID: S-1-5-32-556, say, or system"
    if int(match[1]) >= 1 << 48 or any(int(part) >= 1 << 32 for part in match[2].split("-")[1:]):
        return "is not a SID: one of its numbers is too large"
    return ""


def protocols_problem(text: str) -> str:
    """Protocol numbers with commas, as an ACL has them."""
    for item in text.split(","):
        if not (item.strip().isascii() and item.strip().isdigit() and int(item) <= 256):
            return "is not a protocol: tcp, udp, icmp, or a number up to 256 (any)"
    return ""


def inside(address: str, prefixes: Iterable[str]) -> bool:
    """Tell whether an address, as text, is in one of these prefixes; text that is not a prefix holds none."""
    listed = tuple(prefixes)
    if not listed:  # as of most policies: reading the address costs more than all the rest
        return False
    try:
        wanted = ipaddress.ip_address(address)
    except ValueError:
        return False
    for prefix in listed:
        try:
            if wanted in ipaddress.ip_network(prefix, strict=False):
                return True
        except ValueError:
            continue  # HNS stores what is not a prefix too, and it matches nothing
    return False


def _port(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= 5 and 0 < int(text) <= 65535
