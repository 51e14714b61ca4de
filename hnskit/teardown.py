"""Desired + facts + journal -> the plan that takes the redirect away, and the proof that it is away. Pure.

Only what hnskit made goes: a container needs hnskit's label; an endpoint or a network needs its name and
must not be known as found; an image goes only if a journal says that it was imported. A network with
endpoints of somebody else's stays. What was found and was changed gets back what can be given back.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from hnskit.desired import LABEL, Desired, Part
from hnskit.facts import Facts
from hnskit.journal import Made
from hnskit.model import HOST_COMPARTMENT, Endpoint, NetworkType
from hnskit.redirect import describe, managed_policies
from hnskit.removal import remove_container, remove_endpoint
from hnskit.scene import Scene, remove_command
from hnskit.steps import Action, Change, Plan, Step


def plan_destroy(desired: Desired, facts: Facts, made: Made | None = None, *, keep_network: bool = False) -> Plan:
    """What has to be removed so that nothing of the redirect is left.

    Args:
        desired: whose names say what is hnskit's.
        facts: the host now.
        made: from `made_on`; without it, names and labels alone decide.
        keep_network: leave the network and its gateway endpoint, so that the host is not cut again.
    """
    scene = Scene(desired, facts, made)
    steps: list[Step] = []
    for name in _names(scene):
        part = Part.PROXY if name == desired.proxy.name else Part.CLIENTS
        steps += remove_endpoint(scene, part, name, "Docker does not remove it")
        steps.append(remove_container(scene, part, name, steps))
    if keep_network:
        steps.append(Step(Part.NETWORK, Action.NONE, "network", desired.network.name, "it is to be kept"))
    else:
        steps += remove_endpoint(scene, Part.NETWORK, desired.gateway.name, "hnskit made it")
        steps += _restore_forwarding(scene)
        steps.append(_remove_network(scene, steps))
    steps += _restore_policies(scene)
    steps += _remove_images(scene, steps)
    return Plan(facts.target, tuple(steps))


def _names(scene: Scene) -> list[str]:
    """Clients first, the proxy last; clients that left the parameters are found by their label."""
    desired = scene.desired
    return [*(client.name for client in desired.clients), *scene.departed, desired.proxy.name]


def _kept(scene: Scene, name: str) -> Endpoint | None:
    """The endpoint of this name that was there before hnskit, and so stays."""
    there = scene.current(name)
    return next((item for item in there if scene.known.only_found("endpoint", name, item.id)), None)


def _restore_forwarding(scene: Scene) -> list[Step]:
    """Forwarding goes off again on a gateway endpoint that was found with it off."""
    name = scene.desired.gateway.name
    there = _kept(scene, name)
    if there is None:
        return []
    if not scene.known.was_made("forwarding", name, there.id):
        return [Step(Part.NETWORK, Action.NONE, "forwarding", name, "it is as it was before hnskit")]
    interface = scene.facts.interface_of(there)
    if interface is None or not interface.forwarding:
        return [Step(Part.NETWORK, Action.NONE, "forwarding", name, "it is disabled, as it was found")]
    change = Change("forwarding", "Enabled", "Disabled")
    reason = f"hnskit enabled it on {interface.alias}, which it found disabled"
    return [Step(Part.NETWORK, Action.UPDATE, "forwarding", name, reason, (change,), object_id=there.id)]


def _restore_policies(scene: Scene) -> list[Step]:
    """The redirect goes off an endpoint that was found; what others put there stays."""
    steps = []
    for client in scene.desired.clients:
        name = client.endpoint.name
        there = _kept(scene, name)
        if there is None:
            continue
        if not scene.known.was_made("policy", name, there.id):
            steps.append(Step(Part.POLICY, Action.NONE, "policy", name, "what it has was there before hnskit"))
            continue
        ours = managed_policies(there, scene.desired, scene.facts)
        if not ours:
            steps.append(Step(Part.POLICY, Action.NONE, "policy", name, "it has no redirect"))
            continue
        change = Change("redirects", describe(ours), "")
        reason = "hnskit put it on an endpoint that it found"
        steps.append(Step(Part.POLICY, Action.UPDATE, "policy", name, reason, (change,), object_id=there.id))
    return steps


def _remove_network(scene: Scene, before: Sequence[Step]) -> Step:
    name = scene.desired.network.name

    def step(action: Action, reason: str, needs: tuple[str, ...] = (), disruptive: bool = False) -> Step:
        identity = scene.network.id if scene.network else ""
        return Step(
            Part.NETWORK, action, "network", name, reason, disruptive=disruptive, needs=needs, object_id=identity
        )

    network = scene.network
    if network is None:
        return step(Action.NONE, "it is not there")
    if len(scene.networks) > 1 or not network.is_type(NetworkType.L2BRIDGE):
        commands = " or ".join(remove_command("Network", item.id) for item in scene.networks)
        said = f"it is not the one L2Bridge network that hnskit makes; if it is not in use, remove it with {commands}"
        return step(Action.REFUSE, said)
    if scene.known.only_found("network", name, network.id):
        return step(Action.NONE, "it was there before hnskit")
    removed = {one.object_id for one in before if one.kind == "endpoint" and one.action is Action.DELETE}
    foreign = [item for item in scene.facts.endpoints if scene.on_network(item) and item.id not in removed]
    if foreign:
        names = ", ".join(item.name or item.id for item in foreign)
        return step(Action.NONE, f"it has endpoints that are not hnskit's: {names}")
    last = not any(item.is_type(NetworkType.L2BRIDGE) for item in scene.facts.networks if item.id != network.id)
    reason = "hnskit made it" + ("; the adapter gets its address back when the bridge goes" if last else "")
    return step(Action.DELETE, reason, tuple(one.id for one in before if one.pending), disruptive=last)


def _remove_images(scene: Scene, before: Sequence[Step]) -> list[Step]:
    desired, steps = scene.desired, []
    for name in dict.fromkeys(item.image for item in desired.containers if item.import_path):
        image = scene.facts.image_named(name)
        part = Part.PROXY if name == desired.proxy.image else Part.CLIENTS
        if image is None:
            steps.append(Step(part, Action.NONE, "image", name, "it is not there"))
            continue
        removed = {one.object_id for one in before if one.kind == "container" and one.pending}
        users = [item for item in scene.facts.containers if item.image_id == image.id and item.id not in removed]
        if not scene.known.was_made("image", name, image.id):
            steps.append(Step(part, Action.NONE, "image", name, "no journal says that hnskit imported it"))
        elif users:
            used = ", ".join(item.name for item in users)
            steps.append(Step(part, Action.NONE, "image", name, f"containers that are not hnskit's use it: {used}"))
        else:
            needs = tuple(one.id for one in before if one.kind == "container" and one.pending)
            steps.append(
                Step(part, Action.DELETE, "image", name, "hnskit imported it", needs=needs, object_id=image.id)
            )
    return steps


@dataclass(frozen=True, slots=True)
class Remainder:
    """Something that carries hnskit's mark and is on the host after a teardown."""

    kind: str
    name: str
    id: str
    reason: str
    """Why it was kept; "" where nothing explains it."""


