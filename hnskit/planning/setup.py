"""Desired + facts -> plan. Pure: no IO, no clock, no guess.

One step for each object that is looked at, in the order in which a person reads them. The order in which
they are done follows from `Step.needs`.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from hnskit.facts.host_facts import Facts
from hnskit.model.objects import HOST_COMPARTMENT, NetworkType
from hnskit.model.wording import remove_command
from hnskit.params.desired import ALL_PARTS, Desired, DesiredContainer, Part, parts_of
from hnskit.planning import pod_steps
from hnskit.planning.blockers import build_blocker, network_blockers, runtime_blocker
from hnskit.planning.container_steps import container_step, image_step, is_replaced, replacement_steps
from hnskit.planning.context import PlanningContext, pending_keys
from hnskit.planning.endpoint_steps import EndpointPlace, EndpointPlanner, adoption_step
from hnskit.planning.interruption import adapter_of, creation_interrupts, moving
from hnskit.planning.policy_steps import misplaced_steps, policy_step
from hnskit.planning.provenance import Provenance
from hnskit.planning.removal import remove_container, remove_endpoint
from hnskit.planning.routes import client_route_step, pod_route_step, route_step
from hnskit.planning.steps import Action, Change, Plan, Step, refused_for_want_of


def plan(
    desired: Desired, facts: Facts, *, parts: Iterable[Part | str] = ALL_PARTS, made: Provenance | None = None
) -> Plan:
    """Plan the steps that make a host as desired.

    Args:
        desired: from `desired_from`.
        facts: from `gather_facts`; nothing else is looked at.
        parts: what others make is then expected to be there; `Plan.lacking` are those whose work is missing.
        made: from `made_on`: tells objects of hnskit's that left the parameters from another user's.

    Returns:
        A plan with one step for each object, `Action.NONE` where nothing is to do and `Action.REFUSE` where
        what is there must not be touched.

    Raises:
        ParamsError: an item of `parts` is not a part.
    """
    wanted = set(parts_of(parts))
    context = PlanningContext(desired, facts, made)
    facts = context.facts
    endpoints = EndpointPlanner(context, _names(desired, wanted))
    steps = list(_host_refusals(desired, facts, wanted))
    if steps and desired.runtime == "containerd":
        return _plan(context, steps)  # without its tools no pod and no container is known
    if not desired.has_network:
        return _plan(context, [*steps, *_pods(context, wanted, steps)])
    _add_removals(context, wanted, steps)
    if Part.NETWORK in wanted:
        steps.append(_network(context))
    elif wanted & {Part.PROXY, Part.CLIENTS}:
        steps += _ground(context)
    if any((step.kind, step.action) == ("network", Action.REFUSE) for step in steps):
        causes = [*steps, *_container_refusals(context, wanted)]
        return _plan(context, causes)
    if Part.NETWORK in wanted:
        steps += endpoints.steps(Part.NETWORK, desired.gateway, steps)
        place = EndpointPlace("the host's compartment", HOST_COMPARTMENT)
        steps += endpoints.attachment(Part.NETWORK, desired.gateway.name, place, steps)
        steps.append(_forwarding(context, steps))
    if Part.PROXY in wanted:
        _add_proxy(context, endpoints, steps)
    if Part.CLIENTS in wanted:
        for client in desired.clients:
            _add_container(context, endpoints, Part.CLIENTS, client, steps)
    if Part.POLICY in wanted:
        steps += misplaced_steps(context, steps)
        steps.extend(policy_step(context, client, steps) for client in desired.clients)
    steps += _pods(context, wanted, steps)
    return _plan(context, [*_unasked(context, steps), *steps])


def _pods(context: PlanningContext, wanted: set[Part], before: Sequence[Step]) -> list[Step]:
    """The steps of what is there already: pods as clients, and the proxy where it is a pod or an address."""
    desired, chosen = context.desired, context.chosen_pods
    if not desired.pods and desired.has_own_proxy:
        return []
    seen = [*pod_steps.proxy_steps(context, chosen), *pod_steps.client_steps(chosen)]
    refused = [step for step in seen if step.action is Action.REFUSE]
    steps = refused if wanted == {Part.POLICY} else [step for step in seen if step.part in wanted]
    if any(step.action is Action.REFUSE for step in before):
        return steps
    lacks_proxy = any(step.part is Part.PROXY for step in refused)
    # Clients that are not there are no reason to leave the proxy without its route, where it is planned by itself.
    if Part.PROXY in wanted and desired.proxy_pod is not None and desired.proxy.route_user and not lacks_proxy:
        steps += [pod_route_step(context, address) for address in desired.redirected_addresses]
    if Part.POLICY in wanted and desired.pods and not refused:
        steps += pod_steps.policy_steps(context, chosen, before)
    return steps


def _unasked(context: PlanningContext, steps: Sequence[Step]) -> Iterator[Step]:
    """Adoptions that some parts need of others: no endpoint made by hand is changed before the operator was asked."""
    asked = {step.object_id for step in steps if step.kind == "endpoint"}
    for step in steps:
        there = next((item for item in context.current(step.name) if item.id == step.object_id), None)
        if there is None or not step.pending or there.id in asked or not context.is_hand_made_endpoint(there):
            continue
        if not context.is_taken_over("endpoint", there.name, there.id):
            asked.add(there.id)
            yield adoption_step(context, step.part, there)


def _plan(context: PlanningContext, steps: Sequence[Step]) -> Plan:
    """The plan of these steps; one with a refusal is not applied, so needs of what is refused are left out of it."""
    kept = tuple(_without_echoes(steps, context.desired.proxy.endpoint.name))
    if any(step.action is Action.REFUSE for step in kept):
        known = {step.key for step in kept}
        kept = tuple(replace(step, needs=tuple(key for key in step.needs if key in known)) for step in kept)
    return Plan(context.facts.target, kept)


def _host_refusals(desired: Desired, facts: Facts, wanted: set[Part]) -> Iterator[Step]:
    """Refuse the parts that the host itself stands in the way of."""
    blocker = runtime_blocker(desired, facts)
    parts = (Part.PROXY, Part.CLIENTS) if desired.runtime == "docker" else (Part.PROXY, Part.CLIENTS, Part.POLICY)
    if blocker and (part := next((item for item in parts if item in wanted), None)):
        yield Step(part, Action.REFUSE, "host", blocker.object, blocker.reason)
    blocker = build_blocker(facts)
    if blocker and Part.POLICY in wanted:
        yield Step(Part.POLICY, Action.REFUSE, "host", blocker.object, blocker.reason)


def _container_refusals(context: PlanningContext, wanted: set[Part]) -> Iterator[Step]:
    """Refusals that do not follow from that of the network: of images and containers."""
    containers = {Part.PROXY: (context.desired.proxy,), Part.CLIENTS: context.desired.clients}
    for part, members in containers.items():
        for member in members if part in wanted else ():
            there = context.facts.container_named(member.name, context.desired.runtime)
            for step in (image_step(context, part, member), container_step(context, part, member, there, ())):
                if step.action is Action.REFUSE:
                    yield step


def _ground(context: PlanningContext) -> list[Step]:
    """Refuse endpoints on a wrong network, where the network's part is left out."""
    wanted = context.desired
    if context.networks and (refusal := _network_refusal(context)):
        return [Step(Part.NETWORK, Action.REFUSE, "network", wanted.network.name, refusal)]
    gateway = next(iter(context.current(wanted.gateway.name)), None)
    if gateway and wanted.gateway.address and gateway.address != wanted.gateway.address:
        said = f"it has {gateway.address}, not {wanted.gateway.address}"
        return [refused_for_want_of(Part.NETWORK, Part.NETWORK, "endpoint", wanted.gateway.name, said)]
    return []


