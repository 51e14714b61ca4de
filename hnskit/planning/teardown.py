"""Desired + facts + journal -> the plan that takes the redirect away, and the proof that it is away. Pure.

Only what hnskit made goes. A container needs hnskit's label; an endpoint needs a journal that says so, or a container
of its name with that label; the network, its gateway endpoint and an image need the journal. A network with endpoints
of somebody else's stays. What was found and was changed gets back what can be given back.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from hnskit.facts.host_facts import Facts
from hnskit.model.objects import HOST_COMPARTMENT, Endpoint, NetworkType
from hnskit.model.wording import describe_policies, remove_command
from hnskit.params.desired import LABEL, Desired, Part
from hnskit.planning import pod_steps
from hnskit.planning.chosen_pods import recorded_pods
from hnskit.planning.context import PlanningContext
from hnskit.planning.interruption import removal_interrupts
from hnskit.planning.provenance import Provenance
from hnskit.planning.redirect import REDIRECTS, managed_policies, pod_policies
from hnskit.planning.removal import (
    ADOPTED,
    FOUND,
    UNPROVED,
    remove_container,
    remove_endpoint,
    restore_attachment,
)
from hnskit.planning.routes import restore_routes
from hnskit.planning.steps import Action, Change, Plan, Step, StepKey, not_there

_STRANGER = "it is not in these parameters, and no journal says that hnskit made it for them"


def plan_destroy(
    desired: Desired, facts: Facts, *, made: Provenance | None = None, keep_network: bool = False, by_name: bool = False
) -> Plan:
    """Plan the steps that remove the redirect.

    Args:
        desired: whose names say what is hnskit's.
        facts: the host now.
        made: from `made_on` or `Outcome.made`; without it, labels alone decide.
        keep_network: leave the network and its gateway endpoint, so that the host is not cut again.
        by_name: remove the network and endpoints of these names, unless a journal says that they were found.

    Returns:
        A plan with one step for each object; what stays has the reason.
    """
    context = PlanningContext(desired, facts, made)
    facts = context.facts
    steps: list[Step] = list(pod_steps.removal_steps(context, context.chosen_pods, by_name=by_name))
    for name in _names(context):
        part = Part.PROXY if name == desired.proxy.name else Part.CLIENTS
        said = "Docker does not remove it" if desired.runtime == "docker" else "no CNI made it, and none removes it"
        steps += remove_endpoint(context, part, name, said, by_name=by_name)
        steps.append(remove_container(context, part, name, steps))
        steps += restore_attachment(context, part, name, steps)
    steps += restore_routes(context, steps)
    going = {step.name for step in steps}
    steps += [
        Step(Part.CLIENTS, Action.NONE, "container", item.name, _STRANGER, object_id=item.id)
        for item in context.unlisted_containers
        if item.name not in going
    ]
    if not desired.has_network:
        return Plan(facts.target, tuple(steps))
    if keep_network:
        steps.append(Step(Part.NETWORK, Action.NONE, "network", desired.network.name, "it is to be kept"))
    else:
        steps += _remove_gateway(context, steps, by_name)
        steps += _restore_forwarding(context, steps)
        steps += restore_attachment(context, Part.NETWORK, desired.gateway.name, steps)
        steps.append(_remove_network(context, steps, by_name))
    steps += _restore_policies(context, steps)
    steps += _remove_images(context, steps)
    return Plan(facts.target, tuple(steps))


def _names(context: PlanningContext) -> list[str]:
    """Clients first, the proxy last; those that left the parameters are known by label and journal."""
    desired = context.desired
    proxy = [desired.proxy.name] if desired.has_own_proxy else []
    return [*(client.name for client in desired.clients), *context.removed_clients, *proxy]


def _kept(context: PlanningContext, name: str, steps: Sequence[Step]) -> Endpoint | None:
    """The endpoint of this name that stays."""
    going = {step.object_id for step in steps if step.kind == "endpoint" and step.action is Action.DELETE}
    return next((item for item in context.current(name) if item.id not in going), None)


def _remove_gateway(context: PlanningContext, before: Sequence[Step], by_name: bool) -> list[Step]:
    """The gateway endpoint goes, unless endpoints that stay have it as their gateway."""
    name = context.desired.gateway.name
    steps = remove_endpoint(context, Part.NETWORK, name, "hnskit made it", by_name=by_name)
    going = {one.object_id for one in (*before, *steps) if one.kind == "endpoint" and one.action is Action.DELETE}
    gateway = next((item for item in context.current(name) if item.id in going), None)
    users = [
        context.name_on_host(item)
        for item in context.facts.endpoints
        if gateway and context.on_network(item) and item.id not in going and item.gateway == gateway.address
    ]
    if gateway is None or not users:
        return steps
    whose = "hnskit made it; " if context.made_by_us(gateway) else ""
    reason = f"{whose}it is the gateway of endpoints that stay: {', '.join(users)}"
    kept = Step(Part.NETWORK, Action.NONE, "endpoint", name, reason, object_id=gateway.id)
    return [*(step for step in steps if step.name != name or step.ambiguous or step.absent), kept]


def _restore_forwarding(context: PlanningContext, before: Sequence[Step]) -> list[Step]:
    """Forwarding goes off again on a gateway endpoint that was found with it off."""
    name = context.desired.gateway.name
    there = _kept(context, name, before)
    if there is None:
        return []
    if context.known.was_created("endpoint", name, there.id) or not context.known.was_created(
        "forwarding", name, there.id
    ):
        return [Step(Part.NETWORK, Action.NONE, "forwarding", name, "no journal says that hnskit found it disabled")]
    interface = context.index.interface_of(there)
    if interface is None or not interface.forwarding:
        return [Step(Part.NETWORK, Action.NONE, "forwarding", name, "it is disabled, as it was found")]
    change = Change("forwarding", "Enabled", "Disabled")
    reason = f"hnskit enabled it on {interface.alias}, which it found disabled"
    return [Step(Part.NETWORK, Action.UPDATE, "forwarding", name, reason, (change,), object_id=there.id)]


def _restore_policies(context: PlanningContext, before: Sequence[Step]) -> list[Step]:
    """The redirect goes off an endpoint that was found; what others put there stays."""
    steps = []
    for client in context.desired.clients:
        name = client.endpoint.name
        there = _kept(context, name, before)
        if there is None:
            continue
        if context.known.was_adopted("policy", name, there.id):
            steps.append(Step(Part.POLICY, Action.NONE, "policy", name, ADOPTED))
            continue
        if not context.known.was_created("policy", name, there.id):
            said = "no journal says that hnskit put it there"
            steps.append(Step(Part.POLICY, Action.NONE, "policy", name, said))
            continue
        ours = managed_policies(there, context.desired, context.facts)
        if not ours:
            steps.append(Step(Part.POLICY, Action.NONE, "policy", name, "it has no redirect"))
            continue
        change = Change(REDIRECTS, describe_policies(ours), "")
        reason = "hnskit put it on an endpoint that it found; what stood in its place before is not put back"
        steps.append(Step(Part.POLICY, Action.UPDATE, "policy", name, reason, (change,), object_id=there.id))
    return steps


def _remove_network(context: PlanningContext, before: Sequence[Step], by_name: bool) -> Step:
    name, network = context.desired.network.name, context.network
    if network is None:
        return not_there(Part.NETWORK, "network", name)

    def step(action: Action, reason: str, needs: tuple[StepKey, ...] = (), disruptive: bool = False) -> Step:
        return Step(
            Part.NETWORK, action, "network", name, reason, disruptive=disruptive, needs=needs, object_id=network.id
        )

    if len(context.networks) > 1 or not network.is_type(NetworkType.L2BRIDGE):
        commands = " or ".join(remove_command("Network", item.id) for item in context.networks)
        said = f"it is not the one L2Bridge network that hnskit makes; if it is not in use, remove it with {commands}"
        return step(Action.REFUSE, said)
    if context.known.only_found("network", name, network.id):
        return step(Action.NONE, FOUND)
    if not by_name and not context.known.was_created("network", name, network.id):
        return step(Action.NONE, UNPROVED)
    removed = {one.object_id for one in before if one.kind == "endpoint" and one.action is Action.DELETE}
    foreign = [item for item in context.facts.endpoints if context.on_network(item) and item.id not in removed]
    if foreign:
        others = [item for item in foreign if not context.made_by_us(item)] or foreign
        names = ", ".join(map(context.name_on_host, others))
        return step(Action.NONE, f"it has endpoints that are not hnskit's: {names}")
    cuts = removal_interrupts(network, context.facts)
    made = "hnskit made it" if context.known.was_created("network", name, network.id) else "its name is hnskit's"
    reason = made + ("; the adapter gets its address back when the bridge goes" if cuts else "")
    return step(Action.DELETE, reason, tuple(one.key for one in before if one.pending), disruptive=cuts)


def _remove_images(context: PlanningContext, before: Sequence[Step]) -> list[Step]:
    desired, steps = context.desired, []
    brought = {name for kind, name, _ in context.known.created if kind == "image"}
    wanted = (item.image for item in desired.containers if item.import_path or item.image in brought)
    for name in dict.fromkeys(wanted):
        image = context.facts.image_named(name, context.desired.runtime)
        part = Part.PROXY if name == desired.proxy.image else Part.CLIENTS
        if image is None:
            steps.append(not_there(part, "image", name))
            continue
        removed = {one.object_id for one in before if one.kind == "container" and one.pending}
        users = [
            item
            for item in context.facts.containers_of(context.desired.runtime)
            if item.image_id == image.id and item.id not in removed
        ]
        if not context.known.was_created("image", name, image.id):
            steps.append(Step(part, Action.NONE, "image", name, "no journal says that hnskit imported it"))
        elif users:
            used = ", ".join(item.name for item in users)
            steps.append(Step(part, Action.NONE, "image", name, f"containers that are not hnskit's use it: {used}"))
        else:
            needs = tuple(one.key for one in before if one.kind == "container" and one.pending)
            steps.append(
                Step(
                    part, Action.DELETE, "image", name, "hnskit imported or pulled it", needs=needs, object_id=image.id
                )
            )
    return steps


@dataclass(frozen=True, slots=True)
class Leftover:
    """Something that carries hnskit's mark and is on the host after a teardown."""

    kind: str
    name: str
    id: str
    reason: str
    """Reason why it was kept; "" where nothing explains it."""


