"""Requests of the v2 schema (HCN): strict about names where v1 is silent (HNS facts 47, 56)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hnskit.emulator.host import refusals

_FIELDS: Mapping[str, frozenset[str]] = {
    "networks": frozenset({"Dns", "Flags", "Health", "ID", "Ipams", "MacPool", "Name", "Policies", "SchemaVersion",
                           "Type"}),
    "endpoints": frozenset({"Dns", "Flags", "Health", "HostComputeNamespace", "HostComputeNetwork", "ID",
                            "IpConfigurations", "MacAddress", "Name", "Policies", "Routes", "SchemaVersion"}),
}  # fmt: skip
"""Members of HostComputeNetwork and HostComputeEndpoint in the published schema."""


def check(kind: str, body: Mapping[str, Any]) -> None:
    """Refuse a body of the v2 schema: for a field that v2 does not know with its own words, else as not emulated.

    That HNSCall takes v2 bodies at all is UNCONFIRMED: the v2 API has functions of its own, which are not here.

    Raises:
        Refusal: the body says that it is of schema 2.
    """
    version = body.get("SchemaVersion")
    if not isinstance(version, Mapping) or version.get("Major") != 2:
        return
    known = {name.lower() for name in _FIELDS.get(kind, ())}
    for name in body:
        if known and name.lower() not in known:
            raise refusals.unknown_field(name)
    raise refusals.not_emulated(f"the v2 schema on /{kind}")
