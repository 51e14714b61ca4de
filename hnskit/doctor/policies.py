"""Policies that are misspelt, misplaced, doubled, or lead nowhere."""

from __future__ import annotations

import difflib
import json
from collections import Counter
from collections.abc import Iterator, Mapping

from hnskit import codec
from hnskit.desired import Part
from hnskit.doctor.finding import Check, Finding, Patient, ProxyRule, endpoint_words
from hnskit.matching import Connection, match_proxy
from hnskit.model import METADATA_ADDRESS, VFP_NETWORKS, Endpoint, Policy
from hnskit.snapshot_index import prefix_of
from hnskit.words import policy_words, state_word

_V1_KEYS: Mapping[str, frozenset[str]] = {
    "NAT": frozenset({"Protocol", "InternalPort", "ExternalPort"}),
    "QOS": frozenset({"MaximumOutgoingBandwidthInBytes"}),
    "ISOLATION": frozenset({"VLAN", "VSID", "InDefaultIsolation"}),
    "OUTBOUNDNAT": frozenset({"VIP", "ExceptionList", "Destinations", "PA"}),
    "ROUTE": frozenset({"DestinationPrefix", "NextHop", "NeedEncap"}),
    "ACL": frozenset(
        {
            "Id", "Protocol", "Protocols", "InternalPort", "Action", "Direction", "LocalAddresses", "RemoteAddresses",
            "LocalPorts", "LocalPort", "RemotePorts", "RemotePort", "RuleType", "Priority", "ServiceName", "Scope",
        }
    ),
}  # fmt: skip
"""Keys of v1 policies beside Type: hcsshim internal/hns/hnspolicy.go, and what real hosts printed."""

_TYPES = ("PROXY", "OutBoundNAT", "L2Driver", "L4Proxy", "L4WFPPROXY", "ROUTE", "SDNRoute", "PortMapping", "ACL")
_NEAR = 0.8  # how alike a key must be to a known one to be taken for a misspelling of it


class MisspeltKey(Check):
    """A key of a proxy policy that HNS stored and does not know."""

    name = "policy-key"
    severity = "error"
    reference = "HNS fact 47"

    def find(self, patient: Patient) -> Iterator[Finding]:
        """v1 takes any key and does nothing with one that it does not know."""
        for rule in patient.rules:
            for key in rule.settings.unknown:
                near = codec.likely_proxy_key(key)
                message = f"the proxy policy has the key {key}, which HNS stored and does not know"
                if near:
                    message += f"; {near} was probably meant"
                yield self.finding(
                    endpoint_words(rule.endpoint),
                    f"{message}: it redirects nothing",
                    _json(rule.policy),
                    patient.repair(
                        Part.POLICY,
                        rule.endpoint.name,
                        f"Write the policy again with {f'{near} in place of {key}' if near else f'no {key}'}.",
                    ),
                    name=rule.endpoint.name,
                )


class SuspiciousKey(Check):
    """A key of another policy that is nearly one that HNS knows."""

    name = "policy-key-near"
    severity = "warning"
    reference = "HNS facts 42, 47"
    confirmed = False

    def find(self, patient: Patient) -> Iterator[Finding]:
        """Only near misses: the list of keys that HNS knows is not public."""
        for endpoint in patient.facts.endpoints:
            for policy in endpoint.policies:
                known = _V1_KEYS.get(policy.type.upper())
                if policy.schema != 1 or known is None:
                    continue
                for key in policy.settings:
                    near = [] if key in known else difflib.get_close_matches(key, known, n=1, cutoff=_NEAR)
                    if near:
                        yield self.finding(
                            endpoint_words(endpoint),
                            f"the {policy.type} policy has the key {key}; {near[0]} was probably meant",
                            _json(policy),
                            f"Write the policy again with {near[0]} in place of {key}.",
                            name=endpoint.name,
                        )


class UnknownPolicyType(Check):
    """A policy whose type is nearly one that HNS knows."""

    name = "policy-type"
    severity = "warning"
    reference = "HNS facts 42, 47"
    confirmed = False

    def find(self, patient: Patient) -> Iterator[Finding]:
        """`PROXXY` and the like."""
        known = {item.lower() for item in _TYPES}
        for endpoint in patient.facts.endpoints:
            for policy in endpoint.policies:
                if not policy.type or policy.type.lower() in known:
                    continue
                near = difflib.get_close_matches(policy.type, _TYPES, n=1, cutoff=_NEAR)
                if near:
                    yield self.finding(
                        endpoint_words(endpoint),
                        f"it has a policy of type {policy.type}; {near[0]} was probably meant",
                        _json(policy),
                        f"Write the policy again as {near[0]}.",
                        name=endpoint.name,
                    )