def leftovers(
    desired: Desired, facts: Facts, made: Provenance | None = None, *, keep_network: bool = False, by_name: bool = False
) -> list[Leftover]:
    """Look for everything that carries hnskit's mark: by name, label, journal, address and policy.

    It does not ask the planner what was to be removed, but only why something was kept.
    """
    last = plan_destroy(desired, facts, made=made, keep_network=keep_network, by_name=by_name)
    kept = [step for step in last.steps if step.action is Action.NONE]
    reasons = {(step.kind, step.name): step.reason for step in kept if not step.ambiguous}
    by_id = {(step.kind, step.object_id): step.reason for step in kept if step.object_id}
    if keep_network:
        reasons["endpoint", desired.gateway.name] = reasons["forwarding", desired.gateway.name] = "it is to be kept"
    context = PlanningContext(desired, facts, made)
    return [
        Leftover(
            kind, name, id, _made_elsewhere(context, kind, id) or by_id.get((kind, id)) or reasons.get((kind, name), "")
        )
        for kind, name, id in dict.fromkeys(_marked(context))
    ]


def _made_elsewhere(context: PlanningContext, kind: str, id: str) -> str:
    """Return why an object that a journal records as created is not for these parameters to remove; "" if it is."""
    desired, facts = context.desired, context.facts
    images = {item.image for item in desired.containers}
    others = {
        "network": {item.id: item.name for item in facts.networks if item not in context.networks},
        "endpoint": {
            item.id: item.network_name or item.network_id
            for item in facts.endpoints
            if not context.on_network(item) and not context.is_stale(item)
        },
        "image": {item.id: item.name for item in facts.images if item.runtime == "docker" and item.name not in images},
    }
    place = others.get(kind, {}).get(id, "")
    return f"hnskit made it with other parameters, for {place}: `hnskit destroy` with those" if place else ""


