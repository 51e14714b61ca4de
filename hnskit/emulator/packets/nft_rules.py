"""The rules of a compartment as nftables commands: JSON, as libnftables-json(5) has it. Pure.

Each compartment has one table with the same chains, also without any rule: adding the first rule of a chain to a
namespace that had none would touch its living connections. What is established passes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from hnskit.emulator.host.dataplane.ip_stack import Stack, StackNic
from hnskit.emulator.host.dataplane.port_rules import AclRule, PortRules, Prefix, RewriteRule, Selector

Json = dict[str, Any]
_TABLE = {"family": "ip", "table": "hnskit"}
_PROTOCOLS = {6: "tcp", 17: "udp"}
_CHAINS = (
    ("out", "filter", "output", -150),
    ("in", "filter", "prerouting", -150),
    ("rewrite", "nat", "output", -100),
    ("hide", "nat", "postrouting", 100),
)
"""An ACL is asked before the rewrite, with what was asked for; that order is UNCONFIRMED of VFP."""


def commands_for(nics: Sequence[tuple[str, StackNic]], hidden: Iterable[Json]) -> list[Json]:
    """Replace all rules of a namespace, at once.

    Args:
        nics: each adapter with its name there.
        hidden: rules of `hide`: those of `hiding`, for the host.
    """
    table = {"family": "ip", "name": "hnskit"}
    made: list[Json] = [{"add": {"table": table}}, {"flush": {"table": table}}]
    made += [
        {"add": {"chain": {**_TABLE, "name": name, "type": kind, "hook": hook, "prio": priority, "policy": "accept"}}}
        for name, kind, hook, priority in _CHAINS
    ]
    made += [_rule(chain, [_established(), {"accept": None}]) for chain in ("out", "in")]
    for ifname, nic in nics:
        if nic.port is None:
            continue
        rules, deny = nic.port.rules, nic.port.default_deny
        for acl in rules.acls:
            made += [_rule("in" if acl.inbound else "out", item) for item in _acl(ifname, acl)]
        if deny and rules.acls:
            made.append(_rule("out", [_meta("oifname", ifname), {"drop": None}]))
        made += [_rule("rewrite", item) for rewrite in rules.rewrites for item in _rewrite(ifname, rewrite)]
    return made + [_rule("hide", [*item["match"], {"masquerade": None}]) for item in hidden]


def hiding(stacks: Iterable[Stack], translated: Iterable[Prefix], uplinks: Sequence[str]) -> list[Json]:
    """Packets leaving the host with its address: OutBoundNAT of endpoints (HNS fact 43), and all of a NAT network."""
    made: list[Json] = []
    for uplink in uplinks:
        out = _meta("oifname", uplink)
        made += [{"match": [out, _address("saddr", [prefix])]} for prefix in translated]
        for stack in stacks:
            for nic in stack.nics:
                if nic.port is not None and nic.port.rules.outbound_nat is not None and nic.address:
                    made.append({"match": [out, *_hidden(nic.address, nic.port.rules)]})
    return made


def _hidden(address: str, rules: PortRules) -> list[Json]:
    source = _address("saddr", [Prefix(address)])
    exceptions = rules.outbound_nat or ()
    only = [_address("daddr", rules.nat_only)] if rules.nat_only else []
    return [source, *only, *([_address("daddr", exceptions, op="!=")] if exceptions else [])]


def _acl(ifname: str, acl: AclRule) -> Iterator[list[Json]]:
    way, remote, local = ("iifname", "saddr", "daddr") if acl.inbound else ("oifname", "daddr", "saddr")
    asked, chosen = (acl.local_ports, acl.remote_ports) if acl.inbound else (acl.remote_ports, acl.local_ports)
    selectors = (acl.remote_addresses, acl.local_addresses, asked, chosen)
    if any(item.given and not item.values for item in selectors):
        return  # one of its conditions holds for nothing
    rule = [_meta(way, ifname)]
    known = sorted(acl.protocols - {0, 256})
    if known and not acl.protocols & {0, 256}:
        rule.append(_meta("l4proto", {"set": known}))
    rule += [_address(field, item.values) for field, item in ((remote, selectors[0]), (local, selectors[1]))
             if item.given]  # fmt: skip
    ports = [_ports(field, item) for field, item in (("dport", asked), ("sport", chosen)) if item.given]
    if ports:
        rule.append(_meta("l4proto", {"set": [6, 17]}))
    yield [*rule, *ports, {"drop" if acl.blocks else "accept": None}]


def _rewrite(ifname: str, rule: RewriteRule) -> Iterator[list[Json]]:
    protocol = _PROTOCOLS.get(rule.protocol)
    if protocol is None:
        return
    made = [_meta("oifname", ifname)]
    made += [_address("daddr", [rule.address])] if rule.address is not None else []
    made += [_address("daddr", rule.exceptions, op="!=")] if rule.exceptions else []
    port = {"payload": {"protocol": protocol, "field": "dport"}}
    if rule.port is not None:
        made.append(_equal(port, rule.port))
    else:
        made.append(_meta("l4proto", protocol))
    yield [*made, {"dnat": {"addr": rule.target[0], "port": rule.target[1]}}]


def _rule(chain: str, expression: list[Json]) -> Json:
    return {"add": {"rule": {**_TABLE, "chain": chain, "expr": expression}}}


def _equal(left: Json, right: Any, op: str = "==") -> Json:
    return {"match": {"op": op, "left": left, "right": right}}


def _meta(key: str, value: Any) -> Json:
    return _equal({"meta": {"key": key}}, value)


def _established() -> Json:
    return _equal({"ct": {"key": "state"}}, ["established", "related"], "in")


def _address(field: str, prefixes: Iterable[Prefix], op: str = "==") -> Json:
    values = [
        str(item.network_address)
        if item.prefixlen == item.max_prefixlen
        else {"prefix": {"addr": str(item.network_address), "len": item.prefixlen}}
        for item in _largest(prefixes)
    ]
    return _equal(
        {"payload": {"protocol": "ip", "field": field}}, values[0] if len(values) == 1 else {"set": values}, op
    )


def _largest(prefixes: Iterable[Prefix]) -> list[Prefix]:
    """Without those that lie in others: a set takes no two that overlap."""
    import ipaddress

    return list(ipaddress.collapse_addresses(prefixes))


def _ports(field: str, ports: Selector) -> Json:
    values = [
        item.start if len(item) == 1 else {"range": [item.start, min(item.stop - 1, 65535)]} for item in ports.values
    ]
    right = values[0] if len(values) == 1 else {"set": values}
    return _equal({"payload": {"protocol": "th", "field": field}}, right)