class IncompletePolicy(Check):
    """A proxy policy without what it needs to redirect anything."""

    name = "policy-incomplete"
    severity = "error"
    reference = "HNS facts 47, 49"
    confirmed = False

    def find(self, patient: Patient) -> Iterator[Finding]:
        """No `ip:port` as Destination, or no OutboundNat."""
        for rule in patient.rules:
            if rule.settings.unknown:
                continue
            if rule.settings.target is None:
                wrong = f"its Destination is {rule.settings.destination or 'missing'}, not ip:port"
            elif rule.policy.is_proxy and not rule.settings.outbound_nat:
                wrong = "it has no OutboundNat, and without it nothing was redirected in the one run that was captured"
            else:
                continue
            again = "Write it again with Destination as ip:port and OutboundNat true."
            yield self.finding(
                endpoint_words(rule.endpoint),
                f"the proxy policy is not whole: {wrong}",
                _json(rule.policy),
                patient.repair(Part.POLICY, rule.endpoint.name, again),
                name=rule.endpoint.name,
            )


class PolicyOnNat(Check):
    """A proxy policy where VFP is not the engine."""

    name = "policy-on-nat"
    severity = "error"
    reference = "HNS fact 49"

    def find(self, patient: Patient) -> Iterator[Finding]:
        """NAT, Transparent, ICS and the like."""
        for rule in patient.rules:
            network = patient.index.network_of(rule.endpoint)
            kind = network.type if network else rule.endpoint.type
            if not kind or kind.lower() in {item.value.lower() for item in VFP_NETWORKS}:
                continue
            named = f"network {network.name}" if network else "network"
            yield self.finding(
                endpoint_words(rule.endpoint),
                f"the proxy policy does nothing: its {named} is of type {kind}, where VFP is not the engine",
                f"{policy_words(rule.policy)}; Type {kind}",
                "Give the container an endpoint on an L2Bridge network: `hnskit apply` makes one.",
                name=rule.endpoint.name,
            )


class PolicyUnattached(Check):
    """A proxy policy on an endpoint that no container uses."""

    name = "policy-unattached"
    severity = "warning"
    reference = "HNS facts 31, 48"

    def find(self, patient: Patient) -> Iterator[Finding]:
        """State is known, and is not attached."""
        for endpoint in {id(rule.endpoint): rule.endpoint for rule in patient.rules}.values():
            if endpoint.attached or not endpoint.state_known:
                continue
            yield self.finding(
                endpoint_words(endpoint),
                "it has a proxy policy and is not attached: there is no traffic to redirect",
                f"State {endpoint.state} ({state_word(endpoint.state)})",
                patient.repair(Part.CLIENTS, endpoint.name, "Attach it to its container's compartment, or remove it."),
                name=endpoint.name,
            )


class TargetNobody(Check):
    """A proxy policy whose target no endpoint holds."""

    name = "policy-target"
    severity = "error"
    reference = "HNS fact 48"

    def find(self, patient: Patient) -> Iterator[Finding]:
        """On a network of this host; a target elsewhere cannot be looked up, which is a note."""
        for rule in patient.rules:
            target = rule.settings.target
            if target is None or patient.index.is_host_address(target[0]):
                continue
            holders = patient.index.endpoints_at(target[0])
            if any(item.attached or not item.state_known for item in holders):
                continue
            whole = patient.facts.knows("endpoints")
            where = "" if whole else "in this dump "
            again = patient.repair(Part.POLICY, rule.endpoint.name, "Point the policy at an address that is held.")
            if holders:
                yield self.finding(
                    endpoint_words(rule.endpoint),
                    f"it is redirected to {target[0]}:{target[1]}, whose endpoint is not attached",
                    f"{policy_words(rule.policy)}; {endpoint_words(holders[0])} is {state_word(holders[0].state)}",
                    patient.repair(Part.PROXY, holders[0].name, "Attach that endpoint to its container's compartment."),
                    name=rule.endpoint.name,
                )
            elif _is_here(patient, rule.endpoint, target[0]):
                yield self.finding(
                    endpoint_words(rule.endpoint),
                    f"it is redirected to {target[0]}:{target[1]}, which no endpoint {where}holds",
                    policy_words(rule.policy),
                    again,
                    severity=self.severity if whole else "warning",
                    confirmed=whole,
                    name=rule.endpoint.name,
                )
            elif whole:
                yield self.finding(
                    endpoint_words(rule.endpoint),
                    f"it is redirected to {target[0]}:{target[1]}, which is on no network of this host",
                    policy_words(rule.policy),
                    "Check that something listens there.",
                    severity="note",
                    name=rule.endpoint.name,
                )


