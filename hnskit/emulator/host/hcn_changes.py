"""HcnModify of networks, endpoints and namespaces."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from hnskit.emulator.host import hcn_policies, hcn_requests, policies, refusals
from hnskit.emulator.host.attach import Ports
from hnskit.emulator.host.endpoints import Endpoints, HnsEndpoint
from hnskit.emulator.host.namespaces import HnsNamespace, Namespaces
from hnskit.emulator.host.network_shape import HnsNetwork
from hnskit.emulator.host.networks import Networks
from hnskit.emulator.host.policylists import PolicyLists
from hnskit.emulator.host.profiles import Profile
from hnskit.emulator.host.reading import objects_in, text_in

_ACTIONS = ("Add", "Remove", "Update", "Refresh", "Reset")
_OF_ENDPOINTS = ("Port", "Policy")
_OF_NETWORKS = ("DNS", "Extension", "Policy", "Subnet", "IPSubnet")
_OF_NAMESPACES = ("Container", "Endpoint")
"""Names in the order of their numbers (hns.v2.psm1's enums)."""
_DNS_KEYS = ("DNSDomain", "DNSServerList", "DNSSuffix")


@dataclass(frozen=True, slots=True)
class HnsState:
    """The objects of one host, which v1 and v2 share."""

    networks: Networks
    endpoints: Endpoints
    namespaces: Namespaces
    policy_lists: PolicyLists
    ports: Ports


class Changes:
    """Changes objects of one host as a ModifySettingRequest says."""

    def __init__(self, profile: Profile, state: HnsState) -> None:
        self._profile = profile
        self._networks = state.networks
        self._endpoints = state.endpoints
        self._namespaces = state.namespaces
        self._ports = state.ports

    def endpoint(self, found: HnsEndpoint, body: Mapping[str, Any]) -> None:
        """HcnModifyEndpoint: its policies."""
        type, action = _asked(body, _OF_ENDPOINTS)
        if type != "Policy" or action not in _ACTIONS[:3]:
            raise refusals.not_emulated(f"{action} of {type} by HcnModifyEndpoint")
        sent = _sent(body)
        if action == "Update" and sent and not any(sent):
            # What hns.v2.psm1's Remove-HnsProxyPolicy sends (HNS fact 51); that it takes them away is UNCONFIRMED.
            left = [item for item in found.json["Policies"] if policies.kind(item) != "PROXY"]
        else:
            flat = [hcn_policies.flat(item, self._profile.hns, on_network=False) for item in sent]
            policies.check(flat, found.network.type)
            kept = [item for item in flat if item["Type"] != "EncapOverhead"]
            left = _changed(found.json["Policies"], policies.scoped(kept) if self._profile.flags else kept, action)
            for item in flat:
                if item["Type"] == "EncapOverhead":
                    found.json["EncapOverhead"] = item.get("Overhead", 0)
        self._endpoints.set_policies(found, left)
        self._ports.refresh(found)

    def network(self, found: HnsNetwork, body: Mapping[str, Any]) -> None:
        """HcnModifyNetwork: its policies, its DNS, its switch's extensions, its subnets."""
        type, action = _asked(body, _OF_NETWORKS)
        settings = _settings(body)
        if type == "Policy" and action in _ACTIONS[:3]:
            flat = [hcn_policies.flat(item, self._profile.hns, on_network=True) for item in _sent(body)]
            for item in flat:
                if item["Type"] in hcn_policies.ONLY_AT_CREATION:
                    raise refusals.not_emulated(f"a {item['Type']} policy by HcnModifyNetwork")
            policies.check(flat, found.type)
            found.json["Policies"] = _changed(found.json["Policies"], flat, action)
        elif type == "DNS" and action == "Update":
            wanted = hcn_requests.dns({key: value or None for key, value in settings.items()})
            for key in _DNS_KEYS:
                found.json.pop(key, None)
            found.json.update(wanted)
        elif type == "Extension" and action == "Update":
            self._networks.switch_extension(found, {"Extensions": [dict(settings)]})
        elif type == "Subnet" and action in ("Add", "Remove"):
            change = self._networks.add_subnet if action == "Add" else self._networks.remove_subnet
            for item in objects_in(settings, "Subnets"):
                change(found, hcn_requests.subnet(item))
        else:
            raise refusals.not_emulated(f"{action} of {type} by HcnModifyNetwork")

    def namespace(self, found: HnsNamespace, body: Mapping[str, Any]) -> None:
        """HcnModifyNamespace: an endpoint or a container in it (containerd facts 11-13)."""
        type, action = _asked(body, _OF_NAMESPACES)
        if type not in _OF_NAMESPACES or action not in ("Add", "Remove"):
            raise refusals.not_emulated(f"{action} of {type} by HcnModifyNamespace")
        settings, key = _settings(body), f"{type}Id"
        for name in settings:
            if name != key:
                raise refusals.unknown_field(name)
        self._namespaces.change(found, type, text_in(settings, key), into=action == "Add")


def _asked(body: Mapping[str, Any], types: tuple[str, ...]) -> tuple[str, str]:
    """Read resource type and request type: each by its name or its number (containerd fact 12)."""
    hcn_requests.strict("change", body)
    return (
        hcn_requests.choice(body.get("ResourceType"), types, types[0]),
        hcn_requests.choice(body.get("RequestType"), _ACTIONS, _ACTIONS[0]),
    )


def _settings(body: Mapping[str, Any]) -> Mapping[str, Any]:
    settings = body.get("Settings")
    if not isinstance(settings, Mapping):
        raise refusals.invalid_json()
    return settings


def _sent(body: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The policies of a request; none are none (what Windows says of that is UNCONFIRMED)."""
    sent = _settings(body).get("Policies", [])
    if not isinstance(sent, list) or not all(isinstance(item, Mapping) for item in sent):
        raise refusals.invalid_json()
    return sent


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
