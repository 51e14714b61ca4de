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

_TUPLE = {
    "Protocols": str, "LocalAddresses": str, "RemoteAddresses": str, "LocalPorts": str, "RemotePorts": str,
    "Priority": int,
}  # fmt: skip
_EXCEPTIONS = {"IpAddressExceptions": list, "PortExceptions": list}
_FIELDS: Mapping[str, Mapping[str, Any]] = {
    "L4Proxy": {
        "IP": str, "Port": str, "Protocol": int, "ExceptionList": list, "Destination": str, "OutboundNat": bool,
    },
    "L4WFPPROXY": {
        "InboundProxyPort": str, "OutboundProxyPort": str, "FilterTuple": _TUPLE, "UserSID": str,
        "InboundExceptions": _EXCEPTIONS, "OutboundExceptions": _EXCEPTIONS,
    },
    "OutBoundNAT": {"VirtualIP": str, "Exceptions": list, "Destinations": list, "Flags": int, "MaxPortPoolUsage": int},
    "SDNRoute": {"DestinationPrefix": str, "NextHop": str, "NeedEncap": bool},
    "ACL": {**_TUPLE, "Action": str, "Direction": str, "RuleType": str, "Id": str},
    "PortMapping": {"Protocol": int, "InternalPort": int, "ExternalPort": int, "VIP": str, "Flags": int},
    "QOS": {"MaximumOutgoingBandwidthInBytes": int},
    "ProviderAddress": {"ProviderAddress": str},
    "L2Driver": {},
}  # fmt: skip
"""v2 type -> its fields with their JSON types (the published HNS schema; hcsshim hcn/hcnpolicy.go for the rest)."""
_ON_NETWORKS = frozenset({"L4Proxy"})
"""What can be changed on a network here; every other type is refused by name."""
_V1_TYPES = {"L4Proxy": "PROXY", "SDNRoute": "ROUTE", "PortMapping": "NAT", "ProviderAddress": "PA"}
_V1_KEYS: Mapping[str, Mapping[str, str]] = {
    "OutBoundNAT": {"Exceptions": "ExceptionList", "VirtualIP": "VIP"},
    "ProviderAddress": {"ProviderAddress": "PA"},
}
_WFP = (13, 2)
_NETWORK_L4PROXY: tuple[Version, ...] = ((9, 5), (10, 5), (11, 11), (12, 1), (13, 1))
"""The first HNS of each line that has them (HNS fact 60)."""


def flat(policy: Mapping[str, Any], hns: Version, *, on_network: bool) -> dict[str, Any]:
    """The v1 form of a policy of a v2 request.

    Raises:
        Refusal: a type or a field that this HNS does not know.
    """
    for name in policy:
        if name not in ("Type", "Settings"):
            raise refusals.unknown_field(name)
    if "Type" not in policy:
        raise refusals.not_emulated("a v2 policy without a Type")  # what hns.v2.psm1 sends to remove (HNS fact 51)
    type, sent = policy["Type"], policy.get("Settings") or {}
    if not _known(type, hns, on_network):
        raise refusals.invalid_policy_type()
    if on_network and type not in _ON_NETWORKS:
        raise refusals.not_emulated(f"a {type} policy on a network by HcnModifyNetwork")
    if not isinstance(sent, Mapping):
        raise refusals.invalid_json()
    _check(sent, _FIELDS[type])
    keys = _V1_KEYS.get(type, {})
    return {"Type": _V1_TYPES.get(type, type), **{keys.get(key, key): copy.deepcopy(sent[key]) for key in sent}}


def settings(policy: Mapping[str, Any]) -> dict[str, Any]:
    """The v2 form of a policy of the host's state; one that v2 has no type for keeps its own."""
    upper = kind(dict(policy))
    type = next((v2 for v2, v1 in _V1_TYPES.items() if v1 == upper), "")
    type = type or next((v2 for v2 in _FIELDS if v2.upper() == upper), str(policy.get("Type")))
    keys = {v1: v2 for v2, v1 in _V1_KEYS.get(type, {}).items()}
    return {"Type": type, "Settings": {keys.get(key, key): value for key, value in policy.items() if key != "Type"}}


def _known(type: Any, hns: Version, on_network: bool) -> bool:
    if type not in _FIELDS:
        return False
    if type == "L4WFPPROXY":
        return hns >= _WFP
    if type == "L4Proxy" and on_network:
        *lines, newest = _NETWORK_L4PROXY
        return hns >= newest or any(first <= hns < (first[0] + 1, 0) for first in lines)
    return True


def _check(sent: Mapping[str, Any], fields: Mapping[str, Any]) -> None:
    for name, value in sent.items():
        if name not in fields:
            raise refusals.unknown_field(name)
        wanted = fields[name]
        if isinstance(wanted, Mapping):
            if not isinstance(value, Mapping):
                raise refusals.invalid_json()
            _check(value, wanted)
        elif not isinstance(value, wanted) or (wanted is int and isinstance(value, bool)):
            raise refusals.invalid_json()  # for a wrong type: UNCONFIRMED
