"""The proxy's own routes to what is redirected, in its container. Pure.

Whether Get-NetRoute on the host shows the routes of a container's compartment is UNCONFIRMED. Where it shows none of
them, what a journal says counts: of this container since its start, and of its endpoint since it was attached.
"""

from __future__ import annotations

from collections.abc import Sequence

from hnskit.facts.host_facts import Facts
from hnskit.model import hns_json
from hnskit.model.objects import Container
from hnskit.params.desired import Desired, Part
from hnskit.planning.chosen_pods import ChosenPods
from hnskit.planning.context import PlanningContext, pending_keys
from hnskit.planning.steps import Action, Change, Step, StepKey

_WHY = "Windows takes 169.254/16 as on-link and would look for it on the bridge (HNS fact 84)"
_UNSEEN = "this host does not show the routes of a container"


def route_step(context: PlanningContext, address: str, before: Sequence[Step]) -> Step:
    """The proxy reaches a redirected address through the gateway endpoint."""
    proxy, facts = context.desired.proxy, context.facts

    container = proxy_container(context.desired, facts)
    name = container.name if container is not None and context.desired.proxy_pod is not None else proxy.name

    def step(action: Action, reason: str, changes: tuple[Change, ...] = (), needs: tuple[StepKey, ...] = ()) -> Step:
        return Step(Part.PROXY, action, "route", address, reason, changes, needs=needs, container=name)

    waits = pending_keys(
        before, ("container", proxy.name), ("endpoint", proxy.endpoint.name), ("attachment", proxy.endpoint.name)
    )
    compartment = facts.compartment_of(container) if container else None
    if container is None and not waits:
        return step(Action.REFUSE, f"there is no container {proxy.name}")
    prefix, gateway, reason = f"{address}/32", proxy_gateway(context.desired, facts), _WHY
    if compartment and not waits:
        if context.index.knows_routes(compartment.id):
            inside = (route for route in facts.routes if route.compartment_id == compartment.id)
            if (prefix, gateway) in ((route.prefix, route.next_hop) for route in inside):
                return step(Action.NONE, f"it goes through {gateway}")
        elif context.known.was_finished("route", step(Action.NONE, "").title, route_place(container, facts)):
            said = f"it goes through {gateway}, as a journal says; {_UNSEEN}"
            return step(Action.NONE, said)
        else:
            reason = f"{_WHY}; {_UNSEEN}, and no journal says that it is there: it is added, or found to be there"
    change = Change(prefix, "", f"through {gateway}")
    return step(Action.CREATE, reason, (change,), waits)


def restore_routes(context: PlanningContext, before: Sequence[Step]) -> list[Step]:
    """Take the routes that hnskit added out of a proxy that stays: one that was made by hand."""
    proxy, facts = context.desired.proxy, context.facts
    there = proxy_container(context.desired, facts)
    going = any(step.kind == "container" and step.name == proxy.name and step.pending for step in before)
    if there is None or going or not there.running or not proxy.route_user:
        return []
    compartment, place = context.index.owners.compartment_of(there), route_place(there, facts)
    steps = []
    for address in context.desired.redirected_addresses:
        step = Step(Part.PROXY, Action.DELETE, "route", address, "hnskit added it to a proxy that it found",
                    container=proxy.name if context.desired.proxy_pod is None else there.name)  # fmt: skip
        added = context.known.was_finished("route", step.title, place)
        if not added or context.known.was_there("route", step.title, place):
            continue
        shown = compartment is not None and context.index.knows_routes(compartment)
        inside = {route.prefix for route in facts.routes if route.compartment_id == compartment}
        if not shown or f"{address}/32" in inside:
            steps.append(step)
    return steps


def proxy_gateway(desired: Desired, facts: Facts) -> str:
    """The gateway of the proxy's route: of a pod, that which its CNI gave it."""
    if desired.proxy_pod is None:
        return desired.proxy.endpoint.gateway
    proxy = ChosenPods(desired, facts).proxy
    return proxy.endpoint.gateway if proxy is not None and proxy.endpoint is not None else ""


def proxy_container(desired: Desired, facts: Facts) -> Container | None:
    """The container of the proxy: hnskit's own, or one of the pod's that runs; None while there is none."""
    if desired.proxy_pod is not None:
        proxy = ChosenPods(desired, facts).proxy
        return proxy.container if proxy is not None else None
    return facts.container_named(desired.proxy.name, desired.runtime) if desired.has_own_proxy else None


def route_place(container: Container | None, facts: Facts) -> str:
    """Identify a container's route by the run and the attachment it belongs to; "" while there is none.

    A route goes with its adapter: when the container stops, and when the endpoint is detached.
    """
    attached = facts.endpoints_of(container) if container else ()
    if container is None or not attached:
        return ""
    return " ".join([container.id, container.started_at, *(hns_json.attached_since(item) for item in attached)])
