"""The inventory: the hosts of a fleet, each with its target, its groups and what differs from the shared parameters.

Three forms, told apart by their content: YAML of hnskit's own (docs/fleet.md), CSV with a head (`name,target,groups`,
any other column a key of the parameters), and what `ansible-inventory --list` prints.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from hnskit.errors import Mistake, ParamsError
from hnskit.fleet import ansible_inventory
from hnskit.fleet.inventory_schema import InventoryFile, read_entries
from hnskit.fleet.inventory_text import read_inventory_text
from hnskit.fleet.limits import chosen
from hnskit.params.loading import Params, params_from
from hnskit.params.strict_yaml import read_yaml
from hnskit.remote.targets import machine


@dataclass(frozen=True, slots=True)
class FleetHost:
    """One host of a fleet."""

    name: str
    target: str
    params: Params = field(repr=False)
    """Its parameters, checked."""
    params_file: str = ""
    overrides: tuple[str, ...] = ()
    """`key.path=value` that make its parameters of the file's."""
    groups: tuple[str, ...] = ()
    """Every group that it is in, also through groups of groups; in the order of the alphabet."""


@dataclass(frozen=True, slots=True)
class Inventory:
    """Hosts, in the order of their file."""

    source: str
    """The file."""
    hosts: tuple[FleetHost, ...]

    def __len__(self) -> int:
        return len(self.hosts)

    @property
    def groups(self) -> Mapping[str, tuple[str, ...]]:
        """Group -> names of its hosts."""
        names = sorted({group for host in self.hosts for group in host.groups})
        return {group: tuple(host.name for host in self.hosts if group in host.groups) for group in names}

    def limited(self, patterns: str) -> Inventory:
        """The hosts that patterns choose, see `hnskit.fleet.limits`.

        Args:
            patterns: names of hosts and groups with `*`, `?` and `[…]`, with commas between them; `!` before one takes
                its hosts out, `&` keeps only those that are in it too.

        Raises:
            ArgumentError: they choose no host, or one names nothing.
        """
        names = chosen(patterns, [(host.name, host.groups) for host in self.hosts])
        return replace(self, hosts=tuple(host for host in self.hosts if host.name in names))


def load_inventory(path: str | Path, *, params: str | Path = "", overrides: Iterable[str] = ()) -> Inventory:
    """Read an inventory, and the parameters of each of its hosts.

    Args:
        path: the file; `-` is not one.
        params: a parameter file in place of the inventory's own, relative to the working directory.
        overrides: `key.path=value` for every host; they come before those of a single host.

    Raises:
        ParamsError: with every mistake in the inventory and in the parameters of each host, before any contact.
    """
    place = Path(path)
    found = read_inventory_text(place)
    if "target" in found.data and "hosts" not in found.data:
        step = f"Name it as `params:` in an inventory (docs/fleet.md), or leave `fleet` out: hnskit facts {place}"
        mistake = Mistake("(file)", "has the parameters of one host, and no `hosts`")
        raise ParamsError(str(place), (mistake,), next_step=step)
    entries = ansible_inventory.entries(found.data, str(place)) if found.is_ansible else read_entries(found, str(place))
    mistakes = [*_doubled(entries), *_unknown_groups(entries)]
    if not entries.hosts:
        mistakes.append(Mistake("hosts", "there is none"))
    hosts = _with_params(entries, place, str(params), tuple(overrides), mistakes)
    if mistakes:
        raise ParamsError(str(place), tuple(mistakes), next_step="docs/fleet.md has the forms of an inventory.")
    return Inventory(str(place), tuple(hosts))


def _doubled(entries: InventoryFile) -> Iterable[Mistake]:
    """Two hosts of one name, or of one address: two runs would meet on it."""
    names = Counter(host.name.lower() for host in entries.hosts)
    yield from (Mistake("hosts", f"{count} hosts have the name {name}") for name, count in names.items() if count > 1)
    places: dict[str, list[str]] = {}
    for host in entries.hosts:
        places.setdefault(machine(host.target), []).append(host.name)
    for place, same in places.items():
        if len(same) > 1 and len(set(same)) > 1:
            yield Mistake("hosts", f"{', '.join(same)} are one host: {place}")


def _unknown_groups(entries: InventoryFile) -> Iterable[Mistake]:
    known = {group for host in entries.hosts for group in host.groups} | set(entries.groups)
    for name, members in entries.groups.items():
        for member in members:
            if member not in known and member.lower() not in {host.name.lower() for host in entries.hosts}:
                yield Mistake(f"groups.{name}", "no host and no group has this name", repr(member))
    for name in entries.groups:
        if name in _below(name, entries.groups, ()):
            yield Mistake(f"groups.{name}", "is in itself")


def _below(name: str, groups: Mapping[str, tuple[str, ...]], above: tuple[str, ...]) -> set[str]:
    """Every member of a group, also of the groups in it."""
    if name in above:
        return set()
    members = set(groups.get(name, ()))
    return members.union(*(_below(member, groups, (*above, name)) for member in members))


def _with_params(
    entries: InventoryFile, place: Path, params: str, overrides: tuple[str, ...], mistakes: list[Mistake]
) -> list[FleetHost]:
    files: dict[str, Mapping[str, Any] | None] = {}
    hosts = []
    below = {name: _below(name, entries.groups, ()) for name in entries.groups}
    for host in entries.hosts:
        file = params or str(place.parent / (host.params or entries.params))
        if not (params or host.params or entries.params):
            mistakes.append(Mistake(f"hosts.{host.name}", "no parameter file is named: `params: FILE`, or --params"))
            continue
        if file not in files:
            files[file] = _read(file, mistakes)
        data = files[file]
        if data is None:
            continue
        own = tuple(f"{key}={json.dumps(value)}" for key, value in host.set.items())
        changes = (*overrides, f"target={host.target}", *own)
        try:
            read = params_from(data, overrides=changes, source=file)
        except ParamsError as error:
            mistakes += [replace(one, path=f"{host.name}: {one.path}") for one in error.mistakes]
            continue
        groups = {group for group, members in below.items() if host.name in members or set(host.groups) & members}
        hosts.append(FleetHost(host.name, read.target, read, file, changes, tuple(sorted({*host.groups, *groups}))))
    return hosts


def _read(file: str, mistakes: list[Mistake]) -> Mapping[str, Any] | None:
    try:
        return read_yaml(file)
    except ParamsError as error:
        mistakes += [replace(one, path=f"{file}: {one.path}") for one in error.mistakes]
        return None