def _names(desired: Desired, parts: set[Part]) -> set[str]:
    """Names of the endpoints that a plan of these parts may change."""
    names = {
        Part.NETWORK: {desired.gateway.name},
        Part.PROXY: {desired.proxy.endpoint.name},
        Part.CLIENTS: {client.endpoint.name for client in desired.clients},
    }
    return set().union(*(names.get(part, set()) for part in parts))


def _without_echoes(steps: Iterable[Step], proxy: str) -> Iterator[Step]:
    """Leave out a refusal that only follows from that of an object before it: its own, or the proxy's endpoint."""
    refused: set[str] = set()
    for step in steps:
        if step.action is Action.REFUSE:
            if step.title in refused or (step.kind == "policy" and proxy in refused):
                continue
            refused.add(step.title)
        yield step


def _network(context: PlanningContext) -> Step:
    wanted = context.desired.network

    def step(action: Action, reason: str, changes: Sequence[Change] = (), disruptive: bool = False) -> Step:
        identity = context.network.id if context.network else ""
        return Step(
            Part.NETWORK, action, "network", wanted.name, reason, tuple(changes), disruptive, object_id=identity
        )

    if refusal := _network_refusal(context) or _room_refusal(context):
        return step(Action.REFUSE, refusal)
    if context.network:
        return step(Action.NONE, f"it is there, L2Bridge {wanted.prefix}" + _not_compared(context))
    changes = [Change("type", "", NetworkType.L2BRIDGE.value), Change("subnet", "", wanted.prefix)]
    changes.append(Change("gateway", "", wanted.gateway))
    if wanted.adapter:
        changes.append(Change("adapter", "", wanted.adapter))
    moved = ", ".join(adapter.name for adapter in moving(context.desired, context.facts))
    if not moved:
        return step(Action.CREATE, "it is not there; its adapter is on a bridge already", changes)
    reason = f"it is not there; the address of {moved} moves to a virtual adapter when the bridge appears"
    if creation_interrupts(context.desired, context.facts):
        return step(Action.CREATE, reason, changes, disruptive=True)
    reason += "; the management connection stays, since the host's default route goes through another adapter"
    return step(Action.CREATE, reason, changes)


