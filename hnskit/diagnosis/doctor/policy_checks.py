"""Proxy policies that are misplaced, doubled, or lead nowhere."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator

from hnskit.diagnosis.doctor.examination import (
    DoctorCheck,
    EndpointProxyRule,
    EndpointWfpProxy,
    Examination,
    asked_by,
    describe_endpoint,
    policy_text,
)
from hnskit.facts.finding import Finding
from hnskit.facts.snapshot_index import prefix_of
from hnskit.model.objects import VFP_NETWORKS, Endpoint
from hnskit.model.policies.matching import match_proxy
from hnskit.model.wording import describe_policy, state_word
from hnskit.params.desired import Part


class IncompletePolicy(DoctorCheck):
    """A proxy policy without what it needs to redirect anything."""

    name = "policy-incomplete"
    severity = "error"
    reference = "HNS facts 47, 49"
    confirmed = False

    def find(self, exam: Examination) -> Iterator[Finding]:
        """Find proxy policies without an `ip:port` as Destination, or without OutboundNat."""
        for rule in exam.rules:
            if rule.settings.unknown or not rule.endpoint.knows("policies"):
                continue
            if rule.target is None:
                wrong = f"its Destination is {rule.settings.destination or 'missing'}, not ip:port"
            elif rule.policy.is_proxy and not rule.settings.outbound_nat:
                wrong = "it has no OutboundNat, and without it nothing was redirected in the one run that was captured"
            else:
                continue
            again = "Write it again with Destination as ip:port and OutboundNat true."
            yield self.of_endpoint(
                rule.endpoint,
                f"the proxy policy is not whole: {wrong}",
                policy_text(rule.policy),
                exam.repair(Part.POLICY, rule.endpoint.name, again),
            )


class PolicyOnNat(DoctorCheck):
    """A proxy policy where VFP is not the engine."""

    name = "policy-on-nat"
    severity = "error"
    reference = "HNS fact 49"

    def find(self, exam: Examination) -> Iterator[Finding]:
        """NAT, Transparent, ICS and the like."""
        for rule in exam.rules:
            network = exam.index.network_of(rule.endpoint)
            kind = network.type if network else rule.endpoint.type
            if not kind or kind.lower() in {item.value.lower() for item in VFP_NETWORKS}:
                continue
            named = f"network {network.name}" if network else "network"
            yield self.of_endpoint(
                rule.endpoint,
                f"the proxy policy does nothing: its {named} is of type {kind}, where VFP is not the engine",
                f"{describe_policy(rule.policy)}; Type {kind}",
                f"Give the container an endpoint on an L2Bridge network: {exam.command('apply')} makes one.",
            )


class PolicyUnattached(DoctorCheck):
    """A proxy policy on an endpoint that no container uses."""

    name = "policy-unattached"
    severity = "warning"
    reference = "HNS facts 31, 48"

    def find(self, exam: Examination) -> Iterator[Finding]:
        """State is known, and is not attached."""
        endpoints = [rule.endpoint for rule in exam.rules] + [rule.endpoint for rule in exam.wfp_rules]
        for endpoint in {id(item): item for item in endpoints}.values():
            if endpoint.attached or not endpoint.state_known:
                continue
            yield self.of_endpoint(
                endpoint,
                "it has a proxy policy and is not attached: there is no traffic to redirect",
                f"State {endpoint.state} ({state_word(endpoint.state)})",
                exam.repair(
                    exam.part_of(endpoint),
                    endpoint.name,
                    "Attach it to its container's compartment, or remove it.",
                ),
            )


class TargetNobody(DoctorCheck):
    """A proxy policy whose target no endpoint holds."""

    name = "policy-target"
    severity = "error"
    reference = "HNS fact 48"

    def find(self, exam: Examination) -> Iterator[Finding]:
        """On a network of this host; a target elsewhere cannot be looked up, which is a note."""
        for rule in exam.rules:
            target = rule.target
            if target is None or exam.is_host_address(target[0]):
                continue
            holders = exam.index.endpoints_at(target[0])
            if any(item.attached or not item.state_known for item in holders):
                continue
            # A host may hold an address without any endpoint: its own addresses have to be known, too.
            whole = exam.facts.knows("endpoints") and exam.facts.knows("addresses")
            where = "" if exam.facts.knows("endpoints") else "in this dump "
            again = exam.repair(Part.POLICY, rule.endpoint.name, "Point the policy at an address that is held.")
            if holders:
                yield self.of_endpoint(
                    rule.endpoint,
                    f"it is redirected to {target[0]}:{target[1]}, whose endpoint is not attached",
                    f"{describe_policy(rule.policy)}; "
                    f"{describe_endpoint(holders[0])} is {state_word(holders[0].state)}",
                    exam.repair(
                        exam.part_of(holders[0]),
                        holders[0].name,
                        "Attach that endpoint to its container's compartment.",
                    ),
                )
            elif _is_here(exam, rule.endpoint, target[0]):
                yield self.of_endpoint(
                    rule.endpoint,
                    f"it is redirected to {target[0]}:{target[1]}, which no endpoint {where}holds",
                    describe_policy(rule.policy),
                    again if whole else _look_for(exam, target[0]),
                    severity=self.severity if whole else "note",
                    confirmed=whole,
                )
            else:
                of = "of this host" if whole else "in this dump"
                yield self.of_endpoint(
                    rule.endpoint,
                    f"it is redirected to {target[0]}:{target[1]}, which is on no network {of}: nothing that it shows "
                    "tells whether anything listens there; its routes and ACLs are what can be known",
                    describe_policy(rule.policy),
                    "Ask from inside the container (hnskit verify does), and look at the log of what listens there.",
                    severity="note",
                    confirmed=False,
                )


class TargetHost(DoctorCheck):
    """A proxy policy whose target is the host itself: its gateway endpoint, or another of its addresses."""

    name = "policy-target-host"
    severity = "warning"
    reference = "HNS facts 48, 49"
    confirmed = False

    def find(self, exam: Examination) -> Iterator[Finding]:
        """Find policies that lead to the gateway, as in the one captured run; the proxy has an address of its own."""
        for rule in exam.rules:
            target = rule.target
            network = exam.index.network_of(rule.endpoint)
            gateways = {subnet.gateway for subnet in network.subnets} if network else set()
            if target is None or not (exam.is_host_address(target[0]) or target[0] in gateways):
                continue
            holder = next((item for item in exam.gateways if item.address == target[0]), None)
            what = f"the gateway endpoint {holder.name or holder.id}" if holder else (
                "the gateway of its subnet" if target[0] in gateways else "the host itself"
            )  # fmt: skip
            yield self.of_endpoint(
                rule.endpoint,
                f"it is redirected to {target[0]}:{target[1]}, which is {what} and no proxy container: nothing shows "
                "that anything listens there",
                describe_policy(rule.policy),
                exam.repair(
                    Part.POLICY, rule.endpoint.name, "Point the policy at the address of the proxy's own endpoint."
                ),
            )


class TargetRedirected(DoctorCheck):
    """A proxy policy whose target is itself redirected: the proxy asks itself."""

    name = "policy-loop"
    severity = "error"
    reference = "HNS fact 54b"
    confirmed = False

    def find(self, exam: Examination) -> Iterator[Finding]:
        """The target's endpoint has a policy that takes the proxy's own request."""
        by_endpoint: dict[str, list[EndpointProxyRule]] = {}
        for rule in exam.rules:
            by_endpoint.setdefault(rule.endpoint.id, []).append(rule)
        seen: set[tuple[str, str]] = set()
        for rule in exam.rules:
            network = exam.index.network_of(rule.endpoint)
            if network is not None and network.vfp_enabled is False:
                continue  # nothing is redirected there, which is a finding of its own
            target = rule.target
            for holder in exam.index.endpoints_at(target[0]) if target else ():
                for other in by_endpoint.get(holder.id, ()):
                    if (holder.id, rule.what) in seen or not _takes(exam, rule, other):
                        continue
                    seen.add((holder.id, rule.what))
                    yield self.of_endpoint(
                        holder,
                        f"what is redirected to it ({rule.what}) is redirected again when it asks itself: a loop",
                        f"{describe_policy(rule.policy)} on {describe_endpoint(rule.endpoint)}; "
                        f"{describe_policy(other.policy)} on itself",
                        exam.repair(Part.POLICY, holder.name, "Take the proxy policy off the proxy's own endpoint."),
                    )


class DoubledPolicy(DoctorCheck):
    """The same policy twice, or two that claim the same traffic; there is one L4WFPPROXY for a container."""

    name = "policy-doubled"
    severity = "warning"
    reference = "HNS facts 45, 52"

    def find(self, exam: Examination) -> Iterator[Finding]:
        """Adding does not look for what is there already."""
        for endpoint in exam.facts.endpoints:
            types = [policy.type for policy in endpoint.policies]
            if len(set(types)) == len(types):
                continue
            counts = Counter(policy_text(policy) for policy in endpoint.policies)
            for text, count in counts.items():
                if count > 1:
                    yield self.of_endpoint(
                        endpoint,
                        f"it has the same {json.loads(text).get('Type', '')} policy {count} times",
                        text,
                        exam.repair(Part.POLICY, endpoint.name, "Write its list of policies with each once."),
                    )
        for endpoint, what, rules in _claims(exam):
            leave = f"Leave one of them: {exam.policy('list', endpoint)} numbers them."
            wide = any("/" in rule.settings.ip.removesuffix("/32") for rule in rules)  # no plan touches such a one
            yield self.of_endpoint(
                endpoint,
                f"{len(rules)} proxy policies claim {what}; which of them acts is not known",
                "; ".join(describe_policy(rule.policy) for rule in rules),
                leave if wide else exam.repair(Part.POLICY, endpoint.name, leave),
                confirmed=False,
            )
        wfp: dict[str, dict[str, EndpointWfpProxy]] = {}
        for one in exam.wfp_rules:
            wfp.setdefault(one.endpoint.id, {})[policy_text(one.policy)] = one
        for different in wfp.values():
            if len(different) > 1:
                first = next(iter(different.values()))
                yield self.of_endpoint(
                    first.endpoint,
                    f"it has {len(different)} L4WFPPROXY policies, and there is one proxy for a container or pod",
                    "; ".join(describe_policy(one.policy) for one in different.values()),
                    f"Leave one of them: {exam.wfp('list', first)} numbers them.",
                    reference="HNS fact 54",
                )


def _claims(exam: Examination) -> Iterator[tuple[Endpoint, str, list[EndpointProxyRule]]]:
    """Different policies of one endpoint that claim the same, one of them maybe more than that: each set once."""
    by_endpoint: dict[str, list[EndpointProxyRule]] = {}
    for rule in exam.rules:
        by_endpoint.setdefault(rule.endpoint.id, []).append(rule)
    for here in by_endpoint.values():
        seen: set[frozenset[str]] = set()
        for rule in here if len(here) > 1 else ():
            rules = [other for other in here if other.what == rule.what or _takes(exam, rule, other)]
            texts = frozenset(policy_text(other.policy) for other in rules)
            if len(texts) > 1 and texts not in seen:
                seen.add(texts)
                yield rule.endpoint, rule.what, rules


def _look_for(exam: Examination, address: str) -> str:
    """Return the next step for an address of which the lists do not tell everything."""
    if exam.facts.knows("endpoints"):
        return (
            f"See whether the host itself, or a machine beside it, has {address}: its addresses were not read. "
            "If not, point the policy at an address that is held."
        )
    return "Look for it on the host: what is missing in a dump proves nothing."


def _is_here(exam: Examination, endpoint: Endpoint, address: str) -> bool:
    """Tell whether an address belongs to a network of this host, as far as its subnets are known."""
    try:
        if exam.index.networks_around(address):
            return True
    except ValueError:
        return False
    own = f"{endpoint.address}/{endpoint.prefix_length}" if endpoint.address and endpoint.prefix_length else ""
    return bool(own) and prefix_of(f"{address}/32").subnet_of(prefix_of(own))


def _takes(exam: Examination, rule: EndpointProxyRule, other: EndpointProxyRule) -> bool:
    """Tell whether `other` takes what `rule` redirects, asked for by the proxy itself."""
    return match_proxy(other.policy, asked_by(rule.settings), exam.index.network_of(other.endpoint)).matched
