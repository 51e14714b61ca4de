"""Kinds of a dump's objects, told by their members; by the command before them only where those do not tell."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from hnskit.facts.dumps.service_text import is_service

Kind = Literal[
    "networks", "endpoints", "policy_lists", "namespaces", "compartments", "containers", "hns_version",
    "addresses", "adapters", "interfaces", "routes", "docker_networks", "docker_endpoints", "ip_text", "services",
    "docker", "vfp_rules", "sdn_routes",
]  # fmt: skip
"""Kind that it is read as."""

_POLICY_LIST = frozenset({"References", "HostComputeEndpoints", "FrontendVIPs", "PortMappings"})
_ENDPOINT = frozenset(
    {
        "VirtualNetwork", "HostComputeNetwork", "HostComputeNamespace", "VirtualNetworkName", "IPAddress", "IpAddress",
        "IpConfigurations", "SharedContainers", "IsRemoteEndpoint", "EncapOverhead", "MacAddress",
        "CreateProcessingStartTime", "GatewayAddress", "IPSubnetId",
    }
)  # fmt: skip
_NETWORK = frozenset(
    {
        "Subnets", "Ipams", "MacPool", "MacPools", "Extensions", "CurrentEndpointCount", "MaxConcurrentEndpoints",
        "ManagementIP", "NatName", "NATName", "DrMacAddress", "LayeredOn", "NetworkAdapterName", "SwitchGuid",
        "TotalEndpoints",
    }
)  # fmt: skip
_NAMESPACE = frozenset(
    {"CompartmentId", "CompartmentID", "CompartmentGuid", "NamespaceId", "NamespaceGuid", "ResourceList"}
)
_CONTAINER_STATE = frozenset({"Status", "Running", "Pid", "StartedAt"})
_DOCKER_NETWORK = frozenset({"IPAM", "Driver", "Scope", "ConfigOnly", "Attachable"})
_DOCKER_ENDPOINT = frozenset({"EndpointID", "NetworkID", "IPAMConfig", "GlobalIPv6Address"})

_ADDRESS = frozenset(
    {"AddressFamily", "PrefixOrigin", "SuffixOrigin", "AddressState", "SkipAsSource", "PreferredLifetime"}
)
_INTERFACE = frozenset({"NlMtu", "NlMtu(Bytes)", "ConnectionState", "InterfaceMetric", "Forwarding", "WeakHostSend"})
_ADAPTER = frozenset(
    {
        "InterfaceDescription", "LinkSpeed", "MediaConnectionState", "DriverInformation", "MediaType", "AdminStatus",
        "PhysicalMediaType", "ifDesc", "DeviceID", "NdisPhysicalMedium",
    }
)  # fmt: skip

FOREIGN: tuple[tuple[frozenset[str], str], ...] = (
    (frozenset({"ConnectionState", "Dhcp"}), "Get-NetIPInterface without Forwarding"),
    (frozenset({"IPSubnet", "IPAddress"}), "Win32_NetworkAdapterConfiguration"),
    (frozenset({"ServiceName", "IPAddress"}), "Win32_NetworkAdapterConfiguration"),
    (frozenset({"DHCPEnabled", "IPAddress"}), "Win32_NetworkAdapterConfiguration"),
    (frozenset({"Description", "IPAddress", "InterfaceIndex"}), "Win32_NetworkAdapterConfiguration"),
    (frozenset({"IPAddress", "LeaseExpiryTime"}), "Get-DhcpServerv4Lease"),
    (frozenset({"IPAddress", "ClientId"}), "Get-DhcpServerv4Lease"),
    (frozenset({"IPAddress", "Section"}), "Resolve-DnsName"),
    (frozenset({"IPAddress", "QueryType"}), "Resolve-DnsName"),
    (frozenset({"LinkLayerAddress"}), "Get-NetNeighbor"),
    (frozenset({"SwitchType"}), "Get-VMSwitch"),
    (frozenset({"AllowManagementOS"}), "Get-VMSwitch"),
    (frozenset({"VMName", "SwitchName"}), "Get-VMNetworkAdapter"),
    (frozenset({"IsManagementOs"}), "Get-VMNetworkAdapter"),
    (frozenset({"IPv4DefaultGateway"}), "Get-NetIPConfiguration"),
    (frozenset({"InternalIPInterfaceAddressPrefix"}), "Get-NetNat"),
    (frozenset({"TcpTestSucceeded"}), "Test-NetConnection"),
    (frozenset({"PingSucceeded"}), "Test-NetConnection"),
    (frozenset({"ServiceName", "StartType"}), "Get-Service"),
    (frozenset({"ServiceType", "DisplayName"}), "Get-Service"),
    (frozenset({"Status", "Name", "DisplayName"}), "Get-Service"),
    (frozenset({"DisplayName", "Enabled", "Profile"}), "Get-NetFirewallRule"),
    (frozenset({"ServerAddresses", "InterfaceAlias"}), "Get-DnsClientServerAddress"),
    (frozenset({"NetworkCategory"}), "Get-NetConnectionProfile"),
    (frozenset({"OwningProcess", "LocalPort"}), "Get-NetTCPConnection"),
)
"""Members that all have to be there, and the command that prints them: read as what it is, and left aside."""


def kind_of(value: object) -> Kind | None:
    """Return the kind of an object; None where its members do not tell, or tell that it is foreign."""
    if not isinstance(value, Mapping):
        return None
    keys = value.keys()
    if keys == {"Major", "Minor"}:
        return "hns_version"
    windows = _windows_kind(value)
    if windows is not None or foreign_kind(value):
        return windows
    if keys & {"Id", "Name"} and (("Config" in keys and "HostConfig" in keys) or _has_container_state(value)):
        return "containers"
    if len(keys & _DOCKER_NETWORK) > 1 and "Type" not in keys:
        return "docker_networks"
    if len(keys & _DOCKER_ENDPOINT) > 1:
        return "docker_endpoints"
    if keys & _POLICY_LIST:
        return "policy_lists"
    if keys & _ENDPOINT and not keys & {"Subnets", "Ipams"}:
        return "endpoints"
    if keys & _NETWORK:
        return "networks"
    if keys & _NAMESPACE and "Allocators" not in keys:
        return "compartments" if "CompartmentDescription" in keys else "namespaces"
    return None


def _windows_kind(value: Mapping[Any, Any]) -> Kind | None:
    """Objects of Windows' own cmdlets, which share members with those of HNS: IPAddress, MacAddress, Name."""
    keys = value.keys()
    if "IsManagementOs" in keys:
        return None  # Get-VMNetworkAdapter: of Hyper-V's switch, and no adapter of Windows' own list
    if is_service(value):
        return "services"
    if {"NextHop", "DestinationPrefix"} <= keys and keys & {"AutomaticSetup", "NeedEncap", "NeedsEncap", "Routes"}:
        return "sdn_routes"
    if "DestinationPrefix" in keys and keys & {"ifIndex", "InterfaceIndex", "InterfaceAlias", "RouteMetric"}:
        return "routes"
    if keys & {"IPAddress", "IPv4Address"} and keys & _ADDRESS and not keys & {"ScopeId", "ClientId"}:
        return "addresses"
    if "InterfaceAlias" in keys and "IPAddress" in keys:
        return "addresses"
    if keys & _INTERFACE and keys & {"InterfaceAlias", "ifIndex", "InterfaceIndex"} and "NextHop" not in keys:
        return "interfaces" if "Forwarding" in keys else None
    if "CompartmentDescription" in keys:
        return "compartments"
    if keys & _ADAPTER and keys & {"Name", "InterfaceAlias", "MacAddress"} and not keys & {"SwitchType", "VMName"}:
        return "adapters"
    if {"MacAddress", "Status"} <= keys and not keys & {"IPAddress", "VirtualNetwork"}:
        return "adapters"
    return None


