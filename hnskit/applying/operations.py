"""A step -> the calls that carry it out. What the step names is looked up in the facts, so nothing is guessed."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from hnskit.errors import HnskitError, StepError
from hnskit.facts.host_facts import Facts
from hnskit.facts.snapshot_index import SnapshotIndex
from hnskit.model import hns_json, hns_requests
from hnskit.model.objects import HOST_COMPARTMENT, Endpoint, NetworkType, Policy
from hnskit.params.desired import Desired, DesiredContainer
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
from hnskit.planning.routes import proxy_container, proxy_gateway
from hnskit.planning.steps import Action, Step
from hnskit.remote import containerd, docker, hns, windows
from hnskit.remote.session import Call, CallResult


@dataclass(frozen=True, slots=True)
class Probe:
    """A call that only looks whether a step is done."""

    call: Call
    shows: Callable[[CallResult], bool]


@dataclass(frozen=True, slots=True)
class Operation:
    """One step, ready to be sent."""

    step: Step
    call: Call
    read: Callable[[CallResult], str]
    """Raises what a failed call has to say; gives the id of what was made, or ""."""
    look: Probe | None = None
    """Request of the call, where a failure may only mean that its object was there already."""

    @property
    def calls(self) -> tuple[Call, ...]:
        """The calls, in the order in which they are sent."""
        return (self.call, self.look.call) if self.look else (self.call,)


def build_operation(step: Step, desired: Desired, facts: Facts) -> Operation:
    """The calls of one step.

    Raises:
        StepError: what the step needs is not (any more) on the host.
    """
    return _BUILDERS[step.action, step.kind](step, desired, facts)


def _call_id(step: Step) -> str:
    return f"step: {step.id}"


def _made_by_hns(result: CallResult) -> str:
    made = hns.output(result)
    return str(made.get("ID", "")) if isinstance(made, dict) else ""


def _made_by_docker(result: CallResult) -> str:
    # `docker run --detach` and `docker import` print the id on the last line.
    lines = docker.output(result).split()
    return lines[-1] if lines else ""


def _nothing_made(read: Callable[[CallResult], object]) -> Callable[[CallResult], str]:
    def reader(result: CallResult) -> str:
        read(result)
        return ""

    return reader


def _switched(read: Callable[[CallResult], object], endpoint: Endpoint) -> Callable[[CallResult], str]:
    """A reader that gives the endpoint's id, for what is a state of it."""

    def reader(result: CallResult) -> str:
        read(result)
        return endpoint.id

    return reader


_HNS_DONE = _nothing_made(hns.output)
_DOCKER_DONE = _nothing_made(docker.output)
_CONTAINERD_DONE = _nothing_made(containerd.output)


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


def _container_of(step: Step, desired: Desired) -> DesiredContainer:
    return next(item for item in desired.containers if step.name in (item.name, item.endpoint.name))


def _create_network(step: Step, desired: Desired, _: Facts) -> Operation:
    wanted = desired.network
    body = hns_requests.network_request(
        wanted.name, NetworkType.L2BRIDGE.value, wanted.prefix, wanted.gateway, wanted.adapter, dns=wanted.dns
    )
    return Operation(step, hns.create_network(_call_id(step), body), _made_by_hns)


def _delete_network(step: Step, _: Desired, __: Facts) -> Operation:
    return Operation(step, hns.delete_network(_call_id(step), step.object_id), _HNS_DONE)


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
    return Operation(step, hns.create_endpoint(_call_id(step), body), _made_by_hns)


def _delete_endpoint(step: Step, desired: Desired, facts: Facts) -> Operation:
    endpoint = _endpoint_of(step, desired, facts)
    return Operation(step, hns.delete_endpoint(_call_id(step), endpoint), _HNS_DONE)


def _attach(step: Step, desired: Desired, facts: Facts) -> Operation:
    endpoint = _endpoint_of(step, desired, facts)
    compartment_id = wanted_compartment(step, desired, facts)
    if compartment_id is None:
        raise StepError(
            f"{step.name} has no network compartment: its container does not run", object=step.name, step=step.id
        )
    return attach_operation(step, endpoint, compartment_id)


def attach_operation(step: Step, endpoint: Endpoint, compartment_id: int) -> Operation:
    """Bind a free endpoint to a compartment."""
    return Operation(step, hns.attach_endpoint(_call_id(step), endpoint, compartment_id), _HNS_DONE)


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
    return Operation(step, hns.detach_endpoint(_call_id(step), endpoint), _HNS_DONE)


