"""A step -> the calls that carry it out. What the step names is looked up in the facts, so nothing is guessed."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from hnskit.applying.container_operations import CONTAINER_BUILDERS
from hnskit.applying.operation import HNS_DONE, Operation, call_id, made_by_hns, nothing_made, switched
from hnskit.errors import StepError
from hnskit.facts.host_facts import Facts
from hnskit.facts.snapshot_index import SnapshotIndex
from hnskit.model import hns_json, hns_requests
from hnskit.model.objects import HOST_COMPARTMENT, Endpoint, Namespace, NetworkType, Policy
from hnskit.params.desired import Desired
from hnskit.planning.chosen_pods import is_pod_name
from hnskit.planning.redirect import (
    REDIRECTS,
    pod_policies,
    pod_policies_with,
    policies_with_redirects,
    policies_without_redirects,
    proxy_address,
    redirects_of,
)
from hnskit.planning.steps import Action, Step
from hnskit.remote import hcn, hns, windows
from hnskit.remote.session import CallResult


def build_operation(step: Step, desired: Desired, facts: Facts) -> Operation:
    """The calls of one step.

    Raises:
        StepError: what the step needs is not (any more) on the host.
    """
    return _BUILDERS[step.action, step.kind](step, desired, facts)


def _endpoint_of(step: Step, desired: Desired, facts: Facts) -> Endpoint:
    """The endpoint that the plan meant: by its id, else the only one of its name on the network."""
    if step.object_id:
        found = [item for item in facts.endpoints if item.id == step.object_id]
    else:
        networks = {network.id.lower() for network in facts.networks_named(desired.network.name)}
        found = [item for item in facts.endpoints_named(step.name) if item.network_id.lower() in networks]
    if len(found) != 1:
        raise StepError(
            f"{len(found)} endpoints are named {step.name}, one was expected", object=step.name, step=step.id
        )
    return found[0]


def _create_network(step: Step, desired: Desired, _: Facts) -> Operation:
    wanted = desired.network
    body = hns_requests.network_request(
        wanted.name, NetworkType.L2BRIDGE.value, wanted.prefix, wanted.gateway, wanted.adapter, dns=wanted.dns
    )
    return Operation(step, hns.create_network(call_id(step), body), made_by_hns)


def _delete_network(step: Step, _: Desired, __: Facts) -> Operation:
    return Operation(step, hns.delete_network(call_id(step), step.object_id), HNS_DONE)


def _create_endpoint(step: Step, desired: Desired, facts: Facts) -> Operation:
    network = next(iter(facts.networks_named(desired.network.name)), None)
    if network is None:
        raise StepError(f"the network {desired.network.name} is not there", object=step.name, step=step.id)
    wanted = next(
        item for item in (desired.gateway, *(c.endpoint for c in desired.containers)) if item.name == step.name
    )
    body = hns_requests.endpoint_request(
        wanted.name,
        network.id,
        address=wanted.address,
        gateway=wanted.gateway,
        dns=desired.network.dns if wanted.outbound_nat else (),
        policies=[hns_json.outbound_nat_policy()] if wanted.outbound_nat else [],
    )
    return Operation(step, hns.create_endpoint(call_id(step), body), made_by_hns)


def _delete_endpoint(step: Step, desired: Desired, facts: Facts) -> Operation:
    endpoint = _endpoint_of(step, desired, facts)
    return Operation(step, hns.delete_endpoint(call_id(step), endpoint), HNS_DONE)


def _attach(step: Step, desired: Desired, facts: Facts) -> Operation:
    endpoint = _endpoint_of(step, desired, facts)
    compartment_id = wanted_compartment(step, desired, facts)
    if compartment_id is None:
        raise StepError(
            f"{step.name} has no network compartment: its container does not run", object=step.name, step=step.id
        )
    if (namespace := _own_namespace(step, desired, facts)) is not None:
        guard = hns.as_attached(f"/endpoints/{endpoint.id}", endpoint)
        call = hcn.change_namespace(call_id(step), "Add", namespace.id, endpoint.id, guard)
        return Operation(step, call, nothing_made(hcn.output))
    return attach_operation(step, endpoint, compartment_id)


def _own_namespace(step: Step, desired: Desired, facts: Facts) -> Namespace | None:
    """The HNS namespace of a container of ctr, which endpoints are put into; None of Docker's and of the host."""
    container = facts.container_named(step.name, desired.runtime) if step.name != desired.gateway.name else None
    return facts.namespace_of(container) if container is not None else None


def attach_operation(step: Step, endpoint: Endpoint, compartment_id: int) -> Operation:
    """Bind a free endpoint to a compartment."""
    return Operation(step, hns.attach_endpoint(call_id(step), endpoint, compartment_id), HNS_DONE)


