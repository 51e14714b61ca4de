"""Other kinds of redirect than the PROXY policy of an endpoint: L4WFPPROXY, and the L4Proxy of a whole network.

No host was seen with either. What is said rests on their documentation (HNS facts 51, 54), and claims no more.
"""

from __future__ import annotations

from collections.abc import Iterator

from hnskit.diagnosis.doctor.examination import DoctorCheck, EndpointWfpProxy, Examination, asked_by, describe_endpoint
from hnskit.errors import HostAnswerError
from hnskit.facts.capabilities import can
from hnskit.facts.finding import Finding
from hnskit.facts.snapshot_index import prefix_of
from hnskit.model import hns_json
from hnskit.model.hns_features import Feature, requirement
from hnskit.model.hns_json import ProxySettings
from hnskit.model.objects import Network, Policy
from hnskit.model.policies.matching import match_proxy, match_wfp
from hnskit.model.policies.v1_v2 import kind_of
from hnskit.model.policies.values import port_problem
from hnskit.model.wording import describe_policy


class WfpBesideProxy(DoctorCheck):
    """An L4WFPPROXY that may take what a proxy policy of the same endpoint redirects."""

    name = "wfp-beside-proxy"
    severity = "warning"
    reference = "HNS fact 54"
    confirmed = False

    def find(self, exam: Examination) -> Iterator[Finding]:
        """Unless its filter or its exceptions leave that alone."""
        for wfp in exam.wfp_rules:
            for rule in exam.rules:
                asked = asked_by(rule.settings)
                if rule.endpoint.id != wfp.endpoint.id or not match_wfp(wfp.policy, asked, "outbound").matched:
                    continue
                yield self.of_endpoint(
                    wfp.endpoint,
                    f"it has a proxy policy for {rule.what} and an L4WFPPROXY that takes it as well; which of them "
                    "acts is not known",
                    f"{describe_policy(rule.policy)}; {describe_policy(wfp.policy)}",
                    f"Make {rule.what} an outbound exception of the L4WFPPROXY, or take that away: "
                    f"{exam.wfp('clear', wfp)}.",
                )


class WfpUnanswered(DoctorCheck):
    """An L4WFPPROXY at whose port nobody can answer."""

    name = "wfp-unanswered"
    severity = "error"
    reference = "HNS facts 54, 60"

    def find(self, exam: Examination) -> Iterator[Finding]:
        """Find L4WFPPROXY policies that cannot work: no valid port, Hyper-V isolation, an HNS without the kind."""
        facts = exam.facts
        old = facts.hns_version is not None and not can(facts, Feature.L4_WFP_PROXY)
        for wfp in exam.wfp_rules:
            container = exam.index.owners.of_endpoint(wfp.endpoint)
            ports = [port for port in (wfp.settings.outbound_port, wfp.settings.inbound_port) if port]
            wrong = [port for port in ports if port_problem(port)]
            if old and facts.hns_version:
                version = ".".join(map(str, facts.hns_version))
                yield self._unanswered(wfp, f"HNS {version} has no such policy", requirement(Feature.L4_WFP_PROXY))
            elif wrong or (not ports and wfp.endpoint.knows("policies")):
                why = f"its proxy port {wrong[0]} is not a port" if wrong else "it names no port of a proxy"
                yield self._unanswered(wfp, why, f"Write it again with a port, or: {exam.wfp('clear', wfp)}.")
            elif container is not None and container.isolation.lower() == "hyperv":
                why = f"{container.name} is isolated by Hyper-V, and L4WFPPROXY works in process isolation only"
                again = f"Run it with `--isolation process`, or: {exam.wfp('clear', wfp)}."
                yield self._unanswered(wfp, why, again)

    def _unanswered(self, wfp: EndpointWfpProxy, why: str, next_step: str) -> Finding:
        return self.of_endpoint(
            wfp.endpoint,
            f"no program can answer at its L4WFPPROXY: {why}",
            describe_policy(wfp.policy),
            next_step,
        )