class TargetRedirected(Check):
    """A proxy policy whose target is itself redirected: the proxy asks itself."""

    name = "policy-loop"
    severity = "error"
    reference = "HNS fact 54b"
    confirmed = False

    def find(self, patient: Patient) -> Iterator[Finding]:
        """The target's endpoint has a policy that takes the proxy's own request."""
        by_endpoint: dict[str, list[ProxyRule]] = {}
        for rule in patient.rules:
            by_endpoint.setdefault(rule.endpoint.id, []).append(rule)
        seen: set[tuple[str, str]] = set()
        for rule in patient.rules:
            target = rule.settings.target
            for holder in patient.index.endpoints_at(target[0]) if target else ():
                for other in by_endpoint.get(holder.id, ()):
                    if (holder.id, rule.what) in seen or not _takes(patient, rule, other):
                        continue
                    seen.add((holder.id, rule.what))
                    yield self.finding(
                        endpoint_words(holder),
                        f"what is redirected to it ({rule.what}) is redirected again when it asks itself: a loop",
                        f"{policy_words(rule.policy)} on {endpoint_words(rule.endpoint)}; "
                        f"{policy_words(other.policy)} on itself",
                        patient.repair(Part.POLICY, holder.name, "Take the proxy policy off the proxy's own endpoint."),
                        name=holder.name,
                    )


class DoubledPolicy(Check):
    """The same policy twice, or two that claim the same traffic."""

    name = "policy-doubled"
    severity = "warning"
    reference = "HNS facts 45, 52"

    def find(self, patient: Patient) -> Iterator[Finding]:
        """Adding does not look for what is there already."""
        for endpoint in patient.facts.endpoints:
            counts = Counter(_json(policy) for policy in endpoint.policies)
            for text, count in counts.items():
                if count > 1:
                    yield self.finding(
                        endpoint_words(endpoint),
                        f"it has the same {json.loads(text).get('Type', '')} policy {count} times",
                        text,
                        patient.repair(Part.POLICY, endpoint.name, "Write its list of policies with each once."),
                        name=endpoint.name,
                    )
        claims: dict[tuple[str, str], list[ProxyRule]] = {}
        for rule in patient.rules:
            claims.setdefault((rule.endpoint.id, rule.what), []).append(rule)
        for (_, what), rules in claims.items():
            if len({_json(rule.policy) for rule in rules}) > 1:
                endpoint = rules[0].endpoint
                yield self.finding(
                    endpoint_words(endpoint),
                    f"{len(rules)} proxy policies claim {what}; which of them acts is not known",
                    "; ".join(policy_words(rule.policy) for rule in rules),
                    patient.repair(Part.POLICY, endpoint.name, "Leave one of them."),
                    confirmed=False,
                    name=endpoint.name,
                )


def _json(policy: Policy) -> str:
    return json.dumps(codec.policy_json(policy), default=str, ensure_ascii=False)


def _is_here(patient: Patient, endpoint: Endpoint, address: str) -> bool:
    """Whether an address belongs to a network of this host, as far as its subnets are known."""
    try:
        if patient.index.networks_around(address):
            return True
    except ValueError:
        return False
    own = f"{endpoint.address}/{endpoint.prefix_length}" if endpoint.address and endpoint.prefix_length else ""
    return bool(own) and prefix_of(f"{address}/32").subnet_of(prefix_of(own))


def _takes(patient: Patient, rule: ProxyRule, other: ProxyRule) -> bool:
    """Whether `other` takes what `rule` redirects, asked for by the proxy itself."""
    port = int(rule.settings.port) if rule.settings.port.isdigit() else 80
    address = (rule.settings.ip or METADATA_ADDRESS).partition("/")[0]
    network = patient.index.network_of(other.endpoint)
    return match_proxy(other.policy, Connection(address, port), network).matched
