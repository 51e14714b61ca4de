"""HNS JSON: objects from what a host printed, and the bodies of requests.

The only file that knows how HNS spells things, in v1 and in v2. It reads whatever shows an HNS object: an
envelope of HNSCall, ConvertTo-Json, hcsshim's log lines, and lossy forms such as Format-List. The order of
members is never relied on (HNS fact 11), unknown ones stay in `raw` and in `Policy.settings`.

| | v1 | v2 |
|---|---|---|
| policy | `{"Type":T,…}` | `{"Type":T,"Settings":{…}}` |
| subnet's prefix | `Subnets[].AddressPrefix` | `Ipams[].Subnets[].IpAddressPrefix` |
| subnet's gateway | `Subnets[].GatewayAddress` | `Ipams[].Subnets[].Routes[].NextHop` |
| endpoint's network | `VirtualNetwork` | `HostComputeNetwork` |
| endpoint's address | `IPAddress`, `PrefixLength` | `IpConfigurations[].IpAddress`, `.PrefixLength` |
| endpoint's gateway | `GatewayAddress` | `Routes[]` to 0.0.0.0/0 |
| DNS servers | `DNSServerList`: text with commas | `Dns.ServerList`: list |
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from hnskit.errors import HostAnswerError
from hnskit.model.json_reader import JsonReader
from hnskit.model.objects import Endpoint, Namespace, Network, Policy, PolicyList, Subnet
from hnskit.model.quick_endpoint import quick_endpoint

T = TypeVar("T")

VFP_EXTENSIONS = frozenset({"E9B59CFA-2BE1-4B21-828F-B6FBDBDDC017", "F74F241B-440F-4433-BB28-00F89EAD20D8"})
"""Ids of the Azure VFP switch extension: 1709 to Server 2019, and Server 2022 on (HNS fact 20)."""

PROXY_KEYS = ("IP", "Port", "Destination", "OutboundNat", "ExceptionList")
"""Every key of a v1 PROXY policy beside Type (HNS fact 44)."""

_L4PROXY_KEYS = (*PROXY_KEYS, "Protocol", "OutboundNAT", "Exceptions")  # the sources disagree (HNS fact 51)
_DEFAULT_ROUTE = "0.0.0.0/0"
_REMOTE_ENDPOINT = 1  # v2 Flags, hcsshim hcn/hcnendpoint.go
MAX_COMPARTMENT = 0xFFFF
"""CompartmentId is a uint16 (HNS fact 37)."""


def parse_all(output: object, parse: Callable[[object], T]) -> tuple[T, ...]:
    """Each object of a list's Output; an object by itself is a list of one, None an empty one."""
    return tuple(parse(item) for item in JsonReader({"Output": output}, "answer").items("Output"))


def version_of(number: int) -> tuple[int, int]:
    """(Major, Minor) of the HNS that made an object, from its Version: Major << 32 | Minor (HNS fact 59)."""
    return number >> 32, number & 0xFFFFFFFF


def parse_version(obj: object) -> tuple[int, int]:
    """(Major, Minor) from the Output of /globals/version (HNS fact 8).

    Raises:
        HostAnswerError: one of them is missing, or is not a number.
    """
    answer = JsonReader(obj, "version")
    major, minor = answer.number("Major"), answer.number("Minor")
    if major is None or minor is None:
        raise HostAnswerError("version has no Major and Minor", got=obj)
    return major, minor


