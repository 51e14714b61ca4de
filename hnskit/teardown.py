"""Desired + facts + journal -> the plan that takes the redirect away. Pure.

Only what hnskit made goes: a container needs hnskit's label; an endpoint or a network needs its name and
must not be known as found; an image goes only if a journal says that it was imported. A network with
endpoints of somebody else's stays.
"""

from __future__ import annotations

from collections.abc import Sequence

from hnskit.desired import LABEL, Desired, Part
from hnskit.facts import Facts
from hnskit.journal import Made
from hnskit.model import Container, Endpoint, NetworkType
from hnskit.steps import Action, Plan, Step


def plan_destroy(desired: Desired, facts: Facts, made: Made | None = None, *, keep_network: bool = False) -> Plan:
    """What has to be removed so that nothing of the redirect is left.

    Args:
        desired: whose names say what is hnskit's.
        facts: the host now.
        made: from `made_on`; without it, names and labels alone decide.
        keep_network: leave the network and its gateway endpoint, so that the host is not cut again.
    """
    known = made or Made()
    steps: list[Step] = []
    containers = [item for item in facts.containers if item.labels.get(LABEL) == desired.network.name]
    for name in _names(desired, containers):
        part = Part.PROXY if name == desired.proxy.name else Part.CLIENTS
        steps += _remove_endpoint(part, name, facts, known)
        steps.append(_remove_container(part, name, facts, containers, steps))
    if keep_network:
        steps.append(Step(Part.NETWORK, Action.NONE, "network", desired.network.name, "it is to be kept"))
    else:
        steps += _remove_endpoint(Part.NETWORK, desired.gateway.name, facts, known)
        steps.append(_remove_network(desired, facts, known, steps))
    steps += _remove_images(desired, facts, known, steps)
    return Plan(facts.target, tuple(steps))


def _names(desired: Desired, containers: Sequence[Container]) -> list[str]:
    """Clients first, the proxy last; clients that left the parameters are found by their label."""
    clients = [client.name for client in desired.clients]
    left = [item.name for item in containers if item.name not in (*clients, desired.proxy.name)]
    return [*clients, *left, desired.proxy.name]


def _remove_endpoint(part: Part, name: str, facts: Facts, known: Made) -> list[Step]:
    there = facts.endpoints_named(name)
    if not there:
        return [Step(part, Action.NONE, "endpoint", name, "it is not there")]
    if len(there) > 1:
        ids = ", ".join(endpoint.id for endpoint in there)
        return [
            Step(
                part, Action.REFUSE, "endpoint", name, f"there are {len(there)} of this name ({ids}); remove them by id"
            )
        ]
    endpoint = there[0]
    if known.only_found("endpoint", name, endpoint.id):
        return [Step(part, Action.NONE, "endpoint", name, "it was there before hnskit")]
    steps = []
    if endpoint.attached:
        steps.append(
            Step(part, Action.DETACH, "attachment", name, f"it is attached to compartment {endpoint.compartment_id}")
        )
    reason = "Docker does not remove it" if part is not Part.NETWORK else "hnskit made it"
    needs = tuple(step.id for step in steps)
    return [*steps, Step(part, Action.DELETE, "endpoint", name, reason, needs=needs)]


def _remove_container(part: Part, name: str, facts: Facts, ours: Sequence[Container], before: Sequence[Step]) -> Step:
    there = facts.container_named(name)
    if there is None:
        return Step(part, Action.NONE, "container", name, "it is not there")
    if there not in ours:
        return Step(part, Action.NONE, "container", name, "it has not hnskit's label: somebody else made it")
    needs = tuple(step.id for step in before if step.kind == "attachment" and step.name == name and step.pending)
    return Step(part, Action.DELETE, "container", name, f"hnskit made it; it is {there.status}", needs=needs)


def _remove_network(desired: Desired, facts: Facts, known: Made, before: Sequence[Step]) -> Step:
    name = desired.network.name
    there = facts.networks_named(name)
    if not there:
        return Step(Part.NETWORK, Action.NONE, "network", name, "it is not there")
    network = there[0]
    if len(there) > 1 or not network.is_type(NetworkType.L2BRIDGE):
        return Step(
            Part.NETWORK, Action.REFUSE, "network", name, "it is not the one L2Bridge network that hnskit makes"
        )
    if known.only_found("network", name, network.id):
        return Step(Part.NETWORK, Action.NONE, "network", name, "it was there before hnskit")
    removed = {step.name for step in before if step.kind == "endpoint" and step.action is Action.DELETE}
    foreign = [item for item in facts.endpoints if _on(item, network.id) and item.name not in removed]
    if foreign:
        names = ", ".join(item.name or item.id for item in foreign)
        return Step(Part.NETWORK, Action.NONE, "network", name, f"it has endpoints that are not hnskit's: {names}")
    last = not any(item.is_type(NetworkType.L2BRIDGE) for item in facts.networks if item.id != network.id)
    reason = "hnskit made it" + ("; the adapter gets its address back when the bridge goes" if last else "")
    needs = tuple(step.id for step in before if step.pending)
    return Step(Part.NETWORK, Action.DELETE, "network", name, reason, disruptive=last, needs=needs)


def _on(endpoint: Endpoint, network_id: str) -> bool:
    return endpoint.network_id.lower() == network_id.lower()


def _remove_images(desired: Desired, facts: Facts, known: Made, before: Sequence[Step]) -> list[Step]:
    steps = []
    for name in dict.fromkeys(item.image for item in desired.containers if item.import_path):
        image = facts.image_named(name)
        part = Part.PROXY if name == desired.proxy.image else Part.CLIENTS
        if image is None:
            steps.append(Step(part, Action.NONE, "image", name, "it is not there"))
        elif known.was_made("image", name, image.id):
            needs = tuple(step.id for step in before if step.kind == "container" and step.pending)
            steps.append(Step(part, Action.DELETE, "image", name, "hnskit imported it", needs=needs))
        else:
            steps.append(Step(part, Action.NONE, "image", name, "no journal says that hnskit imported it"))
    return steps
