"""Bodies of requests to HNS v1, and their text; `hns_json` reads what it answers, with the same spelling."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from hnskit.model.hns_json import MAX_COMPARTMENT, policy_json
from hnskit.model.objects import Policy


def network_request(
    name: str, type: str, prefix: str, gateway: str, adapter: str = "", *, dns: Sequence[str] = ()
) -> dict[str, Any]:
    """Body of POST /networks (HNS fact 16)."""
    request: dict[str, Any] = {
        "Name": name,
        "Type": str(type),
        "Subnets": [{"AddressPrefix": prefix, "GatewayAddress": gateway}],
        "NetworkAdapterName": adapter,
        "DNSServerList": ",".join(dns),
    }
    return _without_empty(request)


def endpoint_request(
    name: str,
    network_id: str,
    *,
    address: str = "",
    gateway: str = "",
    dns: Sequence[str] = (),
    mac: str = "",
    policies: Iterable[Policy] = (),
) -> dict[str, Any]:
    """Body of POST /endpoints; HNS chooses what is not given (HNS facts 27-30)."""
    request: dict[str, Any] = {
        "Name": name,
        "VirtualNetwork": network_id,
        "IPAddress": address,
        "GatewayAddress": gateway,
        "DNSServerList": ",".join(dns),
        "MacAddress": mac,
    }
    return {**_without_empty(request), "Policies": [policy_json(policy) for policy in policies]}


def attach_request(compartment_id: int) -> dict[str, Any]:
    """Body of POST /endpoints/{id}/attach: to the host's compartment or a container's (HNS facts 37, 38).

    Raises:
        ValueError: the id is not that of a compartment.
    """
    if not 0 < compartment_id <= MAX_COMPARTMENT:
        raise ValueError(f"{compartment_id} is not a compartment id")
    return {"SystemType": "Host", "CompartmentId": compartment_id}


def detach_request() -> dict[str, Any]:
    """Body of POST /endpoints/{id}/detach (HNS fact 37)."""
    return {"SystemType": "Host"}


def policies_request(endpoint_id: str, policies: Iterable[Policy]) -> dict[str, Any]:
    """Body of POST /endpoints/{id}: always the full list of its policies (HNS facts 45, 53)."""
    return {"ID": endpoint_id, "Policies": [policy_json(policy) for policy in policies]}


def dump(obj: Mapping[str, Any]) -> str:
    """A request's text: compact, and plain ASCII whatever the names are."""
    return json.dumps(obj, separators=(",", ":"), allow_nan=False)


def _without_empty(request: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in request.items() if value != ""}