def remainders(
    desired: Desired, facts: Facts, made: Made | None = None, *, keep_network: bool = False
) -> list[Remainder]:
    """Look for everything that carries hnskit's mark: by name, label, journal, address and policy.

    It does not ask the planner what was to be removed, but only why something was kept.
    """
    last = plan_destroy(desired, facts, made, keep_network=keep_network)
    reasons = {(step.kind, step.name): step.reason for step in last.steps if step.action is Action.NONE}
    if keep_network:
        reasons["endpoint", desired.gateway.name] = reasons["forwarding", desired.gateway.name] = "it is to be kept"
    return [
        Remainder(kind, name, id, reasons.get((kind, name), ""))
        for kind, name, id in dict.fromkeys(_marked(Scene(desired, facts, made)))
    ]


def _marked(scene: Scene) -> Iterator[tuple[str, str, str]]:
    desired, facts, known = scene.desired, scene.facts, scene.known
    for network in facts.networks:
        if network.name == desired.network.name or known.was_made("network", network.name, network.id):
            yield "network", network.name, network.id
    yield from _marked_endpoints(scene)
    for container in facts.containers:
        if container.labels.get(LABEL) == desired.network.name:
            yield "container", container.name, container.id
    for image in facts.images:
        if known.was_made("image", image.name, image.id):
            yield "image", image.name, image.id
    alias = f"vEthernet ({desired.gateway.name})"
    for interface in facts.interfaces:
        if interface.compartment_id == HOST_COMPARTMENT and interface.alias == alias and interface.forwarding:
            yield "forwarding", desired.gateway.name, str(interface.index)


def _marked_endpoints(scene: Scene) -> Iterator[tuple[str, str, str]]:
    """Endpoints, redirects on them, and policy lists that refer to endpoints which are gone (HNS fact 75)."""
    desired, facts, known = scene.desired, scene.facts, scene.known
    names = {endpoint.name for endpoint in desired.endpoints}
    for endpoint in facts.endpoints:
        named = endpoint.name in names and endpoint not in scene.elsewhere(endpoint.name)
        if named or known.was_made("endpoint", endpoint.name, endpoint.id):
            yield "endpoint", endpoint.name, endpoint.id
        if named and managed_policies(endpoint, desired, facts):
            yield "policy", endpoint.name, endpoint.id
    gone = {f"/endpoints/{identity.lower()}" for kind, _, identity in known.made if kind == "endpoint"}
    gone -= {f"/endpoints/{endpoint.id.lower()}" for endpoint in facts.endpoints}
    for listed in facts.policy_lists:
        if any(reference.lower() in gone for reference in listed.references):
            yield "policy list", listed.id, listed.id
