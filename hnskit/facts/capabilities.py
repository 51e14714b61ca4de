"""Tell the features of a host, and the versions that have each."""

from __future__ import annotations

from hnskit.facts.host_facts import Facts
from hnskit.model.hns_features import Feature, requirement, supports


def can(facts: Facts, feature: Feature) -> bool:
    """Tell whether the host has a feature."""
    return supports(facts.hns_version, facts.system.build if facts.system else None, feature)


def lacks(facts: Facts, feature: Feature) -> str:
    """Return why the host does not have a feature, naming the version that has it; "" if it has it."""
    if can(facts, feature):
        return ""
    has = f"HNS {facts.hns_version[0]}.{facts.hns_version[1]}" if facts.hns_version else "an HNS that tells no version"
    return f"{requirement(feature)[:-1]}; this host has {has}"
