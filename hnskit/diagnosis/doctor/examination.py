"""Base of the doctor's checks, and the examination that they look at."""

from __future__ import annotations

import shlex
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar

from hnskit.errors import HostAnswerError
from hnskit.facts.finding import Finding, Severity
from hnskit.facts.host_facts import Facts
from hnskit.facts.snapshot_index import SnapshotIndex
from hnskit.foreign_text.escaping import json_text
from hnskit.model import hns_json
from hnskit.model.hns_json import ProxySettings
from hnskit.model.objects import HOST_COMPARTMENT, METADATA_ADDRESS, Endpoint, Network, Policy
from hnskit.model.policies.matching import Flow, is_acl
from hnskit.model.policies.proxies import WfpProxy
from hnskit.model.policies.v1_v2 import kind_of
from hnskit.model.wording import remove_command
from hnskit.params.desired import Desired, Part
from hnskit.planning.provenance import Provenance
from hnskit.planning.setup import plan
from hnskit.planning.steps import Plan


@dataclass(frozen=True, slots=True)
class EndpointProxyRule:
    """A proxy policy on an endpoint, read."""

    endpoint: Endpoint
    policy: Policy
    settings: ProxySettings
    target: tuple[str, int] | None
    """Destination of its redirect; kept, since every check asks for it."""

    @property
    def what(self) -> str:
        """The redirected address and port: `169.254.169.254:80`."""
        return f"{self.settings.ip or 'any address'}:{self.settings.port or 'any port'}"


@dataclass(frozen=True, slots=True)
class EndpointWfpProxy:
    """An L4WFPPROXY policy of an endpoint, read."""

    endpoint: Endpoint
    policy: Policy
    settings: WfpProxy


class Examination:
    """A snapshot to be examined, with what is wanted of the host where that is known, and how that was said."""

    def __init__(
        self,
        facts: Facts,
        desired: Desired | None = None,
        params_file: str = "",
        overrides: Sequence[str] = (),
        made: Provenance | None = None,
    ) -> None:
        self.facts = facts
        self.desired = desired
        self._made = made
        self._params_file = params_file
        self._overrides = tuple(overrides)
        self._mended_alone: dict[Part, bool] = {}
        self.index = SnapshotIndex(facts)

    @cached_property
    def plan(self) -> Plan:
        """Return the plan of `hnskit apply` for the parameters.

        Raises:
            ValueError: there are no parameters.
        """
        if self.desired is None:
            raise ValueError("a plan needs parameters")
        return plan(self.desired, self.facts, made=self._made)

    @property
    def was_set_up(self) -> bool:
        """Tell whether a journal says that hnskit made the network of the parameters, or an endpoint on it."""
        if self.desired is None or self._made is None:
            return False
        names = {self.desired.network.name, *(item.name for item in self.desired.endpoints)}
        return any(kind in ("network", "endpoint") and name in names for kind, name, _ in self._made.created)

    @cached_property
    def rules(self) -> tuple[EndpointProxyRule, ...]:
        """Every v1 PROXY and v2 L4Proxy policy of an endpoint that can be read."""
        found = []
        for endpoint in self.facts.endpoints:
            for policy in endpoint.policies:
                if policy.is_proxy or policy.type == "L4Proxy":
                    try:
                        settings = hns_json.proxy_settings(policy)
                        found.append(EndpointProxyRule(endpoint, policy, settings, settings.target))
                    except HostAnswerError:
                        continue
        return tuple(found)

    @cached_property
    def with_acls(self) -> tuple[Endpoint, ...]:
        """Endpoints that have an ACL; of thousands mostly few."""
        return tuple(item for item in self.facts.endpoints if any(map(is_acl, item.policies)))

    @cached_property
    def wfp_rules(self) -> tuple[EndpointWfpProxy, ...]:
        """Every L4WFPPROXY policy of an endpoint."""
        return tuple(
            EndpointWfpProxy(endpoint, policy, WfpProxy.read(policy))
            for endpoint in self.facts.endpoints
            for policy in endpoint.policies
            if kind_of(policy) == "L4WFPPROXY"
        )

    @cached_property
    def gateways(self) -> tuple[Endpoint, ...]:
        """Endpoints in the host's compartment."""
        return tuple(item for item in self.facts.endpoints if item.attached and item.compartment_id == HOST_COMPARTMENT)

    def is_host_address(self, address: str) -> bool:
        """Tell whether an address is the host's own: on an adapter, or moved to a network's vNIC."""
        return self.index.is_host_address(address) or any(item.management_ip == address for item in self.facts.networks)

    def wants(self, name: str) -> bool:
        """Tell whether an object of this name is in the parameters."""
        if self.desired is None:
            return False
        names = {self.desired.network.name, *(item.name for item in self.desired.endpoints)}
        return name in names

    def part_of(self, endpoint: Endpoint) -> Part:
        """The part of the redirect that makes an endpoint."""
        if self.desired and endpoint.name == self.desired.gateway.name:
            return Part.NETWORK
        return Part.PROXY if self.desired and endpoint.name == self.desired.proxy.endpoint.name else Part.CLIENTS

    def command(self, verb: str, *more: str) -> str:
        """A command of hnskit for this host, to be typed as it is: the parameters and what took their values' place.

        Where no parameters are known PARAMS stands for them: without them the command would be for another host.
        """
        given = [self._params_file or "PARAMS", *(word for text in self._overrides for word in ("--set", text))]
        return f"`hnskit {' '.join([verb, *map(shlex.quote, (*given, *more))])}`"

    def apply(self, part: Part) -> str:
        """The command that repairs a part of what is wanted: with all the others, where it cannot be done alone."""
        alone = ("--part", str(part)) if self._can_be_mended_alone(part) else ()
        adopt = ("--adopt",) if self.desired and self.plan.adopted else ()
        return self.command("apply", *alone, *adopt)

    def _can_be_mended_alone(self, part: Part) -> bool:
        if part not in self._mended_alone:
            alone = plan(self.desired, self.facts, parts=[part]) if self.desired else None
            self._mended_alone[part] = bool(alone and alone.pending and not alone.refused)
        return self._mended_alone[part]

    def policy(self, verb: str, owner: Endpoint | Network, *more: str) -> str:
        """The command that does something with policies of an endpoint or a network."""
        on = "--network" if isinstance(owner, Network) else "--endpoint"
        alike = self.facts.networks if isinstance(owner, Network) else self.facts.endpoints
        unique = sum(item.name == owner.name for item in alike) == 1  # "Ethernet" is HNS's own name for endpoints
        return self.command(f"policy {verb}", on, owner.name if owner.name and unique else owner.id, *more)

    def wfp(self, verb: str, rule: EndpointWfpProxy, *more: str) -> str:
        """The same with an L4WFPPROXY, which hnskit never makes by itself."""
        return self.policy(verb, rule.endpoint, "--type", "L4WFPPROXY", *more)

    def repair(self, part: Part, name: str, otherwise: str) -> str:
        """The command for an object in the parameters, and what else to do for any other."""
        if not self.wants(name):
            return otherwise
        fix = "" if self.desired and self.plan.adopted else f", or {self.command('doctor', '--fix')}"
        return f"{self.apply(part)}{fix}."


