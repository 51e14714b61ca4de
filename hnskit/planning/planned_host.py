"""The host as a plan would leave it, as far as that can be said before: for the picture beside the plan. Pure."""

from __future__ import annotations

from dataclasses import replace

from hnskit.facts.host_facts import Facts
from hnskit.model.hns_json import proxy_policy
from hnskit.model.objects import HOST_COMPARTMENT, Container, Endpoint, EndpointState, Network, Subnet
from hnskit.params.desired import Desired, DesiredContainer, DesiredEndpoint
from hnskit.planning.steps import Action, Plan

CHOSEN = "chosen by HNS"
"""In place of the proxy's address, which nobody knows before; the policies lead there."""
_OF_CLIENT = "by HNS"
"""The same of a client, beside which a picture has room for few words."""
_ID = "planned "  # and a name: the id of what is not there yet


def planned_host(desired: Desired, facts: Facts, plan: Plan) -> Facts | None:
    """Foresee the objects of the redirect after a plan: network, endpoints, containers, proxy policies.

    Adapters, routes and compartments are as they are now: Windows makes them.

    Args:
        desired: the redirect.
        facts: the host now.
        plan: of `plan`, which sets it up.

    Returns:
        The host; None where the plan changes nothing, is refused, or is about containers that hnskit does not run with
        Docker.
    """
    if not plan.pending or plan.refused or desired.runtime != "docker":
        return None
    return _Foresight(desired, facts, plan).host()


class _Foresight:
    def __init__(self, desired: Desired, facts: Facts, plan: Plan) -> None:
        self._desired, self._facts = desired, facts
        self._changed = {(step.kind, step.name) for step in plan.pending}
        removed = {(step.kind, step.name) for step in plan.pending if step.action is Action.DELETE}
        self._endpoints = [item for item in facts.endpoints if ("endpoint", item.name) not in removed]
        self._containers = [item for item in facts.containers if ("container", item.name) not in removed]
        wanted = desired.network
        there = next((item for item in facts.networks if item.name == wanted.name), None)
        self._network = there or Network(
            f"{_ID}{wanted.name}", wanted.name, "L2Bridge", (Subnet(wanted.prefix, wanted.gateway),)
        )

    def host(self) -> Facts:
        desired, networks = self._desired, self._facts.networks
        gateway = self._endpoint(desired.gateway)
        self._put(replace(gateway, state=int(EndpointState.ATTACHED), compartment_id=HOST_COMPARTMENT))
        proxy = self._serving(desired.proxy, CHOSEN)
        self._put(proxy)
        for client in desired.clients:
            self._put(self._redirected(self._serving(client, _OF_CLIENT), client, proxy.address))
        return replace(
            self._facts,
            networks=networks if self._network in networks else (*networks, self._network),
            endpoints=tuple(self._endpoints),
            containers=tuple(self._containers),
        )

    def _endpoint(self, wanted: DesiredEndpoint, chosen: str = CHOSEN) -> Endpoint:
        there = (item for item in self._endpoints if item.name == wanted.name and item.network_id == self._network.id)
        return next(there, None) or Endpoint(
            f"{_ID}{wanted.name}", wanted.name, self._network.id, self._network.name, self._network.type,
            wanted.address or chosen, gateway=wanted.gateway,
        )  # fmt: skip

    def _serving(self, wanted: DesiredContainer, chosen: str) -> Endpoint:
        """Its endpoint, attached to its container, which runs."""
        container = next((item for item in self._containers if item.name == wanted.name), None)
        if container is None:
            container = Container(f"{_ID}{wanted.name}", wanted.name, wanted.image, "", "running", wanted.command)
            self._containers.append(container)
        endpoint = self._endpoint(wanted.endpoint, chosen)
        if endpoint.attached and ("attachment", endpoint.name) not in self._changed:
            return endpoint
        return replace(endpoint, state=int(EndpointState.ATTACHED), containers=(container.id,), compartment_id=None)

    def _redirected(self, endpoint: Endpoint, client: DesiredContainer, proxy: str) -> Endpoint:
        if ("policy", endpoint.name) not in self._changed:
            return endpoint
        redirects = client.redirects or (self._desired.redirect,)
        wanted = [
            proxy_policy(f"{proxy}:{one.proxy_port}", one.address, one.port, one.outbound_nat) for one in redirects
        ]
        others = [policy for policy in endpoint.policies if not policy.is_proxy]
        return replace(endpoint, policies=(*others, *wanted))

    def _put(self, endpoint: Endpoint) -> None:
        """Put it in the place of the one that it was."""
        at = next((place for place, item in enumerate(self._endpoints) if item.id == endpoint.id), None)
        if at is None:
            self._endpoints.append(endpoint)
        else:
            self._endpoints[at] = endpoint
