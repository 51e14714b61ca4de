"""Read ipconfig and `route print` in any language of Windows: by their form, not by their words.

ipconfig: a line that ends with a colon names an adapter; below it, set in, members with dots before their colon. An
IPv4 address is one that a mask follows. A route table: rows of an address, a mask, a next hop, an address and a metric.
"""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass, field
from typing import Any

_DOTTED = re.compile(r"^(?P<indent>\s*)(?P<name>\S.*?)[\s.\u3000\u2024]*(?:\. ?)+\s*[:\uff1a]\s*(?P<value>.*?)\s*$")
_ADAPTER = re.compile(r"^(?P<indent>\s*)(?P<name>\S.*\S)\s*[:\uff1a]\s*$")
_IPV4 = re.compile(r"^(?P<address>\d{1,3}(?:\.\d{1,3}){3})(?:\s*[(\uff08](?P<state>[^)\uff09]*)[)\uff09])?$")
_BARE_ADDRESS = re.compile(r"^\s*(?:\d{1,3}(?:\.\d{1,3}){3}|[0-9a-fA-F]*:[0-9a-fA-F:]*(?:%\d+)?)(?:\(.*\))?\s*$")
_MAC = re.compile(r"^[0-9A-Fa-f]{2}(?:-[0-9A-Fa-f]{2}){5}$")
_FLAT = re.compile(r"\S(?: ?\.){2,}\s*[:\uff1a]|(?:\. ){2,}[:\uff1a]")
"""Dots before the colon: a member of ipconfig that a page has not set in."""
_ROUTE = re.compile(
    r"^\s*(?P<to>\d{1,3}(?:\.\d{1,3}){3})\s+(?P<mask>\d{1,3}(?:\.\d{1,3}){3})\s+(?P<hop>\S.*?)\s+"
    r"(?P<at>\d{1,3}(?:\.\d{1,3}){3})\s+(?P<metric>\d+)\s*$"
)
_LISTED = re.compile(r"^\s*(?P<index>\d+)\.{3}(?P<mac>(?:[0-9a-fA-F]{2} ){6}|\.{3,}|[ .]*)\.*\s*(?P<name>\S.*?)\s*$")
_RULE = re.compile(r"^\s*={20,}\s*$")


@dataclass(slots=True)
class IpText:
    """Addresses and routes of one run of ipconfig or `route print`."""

    adapters: list[dict[str, Any]] = field(default_factory=list)
    addresses: list[dict[str, Any]] = field(default_factory=list)
    routes: list[dict[str, Any]] = field(default_factory=list)
    end: int = 0
    """The line behind it."""
    whole: bool = False
    """True if its own end is there: of a route table the rule below it."""


def starts_ipconfig(lines: list[str], number: int) -> bool:
    """Tell whether a line names an adapter whose members follow."""
    line = lines[number]
    if not line.rstrip().endswith((":", "\uff1a")) or _DOTTED.match(line) or not _ADAPTER.match(line):
        return False
    below = [one for one in lines[number + 1 : number + 4] if one.strip()]
    # In German the first member has no dots before its colon.
    if not below or not any(map(_DOTTED.match, below[:2])):
        return False
    return _indent(below[0]) > _indent(line) or _is_flat(lines, number)


def read_ipconfig(lines: list[str], start: int) -> IpText:
    """The adapters from a line on."""
    found = IpText(end=start)
    number = start
    while number < len(lines) and starts_ipconfig(lines, number):
        number = _adapter(lines, number, found)
        found.end = number
        while number < len(lines) and not lines[number].strip():
            number += 1
    return found


def _adapter(lines: list[str], start: int, found: IpText) -> int:
    head = _ADAPTER.match(lines[start])
    said = head["name"] if head else ""
    at = said.find("vEthernet (")
    words = said.split(" adapter ", 1)
    name = said[at:] if at >= 0 else words[-1] if len(words) > 1 else said
    adapter: dict[str, Any] = {"Name": name, "MacAddress": ""}
    indent, number, waiting = _indent(lines[start]), start + 1, ""
    flat = _is_flat(lines, start)
    while number < len(lines):
        line = lines[number]
        number += 1
        if not line.strip():
            if number < len(lines) and lines[number].strip() and _indent(lines[number]) <= indent:
                if flat and _goes_on(lines[number], flat):
                    continue
                break
            continue
        if _indent(line) < indent or (_indent(line) == indent and not _goes_on(line, flat)):
            number -= 1
            break
        member = _DOTTED.match(line)
        value = member["value"] if member else line.strip()
        ipv4 = _IPV4.match(value)
        if _MAC.match(value):
            adapter["MacAddress"] = adapter["MacAddress"] or value.upper()
        elif ipv4 and waiting and (length := _prefix_length(ipv4["address"])) is not None:
            found.addresses.append(
                {"IPAddress": waiting, "InterfaceAlias": name, "PrefixLength": length, "AddressFamily": "IPv4"}
            )
            waiting = ""
        else:
            waiting = ipv4["address"] if ipv4 and member else ""
    found.adapters.append(adapter)
    return number


def _is_flat(lines: list[str], number: int) -> bool:
    """Tell whether the members below an adapter's line are not set in: a page has taken the blanks before them."""
    below = [one for one in lines[number + 1 : number + 4] if one.strip()][:2]
    level = all(_indent(one) == _indent(lines[number]) for one in below)
    return level and any(map(_FLAT.search, below)) and all(map(_DOTTED.match, below))


def _goes_on(line: str, flat: bool) -> bool:
    """Tell whether a line that is not set in belongs to an adapter: a member with dots, or an address below one."""
    return flat and bool(_DOTTED.match(line) or _BARE_ADDRESS.match(line))


def starts_routes(line: str) -> bool:
    """Tell whether a line is a row of a route table, or of the list of interfaces above one."""
    return bool(_ROUTE.match(line) or _LISTED.match(line)) if line[:1].isspace() or line[:1].isdigit() else False


def read_routes(lines: list[str], start: int) -> IpText:
    """Read interfaces and active IPv4 routes from a line on; persistent routes have four columns."""
    found = IpText(end=start)
    number, gap = start, 0
    while number < len(lines) and gap < 8:
        line = lines[number]
        number += 1
        route, listed = _ROUTE.match(line), _LISTED.match(line)
        if route is not None:
            if (length := _prefix_length(route["mask"])) is not None:
                hop = route["hop"] if _IPV4.match(route["hop"]) else "0.0.0.0"  # noqa: S104 - Windows' own "none"
                found.routes.append(
                    {
                        "DestinationPrefix": f"{route['to']}/{length}",
                        "NextHop": hop,
                        "InterfaceAddress": route["at"],
                        "RouteMetric": int(route["metric"]),
                    }
                )
        elif listed is not None and not found.routes:
            mac = "-".join(listed["mac"].split()).upper() if listed["mac"].strip(" .") else ""
            found.adapters.append(
                {"ifIndex": int(listed["index"]), "MacAddress": mac, "InterfaceDescription": listed["name"]}
            )
        else:
            if found.routes and _RULE.match(line):
                found.whole, found.end = True, number
                break
            if found.routes and line.strip():
                break
            gap += 1
            continue
        gap, found.end = 0, number
    return found


def _prefix_length(mask: str) -> int | None:
    try:
        return ipaddress.IPv4Network(f"0.0.0.0/{mask}").prefixlen if mask != "0.0.0.0" else 0  # noqa: S104 - a mask
    except ValueError:
        return None


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())
