"""Two snapshots of a host: what is new, what is gone, what has changed. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

from hnskit.facts.compartment_owners import CompartmentOwners
from hnskit.facts.host_facts import Facts
from hnskit.model.objects import HOST_COMPARTMENT
from hnskit.model.wording import describe_policies, state_word, with_short_ids

What = Literal["new", "gone", "changed"]

SIGNS: Mapping[What, str] = {"new": "+", "gone": "−", "changed": "~"}


@dataclass(frozen=True, slots=True)
class Difference:
    """One object that is not as it was."""

    kind: str
    """network, endpoint, container, adapter, image or route."""
    key: str
    """The id in lower case where the object has one, else its name."""
    name: str
    what: What
    changes: tuple[tuple[str, str, str], ...] = ()
    """(field, before, after) in words; for what is new or gone the fields that it has or had."""
    owner: str = ""
    """Of an endpoint that a CNI named after an id: the pod that it serves."""

    @property
    def title(self) -> str:
        """Name it for a person: `endpoint 1b1226cd9eaa…_cbr0 of default/web-7d9f`."""
        return f"{self.kind} {with_short_ids(self.name)}" + (f" of {self.owner}" if self.owner else "")

    def __str__(self) -> str:
        said = "; ".join(_describe_change(self.what, *change) for change in self.changes)
        return f"{self.what} {self.kind} {self.name}" + (f": {said}" if said else "")


def differences(before: Facts, after: Facts, *, by_name: bool = False) -> tuple[Difference, ...]:
    """Compare two snapshots, kind by kind, each sorted by name.

    Args:
        before: the earlier snapshot.
        after: the later one, of the same host.
        by_name: match objects by their names, for snapshots of two hosts, whose ids have nothing in common. Of objects
            with one name the first of one host is matched with the first of the other.

    Returns:
        The differences: new, gone or changed objects, each with its changed fields as (name, before, after), as text.
    """
    found: list[Difference] = []
    pods = {**_pods_of_endpoints(before), **_pods_of_endpoints(after)}
    for kind, rows in _KINDS.items():
        was, now = _keyed(rows(before), by_name), _keyed(rows(after), by_name)
        some = [
            difference
            for key in {**was, **now}
            if (difference := _difference(kind, key, was.get(key), now.get(key))) is not None
        ]
        if kind == "endpoint":
            some = [replace(one, owner=pods.get(one.key, "")) for one in some]
        found += sorted(some, key=lambda one: (one.owner, one.name, one.key))
    return tuple(found)


def _pods_of_endpoints(facts: Facts) -> dict[str, str]:
    if not any(item.pod_id for item in facts.containers):
        return {}
    owners = CompartmentOwners(facts)
    served = ((item.id.lower(), owners.of_endpoint(item)) for item in facts.endpoints)
    return {id: owner.pod_name for id, owner in served if owner is not None and owner.pod_name}


def share_objects(before: Facts, after: Facts) -> bool:
    """Tell whether two snapshots have a network, an endpoint or a container of one id, or nothing to compare by id."""
    was, now = ({key for kind in _WITH_IDS for key, _ in _KINDS[kind](facts)} for facts in (before, after))
    return bool(was & now) or not was or not now


def _keyed(rows: Iterable[tuple[str, _Row]], by_name: bool) -> dict[str, _Row]:
    if not by_name:
        return dict(rows)
    found: dict[str, _Row] = {}
    for _, row in rows:
        count = sum(one[0] == row[0] for one in found.values())
        found[f"{row[0]} #{count + 1}" if count else row[0]] = row
    return found


_Row = tuple[str, dict[str, str]]
"""An object's name, and its fields in words."""


def _difference(kind: str, key: str, was: _Row | None, now: _Row | None) -> Difference | None:
    if was is None and now is not None:
        said = tuple((field, "", value) for field, value in now[1].items() if value)
        return Difference(kind, key, now[0], "new", said)
    if was is not None and now is None:
        said = tuple((field, value, "") for field, value in was[1].items() if value)
        return Difference(kind, key, was[0], "gone", said)
    if was is None or now is None or was == now:
        return None
    fields = {"name": (was[0], now[0]), **{name: (was[1][name], now[1][name]) for name in now[1]}}
    changes = tuple((name, old, new) for name, (old, new) in fields.items() if old != new)
    return Difference(kind, key, now[0], "changed", changes)


def _describe_change(what: What, field: str, before: str, after: str) -> str:
    if what == "changed":
        return f"{field} {before or 'nothing'} -> {after or 'nothing'}"
    return f"{field} {after or before}"


def _networks(facts: Facts) -> Iterator[tuple[str, _Row]]:
    for item in facts.networks:
        fields = {
            "type": item.type,
            "subnet": ", ".join(subnet.prefix for subnet in item.subnets),
            "management_ip": item.management_ip,
            "policies": describe_policies(item.policies),
        }
        yield item.id.lower(), (item.name, fields)


def _endpoints(facts: Facts) -> Iterator[tuple[str, _Row]]:
    for item in facts.endpoints:
        fields = {
            "address": item.address,
            "state": state_word(item.state),
            "compartment": "" if item.compartment_id is None else str(item.compartment_id),
            "gateway": item.gateway,
            "policies": describe_policies(item.policies),
        }
        yield item.id.lower(), (item.name, fields)


def _containers(facts: Facts) -> Iterator[tuple[str, _Row]]:
    for item in facts.containers:
        yield item.id, (item.name, {"image": item.image, "status": item.status})


def _adapters(facts: Facts) -> Iterator[tuple[str, _Row]]:
    for item in facts.adapters:
        interface = next((one for one in facts.interfaces if one.index == item.index), None)
        fields = {
            "status": item.status,
            "address": ", ".join(one.address for one in facts.addresses if one.interface_index == item.index),
            "forwarding": {True: "on", False: "off", None: ""}[interface.forwarding if interface else None],
        }
        yield item.name, (item.name, fields)


def _images(facts: Facts) -> Iterator[tuple[str, _Row]]:
    for item in facts.images:
        yield item.name, (item.name, {"id": item.id})


def _routes(facts: Facts) -> Iterator[tuple[str, _Row]]:
    # The host's own. Those of a container come and go with its endpoint; an interface's index means nothing by itself.
    for item in facts.routes:
        if item.compartment_id == HOST_COMPARTMENT:
            name = f"{item.prefix} via {item.next_hop}" if item.next_hop else item.prefix
            yield name, (name, {})


_WITH_IDS = ("network", "endpoint", "container")
_KINDS: Mapping[str, Callable[[Facts], Iterable[tuple[str, Any]]]] = {
    "network": _networks,
    "endpoint": _endpoints,
    "container": _containers,
    "adapter": _adapters,
    "image": _images,
    "route": _routes,
}