def _forward(step: Step, desired: Desired, facts: Facts) -> Operation:
    endpoint = _endpoint_of(step, desired, facts)
    interface = SnapshotIndex(facts).interface_of(endpoint)
    if interface is None:
        raise StepError(f"the interface of {step.name} has not appeared on the host", object=step.name, step=step.id)
    enabled = step.changes[-1].after == "Enabled"
    call = windows.set_forwarding(_call_id(step), interface.index, enabled)
    return Operation(step, call, _switched(CallResult.value, endpoint))


def _import_image(step: Step, desired: Desired, _: Facts) -> Operation:
    path = next(item.import_path for item in desired.containers if item.image == step.name)
    return Operation(step, docker.import_image(_call_id(step), path, step.name), _made_by_docker)


def _delete_image(step: Step, _: Desired, __: Facts) -> Operation:
    return Operation(step, docker.remove_image(_call_id(step), step.name), _DOCKER_DONE)


def _run_container(step: Step, desired: Desired, _: Facts) -> Operation:
    wanted = _container_of(step, desired)
    call = docker.run_container(
        _call_id(step), wanted.name, wanted.image, wanted.command, labels=desired.labels, isolation=wanted.isolation
    )
    return Operation(step, call, _made_by_docker)


def _start_container(step: Step, _: Desired, __: Facts) -> Operation:
    return Operation(step, docker.start_container(_call_id(step), step.object_id), _DOCKER_DONE)


def _stop_container(step: Step, _: Desired, __: Facts) -> Operation:
    return Operation(step, docker.stop_container(_call_id(step), step.object_id), _DOCKER_DONE)


def _delete_container(step: Step, _: Desired, __: Facts) -> Operation:
    # By id: a container that somebody else has made under this name since is not the one that was planned for.
    return Operation(step, docker.remove_container(_call_id(step), step.object_id), _DOCKER_DONE)


def _add_route(step: Step, desired: Desired, facts: Facts) -> Operation:
    gateway, address = proxy_gateway(desired, facts), step.name
    inside = _inside_proxy(step, desired, facts)
    call = inside(_call_id(step), ("route.exe", "add", address, "mask", "255.255.255.255", gateway), False)
    print_it = inside(f"look: {step.id}", ("route.exe", "print", address), True)
    look = Probe(print_it, lambda result: _prints_route(result, address, gateway))
    return Operation(step, call, _DOCKER_DONE if desired.runtime == "docker" else _CONTAINERD_DONE, look)


def _inside_proxy(step: Step, desired: Desired, facts: Facts) -> Callable[[str, tuple[str, ...], bool], Call]:
    """Give what runs a program inside the proxy, as who may add a route there."""
    user = desired.proxy.route_user
    if desired.runtime == "docker":
        return lambda id, words, reads: docker.execute(id, step.container, words, user=user, reads=reads)
    container = proxy_container(desired, facts)
    if container is None or container.name != step.container:
        raise StepError(f"{step.container} does not run any more", object=step.container, step=step.id)
    return lambda id, words, reads: containerd.execute(id, container, words, user=user, reads=reads)


def _prints_route(result: CallResult, address: str, gateway: str) -> bool:
    """Tell whether `route.exe print` shows an active route: its words differ with the language, its addresses do not.

    A row is destination, mask, gateway, interface, metric; one of a persistent route has no interface.
    """
    try:
        _, printed, _ = docker.finished(result)
    except HnskitError:
        return False
    rows = (line.split() for line in printed.splitlines())
    return any(row[:3] == [address, "255.255.255.255", gateway] and len(row) == 5 for row in rows)


def _delete_route(step: Step, desired: Desired, facts: Facts) -> Operation:
    call = _inside_proxy(step, desired, facts)(_call_id(step), ("route.exe", "delete", step.name), False)
    return Operation(step, call, _DOCKER_DONE if desired.runtime == "docker" else _CONTAINERD_DONE)


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
    call = hns.set_policies(_call_id(step), endpoint, policies)
    return Operation(step, call, _switched(hns.output, endpoint))


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
    (Action.IMPORT, "image"): _import_image,
    (Action.DELETE, "image"): _delete_image,
    (Action.RUN, "container"): _run_container,
    (Action.START, "container"): _start_container,
    (Action.STOP, "container"): _stop_container,
    (Action.DELETE, "container"): _delete_container,
    (Action.CREATE, "route"): _add_route,
    (Action.DELETE, "route"): _delete_route,
    (Action.UPDATE, "policy"): _set_policy,
}
