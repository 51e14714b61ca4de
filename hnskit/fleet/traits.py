"""Traits of a host, by which hosts of a fleet are compared: what differs from the majority is looked at first."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from hnskit.facts.host_facts import Facts
from hnskit.fleet.host_result import HostResult
from hnskit.foreign_text.escaping import shortened
from hnskit.model.wording import describe_policies

_MOST_LETTERS = 80
"""Of a name that a host gives its Windows: a table has a row for each host."""


@dataclass(frozen=True, slots=True)
class Outlier:
    """A host that differs from most others in one trait."""

    name: str
    trait: str
    value: str
    """"" where the host has none."""
    usual: str
    """The value of most hosts."""
    hosts: int
    """Number of hosts that have the usual value."""


def traits(facts: Facts) -> dict[str, str]:
    """The traits of a host, "" where a part was not read or is not there."""
    system, version = facts.system, facts.hns_version
    redirects = sorted(
        {describe_policies([policy]) for item in facts.endpoints for policy in item.policies if _is_proxy(policy.type)}
    )
    return {
        "windows": shortened(system.product, _MOST_LETTERS) if system else "",
        "build": f"{system.build}.{system.revision}" if system else "",
        "hns": f"{version[0]}.{version[1]}" if version else "",
        "docker": facts.docker.version if facts.docker else "",
        "containerd": facts.containerd.version if facts.containerd else "",
        "networks": ", ".join(sorted(f"{item.name} ({item.type})" for item in facts.networks)),
        "redirects": "; ".join(redirects),
    }


def windows_of(result: HostResult) -> str:
    """The Windows of a host in a table with such a column: `Server 2022 Datacenter`; "" where it was not read."""
    return result.traits.get("windows", "").removeprefix("Windows ")


def outliers(found: Iterable[tuple[str, Mapping[str, str]]]) -> tuple[Outlier, ...]:
    """Hosts that differ from the majority, trait by trait.

    A trait counts where more than half of the hosts that were read have one value of it.

    Args:
        found: names of hosts with their traits; a host without traits was not read, and is left out.
    """
    read = [(name, values) for name, values in found if values]
    names = dict.fromkeys(trait for _, values in read for trait in values)
    result = []
    for trait in names:
        (usual, count), *_ = Counter(values.get(trait, "") for _, values in read).most_common(1)
        if count * 2 <= len(read):
            continue
        result += [
            Outlier(name, trait, values.get(trait, ""), usual, count)
            for name, values in read
            if values.get(trait, "") != usual
        ]
    return tuple(result)


def _is_proxy(kind: str) -> bool:
    return kind.upper() in ("PROXY", "L4PROXY", "L4WFPPROXY")