def foreign_kind(value: object) -> str:
    """The command that prints such objects, of one that says nothing of HNS; "" of any other."""
    if not isinstance(value, Mapping):
        return ""
    if str(value.get("Id", value.get("ID", value.get("id", "")))).startswith("/subscriptions/"):
        return "object of Azure"
    return next((command for needed, command in FOREIGN if needed <= value.keys()), "")


def _has_container_state(value: Mapping[Any, Any]) -> bool:
    state = value.get("State")
    return isinstance(state, Mapping) and bool(state.keys() & _CONTAINER_STATE)


def guess_kind(words: str) -> Kind | None:
    """Return the kind that a file's name or a log's words announce."""
    lowered = words.lower()
    for word, kind in (
        ("endpoint", "endpoints"),
        ("polic", "policy_lists"),
        ("loadbalancer", "policy_lists"),
        ("namespace", "namespaces"),
        ("network", "networks"),
    ):
        if word in lowered:
            return kind  # type: ignore[return-value]
    return None


def is_known(value: Any) -> bool:
    """Tell whether an object is one of a host's."""
    return kind_of(value) is not None or is_envelope(value)


def is_envelope(value: Any) -> bool:
    """Tell whether it is a whole answer of HNSCall (HNS facts 11-13); another service refuses in words of its own."""
    if not isinstance(value, Mapping) or not isinstance(value.get("Success"), bool):
        return False
    return value["Success"] or not {"Error", "ErrorCode"}.isdisjoint(value)
