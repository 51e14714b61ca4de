"""Describe the policies beside a proxy policy: `ACL Block Out tcp to 10.0.0.0/8:80`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from hnskit.model.objects import Policy
from hnskit.model.policies import v1_v2
from hnskit.model.policies.protocols import NAMES


def describe_other_policy(policy: Policy) -> str:
    """A policy that is not a redirect to `ip:port`; only its type where nothing more is known of it."""
    words = _WORDS.get(v1_v2.kind_of(policy))
    said = words(v1_v2.flat(policy).settings) if words else ""
    return f"{policy.type} {said}" if said else policy.type


def _listed(value: Any) -> str:
    if isinstance(value, list | tuple):
        return ", ".join(map(str, value))
    return "" if value is None or isinstance(value, bool | Mapping) else str(value)


def _nat(said: Mapping[str, Any]) -> str:
    parts = [
        f"as {_listed(said.get('VIP'))}" if said.get("VIP") else "",
        f"only to {_listed(said.get('Destinations'))}" if said.get("Destinations") else "",
        f"but {_listed(said.get('ExceptionList'))}" if said.get("ExceptionList") else "",
    ]
    return " ".join(filter(None, parts))


def _route(said: Mapping[str, Any]) -> str:
    parts = [
        _listed(said.get("DestinationPrefix")),
        f"via {_listed(said.get('NextHop'))}" if said.get("NextHop") else "",
        "encapsulated" if said.get("NeedEncap") is True else "",
    ]
    return " ".join(filter(None, parts))


def _acl(said: Mapping[str, Any]) -> str:
    numbers = _listed(said.get("Protocols", said.get("Protocol")))
    parts = [
        _listed(said.get("Action")),
        _listed(said.get("Direction")),
        ",".join(NAMES.get(item.strip(), item.strip()) for item in numbers.split(",")),
        *(_side(said, word, way) for word, way in (("at", "Local"), ("to", "Remote"))),
        f"priority {said['Priority']}" if said.get("Priority") else "",
    ]
    return " ".join(filter(None, parts))


def _side(said: Mapping[str, Any], word: str, way: str) -> str:
    address = _listed(said.get(f"{way}Addresses", said.get(f"{way}Address")))
    port = _listed(said.get(f"{way}Ports", said.get(f"{way}Port")))
    return f"{word} {address or 'any'}{f':{port}' if port else ''}" if address or port else ""


def _port_mapping(said: Mapping[str, Any]) -> str:
    protocol = NAMES.get(_listed(said.get("Protocol")), _listed(said.get("Protocol")).lower())
    outer, inner = _listed(said.get("ExternalPort")), _listed(said.get("InternalPort"))
    return " ".join(filter(None, (protocol, f"{outer or '?'} -> {inner or '?'}" if outer or inner else "")))


def _bandwidth(said: Mapping[str, Any]) -> str:
    limit = said.get("MaximumOutgoingBandwidthInBytes")
    return f"at most {limit} bytes a second" if limit else ""


def _wfp(said: Mapping[str, Any]) -> str:
    tuple_ = said.get("FilterTuple")
    where = tuple_ if isinstance(tuple_, Mapping) else {}
    parts = [
        f"outbound -> :{_listed(said['OutboundProxyPort'])}" if said.get("OutboundProxyPort") else "",
        f"inbound -> :{_listed(said['InboundProxyPort'])}" if said.get("InboundProxyPort") else "",
        *(_side(where, word, way) for word, way in (("at", "Local"), ("to", "Remote"))),
        f"but {_listed(said['UserSID'])}" if said.get("UserSID") else "",
        *(_exceptions(said, way) for way in ("Inbound", "Outbound")),
    ]
    return " ".join(filter(None, parts))


def _exceptions(said: Mapping[str, Any], way: str) -> str:
    value = said.get(f"{way}Exceptions")
    items = [_listed(item) for item in value.values()] if isinstance(value, Mapping) else []
    listed = ", ".join(filter(None, items))
    return f"but {way.lower()} {listed}" if listed else ""


_WORDS: Mapping[str, Callable[[Mapping[str, Any]], str]] = {
    "OUTBOUNDNAT": _nat,
    "ROUTE": _route,
    "ACL": _acl,
    "NAT": _port_mapping,
    "QOS": _bandwidth,
    "L4WFPPROXY": _wfp,
    "LOOPBACKDSR": lambda said: f"to {_listed(said.get('IPAddress')) or 'nowhere'} with the node's address",
    "PA": lambda said: _listed(said.get("PA")),
    "VLAN": lambda said: _listed(said.get("VLAN")),
    "VSID": lambda said: _listed(said.get("VSID")),
}
