"""Objects of the host's one state in the form of the v2 schema, as HcnQuery...Properties gives them.

Members are those of the published schema and of hcsshim's structs; which of them a host prints, and in which order, is
UNCONFIRMED: no v2 answer of a host was found (containerd fact 17).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hnskit.emulator.host import hcn_policies, hcn_requests
from hnskit.emulator.host.policies import kind
from hnskit.emulator.host.text import ZERO_GUID
from hnskit.model.objects import NetworkType

_ISOLATION = ("VLAN", "VSID")


def network(json: Mapping[str, Any]) -> dict[str, Any]:
    """HostComputeNetwork."""
    subnets = [_subnet(item) for item in json.get("Subnets", [])]
    try:
        type = str(NetworkType(str(json["Type"])))
    except ValueError:
        type = str(json["Type"])
    extra = {key: json[key] for key in ("LayeredOn", "SwitchGuid") if json.get(key)}
    return {
        "ID": json["ID"],
        "Name": json["Name"],
        "Type": type,
        "Policies": [hcn_policies.settings(item) for item in json["Policies"]] + _members(json),
        "MacPool": {"Ranges": json.get("MacPools", [])},
        "Dns": dns(json),
        "Ipams": [{"Type": "Static", "Subnets": subnets}] if subnets else [],
        "Flags": json.get("Flags", 0),
        "Health": {"Extra": {"Resources": json["Resources"], **extra}},
    }


def endpoint(json: Mapping[str, Any]) -> dict[str, Any]:
    """HostComputeEndpoint. Without a namespace it says the zero GUID (containerd fact 64)."""
    address = {"IpAddress": json.get("IPAddress"), "PrefixLength": json.get("PrefixLength")}
    flags = int(json.get("Flags", 0)) | (1 if json.get("IsRemoteEndpoint") else 0)
    return {
        "ID": json["ID"],
        "Name": json["Name"],
        "HostComputeNetwork": json["VirtualNetwork"],
        "HostComputeNamespace": str(json.get("Namespace", {}).get("ID", ZERO_GUID)).lower(),
        "Policies": [hcn_policies.settings(item) for item in json["Policies"]],
        "IpConfigurations": [address] if json.get("IPAddress") else [],
        "Dns": dns(json),
        "Routes": _routes(json.get("GatewayAddress")),
        "MacAddress": json["MacAddress"],
        "Flags": flags,
        "Health": {"Extra": {"Resources": json["Resources"], "SharedContainers": json["SharedContainers"]}},
    }


def namespace(json: Mapping[str, Any], type: str) -> dict[str, Any]:
    """HostComputeNamespace: NamespaceId is the compartment (containerd facts 17, 40); its ids in lower case (14)."""
    ends = [{"Type": "Endpoint", "Data": {"ID": str(item["Data"]["Id"]).lower()}} for item in json["ResourceList"]]
    inside = [{"Type": "Container", "Data": {"ID": item}} for item in json["Containers"]]
    return {
        "ID": str(json["ID"]).lower(),
        "NamespaceId": json["CompartmentId"],
        "NamespaceGuid": str(json.get("CompartmentGuid", ZERO_GUID)).lower(),
        "Type": type,
        "Resources": [*inside, *ends],
        "Health": {"Extra": {"Resources": json["Resources"]}},
    }


def load_balancer(json: Mapping[str, Any]) -> dict[str, Any]:
    """HostComputeLoadBalancer, from the ELB policies of a policy list."""
    rules = [item for item in json["Policies"] if kind(item) == "ELB"]
    first = rules[0] if rules else {}
    return {
        "ID": json["ID"],
        "HostComputeEndpoints": _ends(json),
        "SourceVIP": first.get("SourceVIP", ""),
        "FrontendVIPs": first.get("VIPs", []),
        "PortMappings": [_port_mapping(item) for item in rules],
        "Flags": hcn_requests.DIRECT_RETURN if any(item.get("IsDSR") for item in rules) else 0,
        "Health": {"Extra": {"Resources": json["Resources"]}},
    }


def route(json: Mapping[str, Any]) -> dict[str, Any]:
    """HostComputeRoute: as the schema has it, and with hcsshim's name for the same list."""
    rules = [
        {key: value for key, value in item.items() if key != "Type"}
        for item in json["Policies"]
        if kind(item) == "ROUTE"
    ]
    return {"ID": json["ID"], "HostComputeEndpoints": _ends(json), "Routes": rules, "Setting": rules}


def dns(json: Mapping[str, Any]) -> dict[str, Any]:
    """Dns, without what there is none of."""
    found: dict[str, Any] = {}
    if json.get("DNSDomain"):
        found["Domain"] = json["DNSDomain"]
    for name, key in (("Search", "DNSSuffix"), ("ServerList", "DNSServerList")):
        if items := [item for item in str(json.get(key, "")).split(",") if item]:
            found[name] = items
    return found


def _subnet(json: Mapping[str, Any]) -> dict[str, Any]:
    held = json.get("Policies", [])
    return {
        "IpAddressPrefix": json["AddressPrefix"],
        "Routes": _routes(json.get("GatewayAddress")),
        "Policies": [
            {"Type": kind(item), "Settings": {"IsolationId": item.get(kind(item))}}
            for item in held
            if kind(item) in _ISOLATION
        ],
    }


def _members(json: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Policies of v2 that are members of v1; the provider's address is where flannel looks for the ManagementIP."""
    members = {**hcn_requests.MEMBERS, "ProviderAddress": ("ProviderAddress", "ManagementIP")}
    return [
        {"Type": type, "Settings": {setting: json[member]}}
        for type, (setting, member) in members.items()
        if member in json
    ]


def _port_mapping(rule: Mapping[str, Any]) -> dict[str, Any]:
    bits = {"ILB": hcn_requests.ILB, "LocalRoutedVip": hcn_requests.LOCAL_ROUTED_VIP, "UseMux": hcn_requests.USE_MUX,
            "PreserveDip": hcn_requests.PRESERVE_DIP}  # fmt: skip
    return {
        "Protocol": rule.get("Protocol", 0),
        "InternalPort": rule.get("InternalPort", 0),
        "ExternalPort": rule.get("ExternalPort", 0),
        "DistributionType": rule.get("DistributionType", 0),
        "Flags": sum(bit for name, bit in bits.items() if rule.get(name)),
    }


def _ends(json: Mapping[str, Any]) -> list[str]:
    return [str(item).rpartition("/")[2] for item in json["References"]]


def _routes(gateway: Any) -> list[dict[str, Any]]:
    return [{"NextHop": gateway, "DestinationPrefix": "0.0.0.0/0"}] if gateway else []