def wanted_compartment(step: Step, desired: Desired, facts: Facts) -> int | None:
    """Return the compartment to attach an endpoint to; None while the host does not show the container's."""
    if step.name == desired.gateway.name:
        return HOST_COMPARTMENT
    # An endpoint has its container's name; a client that left the parameters is found by it, too.
    container = facts.container_named(step.name, desired.runtime)
    compartment = facts.compartment_of(container) if container else None
    return compartment.id if compartment else None


def _detach(step: Step, desired: Desired, facts: Facts) -> Operation:
    endpoint = _endpoint_of(step, desired, facts)
    holding = (item for item in facts.namespaces if any(id.lower() == endpoint.id.lower() for id in item.endpoints))
    namespace = next(holding, None) if desired.runtime == "containerd" else None
    if namespace is not None and step.name != desired.gateway.name:
        guard = hns.as_attached(f"/endpoints/{endpoint.id}", endpoint)
        call = hcn.change_namespace(call_id(step), "Remove", namespace.id, endpoint.id, guard)
        return Operation(step, call, nothing_made(hcn.output))
    return Operation(step, hns.detach_endpoint(call_id(step), endpoint), HNS_DONE)


def _forward(step: Step, desired: Desired, facts: Facts) -> Operation:
    endpoint = _endpoint_of(step, desired, facts)
    interface = SnapshotIndex(facts).interface_of(endpoint)
    if interface is None:
        raise StepError(f"the interface of {step.name} has not appeared on the host", object=step.name, step=step.id)
    enabled = step.changes[-1].after == "Enabled"
    call = windows.set_forwarding(call_id(step), interface.index, enabled)
    return Operation(step, call, switched(CallResult.value, endpoint))


def _set_policy(step: Step, desired: Desired, facts: Facts) -> Operation:
    endpoint, address = _endpoint_of(step, desired, facts), proxy_address(desired, facts)
    if is_pod_name(step.name):
        return policy_operation(step, endpoint, _policies_of_pod(step, endpoint, desired, facts))
    if any(change.field == REDIRECTS and not change.after for change in step.changes):
        policies = policies_without_redirects(endpoint, desired, facts)
    elif address or not redirects_of(desired, endpoint.name):
        policies = policies_with_redirects(endpoint, desired, facts)
    else:
        raise StepError("the proxy's endpoint has no address", object=desired.proxy.name, step=step.id)
    return policy_operation(step, endpoint, policies)


def _policies_of_pod(step: Step, endpoint: Endpoint, desired: Desired, facts: Facts) -> tuple[Policy, ...]:
    """The list of a CNI's endpoint with the redirects of its pod, or without any: other policies stay."""
    if any(change.field == REDIRECTS and not change.after for change in step.changes):
        ours = pod_policies(endpoint, desired.redirects)
        return tuple(policy for policy in endpoint.policies if policy not in ours)
    pod = next((item for item in facts.pods if item.full_name == step.name and item.ready), None)
    choice = next((item for item in desired.pods if pod is not None and item.takes(pod)), None)
    address = proxy_address(desired, facts)
    if choice is None or not address:
        missing = "the proxy has no address" if choice is not None else "the pod is not there any more"
        raise StepError(missing, object=step.name, step=step.id)
    return pod_policies_with(endpoint, choice.redirects, address)


def policy_operation(step: Step, endpoint: Endpoint, policies: Iterable[Policy]) -> Operation:
    """Give an endpoint this list of policies."""
    call = hns.set_policies(call_id(step), endpoint, policies)
    return Operation(step, call, switched(hns.output, endpoint))


def in_sending_order(steps: Iterable[Step], desired: Desired) -> list[Step]:
    """Steps of one round: endpoints of a certain address are made before HNS chooses addresses for the others."""
    chosen = {endpoint.name for endpoint in desired.endpoints if not endpoint.address}
    return sorted(
        steps, key=lambda step: step.kind == "endpoint" and step.action is Action.CREATE and step.name in chosen
    )


_BUILDERS: dict[tuple[Action, str], Callable[[Step, Desired, Facts], Operation]] = {
    (Action.CREATE, "network"): _create_network,
    (Action.DELETE, "network"): _delete_network,
    (Action.CREATE, "endpoint"): _create_endpoint,
    (Action.DELETE, "endpoint"): _delete_endpoint,
    (Action.ATTACH, "attachment"): _attach,
    (Action.DETACH, "attachment"): _detach,
    (Action.UPDATE, "forwarding"): _forward,
    (Action.UPDATE, "policy"): _set_policy,
    **CONTAINER_BUILDERS,
}
