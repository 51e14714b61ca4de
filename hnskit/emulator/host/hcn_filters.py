"""The filter of a HostComputeQuery: JSON in a string, members that an object must have (HNS fact 56)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from hnskit.emulator.host import refusals

_IDS = frozenset({"ID", "VirtualNetwork", "HostComputeNetwork", "HostComputeNamespace"})


def read(query: Mapping[str, Any]) -> Mapping[str, Any]:
    """The members that are asked for.

    Raises:
        HostRefusal: the filter is not a JSON object.
    """
    sent = query.get("Filter")
    if not sent:
        return {}
    try:
        wanted = json.loads(sent) if isinstance(sent, str) else sent
    except (ValueError, RecursionError):
        raise refusals.invalid_json() from None
    if not isinstance(wanted, Mapping):
        raise refusals.invalid_json()
    return wanted


def passes(wanted: Mapping[str, Any], members: Mapping[str, Any]) -> bool:
    """Tell whether an object has them all, in its v1 or in its v2 form: hcsshim asks a v2 query for VirtualNetwork.

    Ids are compared without their letter case; names with it, which is UNCONFIRMED.
    """
    return all(_same(key, members.get(key), value) for key, value in wanted.items())


def _same(key: str, there: Any, wanted: Any) -> bool:
    if key in _IDS and isinstance(there, str) and isinstance(wanted, str):
        return there.lower() == wanted.lower()
    return bool(there == wanted)