def _not_compared(context: PlanningContext) -> str:
    """Return the settings of a network that the host does not print, and so cannot be compared."""
    wanted, network = context.desired.network, context.network
    said = ["its own list of DNS servers (its endpoints' are)"] if wanted.dns else []
    if wanted.adapter and network and adapter_of(network, context.facts) is None:
        said.append("its adapter")
    return f"; not compared: {', '.join(said)}" if said else ""


def _network_refusal(context: PlanningContext) -> str:
    """Return why the network must not be touched, or cannot be made; "" if nothing stands in the way."""
    wanted, named = context.desired.network, context.networks
    if len(named) > 1:
        commands = " or ".join(remove_command("Network", network.id) for network in named)
        return (
            f"there are {len(named)} networks of this name: look which is in use, and remove the other with "
            f"{commands}; or choose another network.name"
        )
    if named:
        network = named[0]
        if not network.is_type(NetworkType.L2BRIDGE):
            return (
                f"it is a network of type {network.type}, where no proxy policy works (HNS fact 49): "
                "choose another network.name"
            )
        prefixes = [subnet.prefix for subnet in network.subnets]
        if wanted.prefix not in prefixes:
            return (
                f"it is there with {', '.join(prefixes) or 'no subnet'}, not {wanted.prefix}: "
                "choose another network.name, or set network.subnet to what it has"
            )
        gateway = network.subnets[prefixes.index(wanted.prefix)].gateway
        if gateway and gateway != wanted.gateway:
            return (
                f"it is there with the gateway {gateway}, not {wanted.gateway}, which HNS cannot change: "
                "set network.gateway to what it has, or choose another network.name"
            )
        adapter = adapter_of(network, context.facts)
        if wanted.adapter and adapter and not adapter.is_named(wanted.adapter):
            return (
                f"it is there on the adapter {adapter.name}, not on {wanted.adapter}, which HNS cannot change: "
                "set network.adapter to what it has, or choose another network.name"
            )
        return ""
    for network in context.facts.networks:
        for subnet in network.subnets:
            if _overlap(subnet.prefix, wanted.prefix):
                use = network.is_type(NetworkType.L2BRIDGE) and subnet.prefix == wanted.prefix
                return (
                    f"{wanted.prefix} overlaps {subnet.prefix} of the {network.type} network {network.name}: "
                    + (f"set network.name to {network.name} to use that one, or " if use else "")
                    + "choose another network.subnet"
                )
    blocker = next(network_blockers(context.desired, context.facts), None)
    return blocker.reason if blocker else ""


