"""Policies of the v2 schema: strict about their fields, kept in the v1 form that the host's state has (HNS fact 42).

Where Microsoft's two descriptions of L4Proxy disagree, the fields are those of the published schema (`ExceptionList`,
`OutboundNat`), which Microsoft's own hns.v2.psm1 sends; hcsshim's struct has `Exceptions` and `OutboundNAT`, and these
are refused here as any unknown field is. Which of them a build takes is UNCONFIRMED (HNS fact 51).
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

from hnskit.emulator.host import refusals
from hnskit.emulator.host.policies import kind

Version = tuple[int, int]

_TEXT_OR_NUMBER = (str, int)
"""An enum of the schema: its name, or its number (containerd fact 12)."""
_TUPLE = {
    "Protocols": str, "LocalAddresses": str, "RemoteAddresses": str, "LocalPorts": str, "RemotePorts": str,
    "Priority": int,
}  # fmt: skip
_ACL = {**_TUPLE, "Action": _TEXT_OR_NUMBER, "Direction": _TEXT_OR_NUMBER, "RuleType": _TEXT_OR_NUMBER, "Id": str}
_EXCEPTIONS = {"IpAddressExceptions": list, "PortExceptions": list}
_L4PROXY = {"IP": str, "Port": str, "Protocol": int, "ExceptionList": list, "Destination": str, "OutboundNat": bool}
_CONSTRAINT = {
    "InterfaceGuid": str, "InterfaceLuid": int, "InterfaceIndex": int, "InterfaceMediaType": int, "InterfaceAlias": str,
    "InterfaceDescription": str,
}  # fmt: skip
ENDPOINT: Mapping[str, Mapping[str, Any]] = {
    "L4Proxy": _L4PROXY,
    "L4WFPPROXY": {
        "InboundProxyPort": str, "OutboundProxyPort": str, "FilterTuple": _TUPLE, "UserSID": str,
        "InboundExceptions": _EXCEPTIONS, "OutboundExceptions": _EXCEPTIONS,
    },
    "OutBoundNAT": {"VirtualIP": str, "Exceptions": list, "Destinations": list, "Flags": int, "MaxPortPoolUsage": int},
    "SDNRoute": {"DestinationPrefix": str, "NextHop": str, "NeedEncap": bool, "AutomaticEndpointMonitor": bool},
    "ACL": _ACL,
    "PortMapping": {
        "Protocol": int, "InternalPort": _TEXT_OR_NUMBER, "ExternalPort": _TEXT_OR_NUMBER, "VIP": str, "Flags": int,
    },
    "QOS": {"MaximumOutgoingBandwidthInBytes": int},
    "ProviderAddress": {"ProviderAddress": str},
    "L2Driver": {},
    "EncapOverhead": {"Overhead": int},
    "TierAcl": {
        "Name": str, "Direction": _TEXT_OR_NUMBER, "Order": int,
        "TierAclRules": [{**_TUPLE, "Id": str, "TierAclRuleAction": _TEXT_OR_NUMBER}],
    },
    "PortName": {"Name": str},
    "Iov": {"IovOffloadWeight": int, "QueuePairsRequested": int, "InterruptModeration": _TEXT_OR_NUMBER},
    "InterfaceConstraint": _CONSTRAINT,
}  # fmt: skip
"""v2 type of an endpoint's policy -> its fields with their JSON types (the published HNS schema; hcsshim
hcn/hcnpolicy.go for the rest)."""
NETWORK: Mapping[str, Mapping[str, Any]] = {
    "L4Proxy": _L4PROXY,
    "RemoteSubnetRoute": {
        "DestinationPrefix": str, "IsolationId": int, "ProviderAddress": str, "DistributedRouterMacAddress": str,
    },
    "HostRoute": {},
    "NetworkACL": _ACL,
    "SetPolicy": {"Id": str, "Name": str, "PolicyType": _TEXT_OR_NUMBER, "Values": str},
    "VxlanPort": {"Port": int},
    "NetAdapterName": {"NetworkAdapterName": str},
    "SourceMacAddress": {"SourceMacAddress": str},
    "DrMacAddress": {"Address": str},
    "AutomaticDNS": {"Enable": bool},
    "VSwitchExtension": {"ExtensionID": str, "Enable": bool},
    "ProviderAddress": {"ProviderAddress": str},
    "InterfaceConstraint": _CONSTRAINT,
    "LayerConstraint": {"LayerId": str},
    "NeighborDiscovery": {"TargetIpPrefix": str, "SenderIpAddress": str, "SenderMacAddress": str},
}  # fmt: skip
"""The same of a network's policy; NeighborDiscovery is in hns.v2.psm1 alone."""
_NOT_KEPT = {
    "endpoint": frozenset({"PortName", "Iov", "InterfaceConstraint"}),
    "network": frozenset({"InterfaceConstraint", "LayerConstraint", "NeighborDiscovery", "ProviderAddress"}),
}
"""Types that Windows has and the emulated host has not: refused by name."""
ONLY_AT_CREATION = frozenset({
    "NetAdapterName", "SourceMacAddress", "DrMacAddress", "AutomaticDNS", "VSwitchExtension", "VxlanPort",
})  # fmt: skip
"""Network policies that say how it is made; that one can be changed afterwards is not emulated."""
_V1_TYPES = {"L4Proxy": "PROXY", "SDNRoute": "ROUTE", "PortMapping": "NAT", "ProviderAddress": "PA"}
_V1_KEYS: Mapping[str, Mapping[str, str]] = {
    "OutBoundNAT": {"Exceptions": "ExceptionList", "VirtualIP": "VIP"},
    "ProviderAddress": {"ProviderAddress": "PA"},
}
_EVER = ((0, 0),)
_LINES: Mapping[tuple[str, str], tuple[Version, ...]] = {
    ("endpoint", "L4WFPPROXY"): ((13, 2),),
    ("endpoint", "TierAcl"): ((14, 0),),
    ("network", "L4Proxy"): ((9, 5), (10, 5), (11, 11), (12, 1), (13, 1)),
    ("network", "RemoteSubnetRoute"): ((9, 2),),
    ("network", "HostRoute"): ((9, 2),),
    ("network", "NetworkACL"): ((15, 0),),
    ("network", "SetPolicy"): ((13, 0),),
    ("network", "VxlanPort"): ((10, 3),),
}
"""The first HNS of each line that has a type (HNS fact 60); those that are not named it always had."""
_NESTED_SETS = (15, 0)


