"""Objects that were read from dumps, as one snapshot: they complete each other; a list that is not whole says so."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from hnskit.facts.completeness import ABSENT, SINGLE, Completeness, Problem
from hnskit.facts.dumps.merging import compartments_of, with_namespaces, with_networks_named, with_partial
from hnskit.facts.dumps.windows_objects import read_adapter, read_address, read_route
from hnskit.facts.host_facts import Facts
from hnskit.model.objects import HOST_COMPARTMENT, Adapter, Address, Endpoint, Network, Route

PARTS = (
    "system", "hns_version", "adapters", "interfaces", "addresses", "routes", "compartments", "networks", "endpoints",
    "policy_lists", "namespaces", "docker", "images", "containers",
)  # fmt: skip
_OPTIONAL = ("namespaces",)  # a host that answers is not asked for it
_FEWER = "the networks count more endpoints than this dump has"
_UNTOLD = "of some the address or the network was not printed"
_UNNAMED = "endpoints name a network that this dump does not have"
_NO_HOST = "whose addresses and routes {form} shows is not told: they are left aside"


def assembled(  # noqa: PLR0917 - what a Gathering has, in its order
    target: str,
    parts: Mapping[str, Sequence[Any]],
    partial: Sequence[Endpoint],
    ip: Sequence[Mapping[str, Any]],
    whole: set[str],
    broken: set[str],
) -> Facts:
    """The snapshot of what was read; see `Gathering`."""
    found: dict[str, list[Any]] = {name: list(items) for name, items in parts.items()}
    namespaces, networks = found.get("namespaces", []), found.get("networks", [])
    endpoints = with_partial(found.get("endpoints", []), partial)
    endpoints = with_namespaces(with_networks_named(endpoints, networks), namespaces)
    if endpoints:
        found["endpoints"] = list(endpoints)
    for item in compartments_of(namespaces):
        if all(item.id != there.id for there in found.get("compartments", [])):
            found.setdefault("compartments", []).append(item)
    _add_ip(found, ip, networks, endpoints)
    versions, dockers = found.pop("hns_version", []), found.pop("docker", [])
    gaps = _gaps(found, whole, broken, bool(versions))
    if dockers:
        gaps.pop("docker", None)
    return Facts(
        target=target,
        hns_version=versions[-1] if versions else None,
        docker=dockers[-1] if dockers else None,
        completeness=Completeness(gaps),
        **{name: tuple(items) for name, items in found.items()},  # type: ignore[arg-type]
    )


def _gaps(found: Mapping[str, Sequence[Any]], whole: set[str], broken: set[str], versioned: bool) -> dict[str, str]:
    there = {name for name in PARTS if found.get(name)}
    gaps = {
        name: ABSENT
        for name in PARTS
        if name not in there | broken | whole and not (name in _OPTIONAL and name not in there)
    }
    gaps |= {name: SINGLE for name in PARTS if name in there and name not in whole and name not in broken}
    if versioned:
        gaps.pop("hns_version", None)
    if "endpoints" in whole and "endpoints" not in gaps and _counted_more(found):
        gaps["endpoints"] = _FEWER
    if any(not (item.knows("address") and item.knows("network_id")) for item in found.get("endpoints", ())):
        gaps["endpoints"] = gaps.get("endpoints", _UNTOLD)
    networks = {item.id.upper() for item in found.get("networks", ())}
    if "networks" in whole and any(
        item.network_id and item.network_id.upper() not in networks for item in found.get("endpoints", ())
    ):
        gaps["networks"] = _UNNAMED
    return gaps


def _counted_more(found: Mapping[str, Sequence[Any]]) -> bool:
    """Tell whether a network says that it has more endpoints than were read (CurrentEndpointCount)."""
    listed = Counter(item.network_id.upper() for item in found.get("endpoints", ()))
    return any(item.endpoint_count > listed[item.id.upper()] for item in found.get("networks", ()))


def _add_ip(
    found: dict[str, list[Any]],
    ip: Sequence[Mapping[str, Any]],
    networks: Sequence[Network],
    endpoints: Sequence[Endpoint],
) -> None:
    """Take what ipconfig and `route print` showed, if it is the host's: inside a container they look the same."""
    own = {item.management_ip for item in networks if item.management_ip}
    own |= {subnet.gateway for item in networks if item.type.lower() in ("nat", "ics") for subnet in item.subnets}
    own |= {item.address for item in found.get("addresses", ())}
    others = {item.address for item in endpoints if item.compartment_id != HOST_COMPARTMENT}
    for text in ip:
        addresses = [read for row in text["addresses"] if (read := read_address(row))]
        seen = {item.address for item in addresses} | {row["InterfaceAddress"] for row in text["routes"]}
        if not addresses and not text["routes"]:
            continue
        ours = seen & own if own else _looks_like_a_host(text)
        if text["inside"] or seen & (others - own) or not ours:
            said = f"{text['place']}: {_NO_HOST.format(form=text['form'])}"
            found.setdefault("problems", []).append(Problem("", said))
            continue
        own |= {item.address for item in addresses}
        adapters = [made for row in text["adapters"] if (made := read_adapter(row))]
        _merge(found.setdefault("adapters", []), adapters, "mac")
        _merge(found.setdefault("addresses", []), _indexed(addresses, found["adapters"]), "address")
        at = {item.address: item.interface_index for item in found["addresses"]}
        routes = [_route(row, at) for row in text["routes"]]
        found.setdefault("routes", []).extend(item for item in routes if item)


def _looks_like_a_host(text: Mapping[str, Any]) -> bool:
    names = [str(row.get("Name", "")) for row in text["adapters"]]
    described = [str(row.get("InterfaceDescription", "")) for row in text["adapters"]]
    switch = any(name == "vEthernet (nat)" for name in names)
    physical = any(name and not name.startswith("vEthernet") and "oopback" not in name for name in names)
    physical |= any(item and "Virtual Ethernet" not in item and "oopback" not in item for item in described)
    return switch or (physical and (bool(text["addresses"]) or bool(text["routes"])))


def _merge(there: list[Any], more: Sequence[Any], by: str) -> None:
    keys = {getattr(item, by) for item in there if getattr(item, by)}
    there.extend(item for item in more if not getattr(item, by) or getattr(item, by) not in keys)


def _indexed(addresses: Sequence[Address], adapters: Sequence[Adapter]) -> list[Address]:
    index = {item.name: item.index for item in adapters if item.name and item.index >= 0}
    return [replace(item, interface_index=index.get(item.interface_alias, item.interface_index)) for item in addresses]


def _route(row: Mapping[str, Any], at: Mapping[str, int]) -> Route | None:
    return read_route({**row, "ifIndex": at.get(row["InterfaceAddress"], -1)})


def with_notes(facts: Facts, notes: list[str]) -> Facts:
    """A snapshot with more that could not be read."""
    return replace(facts, problems=(*(Problem("", note) for note in notes), *facts.problems))
