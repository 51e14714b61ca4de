"""Read `hnsdiag list`: tables of names and ids, or records of a few members; never all of an object.

Server 2019 prints tables, `list all` each under its heading; Server 2022 prints records (`Endpoint : <id>`, and its
members below). Names may have blanks; an id tells where a row's name ends.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from hnskit.facts.dumps.object_kinds import Kind

_GUID = r"\{?[0-9A-Fa-f]{8}-(?:[0-9A-Fa-f]{4}-){3}[0-9A-Fa-f]{12}\}?"
_IDS = re.compile(_GUID)
_ROW = re.compile(rf"^\s*(?P<name>\S.*?)?\s*(?P<id>{_GUID})(?:\s+(?P<rest>\S.*?))?\s*$")
_HEADING = re.compile(
    r"^\s*(?P<noun>Networks|Endpoints|Namespaces|Load ?Balancers|Policy ?Lists)\s*:\s*$", re.IGNORECASE
)
_NETWORK_HEAD = re.compile(r"^\s*Name\s+ID\s*$")
_ENDPOINT_HEAD = re.compile(r"^\s*Name\s+ID\s+Virtual Network Name\s*$")
_NAMESPACE_HEAD = re.compile(r"^\s*ID\s*\|\s*Endpoint IDs\s*$")
_BALANCER_HEAD = re.compile(r"^\s*ID\s*\|\s*Virtual IPs\s*\|\s*Direct IP IDs\s*$")
_RECORD = re.compile(
    rf"^\s*(?:>\s*)?(?P<noun>Network|Endpoint|Namespace|Load ?Balancer|Policy ?List|Adapter)\s*:\s*{_GUID}\s*$",
    re.IGNORECASE,
)
_MEMBER = re.compile(r"^\s*(?:>\s*)?(?P<name>[A-Za-z][\w ()-]*?)\s*:(?:\s+(?P<value>.*?))?\s*$")

_KINDS: dict[str, Kind] = {
    "network": "networks", "endpoint": "endpoints", "namespace": "namespaces", "loadbalancer": "policy_lists",
    "policylist": "policy_lists", "adapter": "adapters",
}  # fmt: skip
_HEADS: tuple[tuple[re.Pattern[str], Kind], ...] = (
    (_ENDPOINT_HEAD, "endpoints"),
    (_NETWORK_HEAD, "networks"),
    (_NAMESPACE_HEAD, "namespaces"),
    (_BALANCER_HEAD, "policy_lists"),
)
_MEMBERS = {
    "name": "Name", "ip address": "IPAddress", "ip addresses": "IPAddress", "mac address": "MacAddress",
    "type": "Type", "virtual network name": "VirtualNetworkName", "virtual network": "VirtualNetwork",
    "network name": "VirtualNetworkName", "network id": "VirtualNetwork", "network": "VirtualNetworkName",
    "subnet address": "AddressPrefix", "subnet": "AddressPrefix", "address prefix": "AddressPrefix",
    "gateway": "GatewayAddress", "gateway address": "GatewayAddress", "state": "State",
    "compartment": "CompartmentId", "compartment id": "CompartmentId", "description": "InterfaceDescription",
    "index": "ifIndex", "endpoint ids": "Endpoints", "endpoints": "Endpoints", "endpoint id": "Endpoints",
    "virtual ips": "VIPs", "direct ip ids": "References", "guid": "CompartmentGuid",
}  # fmt: skip
_SPAN = 3  # empty lines that a list may have between two of its rows


@dataclass(slots=True)
class Table:
    """One list of hnsdiag."""

    kind: Kind
    rows: list[dict[str, Any]] = field(default_factory=list)
    places: list[int] = field(default_factory=list)
    """Line of each row, from 0."""
    end: int = 0
    """The line behind it."""
    is_table: bool = True
    """Under a heading of columns; records need not be all."""


def starts(line: str) -> bool:
    """Tell whether a line may begin a list of hnsdiag."""
    stripped = line.strip()
    return bool(
        (stripped.startswith(("Name ", "ID ")) and any(head.match(line) for head, _ in _HEADS))
        or (stripped[:1] in "NELPAnelpa>" and ":" in stripped and (_RECORD.match(line) or _HEADING.match(line)))
    )


def read_table(lines: list[str], start: int) -> Table | None:
    """The list that begins at a line; None where there is none after all."""
    if _HEADING.match(lines[start]):
        below = next((number for number in range(start + 1, min(start + 3, len(lines))) if lines[number].strip()), None)
        return read_table(lines, below) if below is not None and not _HEADING.match(lines[below]) else None
    kind = next((kind for head, kind in _HEADS if head.match(lines[start])), None)
    if kind is not None:
        return _rows(lines, start + 1, kind)
    return _records(lines, start) if _RECORD.match(lines[start]) else None


def _rows(lines: list[str], start: int, kind: Kind) -> Table:
    table, number, empty = Table(kind), start, 0
    table.end = start
    while number < len(lines) and empty <= _SPAN:
        line = lines[number]
        if not line.strip():
            empty += 1
        else:
            row = _bar_row(line, kind, table) if kind in ("namespaces", "policy_lists") else _name_row(line, kind)
            if row is None:
                break
            if row:
                table.rows.append(row)
                table.places.append(number)
            empty, table.end = 0, number + 1
        number += 1
    return table


def _name_row(line: str, kind: Kind) -> dict[str, Any] | None:
    found = _ROW.match(line)
    if found is None or line.lstrip().startswith("PS "):
        return None
    row: dict[str, Any] = {"Name": found["name"] or "", "ID": _plain(found["id"])}
    if kind == "endpoints":
        row["VirtualNetworkName"] = found["rest"] or ""
    return row


def _bar_row(line: str, kind: Kind, table: Table) -> dict[str, Any] | None:
    """`id | ids` and `id | addresses | ids`; a row without an id goes on with the one above."""
    cells = [cell.strip() for cell in line.split("|")]
    if len(cells) < 2 and not _IDS.fullmatch(cells[0]):
        return None
    if not _IDS.fullmatch(cells[0]) and (cells[0] or not table.rows):
        return None
    row: dict[str, Any] = (
        {} if not cells[0] else {"ID": _plain(cells[0]), "References": [], "Endpoints": [], "VIPs": []}
    )
    into = row or table.rows[-1]
    ids = [_plain(one) for one in _IDS.findall(cells[-1])] if len(cells) > 1 else []
    into["Endpoints" if kind == "namespaces" else "References"].extend(ids)
    if kind == "policy_lists" and len(cells) > 2:
        into["VIPs"].extend(part for part in re.split(r"[\s,]+", cells[1]) if part)
    return row


def _records(lines: list[str], start: int) -> Table:
    """Records of one kind, one below the other; where another kind begins the next list begins."""
    kind = _record_kind(lines[start]) or "endpoints"
    table, number, last = Table(kind, is_table=False), start, ""
    table.end = start
    while number < len(lines):
        line = lines[number]
        if not line.strip():
            below = next((one for one in lines[number : number + _SPAN] if one.strip()), "")
            if _record_kind(below) != kind:
                break
        elif (here := _record_kind(line)) is not None:
            if here != kind:
                break
            table.rows.append({"ID": _plain(_IDS.findall(line)[-1])})
            table.places.append(number)
        else:
            last = _member(line, table.rows[-1], last) if line[:1].isspace() or _is_member(line) else ""
            if not last:
                break
        number += 1
        table.end = number
    return table


def _record_kind(line: str) -> Kind | None:
    found = _RECORD.match(line)
    return _KINDS[found["noun"].lower().replace(" ", "")] if found else None


def _is_member(line: str) -> bool:
    """Tell whether a line that is not set in is a member all the same: a page has taken its blanks away."""
    found = _MEMBER.match(line)
    return found is not None and found["name"].strip().lower() in _MEMBERS


def _member(line: str, row: dict[str, Any], last: str) -> str:
    """Take one member into a row; the name that a line without one would go on with."""
    found = _MEMBER.match(line)
    if found is None:
        if last in ("Endpoints", "References"):
            row[last].extend(_plain(one) for one in _IDS.findall(line))
            return last
        return ""
    name, value = _MEMBERS.get(found["name"].strip().lower(), found["name"].strip()), (found["value"] or "").strip()
    if name in ("Endpoints", "References"):
        row[name] = [_plain(one) for one in _IDS.findall(value)]
    elif name == "VIPs":
        row[name] = [part for part in re.split(r"[\s,]+", value) if part]
    elif name == "IPAddress":
        row[name] = next(iter(value.split()), "")
    else:
        row[name] = int(value) if value.isascii() and value.isdigit() and name in _WHOLE else value
    return name


_WHOLE = ("CompartmentId", "ifIndex", "State")


def hns_form(kind: Kind, row: Mapping[str, Any]) -> dict[str, Any]:
    """A row with the members that HNS would give it."""
    made = dict(row)
    if kind == "networks" and "AddressPrefix" in made:
        made["Subnets"] = [{"AddressPrefix": part} for part in str(made.pop("AddressPrefix")).replace(",", " ").split()]
    if kind == "endpoints":
        number = made.pop("CompartmentId", None)
        if number is not None:
            made["Resources"] = {"Allocators": [{"Tag": "Endpoint Port", "CompartmendId": number}]}
    if kind == "policy_lists":
        vips = made.pop("VIPs", [])
        made["References"] = [f"/endpoints/{one}" for one in made.get("References", [])]
        made["Policies"] = [{"Type": "ELB", "VIPs": vips}] if vips else []
        made.pop("Endpoints", None)
    if kind == "namespaces":
        made.pop("References", None)
        made.pop("VIPs", None)
        made["Resources"] = [{"Type": "Endpoint", "Data": {"Id": one}} for one in made.pop("Endpoints", [])]
    return made


def _plain(identity: str) -> str:
    return identity.strip("{}")
