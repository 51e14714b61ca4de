"""Translate the spellings of policies between v1 and v2, as `hns_json` reads both.

v1 has `{"Type":"PROXY","IP":…}` where v2 has `{"Type":"L4Proxy","Settings":{"IP":…}}`; some types and keys have other
names (HNS facts 42, 43). Policies are compared in the v1 form, in which every host shows them.

Microsoft's sources disagree about two keys of L4Proxy (HNS fact 51). `L4PROXY_SPELLING` is the choice that is sent, and
both spellings are read.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hnskit.model.objects import Policy

L4PROXY_SPELLING = ("ExceptionList", "OutboundNat")
"""As the published schema has it (CommonL4ProxyPolicySetting) and Microsoft's hns.v2.psm1 sends it; hcsshim's struct
has Exceptions and OutboundNAT. v2 refuses a key it does not know, with 0x803B001B: a wrong choice cannot go by unseen.
Which one a build takes is UNCONFIRMED."""

_V2_TYPES = {"PROXY": "L4Proxy", "ROUTE": "SDNRoute", "NAT": "PortMapping", "PA": "ProviderAddress"}
_V1_TYPES = {v2.upper(): v1 for v1, v2 in _V2_TYPES.items()}
_V2_SPELLING = {
    "ACL": "ACL", "L4WFPPROXY": "L4WFPPROXY", "OUTBOUNDNAT": "OutBoundNAT", "QOS": "QOS", "L2DRIVER": "L2Driver",
}  # fmt: skip
_V2_KEYS: Mapping[str, Mapping[str, str]] = {
    "OUTBOUNDNAT": {"ExceptionList": "Exceptions", "VIP": "VirtualIP"},
    "PA": {"PA": "ProviderAddress"},
}
_OTHER_L4PROXY = {"Exceptions": "ExceptionList", "OutboundNAT": "OutboundNat"}
_ADDED_BY_HNS = {"SCOPE": "0"}  # to each ACL, from 13.x on (HNS fact 43)
_TCP = "6"


def kind_of(policy: Policy) -> str:
    """The v1 type in upper case, whatever form it came in: an L4Proxy is a PROXY."""
    upper = policy.type.upper()
    return _V1_TYPES.get(upper, upper)


def flat(policy: Policy) -> Policy:
    """The v1 form: what HNS v1 prints of an object that v2 made (HNS fact 42)."""
    kind = kind_of(policy)
    keys = {v2: v1 for v1, v2 in _V2_KEYS.get(kind, {}).items()}
    if policy.type.upper() == "L4PROXY":  # in a v1 PROXY such a key is a mistake, and stays one (HNS fact 47)
        keys = _OTHER_L4PROXY
    type = kind if kind in _V2_TYPES else policy.type
    return Policy(type, {keys.get(key, key): value for key, value in policy.settings.items()})


def settings_form(policy: Policy) -> Policy:
    """The v2 form, for a request to HCN; keys that v2 may not know stay, and v2 refuses them by name."""
    if policy.schema == 2:
        return policy
    kind = kind_of(policy)
    keys = _V2_KEYS.get(kind, {})
    type = _V2_TYPES.get(kind) or _V2_SPELLING.get(kind, policy.type)
    return Policy(type, {keys.get(key, key): value for key, value in policy.settings.items()}, schema=2)


def same(one: Policy, other: Policy) -> bool:
    """Tell whether two policies are equal, in any form, order and JSON type; a proxy without a protocol is for TCP."""
    return _plain(one) == _plain(other)


def _plain(policy: Policy) -> tuple[str, Any]:
    shown, kind = flat(policy), kind_of(policy)
    settings = {key: value for key, item in shown.settings.items() if (value := _value(item)) not in (None, {}, ())}
    if kind == "PROXY" and settings.get("Protocol") == _TCP:
        del settings["Protocol"]
    if kind == "ACL":
        settings = {key: value for key, value in settings.items() if _ADDED_BY_HNS.get(key.upper()) != value}
    return kind, settings


def _value(value: Any) -> Any:
    if value is None or value is False or value == "":  # left out means the same
        return None
    if isinstance(value, Mapping):
        return {key: plain for key, item in value.items() if (plain := _value(item)) not in (None, {}, ())}
    if isinstance(value, list | tuple):
        return tuple(_value(item) for item in value)
    return str(value)
