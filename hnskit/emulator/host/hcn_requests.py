"""Requests of the v2 schema (HCN), read into the v1 form: strict about names where v1 is silent (HNS facts 47, 56)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from hnskit.emulator.host import hcn_policies, refusals
from hnskit.emulator.host.reading import number_in, objects_in, text_in
from hnskit.emulator.host.text import ZERO_GUID
from hnskit.model.objects import NetworkType

Version = tuple[int, int]

_BASE = ("AdditionalParams", "Health", "ID", "Name", "Owner", "SchemaVersion", "State", "Telemetry", "Version")
"""Members of every object of the published schema."""
FIELDS: Mapping[str, frozenset[str]] = {
    # IPv6 is in no schema, but hns.v2.psm1 sends it.
    "networks": frozenset({*_BASE, "Dns", "Flags", "IPv6", "Ipams", "MacPool", "Policies", "Type"}),
    "endpoints": frozenset({*_BASE, "Dns", "Flags", "HostComputeNamespace", "HostComputeNetwork", "IpConfigurations",
                            "MacAddress", "Policies", "Routes"}),
    "namespaces": frozenset({*_BASE, "NamespaceGuid", "NamespaceId", "Resources", "Type"}),
    "loadbalancers": frozenset({*_BASE, "Flags", "FrontendVIPs", "HostComputeEndpoints", "HostComputeNetwork",
                                "PortMappings", "SourceVIP"}),
    # The published schema says Routes, as hns.v2.psm1 does; hcsshim says Setting, and works.
    "routes": frozenset({*_BASE, "HostComputeEndpoints", "HostComputeNetwork", "Routes", "Setting"}),
    "ipam": frozenset({"Subnets", "Type"}),
    "subnet": frozenset({*_BASE, "Flags", "IpAddressPrefix", "IpSubnets", "ObjectType", "Policies", "Routes"}),
    "route": frozenset({"DestinationPrefix", "Metric", "NextHop"}),
    "address": frozenset({"IpAddress", "IpSubnetId", "PrefixLength"}),
    "dns": frozenset({"Domain", "Options", "Search", "ServerList"}),
    "port mapping": frozenset({"DistributionType", "ExternalPort", "Flags", "InternalPort", "Protocol"}),
    "change": frozenset({"RequestType", "ResourceType", "ResourceUri", "Settings"}),
}  # fmt: skip
MEMBERS = {
    "NetAdapterName": ("NetworkAdapterName", "NetworkAdapterName"),
    "SourceMacAddress": ("SourceMacAddress", "SourceMac"),
    "DrMacAddress": ("Address", "DrMacAddress"),
    "AutomaticDNS": ("Enable", "AutomaticDNS"),
}
"""Policies of a v2 network that are members of a v1 one: their setting, the member."""
_DEFAULT_ROUTES = ("0.0.0.0/0", "::/0")
_REMOTE, _INTERNAL_DNS = 1, 16
"""Flags of an endpoint: RemoteEndpoint, OverrideDNSServerOrder (hns.v2.psm1's UseInternalDns)."""
DIRECT_RETURN, _IPV6_BALANCER = 1, 2
ILB, LOCAL_ROUTED_VIP, USE_MUX, PRESERVE_DIP = 1, 2, 4, 8
_AFFINITY, _DISABLE_HOST_PORT = (12, 0), (15, 1)
_HOST_PORT_FLAG = 1024


def is_v2(body: Mapping[str, Any]) -> bool:
    """Tell whether a body says that it is of schema 2."""
    version = body.get("SchemaVersion")
    return isinstance(version, Mapping) and version.get("Major") == 2


def check(kind: str, body: Mapping[str, Any]) -> None:
    """Refuse a body of the v2 schema in an HNSCall: for a field that v2 does not know with its own words, else as not
    emulated.

    That HNSCall takes v2 bodies at all is UNCONFIRMED: the v2 API has functions of its own.

    Raises:
        HostRefusal: the body says that it is of schema 2.
    """
    if not is_v2(body):
        return
    known = {name.lower() for name in FIELDS.get(kind, ())}
    for name in body:
        if known and name.lower() not in known:
            raise refusals.unknown_field(name)
    raise refusals.not_emulated(f"the v2 schema on /{kind}")


def strict(kind: str, body: Mapping[str, Any]) -> None:
    """Refuse a field that the schema has not.

    Raises:
        HostRefusal: with the name of the field.
    """
    for name in body:
        if name not in FIELDS[kind]:
            raise refusals.unknown_field(name)


def choice(value: Any, names: Sequence[str], default: str = "") -> str:
    """An enum's name, from its name or its number (containerd fact 12)."""
    if isinstance(value, int) and not isinstance(value, bool):
        return names[value] if 0 <= value < len(names) else str(value)
    return default if value is None else str(value)


def network(body: Mapping[str, Any], hns: Version) -> dict[str, Any]:
    """The v1 form of a HostComputeNetwork (containerd fact 20)."""
    strict("networks", body)
    number = number_in(body, "Flags")
    if number & _HOST_PORT_FLAG and hns < _DISABLE_HOST_PORT:
        raise refusals.invalid_parameter()  # the code is UNCONFIRMED
    try:
        # Without one it is the enum's first, NAT (hcsshim reads answers so, too).
        kind = str(NetworkType(str(body.get("Type") or NetworkType.NAT)))
    except ValueError:
        raise refusals.invalid_json() from None  # UNCONFIRMED
    made: dict[str, Any] = {"Type": kind, "Name": text_in(body, "Name"), "ID": text_in(body, "ID")}
    if "Flags" in body:
        made["Flags"] = number
    pool = body.get("MacPool") or {}
    if ranges := objects_in(pool, "Ranges") if isinstance(pool, Mapping) else []:
        made["MacPools"] = ranges
    subnets: list[dict[str, Any]] = []
    for ipam in objects_in(body, "Ipams"):
        strict("ipam", ipam)
        subnets += [subnet(item) for item in objects_in(ipam, "Subnets")]
    made |= {"Subnets": subnets, **dns(body.get("Dns"))}
    made |= {key: body[key] for key in ("AdditionalParams", "IPv6") if body.get(key)}
    flat = [hcn_policies.flat(item, hns, on_network=True) for item in objects_in(body, "Policies")]
    made["Policies"] = [item for item in flat if item["Type"] not in MEMBERS and item["Type"] != "VSwitchExtension"]
    made |= {MEMBERS[item["Type"]][1]: item.get(MEMBERS[item["Type"]][0]) for item in flat if item["Type"] in MEMBERS}
    switched = [item for item in flat if item["Type"] == "VSwitchExtension"]
    made["Extensions"] = [{"Id": item.get("ExtensionID"), "IsEnabled": item.get("Enable", False)} for item in switched]
    return made


def subnet(body: Mapping[str, Any]) -> dict[str, Any]:
    """The v1 form of a subnet: VLAN and VSID are its policies, the default route its gateway."""
    strict("subnet", body)
    prefix = text_in(body, "IpAddressPrefix")
    gateways = []
    for route in objects_in(body, "Routes"):
        strict("route", route)
        if text_in(route, "DestinationPrefix") in _DEFAULT_ROUTES:
            gateways.append(text_in(route, "NextHop"))
        else:
            raise refusals.not_emulated("a route of a subnet that is not the default")
    held = []
    for item in objects_in(body, "Policies"):
        type, sent = item.get("Type"), item.get("Settings")
        if type not in ("VLAN", "VSID"):
            raise refusals.invalid_policy_type()
        if not isinstance(sent, Mapping) or set(sent) != {"IsolationId"}:
            raise refusals.invalid_json()
        held.append({"Type": type, type: number_in(sent, "IsolationId")})
    if body.get("IpSubnets"):
        raise refusals.not_emulated("an IP subnet within a subnet")
    return {"AddressPrefix": prefix, "Policies": held} | ({"GatewayAddress": gateways[0]} if gateways else {})


def endpoint(body: Mapping[str, Any], network_id: str, hns: Version) -> dict[str, Any]:
    """The v1 form of a HostComputeEndpoint (containerd fact 19).

    Args:
        network_id: of the network whose handle the call has.
    """
    strict("endpoints", body)
    if text_in(body, "HostComputeNamespace") not in ("", ZERO_GUID):
        raise refusals.invalid_parameter()  # it is read-only (containerd fact 19); the code is UNCONFIRMED
    number = number_in(body, "Flags")
    made: dict[str, Any] = {
        "ID": text_in(body, "ID"), "Name": text_in(body, "Name"), "MacAddress": text_in(body, "MacAddress"),
        "VirtualNetwork": text_in(body, "HostComputeNetwork") or network_id, "Flags": number,
        **dns(body.get("Dns")),
    }  # fmt: skip
    addresses = [item for item in objects_in(body, "IpConfigurations") if item]
    for item in addresses:
        strict("address", item)
        if ":" in text_in(item, "IpAddress"):
            raise refusals.not_emulated("an IPv6 address of an endpoint")
    if len(addresses) > 1:
        raise refusals.not_emulated("an endpoint with two addresses")
    for item in addresses:
        made |= {"IPAddress": text_in(item, "IpAddress"), "PrefixLength": number_in(item, "PrefixLength")}
    for route in objects_in(body, "Routes"):
        strict("route", route)
        if text_in(route, "DestinationPrefix") != _DEFAULT_ROUTES[0]:
            raise refusals.not_emulated("a route of an endpoint that is not the default of IPv4")
        made["GatewayAddress"] = text_in(route, "NextHop")
    if number & _REMOTE:
        made["IsRemoteEndpoint"] = True
    if number & _INTERNAL_DNS:
        made["EnableInternalDNS"] = True
    flat = [hcn_policies.flat(item, hns, on_network=False) for item in objects_in(body, "Policies")]
    made["Policies"] = [item for item in flat if item["Type"] != "EncapOverhead"]
    for item in flat:
        if item["Type"] == "EncapOverhead":
            made["EncapOverhead"] = item.get("Overhead", 0)
    return made


def load_balancer(body: Mapping[str, Any], hns: Version) -> dict[str, Any]:
    """The v1 form of a HostComputeLoadBalancer: a policy list with one ELB for each port."""
    strict("loadbalancers", body)
    flags = number_in(body, "Flags")
    if flags & _IPV6_BALANCER:
        raise refusals.not_emulated("a load balancer of IPv6")
    held = []
    for item in objects_in(body, "PortMappings"):
        strict("port mapping", item)
        how, spread = number_in(item, "Flags"), item.get("DistributionType") or 0
        if spread not in (0, "None") and hns < _AFFINITY:
            raise refusals.invalid_parameter()  # the code is UNCONFIRMED
        rule: dict[str, Any] = {
            "Type": "ELB", "Protocol": number_in(item, "Protocol"), "InternalPort": number_in(item, "InternalPort"),
            "ExternalPort": number_in(item, "ExternalPort"), "VIPs": _texts(body, "FrontendVIPs"),
            "SourceVIP": text_in(body, "SourceVIP"), "ILB": bool(how & ILB), "IsDSR": bool(flags & DIRECT_RETURN),
        }  # fmt: skip
        rule |= {
            name: True
            for name, bit in (("LocalRoutedVip", LOCAL_ROUTED_VIP), ("UseMux", USE_MUX), ("PreserveDip", PRESERVE_DIP))
            if how & bit
        }
        held.append(rule | ({"DistributionType": spread} if spread not in (0, "None") else {}))
    return {"ID": text_in(body, "ID"), "References": _references(body), "Policies": held}


def route(body: Mapping[str, Any]) -> dict[str, Any]:
    """The v1 form of a HostComputeRoute: a policy list of ROUTE policies."""
    strict("routes", body)
    sent = objects_in(body, "Routes") or objects_in(body, "Setting")
    fields = hcn_policies.ENDPOINT["SDNRoute"]
    for item in sent:
        for name in item:
            if name not in fields:
                raise refusals.unknown_field(name)
    if not sent:
        raise refusals.invalid_policy()  # UNCONFIRMED
    return {
        "ID": text_in(body, "ID"),
        "References": _references(body),
        "Policies": [{"Type": "ROUTE", **item} for item in sent],
    }


def _references(body: Mapping[str, Any]) -> list[str]:
    return [f"/endpoints/{item}" for item in _texts(body, "HostComputeEndpoints")]


def _texts(body: Mapping[str, Any], key: str) -> list[str]:
    """A list of texts; what PowerShell leaves empty is null, as a whole or within."""
    sent = body.get(key)
    if sent is not None and not isinstance(sent, list):
        raise refusals.invalid_json()
    found = [item for item in sent or [] if item is not None]
    if not all(isinstance(item, str) for item in found):
        raise refusals.invalid_json()
    return found


def dns(sent: Any) -> dict[str, Any]:
    """The v1 form of a Dns: the list of servers, the suffixes to search, the connection's own domain."""
    if sent is None:
        return {}
    if not isinstance(sent, Mapping):
        raise refusals.invalid_json()
    strict("dns", sent)
    made: dict[str, Any] = {}
    for name, key in (("ServerList", "DNSServerList"), ("Search", "DNSSuffix")):
        items = sent.get(name)
        items = [items] if isinstance(items, str) else items or []  # PowerShell makes one of a list of one
        if not isinstance(items, list) or not all(isinstance(item, str) for item in items):
            raise refusals.invalid_json()
        if text := ",".join(item for item in items if item):
            made[key] = text
    if text_in(sent, "Domain"):
        made["DNSDomain"] = sent["Domain"]
    return made
