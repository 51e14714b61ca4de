"""A step -> the calls that carry it out. What the step names is looked up in the facts, so nothing is guessed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from hnskit import codec
from hnskit.desired import Desired, DesiredContainer
from hnskit.errors import StepError
from hnskit.facts import Facts
from hnskit.model import HOST_COMPARTMENT, Endpoint, NetworkType
from hnskit.redirect import policies_with_redirect, proxy_target
from hnskit.remote import docker, hns, windows
from hnskit.remote.session import Call, CallResult
from hnskit.steps import Action, Step


@dataclass(frozen=True, slots=True)
class Operation:
    """One step, ready to be sent."""

    step: Step
    calls: tuple[Call, ...]
    read: Callable[[CallResult], str]
    """Raises what a failed call has to say; gives the id of what was made, or ""."""


def operation(step: Step, desired: Desired, facts: Facts) -> Operation:
    """The calls of one step.

    Raises:
        StepError: what the step needs is not (any more) on the host.
    """
    return _BUILDERS[step.action, step.kind](step, desired, facts)


def _call_id(step: Step, suffix: str = "") -> str:
    return f"step: {step.id}{suffix}"


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


_HNS_DONE = _nothing_made(hns.output)
_DOCKER_DONE = _nothing_made(docker.output)
_WINDOWS_DONE = _nothing_made(CallResult.value)


def _endpoint_of(step: Step, facts: Facts) -> Endpoint:
    found = facts.endpoints_named(step.name)
    if len(found) != 1:
        raise StepError(
            f"{len(found)} endpoints are named {step.name}, one was expected", object=step.name, step=step.id
        )
    return found[0]


def _container_of(step: Step, desired: Desired) -> DesiredContainer:
    return next(item for item in desired.containers if step.name in (item.name, item.endpoint.name))


def _create_network(step: Step, desired: Desired, _: Facts) -> Operation:
    wanted = desired.network
    body = codec.network_request(
        wanted.name, NetworkType.L2BRIDGE.value, wanted.prefix, wanted.gateway, wanted.adapter, dns=wanted.dns
    )
    return Operation(step, (hns.create_network(_call_id(step), body),), _made_by_hns)


def _delete_network(step: Step, _: Desired, facts: Facts) -> Operation:
    network = next(iter(facts.networks_named(step.name)), None)
    if network is None:
        raise StepError(f"the network {step.name} is gone already", object=step.name, step=step.id)
    return Operation(step, (hns.delete_network(_call_id(step), network.id),), _HNS_DONE)


def _create_endpoint(step: Step, desired: Desired, facts: Facts) -> Operation:
    network = next(iter(facts.networks_named(desired.network.name)), None)
    if network is None:
        raise StepError(f"the network {desired.network.name} is not there", object=step.name, step=step.id)
    wanted = next(
        item for item in (desired.gateway, *(c.endpoint for c in desired.containers)) if item.name == step.name
    )
    body = codec.endpoint_request(
        wanted.name,
        network.id,
        address=wanted.address,
        gateway=wanted.gateway,
        dns=desired.network.dns if wanted.outbound_nat else (),
        policies=[codec.outbound_nat_policy()] if wanted.outbound_nat else [],
    )
    return Operation(step, (hns.create_endpoint(_call_id(step), body),), _made_by_hns)


def _delete_endpoint(step: Step, _: Desired, facts: Facts) -> Operation:
    endpoint = _endpoint_of(step, facts)
    return Operation(step, (hns.delete_endpoint(_call_id(step), endpoint.id),), _HNS_DONE)


def _attach(step: Step, desired: Desired, facts: Facts) -> Operation:
    endpoint = _endpoint_of(step, facts)
    if step.name == desired.gateway.name:
        compartment_id = HOST_COMPARTMENT
    else:
        container = facts.container_named(_container_of(step, desired).name)
        compartment = facts.compartment_of(container) if container else None
        if compartment is None:
            raise StepError(
                f"{step.name} has no network compartment: its container does not run", object=step.name, step=step.id
            )
        compartment_id = compartment.id
    calls = [hns.attach_endpoint(_call_id(step), endpoint.id, compartment_id)]
    if endpoint.attached:  # an attached one is refused (0x803B0014), so it is taken off the old compartment first
        calls.insert(0, hns.detach_endpoint(_call_id(step, " (detach)"), endpoint.id))
    return Operation(step, tuple(calls), _HNS_DONE)


def _detach(step: Step, _: Desired, facts: Facts) -> Operation:
    endpoint = _endpoint_of(step, facts)
    return Operation(step, (hns.detach_endpoint(_call_id(step), endpoint.id),), _HNS_DONE)


def _forward(step: Step, _: Desired, facts: Facts) -> Operation:
    endpoint = _endpoint_of(step, facts)
    interface = facts.interface_of(endpoint)
    if interface is None:
        raise StepError(f"the interface of {step.name} has not appeared on the host", object=step.name, step=step.id)
    return Operation(step, (windows.set_forwarding(_call_id(step), interface.index, True),), _WINDOWS_DONE)


def _import_image(step: Step, desired: Desired, _: Facts) -> Operation:
    path = next(item.import_path for item in desired.containers if item.image == step.name)
    return Operation(step, (docker.import_image(_call_id(step), path, step.name),), _made_by_docker)


def _delete_image(step: Step, _: Desired, __: Facts) -> Operation:
    return Operation(step, (docker.remove_image(_call_id(step), step.name),), _DOCKER_DONE)


def _run_container(step: Step, desired: Desired, _: Facts) -> Operation:
    wanted = _container_of(step, desired)
    call = docker.run_container(
        _call_id(step), wanted.name, wanted.image, wanted.command, labels=desired.labels, isolation=wanted.isolation
    )
    return Operation(step, (call,), _made_by_docker)


def _start_container(step: Step, _: Desired, __: Facts) -> Operation:
    return Operation(step, (docker.start_container(_call_id(step), step.name),), _DOCKER_DONE)


def _delete_container(step: Step, _: Desired, __: Facts) -> Operation:
    return Operation(step, (docker.remove_container(_call_id(step), step.name),), _DOCKER_DONE)


def _add_route(step: Step, desired: Desired, _: Facts) -> Operation:
    proxy = desired.proxy
    arguments = ("route.exe", "add", desired.redirect.address, "mask", "255.255.255.255", proxy.endpoint.gateway)
    return Operation(
        step, (docker.execute(_call_id(step), proxy.name, arguments, user=proxy.route_user),), _DOCKER_DONE
    )


def _set_policy(step: Step, desired: Desired, facts: Facts) -> Operation:
    endpoint, target = _endpoint_of(step, facts), proxy_target(desired, facts)
    if not target:
        raise StepError("the proxy's endpoint has no address", object=desired.proxy.name, step=step.id)
    policies = policies_with_redirect(endpoint, desired, target)
    return Operation(step, (hns.set_policies(_call_id(step), endpoint, policies),), _HNS_DONE)


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
    (Action.DELETE, "container"): _delete_container,
    (Action.CREATE, "route"): _add_route,
    (Action.UPDATE, "policy"): _set_policy,
}
