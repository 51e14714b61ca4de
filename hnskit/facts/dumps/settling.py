"""An object of a dump, put right: what PowerShell printed as text is read again, what was lost is named."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from hnskit.facts.dumps.broken_json import CUT
from hnskit.facts.dumps.format_list import read_value
from hnskit.facts.dumps.object_kinds import guess_kind, is_envelope, kind_of

_LISTS = frozenset(
    {
        "ExceptionList", "Exceptions", "SharedContainers", "References", "VIPs", "Containers", "HostComputeEndpoints",
        "ServerList", "FrontendVIPs",
    }
)  # fmt: skip
"""Lists of plain texts, which PowerShell joins by blanks where they lie too deep."""


def has_cut_marks(text: str) -> bool:
    """Tell whether a text may have what PowerShell prints in place of an object that lies too deep."""
    return ("@" in text and "@{" in text) or "System." in text  # one letter is found much faster than two


_REDIRECTS = frozenset({"PROXY", "L4PROXY", "L4WFPPROXY"})
_OF_ENDPOINT = _REDIRECTS | {"L2DRIVER", "OUTBOUNDNAT"}
_SHARED = frozenset({"ACL", "NAT", "ROUTE", "PA", "QOS", "VLAN", "VSID", "PORTMAPPING", "SDNROUTE", "PROVIDERADDRESS"})
"""Types of policies that an endpoint may have, and others may, too; in upper case."""


def unpacked(value: Any, place: str, listed: bool = False) -> Iterator[tuple[Any, str, bool]]:
    """The objects of a value, and whether each stands in a list.

    A value may be a list, a list that remoting wrapped (`value`, `Count`), or an Output by itself.
    """
    if isinstance(value, list):
        for number, item in enumerate(value):
            yield from unpacked(item, place if len(value) == 1 else f"{place}, item {number + 1}", True)
    elif not isinstance(value, Mapping):
        return
    elif value.keys() - {CUT} == {"value", "Count"}:
        yield from unpacked(value["value"], place, listed)
    elif value.keys() - {CUT} == {"Output"}:
        yield from unpacked(value["Output"], place, listed)
    elif "raw" in value and isinstance(value["raw"], Mapping):
        yield value["raw"] or value, place, listed  # of hnskit's own snapshot that is not whole
    else:
        yield value, place, listed


def owner_of_policies(value: Any) -> dict[str, Any]:
    """An endpoint for policies that were printed alone (`(Get-HnsEndpoint).Policies`); {} of any other value.

    A single object is one if it redirects; in a list all have to be policies, and one of them of an endpoint alone.
    """
    items = value if isinstance(value, list) else [value]
    if not items or not all(map(_is_policy, items)):
        return {}
    types = {str(item["Type"]).upper() for item in items}
    if not types & (_REDIRECTS if not isinstance(value, list) else _OF_ENDPOINT):
        return {}
    return {"Policies": items}


def _is_policy(item: Any) -> bool:
    return (
        isinstance(item, Mapping)
        and isinstance(item.get("Type"), str)
        and item["Type"].upper() in _OF_ENDPOINT | _SHARED
        and not {"ID", "Id", "Name", "MacAddress", "VirtualNetwork", "Subnets"} & item.keys()
    )


def is_folder(value: Any) -> bool:
    """Tell whether an object only holds lists of others, as scripts like to write them: `{"Networks": […], …}`."""
    if not isinstance(value, Mapping) or not value or kind_of(value) is not None or is_envelope(value):
        return False
    if any(isinstance(part, Mapping) and "EndpointID" in part for part in value.values()):
        return False  # docker's settings of endpoints, by the name of their network
    lists = [items for name, items in value.items() if guess_kind(str(name)) and isinstance(items, list | Mapping)]
    return bool(lists) and not {"ID", "Id", "Policies", "Resources"} & value.keys()


def settled(item: Mapping[str, Any]) -> tuple[dict[str, Any], list[str]]:
    """An object with its texts read again, and the members of which something is lost."""
    lost: list[str] = []
    made: dict[str, Any] = {}
    for name, member in item.items():
        if name == CUT:
            lost += [last] if member and (last := next(reversed(made), "")) else []
            continue
        value, cut = _settled(member, str(name))
        if cut:
            lost.append(str(name))
        if value is not None or not cut:
            made[name] = value
    return made, lost


def _settled(item: Any, name: str) -> tuple[Any, bool]:
    if isinstance(item, str):
        return _from_text(item, name)
    if isinstance(item, list):
        parts = [_settled(part, "") for part in item]
        return [value for value, _ in parts if value is not None], any(cut for _, cut in parts)
    if isinstance(item, Mapping):
        members = {key: _settled(part, str(key)) for key, part in item.items() if key != CUT}
        kept = {key: value for key, (value, cut) in members.items() if value is not None or not cut}
        return kept, CUT in item or any(cut for _, cut in members.values())
    return item, False


def _from_text(item: str, name: str) -> tuple[Any, bool]:
    if item.startswith("@{"):
        parts = item.split("} @{") if "} @{" in item else [item]
        if len(parts) == 1:
            value, whole = read_value("", item)
            return value, not whole
        read = [read_value("", "@{" + part.removeprefix("@{").removesuffix("}") + "}") for part in parts]
        return [value for value, _ in read], not all(whole for _, whole in read)
    if item in ("System.Object[]", "System.Object", "System.Collections.ArrayList") or item.startswith(
        ("System.Collections.", "System.Management.Automation.")
    ):
        return None, True
    if name in _LISTS and " " in item.strip():
        return item.split(), False
    return item, False