def parse_network(obj: object) -> Network:
    """A network, in any form.

    Raises:
        HostAnswerError: a member has a type that HNS does not give it.
    """
    answer = JsonReader(obj, "network")
    v2_subnets = [item for ipam in answer.objects("Ipams") for item in ipam.objects("Subnets")]
    policies = _policies(answer)
    adapters = (item.settings.get("NetworkAdapterName") for item in policies if item.type == "NetAdapterName")
    return Network(
        id=answer.text("ID", "Id"),
        name=answer.text("Name"),
        type=answer.text("Type"),
        subnets=tuple(_subnet(item) for item in answer.objects("Subnets") or v2_subnets),
        policies=policies,
        management_ip=answer.text("ManagementIP"),
        adapter_name=answer.text("NetworkAdapterName") or next((str(name) for name in adapters if name), ""),
        state=answer.number("State") or 0,
        endpoint_count=answer.number("CurrentEndpointCount") or 0,
        vfp_enabled=_vfp_enabled(answer),
        version=_object_version(answer),
        raw=answer.json,
    )


def parse_endpoint(obj: object) -> Endpoint:
    """An endpoint, in any form.

    Raises:
        HostAnswerError: a member has a type that HNS does not give it.
    """
    if type(obj) is dict and (quick := quick_endpoint(obj)) is not None:
        return quick
    answer = JsonReader(obj, "endpoint")
    configurations = answer.objects("IpConfigurations")
    address = answer if "IPAddress" in answer.json or not configurations else configurations[0]
    dns = answer.texts("DNSServerList") or answer.nested("Dns").texts("ServerList")
    flagged = "HostComputeNetwork" in answer.json and bool((answer.number("Flags") or 0) & _REMOTE_ENDPOINT)
    return Endpoint(
        id=answer.text("ID", "Id"),
        name=answer.text("Name"),
        network_id=answer.text("VirtualNetwork", "HostComputeNetwork"),
        network_name=answer.text("VirtualNetworkName"),
        type=answer.text("Type"),
        address=address.text("IPAddress", "IpAddress"),
        prefix_length=address.number("PrefixLength") or 0,
        gateway=answer.text("GatewayAddress") or _default_gateway(answer),
        mac=answer.text("MacAddress"),
        dns=dns,
        state=answer.number("State") or 0,
        policies=_policies(answer),
        containers=answer.texts("SharedContainers"),
        compartment_id=_compartment_id(answer),
        remote=bool(answer.flag("IsRemoteEndpoint")) or flagged,
        version=_object_version(answer),
        raw=answer.json,
    )


def attached_since(endpoint: Endpoint) -> str:
    """Return the time at which an endpoint was attached, as HNS prints it; "" if it does not (HNS facts 32, 89)."""
    return str(endpoint.raw.get("StartTime", ""))


def parse_policy_list(obj: object) -> PolicyList:
    """A policy list, a v2 load balancer or a v2 SDN route.

    Raises:
        HostAnswerError: a member has a type that HNS does not give it.
    """
    answer = JsonReader(obj, "policy list")
    references = answer.texts("References") or tuple(
        f"/endpoints/{identity}" for identity in answer.texts("HostComputeEndpoints")
    )
    policies = _policies(answer) or _load_balancer_policies(answer) or _route_policies(answer)
    return PolicyList(answer.text("ID", "Id"), policies, references, raw=answer.json)


def _load_balancer_policies(answer: JsonReader) -> tuple[Policy, ...]:
    """Return the policies that stand for a v2 load balancer: one for each of its port mappings."""
    shared = {name: answer.json[name] for name in ("SourceVIP", "FrontendVIPs", "Flags") if name in answer.json}
    return tuple(Policy("LoadBalancer", {**item.json, **shared}, schema=2) for item in answer.objects("PortMappings"))


def _route_policies(answer: JsonReader) -> tuple[Policy, ...]:
    """Return the policies that stand for a v2 SDN route (hcsshim hcn/hcnroute.go: Setting, a list)."""
    return tuple(Policy("SDNRoute", dict(item.json), schema=2) for item in answer.objects("Setting", "Settings"))