class WfpLoop(DoctorCheck):
    """An L4WFPPROXY that takes what its own proxy sends."""

    name = "wfp-loop"
    severity = "error"
    reference = "HNS fact 54"
    confirmed = False

    def find(self, exam: Examination) -> Iterator[Finding]:
        """An outbound port, and no UserSID: its traffic is what the UserSID leaves alone."""
        for wfp in exam.wfp_rules:
            if wfp.settings.outbound_port and not wfp.settings.user_sid and wfp.endpoint.knows("policies"):
                yield self.of_endpoint(
                    wfp.endpoint,
                    "its L4WFPPROXY has no UserSID: what the proxy itself sends is redirected to it again, without end",
                    describe_policy(wfp.policy),
                    f"Give it the SID of the proxy's account: {exam.wfp('change', wfp, '--user-sid', 'SID')}.",
                )


class NetworkProxy(DoctorCheck):
    """A network's own proxy policy (L4Proxy) that gets in somebody's way."""

    name = "network-proxy"
    severity = "warning"
    reference = "HNS facts 51, 60"
    confirmed = False

    def find(self, exam: Examination) -> Iterator[Finding]:
        """It is for every endpoint of the network: those with a policy of their own, and the proxy's."""
        for network in exam.facts.networks:
            for policy in network.policies:
                if kind_of(policy) != "PROXY":
                    continue
                try:
                    settings = hns_json.proxy_settings(policy)
                except HostAnswerError:
                    continue
                yield from self._beside(exam, network, policy)
                yield from self._target(exam, network, policy, settings)

    def _beside(self, exam: Examination, network: Network, policy: Policy) -> Iterator[Finding]:
        """Endpoints whose own policy claims what the network's does."""
        own = [rule for rule in exam.rules if exam.index.network_of(rule.endpoint) == network]
        both = [rule for rule in own if match_proxy(policy, asked_by(rule.settings), network).matched]
        if both:
            names = ", ".join(sorted({describe_endpoint(rule.endpoint) for rule in both}))
            what = ", ".join(sorted({rule.what for rule in both}))
            yield self._finding(
                exam,
                network,
                f"its own proxy policy takes {what} too, which {names} redirects; which of them acts is not known",
                "; ".join([describe_policy(policy), *(describe_policy(rule.policy) for rule in both)]),
                "Leave one of them",
            )

    def _target(
        self, exam: Examination, network: Network, policy: Policy, settings: ProxySettings
    ) -> Iterator[Finding]:
        """A proxy that nobody is, or that is on the network and so is redirected to itself."""
        if settings.target is None:
            said = settings.destination or "missing"
            message = f"its own proxy policy's Destination is {said}, not ip:port"
            yield self._finding(exam, network, message, describe_policy(policy), "Mend it")
            return
        address = settings.target[0]
        whole = exam.facts.knows("endpoints") and exam.facts.knows("addresses")
        inside = exam.index.endpoints_at(address, network)
        here = any(prefix_of(address).subnet_of(prefix_of(subnet.prefix)) for subnet in network.subnets)
        if not inside and here and whole and not exam.is_host_address(address):
            said = f"its own proxy policy redirects to {settings.destination}, which no endpoint holds"
            yield self._finding(exam, network, said, describe_policy(policy), "Point it at an address that is held")
        asked = asked_by(settings)
        if inside and match_proxy(policy, asked, network).matched and address not in settings.exceptions:
            yield self._finding(
                exam,
                network,
                f"its own proxy policy is for {describe_endpoint(inside[0])} as well, to which it redirects: what that "
                f"asks {asked} is redirected to it again",
                describe_policy(policy),
                f"Put it on each client's endpoint, or make {address} an exception (what that is of is UNCONFIRMED)",
            )

    def _finding(self, exam: Examination, network: Network, message: str, evidence: str, what: str) -> Finding:
        how = f"{exam.policy('list', network)} numbers them for `change` and `remove`"
        return self.of_network(network, message, evidence, f"{what}: {how}.")
