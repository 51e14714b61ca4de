"""HCN, the v2 API, over the one state of the host: endpoints and networks are opened, asked, changed (HNS facts 51-57).

No print of a host with an L4Proxy or an L4WFPPROXY policy exists: how they look through v1, and the codes of what is
refused here, are UNCONFIRMED unless a fact is named.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hnskit.emulator.host import hcn_policies, policies, refusals, text
from hnskit.emulator.host.attach import Ports
from hnskit.emulator.host.endpoints import Endpoints, HnsEndpoint
from hnskit.emulator.host.fault_injection import FaultInjection
from hnskit.emulator.host.network_shape import HnsNetwork
from hnskit.emulator.host.networks import Networks
from hnskit.emulator.host.profiles import Profile
from hnskit.emulator.host.reading import body_of
from hnskit.emulator.host.refusals import HostRefusal
from hnskit.model.objects import NetworkType

FIRST = (9, 2)
"""The HNS that has the v2 API (HNS fact 60)."""
_REQUEST = frozenset({"RequestType", "ResourceType", "Settings"})
_SCHEMA_MINOR = {17763: 0, 20348: 11, 26100: 14}
"""Of schema 2 by Windows build (HNS fact 61); that of Server 2025 is UNCONFIRMED."""


class Hcn:
    """The functions Hcn{Open,Query,Modify}{Endpoint,Network} of one host."""

    def __init__(
        self, profile: Profile, networks: Networks, endpoints: Endpoints, ports: Ports, fault_injection: FaultInjection
    ) -> None:
        self._profile = profile
        self._networks = networks
        self._endpoints = endpoints
        self._ports = ports
        self._fault_injection = fault_injection

    def call(self, operation: str, identity: str, request: str) -> tuple[int, str, str]:
        """One function on one object.

        Args:
            operation: OpenEndpoint, QueryNetwork, ModifyEndpoint, …
            identity: the object's ID.
            request: JSON of the query or the change; "" for none.

        Returns:
            the HRESULT, signed; the properties (of a query); the error record.
        """
        try:
            return 0, self._answer(operation, identity, request), ""
        except HostRefusal as refusal:
            said = text.failure(self._profile, refusal.code, refusal.text + refusal.end)
            return refusal.code - (1 << 32), "", said

    def _answer(self, operation: str, identity: str, request: str) -> str:
        if self._profile.hns < FIRST:
            raise refusals.not_supported()
        found = self._networks.get(identity) if operation.endswith("Network") else self._endpoints.get(identity)
        if operation.startswith("Open"):
            return ""
        body = body_of(request)
        if operation.startswith("Query"):
            return text.dump(self._shown(found, body), self._profile)
        self._modify(found, body)
        return ""

    def _shown(self, found: HnsEndpoint | HnsNetwork, query: Mapping[str, Any]) -> dict[str, Any]:
        version = query.get("SchemaVersion")
        if isinstance(version, Mapping) and version.get("Major") == 1:  # the v1 form (HNS fact 56)
            return self._endpoints.show(found) if isinstance(found, HnsEndpoint) else self._networks.show(found)
        shown = _endpoint(found.json) if isinstance(found, HnsEndpoint) else _network(found.json)
        return {**shown, "SchemaVersion": {"Major": 2, "Minor": _SCHEMA_MINOR.get(self._profile.build, 0)}}

    def _modify(self, found: HnsEndpoint | HnsNetwork, body: Mapping[str, Any]) -> None:
        for name in body:
            if name not in _REQUEST:
                raise refusals.unknown_field(name)
        kind, action = body.get("ResourceType"), body.get("RequestType")
        on_network = isinstance(found, HnsNetwork)
        what = f"{action} of {kind} by HcnModify{'Network' if on_network else 'Endpoint'}"
        if kind != "Policy" or action not in ("Add", "Update", "Remove"):
            raise refusals.not_emulated(what)
        settings = body.get("Settings")
        sent = settings.get("Policies") if isinstance(settings, Mapping) else None
        if not isinstance(sent, list) or not all(isinstance(item, Mapping) for item in sent):
            raise refusals.invalid_json()
        flat = [hcn_policies.flat(item, self._profile.hns, on_network=on_network) for item in sent]
        network = found if isinstance(found, HnsNetwork) else found.network
        policies.check(flat, network.type)
        self._fault_injection.before("POST", "networks" if on_network else "endpoints", [found.id, "modify"], {})
        found.json["Policies"] = _changed(found.json["Policies"], flat, str(action))
        if isinstance(found, HnsEndpoint):
            self._ports.refresh(found)


def _changed(there: list[dict[str, Any]], sent: list[dict[str, Any]], action: str) -> list[dict[str, Any]]:
    """Add does not de-duplicate; Update replaces the kinds that are sent (HNS facts 52, 53)."""
    if action == "Add":
        return [*there, *sent]
    if action == "Update":
        kinds = {policies.kind(item) for item in sent}
        return [item for item in there if policies.kind(item) not in kinds] + sent
    left = list(there)
    for item in sent:
        # By its value: what HCN compares, and what it says where nothing is alike, is UNCONFIRMED.
        alike = next((one for one in left if _value(one) == _value(item)), None)
        if alike is None:
            raise refusals.not_found()
        left.remove(alike)
    return left


def _value(policy: Mapping[str, Any]) -> dict[str, Any]:
    return {**policy, "Type": str(policy["Type"]).upper()}


def _routes(gateway: Any) -> list[dict[str, Any]]:
    return [{"NextHop": gateway, "DestinationPrefix": "0.0.0.0/0"}] if gateway else []


def _endpoint(json: Mapping[str, Any]) -> dict[str, Any]:
    """HostComputeEndpoint of the published schema; which members a host prints is UNCONFIRMED."""
    addresses = {"IpAddress": json.get("IPAddress"), "PrefixLength": json.get("PrefixLength")}
    return {
        "ID": json["ID"],
        "Name": json["Name"],
        "HostComputeNetwork": json["VirtualNetwork"],
        "Policies": [hcn_policies.settings(item) for item in json["Policies"]],
        "IpConfigurations": [addresses] if json.get("IPAddress") else [],
        "Dns": {"ServerList": [item for item in str(json.get("DNSServerList", "")).split(",") if item]},
        "Routes": _routes(json.get("GatewayAddress")),
        "MacAddress": json["MacAddress"],
        "Flags": 1 if json.get("IsRemoteEndpoint") else 0,
    }


def _network(json: Mapping[str, Any]) -> dict[str, Any]:
    """HostComputeNetwork of the published schema; which members a host prints is UNCONFIRMED."""
    subnets = [
        {"IpAddressPrefix": item["AddressPrefix"], "Routes": _routes(item.get("GatewayAddress"))}
        for item in json.get("Subnets", [])
    ]
    try:
        kind = str(NetworkType(str(json["Type"])))
    except ValueError:
        kind = str(json["Type"])
    return {
        "ID": json["ID"],
        "Name": json["Name"],
        "Type": kind,
        "Policies": [hcn_policies.settings(item) for item in json["Policies"]],
        "MacPool": {"Ranges": json.get("MacPools", [])},
        "Dns": {},
        "Ipams": [{"Type": "Static", "Subnets": subnets}] if subnets else [],
        "Flags": json.get("Flags", 0),
    }