def _marked(context: PlanningContext) -> Iterator[tuple[str, str, str]]:
    desired, facts, known = context.desired, context.facts, context.known
    recorded = dict(recorded_pods(known.created))
    for endpoint in facts.endpoints:
        name = recorded.get(endpoint.id.lower(), "")
        if name and pod_policies(endpoint, desired.redirects):
            yield "policy", name, endpoint.id
    for network in facts.networks if desired.has_network else ():
        if network.name == desired.network.name or known.was_created("network", network.name, network.id):
            yield "network", network.name, network.id
    yield from _marked_endpoints(context)
    for container in facts.containers_of(desired.runtime):
        adopted = known.was_adopted("container", container.name, container.id)
        if container.labels.get(LABEL) == desired.network.name or adopted:
            yield "container", container.name, container.id
    for image in facts.images:
        if known.was_created("image", image.name, image.id):
            yield "image", image.name, image.id
    alias = f"vEthernet ({desired.gateway.name})"
    # An interface is named after its endpoint: it may be that one's.
    on_other_networks = context.on_other_networks(desired.gateway.name)
    for interface in () if on_other_networks else facts.interfaces:
        if interface.compartment_id == HOST_COMPARTMENT and interface.alias == alias and interface.forwarding:
            yield "forwarding", desired.gateway.name, str(interface.index)


def _marked_endpoints(context: PlanningContext) -> Iterator[tuple[str, str, str]]:
    """Endpoints, redirects on them, and policy lists that refer to endpoints which are gone (HNS fact 75)."""
    desired, facts, known = context.desired, context.facts, context.known
    names = {endpoint.name for endpoint in desired.endpoints}
    for endpoint in facts.endpoints:
        named = endpoint.name in names and endpoint not in context.on_other_networks(endpoint.name)
        if named or known.was_created("endpoint", endpoint.name, endpoint.id):
            yield "endpoint", endpoint.name, endpoint.id
        if named and managed_policies(endpoint, desired, facts):
            yield "policy", endpoint.name, endpoint.id
    gone = {f"/endpoints/{identity.lower()}" for kind, _, identity in known.created if kind == "endpoint"}
    gone -= {f"/endpoints/{endpoint.id.lower()}" for endpoint in facts.endpoints}
    for listed in facts.policy_lists:
        if any(reference.lower() in gone for reference in listed.references):
            yield "policy list", listed.id, listed.id