def parse_namespace(obj: object) -> Namespace:
    """A namespace: v1 has Containers and ResourceList, v2 Resources; both name containers and endpoints by id.

    Raises:
        HostAnswerError: a member has a type that HNS does not give it.
    """
    answer = JsonReader(obj, "namespace")
    resources = [*answer.objects("ResourceList"), *answer.objects("Resources")]
    endpoints = answer.texts("EndpointID", "Endpoints")  # collectlogs.ps1 makes a table of them
    found: dict[str, list[str]] = {"Container": list(answer.texts("Containers")), "Endpoint": list(endpoints)}
    for item in resources:
        identity = item.nested("Data").text("Id", "ID") or item.text("Id", "ID")
        if identity:
            found.setdefault(item.text("Type"), []).append(identity)
    return Namespace(
        id=answer.text("ID", "Id"),
        compartment_id=answer.number("CompartmentId", "CompartmentID", "NamespaceId"),
        guid=answer.text("CompartmentGuid", "NamespaceGuid"),
        type=answer.text("Type") or ("HostDefault" if answer.flag("IsDefault") else ""),
        state=answer.number("State") or 0,
        containers=tuple(dict.fromkeys(found["Container"])),
        endpoints=tuple(dict.fromkeys(found["Endpoint"])),
        raw=answer.json,
    )


def namespace_of(endpoint: Endpoint) -> str:
    """The id of the namespace that an endpoint says it is in; "" where it says none."""
    answer = JsonReader(endpoint.raw, "endpoint")
    return answer.text("HostComputeNamespace") or answer.nested("Namespace").text("ID", "Id")


def parse_policy(obj: object) -> Policy:
    """A policy, in the v1 or the v2 form; `policy_json` gives it back in the same."""
    return _policy(JsonReader(obj, "policy"))


def policy_json(policy: Policy) -> dict[str, Any]:
    """A policy as HNS has it, in the form it came in: unknown keys and their order are kept."""
    kind = {"Type": policy.type} if policy.type else {}
    return {**kind, "Settings": dict(policy.settings)} if policy.schema == 2 else {**kind, **policy.settings}


def outbound_nat_policy(exceptions: Iterable[str] = ()) -> Policy:
    """Source NAT of what leaves the endpoint, but to these prefixes (HNS fact 43)."""
    listed = list(exceptions)
    return Policy("OutBoundNAT", {"ExceptionList": listed} if listed else {})


def proxy_policy(
    destination: str, address: str, port: int | str, outbound_nat: bool = True, exceptions: Iterable[str] = ()
) -> Policy:
    """Build a policy that redirects `address` and `port` to `destination`, `ip:port` (HNS facts 44, 48, 49).

    Port is sent as text, and OutboundNat is left out when false, as Microsoft's own function does.
    """
    settings: dict[str, Any] = {"IP": address, "Port": str(port), "Destination": destination}
    if outbound_nat:
        settings["OutboundNat"] = True
    if listed := list(exceptions):
        settings["ExceptionList"] = listed
    return Policy("PROXY", settings)


@dataclass(frozen=True, slots=True)
class ProxySettings:
    """The settings of a v1 PROXY or a v2 L4Proxy policy."""

    ip: str
    """Of what is redirected; "" where none is given."""
    port: str
    """Of what is redirected; "" where none is given."""
    destination: str
    """Destination: `ip:port`."""
    outbound_nat: bool
    exceptions: tuple[str, ...] = ()
    protocol: str = ""
    """v2 only (HNS fact 54b)."""
    unknown: tuple[str, ...] = ()
    """Keys that mean nothing to HNS: v1 stores them without a word (HNS fact 47)."""

    @property
    def target(self) -> tuple[str, int] | None:
        """The destination's address and port; None where it has not both (HNS fact 49)."""
        address, colon, port = self.destination.rpartition(":")
        whole = bool(colon and address) and port.isascii() and port.isdigit() and 0 < len(port) < 6
        return (address, int(port)) if whole and 0 < int(port) < 65536 else None


