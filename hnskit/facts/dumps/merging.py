"""The same object in two prints, and objects that complete each other: by id, by MAC address, by name."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import replace
from typing import Any, TypeVar

from hnskit.facts.host_facts import plain_mac
from hnskit.model.hns_json import namespace_of
from hnskit.model.objects import Compartment, Endpoint, Namespace, Network

T = TypeVar("T")


_CHANGING = frozenset({"state", "policies", "containers", "compartment_id", "endpoints", "references"})
"""Members that may have changed between two prints."""


def filled(base: T, extra: Any, *, same_moment: bool) -> T:
    """An object, with the members that its source did not print taken from another print of the same.

    Args:
        base: the object; of two prints in a row the later one.
        extra: the other print.
        same_moment: whether nothing can have changed between the two.
    """
    unread: tuple[str, ...] = getattr(base, "unread", ())
    known = [
        name
        for name in unread
        if name not in extra.unread and hasattr(base, name) and (same_moment or name not in _CHANGING)
    ]
    if not known:
        return base
    taken = {name: getattr(extra, name) for name in known}
    left = tuple(name for name in unread if name not in taken)
    return replace(base, unread=left, **taken)  # type: ignore[type-var]


def with_partial(endpoints: Iterable[Endpoint], partial: Iterable[Endpoint]) -> tuple[Endpoint, ...]:
    """Endpoints, completed by prints of the same that have no id: docker's, and a table's of chosen columns.

    They are told by their MAC address, or by the address where the network is the same or not known.
    """
    whole = list(endpoints)
    by_mac = {plain_mac(item.mac): place for place, item in enumerate(whole) if item.mac}
    by_address: dict[str, list[int]] = defaultdict(list)
    for place, item in enumerate(whole):
        if item.address:
            by_address[item.address].append(place)
    left: list[Endpoint] = []
    for item in partial:
        number: int | None = by_mac.get(plain_mac(item.mac)) if item.mac else None
        same = by_address.get(item.address, []) if item.address else []
        if number is None and not item.mac and len(same) == 1:
            number = same[0]
        if number is None:
            left.append(item)
        else:
            whole[number] = _completed(whole[number], item)
    return (*whole, *(item for number, item in enumerate(left) if item not in left[:number]))


def _completed(endpoint: Endpoint, partial: Endpoint) -> Endpoint:
    known = {name: getattr(partial, name) for name in endpoint.unread if name not in partial.unread}
    left = tuple(name for name in endpoint.unread if name not in known)
    raw = {**endpoint.raw, "State": partial.state} if "state" in known else endpoint.raw
    return replace(endpoint, unread=left, raw=raw, **known)


def with_networks_named(endpoints: Iterable[Endpoint], networks: Iterable[Network]) -> tuple[Endpoint, ...]:
    """Endpoints that name their network and not its id, with the id of the one network of this name."""
    names = Counter(item.name for item in networks)
    ids = {item.name: item.id for item in networks if names[item.name] == 1 and item.id}
    return tuple(
        replace(
            item, network_id=ids[item.network_name], unread=tuple(one for one in item.unread if one != "network_id")
        )
        if "network_id" in item.unread and item.network_name in ids
        else item
        for item in endpoints
    )


def with_namespaces(endpoints: Iterable[Endpoint], namespaces: Iterable[Namespace]) -> tuple[Endpoint, ...]:
    """Endpoints whose port was not printed, with the compartment of their namespace (HNS facts 34, 79)."""
    by_id = {item.id.upper(): item for item in namespaces if item.id}
    inside = {id.upper(): item for item in by_id.values() for id in item.endpoints}
    if not by_id:
        return tuple(endpoints)
    return tuple(
        _placed(item, inside.get(item.id.upper()) or by_id.get(namespace_of(item).upper())) for item in endpoints
    )


def _without(unread: tuple[str, ...], member: str) -> tuple[str, ...]:
    return tuple(name for name in unread if name != member)


def _placed(endpoint: Endpoint, namespace: Namespace | None) -> Endpoint:
    if namespace is None or endpoint.compartment_id is not None or namespace.compartment_id is None:
        return endpoint
    unread = _without(endpoint.unread, "compartment_id")
    return replace(endpoint, compartment_id=namespace.compartment_id, unread=unread)


def compartments_of(namespaces: Iterable[Namespace]) -> tuple[Compartment, ...]:
    """The compartments that namespaces name; HNS does not print their description."""
    found = {item.compartment_id: item.guid for item in namespaces if item.compartment_id}
    return tuple(Compartment(id, "", guid) for id, guid in found.items() if id is not None)
