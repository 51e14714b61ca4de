"""hnsdiag.exe: the lists of HNS as a table (samples hnsdiag-*.txt), and removal by id.

With `-d` it prints the objects themselves; that this is their JSON, and all it says of an error, is UNCONFIRMED.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from hnskit.emulator.host.containers import Ran
from hnskit.emulator.host.hns_service import HnsService

_KINDS = {"networks": "networks", "endpoints": "endpoints", "namespaces": "namespaces", "loadbalancers": "policylists"}


def run(hns: HnsService, words: list[str]) -> Ran:
    """`list all|networks|endpoints|namespaces|loadbalancers [ID] [-d]`, `delete KIND ID`; the rest is refused."""
    plain = [word for word in words if not word.startswith("-")]
    options = {word.lower() for word in words if word.startswith("-")}
    verb, kind = (plain[0].lower(), plain[1].lower()) if len(plain) > 1 else ("", "")
    wanted = plain[2] if len(plain) == 3 else ""
    if verb == "list" and (kind in _KINDS or kind == "all") and options <= {"-d", "-df"} and len(plain) <= 3:
        kinds = list(_KINDS) if kind == "all" else [kind]
        parts = [_listed(hns, item, wanted, detailed=bool(options), titled=kind == "all") for item in kinds]
        return Ran(stdout="\r\n".join(parts))
    if verb == "delete" and kind in _KINDS and wanted and not options:
        _, text = hns.call("DELETE", f"/{_KINDS[kind]}/{wanted}", "")
        answer = json.loads(text)
        return Ran() if answer["Success"] else Ran(1, f"{answer['Error']}\r\n")
    return Ran(1, f"hnskit emulator: hnsdiag {' '.join(words)} is not emulated\r\n")


def _listed(hns: HnsService, kind: str, wanted: str, *, detailed: bool, titled: bool) -> str:
    answer = json.loads(hns.call("GET", f"/{_KINDS[kind]}", "")[1])
    objects = [item for item in answer.get("Output", []) if not wanted or item["ID"].lower() == wanted.lower()]
    if detailed:
        return "".join(f"{json.dumps(item, indent=4)}\r\n" for item in objects)
    title, head, row = _TABLES[kind]
    lines = [*([f"{title}:"] if titled else []), head, *map(row, objects)]
    return "".join(f"{line}\r\n" for line in lines)


def _network(item: Mapping[str, Any]) -> str:
    return f"{item['Name']:<16} {item['ID']}"


def _endpoint(item: Mapping[str, Any]) -> str:
    return f"{item['Name']:<16} {item['ID'].lower()} {item['VirtualNetworkName']}"


def _namespace(item: Mapping[str, Any]) -> str:
    ends = [one["Data"]["Id"].lower() for one in item.get("ResourceList", []) if one["Type"] == "Endpoint"]
    return f"{item['ID'].lower()} | {' '.join(ends)}"


def _balancer(item: Mapping[str, Any]) -> str:
    vips = [vip for rule in item["Policies"] for vip in rule.get("VIPs", [])]
    ends = [one.rpartition("/")[2].lower() for one in item["References"]]
    return f"{item['ID'].lower()} | {' '.join(vips):<16} | {' '.join(ends)}"


_ID = f"{'ID':<36}"
_TABLES: Mapping[str, tuple[str, str, Callable[[Mapping[str, Any]], str]]] = {
    "networks": ("Networks", "Name             ID", _network),
    "endpoints": ("Endpoints", f"Name             {_ID} Virtual Network Name", _endpoint),
    "namespaces": ("Namespaces", f"{_ID} | Endpoint IDs", _namespace),
    "loadbalancers": ("LoadBalancers", f"{_ID} | Virtual IPs      | Direct IP IDs", _balancer),
}