def flat(policy: Mapping[str, Any], hns: Version, *, on_network: bool) -> dict[str, Any]:
    """The v1 form of a policy of a v2 request.

    Raises:
        HostRefusal: a type or a field that this HNS does not know.
    """
    for name in policy:
        if name not in ("Type", "Settings"):
            raise refusals.unknown_field(name)
    if "Type" not in policy:
        raise refusals.not_emulated("a v2 policy without a Type")
    place, types = ("network", NETWORK) if on_network else ("endpoint", ENDPOINT)
    type, sent = policy["Type"], policy.get("Settings") or {}
    if not isinstance(type, str) or type not in types or not _in_line(hns, _LINES.get((place, type), _EVER)):
        raise refusals.invalid_policy_type()
    if type in _NOT_KEPT[place]:
        raise refusals.not_emulated(f"a {type} policy of {'a' if on_network else 'an'} {place}")
    if not isinstance(sent, Mapping):
        raise refusals.invalid_json()
    _check(sent, types[type])
    if type == "SetPolicy" and sent.get("PolicyType") in ("NESTEDIPSET", 1) and hns < _NESTED_SETS:
        raise refusals.invalid_policy_type()  # the code is UNCONFIRMED
    keys = _V1_KEYS.get(type, {})
    made = {keys.get(key, key): copy.deepcopy(value) for key, value in sent.items() if value is not None}
    for key in ("InternalPort", "ExternalPort"):  # hns.v2.psm1 hands on text
        if isinstance(made.get(key), str):
            if not made[key].isdecimal():
                raise refusals.invalid_json()
            made[key] = int(made[key])
    return {"Type": _V1_TYPES.get(type, type), **made}


def settings(policy: Mapping[str, Any]) -> dict[str, Any]:
    """The v2 form of a policy of the host's state; one that v2 has no type for keeps its own."""
    upper = kind(dict(policy))
    type = next((v2 for v2, v1 in _V1_TYPES.items() if v1 == upper), "")
    known = (*ENDPOINT, *NETWORK)
    type = type or next((v2 for v2 in known if v2.upper() == upper), str(policy.get("Type")))
    keys = {v1: v2 for v2, v1 in _V1_KEYS.get(type, {}).items()}
    return {"Type": type, "Settings": {keys.get(key, key): value for key, value in policy.items() if key != "Type"}}


def _in_line(hns: Version, firsts: tuple[Version, ...]) -> bool:
    *lines, newest = firsts
    return hns >= newest or any(first <= hns < (first[0] + 1, 0) for first in lines)


def _check(sent: Mapping[str, Any], fields: Mapping[str, Any]) -> None:
    for name, value in sent.items():
        if name not in fields:
            raise refusals.unknown_field(name)
        wanted = fields[name]
        if isinstance(wanted, Mapping):
            if not isinstance(value, Mapping):
                raise refusals.invalid_json()
            _check(value, wanted)
        elif isinstance(wanted, list):
            for item in _objects(value):
                _check(item, wanted[0])
        elif value is not None and not _fits(value, wanted):  # what psm1 leaves empty, it sends as null
            raise refusals.invalid_json()  # for a wrong type: UNCONFIRMED


def _fits(value: Any, wanted: Any) -> bool:
    if isinstance(value, bool):
        return wanted is bool
    return isinstance(value, wanted)


def _objects(value: Any) -> list[Mapping[str, Any]]:
    if not isinstance(value, list) or not all(isinstance(item, Mapping) for item in value):
        raise refusals.invalid_json()
    return value