def _room_refusal(context: PlanningContext) -> str:
    """Tell whether the subnet has an address for every endpoint, beside those that others have there."""
    wanted = context.desired.network
    subnet = ipaddress.IPv4Network(wanted.prefix)
    reserved = {str(subnet[0]), str(subnet[1]), str(subnet[-1]), wanted.gateway}
    names = {endpoint.name for endpoint in context.desired.endpoints} | set(context.removed_clients)
    others = {item.address for item in context.facts.endpoints if context.on_network(item) and item.name not in names}
    room = subnet.num_addresses - len(reserved | others)
    needed = len(context.desired.endpoints)
    if needed <= room:
        return ""
    return f"{wanted.prefix} has room for {room} endpoints, and {needed} are wanted: fewer clients, or a larger subnet"


def _forwarding(context: PlanningContext, before: Sequence[Step]) -> Step:
    name = context.desired.gateway.name
    waits = pending_keys(before, ("endpoint", name), ("attachment", name))
    there = next(iter(context.current(name)), None)
    interface = context.index.interface_of(there) if there and not waits else None
    identity = there.id if there and not waits else ""

    def step(action: Action, reason: str, changes: tuple[Change, ...] = ()) -> Step:
        return Step(Part.NETWORK, action, "forwarding", name, reason, changes, needs=waits, object_id=identity)

    if interface and interface.forwarding:
        return step(Action.NONE, f"it is enabled on {interface.alias}")
    reason = f"it is disabled on {interface.alias}" if interface else "a new interface does not forward"
    return step(Action.UPDATE, reason, (Change("forwarding", "Disabled" if interface else "", "Enabled"),))


def _add_container(
    context: PlanningContext, endpoints: EndpointPlanner, part: Part, wanted: DesiredContainer, steps: list[Step]
) -> None:
    image = image_step(context, part, wanted)
    if all((step.kind, step.name) != ("image", wanted.image) for step in steps):
        steps.append(image)
    container, before = context.facts.container_named(wanted.name, context.desired.runtime), len(steps)
    steps.append(container_step(context, part, wanted, container, pending_keys(steps, ("image", wanted.image))))
    steps.extend(endpoints.steps(part, wanted.endpoint, steps))
    compartment = context.facts.compartment_of(container) if container else None
    number, running = compartment.id if compartment else None, bool(container and container.running)
    identity = container.id if container else ""
    place = EndpointPlace(f"{wanted.name}'s compartment", number, running, identity, wanted.on_nat)
    steps.extend(endpoints.attachment(part, wanted.endpoint.name, place, steps))
    if wanted.on_nat:
        asked = dict.fromkeys(redirect.address for redirect in wanted.redirects)
        steps.extend(client_route_step(context, wanted, address, steps) for address in asked)
    if container is not None and is_replaced(context, wanted, container):
        steps[before:] = replacement_steps(part, wanted, container, steps[:before], steps[before:])


def _add_proxy(context: PlanningContext, endpoints: EndpointPlanner, steps: list[Step]) -> None:
    desired = context.desired
    if not desired.has_own_proxy:
        return
    _add_container(context, endpoints, Part.PROXY, desired.proxy, steps)
    if desired.proxy.route_user:
        steps += [route_step(context, address, steps) for address in desired.redirected_addresses]


def _add_removals(context: PlanningContext, wanted: set[Part], steps: list[Step]) -> None:
    """Take away what hnskit made and is no longer in the parameters."""
    reason = "it is no longer in the parameters"
    for name in context.removed_clients if Part.CLIENTS in wanted else ():
        steps += remove_endpoint(context, Part.CLIENTS, name, reason)
        steps.append(remove_container(context, Part.CLIENTS, name, steps, reason))


def _overlap(one: str, other: str) -> bool:
    try:
        return ipaddress.IPv4Network(one, strict=False).overlaps(ipaddress.IPv4Network(other, strict=False))
    except ValueError:
        return False  # an IPv6 subnet, or a host's own odd text: not ours to judge