class DoctorCheck(ABC):
    """Looks for one kind of trouble."""

    name: ClassVar[str]
    """Name for `--check` and the golden files."""
    severity: ClassVar[Severity]
    reference: ClassVar[str]
    confirmed: ClassVar[bool] = True

    @abstractmethod
    def find(self, exam: Examination) -> Iterator[Finding]:
        """Everything of this kind; what is not known of the host is not a finding."""

    def finding(self, object: str, message: str, evidence: str, next_step: str, **fields: Any) -> Finding:
        """A finding with the check's own severity and reference, unless `fields` has others."""
        own: dict[str, Any] = {"severity": self.severity, "reference": self.reference, "confirmed": self.confirmed}
        return Finding(
            self.name, object=object, message=message, evidence=evidence, next_step=next_step, **own | fields
        )

    def of_endpoint(self, endpoint: Endpoint, message: str, evidence: str, next_step: str, **fields: Any) -> Finding:
        """A finding about an endpoint; one of whose policies not all were printed is not confirmed."""
        if not endpoint.knows("policies"):
            fields["confirmed"] = False
        return self.finding(describe_endpoint(endpoint), message, evidence, next_step, name=endpoint.name, **fields)

    def of_network(self, network: Network, message: str, evidence: str, next_step: str, **fields: Any) -> Finding:
        """A finding about a network."""
        return self.finding(f"network {network.name}", message, evidence, next_step, name=network.name, **fields)


def policy_text(policy: Policy) -> str:
    """A policy as the host printed it."""
    return json_text(hns_json.policy_json(policy), default=str)


def asked_by(settings: ProxySettings) -> Flow:
    """A connection that a proxy policy redirects, with the metadata service's where it takes any."""
    port = int(settings.port) if settings.port.isdigit() else 80
    return Flow((settings.ip or METADATA_ADDRESS).partition("/")[0], port)


def describe_endpoint(endpoint: Endpoint) -> str:
    """`endpoint hnskit-client1 (10.0.1.20)`; by its id where it has no name."""
    held = f" ({endpoint.address})" if endpoint.address else ""
    return f"endpoint {endpoint.name or endpoint.id or 'without a name'}{held}"


def remove_endpoint(endpoint: Endpoint) -> str:
    """Return the command that removes an endpoint, to type on the host."""
    return f"On the host: {remove_command('Endpoint', endpoint.id)}."