def proxy_settings(policy: Policy) -> ProxySettings:
    """Read a proxy policy.

    Raises:
        HostAnswerError: a key of it has a type that HNS does not give it.
    """
    answer = JsonReader(policy.settings, f"policy {policy.type}")
    # Protocol is v2's: v1 shows it of a policy that v2 made, since it prints the keys that it has (HNS facts 42, 47).
    known = (*PROXY_KEYS, "Protocol") if policy.is_proxy else _L4PROXY_KEYS
    v2 = () if policy.is_proxy else ("OutboundNAT", "Exceptions")
    return ProxySettings(
        ip=answer.text("IP"),
        port=_text_or_number(answer, "Port"),
        destination=answer.text("Destination"),
        outbound_nat=bool(answer.flag("OutboundNat", *v2[:1])),
        exceptions=answer.texts("ExceptionList", *v2[1:]),
        protocol=_text_or_number(answer, "Protocol"),
        unknown=tuple(key for key in policy.settings if key not in known),
    )


def likely_proxy_key(key: str) -> str:
    """The key of a PROXY policy that a misspelt one was probably meant to be; "" where none is near."""
    lowered = {known.lower(): known for known in PROXY_KEYS}
    return next((lowered[near] for near in difflib.get_close_matches(key.lower(), lowered, n=1)), "")


def _policy(answer: JsonReader) -> Policy:
    return _plain_policy(answer.text("Type"), answer.json)


def _policies(answer: JsonReader) -> tuple[Policy, ...]:
    rows = answer.json.get("Policies")
    if type(rows) is list and all(type(row) is dict and type(row.get("Type")) is str for row in rows):
        # As every host prints them; a snapshot has thousands.
        return tuple([_plain_policy(row["Type"], row) for row in rows])
    return tuple(_policy(item) for item in answer.objects("Policies"))


def _plain_policy(kind: str, row: Mapping[str, Any]) -> Policy:
    settings = row.get("Settings")
    if isinstance(settings, dict) and row.keys() == {"Type", "Settings"}:
        return Policy(kind, settings, schema=2)
    return Policy(kind, {key: value for key, value in row.items() if key != "Type"})


def _subnet(answer: JsonReader) -> Subnet:
    gateway = answer.text("GatewayAddress") or _default_gateway(answer)
    return Subnet(answer.text("AddressPrefix", "IpAddressPrefix"), gateway)


def _default_gateway(answer: JsonReader) -> str:
    default = (item for item in answer.objects("Routes") if item.text("DestinationPrefix") == _DEFAULT_ROUTE)
    return next((item.text("NextHop") for item in default), "")


def _vfp_enabled(answer: JsonReader) -> bool | None:
    vfp = (item for item in answer.objects("Extensions") if item.text("Id").upper() in VFP_EXTENSIONS)
    return next((item.flag("IsEnabled") for item in vfp), None)


def _object_version(answer: JsonReader) -> tuple[int, int] | None:
    number = answer.number("Version")
    return version_of(number) if number else None


def _compartment_id(answer: JsonReader) -> int | None:
    # CompartmendId is HNS's own spelling (HNS fact 33); the other is read in case a build puts it right.
    return next((port.number("CompartmendId", "CompartmentId") for port in _ports(answer)), None)


def port_guid(endpoint: Endpoint) -> str:
    """The GUID of an endpoint's port as vfpctrl names it, in lower case; "" where it has none (HNS fact 33)."""
    try:
        guids = [port.text("EndpointPortGuid") for port in _ports(JsonReader(endpoint.raw, "endpoint"))]
    except HostAnswerError:  # `raw` of a snapshot that was written by hand was never parsed
        return ""
    return guids[0].strip("{}").lower() if guids else ""


def _ports(answer: JsonReader) -> Iterator[JsonReader]:
    """Allocators of an endpoint's ports (HNS fact 33)."""
    allocators = answer.nested("Resources").objects("Allocators")
    return (item for item in allocators if item.text("Tag") == "Endpoint Port")


def _text_or_number(answer: JsonReader, key: str) -> str:
    # Port is text to HNS, and a number in what a person wrote or PowerShell printed.
    value = answer.json.get(key)
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else answer.text(key)
