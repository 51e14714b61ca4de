"""Keys and types of policies that HNS stored and does not know: v1 checks none of them (HNS fact 47)."""

from __future__ import annotations

import difflib
import functools
from collections.abc import Iterator, Mapping

from hnskit.diagnosis.doctor.examination import DoctorCheck, EndpointProxyRule, Examination, policy_text
from hnskit.facts.finding import Finding
from hnskit.model import hns_json
from hnskit.model.objects import Endpoint, Policy
from hnskit.params.desired import Part

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

_TYPES = frozenset(
    ("PROXY", "OutBoundNAT", "L2Driver", "L4Proxy", "L4WFPPROXY", "ROUTE", "SDNRoute", "PortMapping", "ACL")
)
_NEAR = 0.8  # how alike a key must be to a known one to be taken for a misspelling of it


class MisspeltKey(DoctorCheck):
    """A key of a proxy policy that HNS stored and does not know."""

    name = "policy-key"
    severity = "error"
    reference = "HNS fact 47"

    def find(self, exam: Examination) -> Iterator[Finding]:
        """v1 takes any key and does nothing with one that it does not know."""
        for rule in exam.rules:
            for key in rule.settings.unknown:
                near = hns_json.likely_proxy_key(key)
                message = f"the proxy policy has the key {key}, which HNS stored and does not know"
                if near:
                    message += f"; {near} was probably meant"
                yield self.of_endpoint(
                    rule.endpoint,
                    f"{message}: it redirects nothing",
                    policy_text(rule.policy),
                    exam.repair(
                        Part.POLICY,
                        rule.endpoint.name,
                        _mend(exam, rule, key, near),
                    ),
                )


class SuspiciousKey(DoctorCheck):
    """A key of another policy that is nearly one that HNS knows."""

    name = "policy-key-near"
    severity = "warning"
    reference = "HNS facts 42, 47"
    confirmed = False

    def find(self, exam: Examination) -> Iterator[Finding]:
        """Only near misses: the list of keys that HNS knows is not public."""
        for endpoint, policy in _policies(exam):
            known = _V1_KEYS.get(policy.type.upper(), frozenset())
            for key in policy.settings if policy.schema == 1 else ():
                if near := _near_miss(key, known):
                    yield self.of_endpoint(
                        endpoint,
                        f"the {policy.type} policy has the key {key}; {near} was probably meant",
                        policy_text(policy),
                        f"Write the policy again with {near} in place of {key}.",
                    )


class UnknownPolicyType(DoctorCheck):
    """A policy whose type is nearly one that HNS knows."""

    name = "policy-type"
    severity = "warning"
    reference = "HNS facts 42, 47"
    confirmed = False

    def find(self, exam: Examination) -> Iterator[Finding]:
        """`PROXXY` and the like; letter case does not count."""
        known = {item.lower() for item in _TYPES}
        for endpoint, policy in _policies(exam):
            near = "" if policy.type.lower() in known else _near_miss(policy.type, _TYPES)
            if near:
                yield self.of_endpoint(
                    endpoint,
                    f"it has a policy of type {policy.type}; {near} was probably meant",
                    policy_text(policy),
                    f"Write the policy again as {near}.",
                )


_OPTIONS = {"IP": "--ip", "Port": "--port", "Destination": "--destination"}


def _mend(exam: Examination, rule: EndpointProxyRule, key: str, near: str) -> str:
    """Say how one policy that was made by hand is mended: `hnskit policy change` leaves out keys that no HNS knows."""
    again = f"Write the policy again with {f'{near} in place of {key}' if near else f'no {key}'}"
    value = rule.policy.settings.get(key)
    if near == "OutboundNat" and isinstance(value, bool):
        said: tuple[str, ...] = ("--outbound-nat" if value else "--no-outbound-nat",)
    elif near in _OPTIONS and isinstance(value, str | int):
        said = (_OPTIONS[near], str(value))
    else:
        return f"{again}."
    number = next(place for place, item in enumerate(rule.endpoint.policies, 1) if item is rule.policy)
    if not exam.facts.knows("endpoints") or not rule.endpoint.knows("policies"):
        return f"{again}."  # a number in a part of the list is that of another policy
    return f"{again}: {exam.policy('change', rule.endpoint, '--number', str(number), *said)}."


def _policies(exam: Examination) -> Iterator[tuple[Endpoint, Policy]]:
    return ((endpoint, policy) for endpoint in exam.facts.endpoints for policy in endpoint.policies)


@functools.lru_cache(maxsize=4096)
def _near_miss(word: str, known: frozenset[str]) -> str:
    """Suggest the known word that a misspelt one was meant to be; "" if it is known, or near none."""
    near = [] if word in known else difflib.get_close_matches(word, known, n=1, cutoff=_NEAR)
    return near[0] if near else ""
