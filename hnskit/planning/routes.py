"""Routes to what is redirected, inside a proxy and inside clients that have two endpoints. Pure.

Whether Get-NetRoute on the host shows the routes of a container's compartment is UNCONFIRMED. Where it shows none of
them, what a journal says counts: of this container since its start, and of its endpoint since it was attached.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from hnskit.facts.host_facts import Facts
from hnskit.model import hns_json
from hnskit.model.objects import Container
from hnskit.model.policies.matching import Flow, blocking_acl
from hnskit.model.wording import describe_policy
from hnskit.params.desired import Desired, DesiredContainer, Part
from hnskit.planning.chosen_pods import ChosenPods
from hnskit.planning.context import PlanningContext, pending_keys
from hnskit.planning.steps import Action, Change, Step, StepKey

_WHY = "Windows takes 169.254/16 as on-link and would look for it on the bridge (HNS fact 84)"
_BESIDE = (
    "it would leave by the endpoint on nat, where no proxy policy works (HNS fact 49, containerd facts 16, 60): the "
    "second endpoint has the policy"
)
_WITHOUT_CTR = (
    "ctr.exe was not found on PATH or where installers put it, and crictl cannot run a program as an administrator of "
    "the container: install ctr, or add the route by hand and set proxy.route: false"
)
_BLOCKED = (
    "{} blocks {} on the proxy's own endpoint, as AKS and EKS do where the metadata service is restricted (containerd "
    "facts 56, 59), and the proxy would not reach it: take the restriction away for this pod in the CNI's "
    "configuration, or, where the proxy does not ask there itself, set proxy.route: false"
)
_UNSEEN = "this host does not show the routes of a container"


def route_step(context: PlanningContext, address: str, before: Sequence[Step]) -> Step:
    """Plan the route by which the proxy reaches a redirected address: through the gateway endpoint."""
    proxy = context.desired.proxy
    container = proxy_container(context.desired, context.facts)
    name = container.name if container is not None and context.desired.proxy_pod is not None else proxy.name
    place = _Place(Part.PROXY, name, container, proxy.endpoint.name, proxy_gateway(context.desired, context.facts))
    return _step(context, place, address, before, _WHY)


def pod_route_step(context: PlanningContext, address: str) -> Step:
    """The same in a proxy pod, unless an ACL of its CNI's blocks what it would ask there (containerd facts 56, 59)."""
    step, proxy = route_step(context, address, ()), context.chosen_pods.proxy
    endpoint = proxy.endpoint if proxy is not None else None
    for redirect in context.desired.redirects:
        if endpoint is None or redirect.address != address or step.action is Action.REFUSE:
            continue
        asked = Flow(address, redirect.port)
        default_deny = context.index.denies_by_default(endpoint)
        blocked = blocking_acl(
            endpoint.policies, "Out", asked, address, local=endpoint.address, default_deny=default_deny
        )
        if blocked is not None:
            return replace(
                step, action=Action.REFUSE, changes=(), reason=_BLOCKED.format(describe_policy(blocked[0]), asked)
            )
    return step


def client_route_step(context: PlanningContext, client: DesiredContainer, address: str, before: Sequence[Step]) -> Step:
    """Plan the route by which a client on nat reaches a redirected address: over its second endpoint."""
    container = context.facts.container_named(client.name, context.desired.runtime)
    place = _Place(Part.CLIENTS, client.name, container, client.endpoint.name, client.endpoint.gateway)
    return _step(context, place, address, before, _BESIDE)


@dataclass(frozen=True, slots=True)
class _Place:
    """A container and the gateway of a route inside it."""

    part: Part
    name: str
    container: Container | None
    endpoint: str
    gateway: str


def _step(context: PlanningContext, place: _Place, address: str, before: Sequence[Step], why: str) -> Step:
    facts, container, gateway = context.facts, place.container, place.gateway

    def step(action: Action, reason: str, changes: tuple[Change, ...] = (), needs: tuple[StepKey, ...] = ()) -> Step:
        return Step(place.part, action, "route", address, reason, changes, needs=needs, container=place.name)

    owner = context.desired.proxy.name if place.part is Part.PROXY else place.name
    waits = pending_keys(before, ("container", owner), ("endpoint", place.endpoint), ("attachment", place.endpoint))
    compartment = facts.compartment_of(container) if container else None
    if container is None and not waits:
        return step(Action.REFUSE, f"there is no container {owner}")
    if (tools := facts.containerd) and context.desired.runtime == "containerd" and "ctr" not in tools.tools:
        return step(Action.REFUSE, _WITHOUT_CTR)
    prefix, reason = f"{address}/32", why
    if compartment and not waits:
        if context.index.knows_routes(compartment.id):
            inside = (route for route in facts.routes if route.compartment_id == compartment.id)
            if (prefix, gateway) in ((route.prefix, route.next_hop) for route in inside):
                return step(Action.NONE, f"it goes through {gateway}")
        elif context.known.was_finished("route", step(Action.NONE, "").title, route_place(container, facts)):
            said = f"it goes through {gateway}, as a journal says; {_UNSEEN}"
            return step(Action.NONE, said)
        else:
            reason = f"{why}; {_UNSEEN}, and no journal says that it is there: it is added, or found to be there"
    change = Change(prefix, "", f"through {gateway}")
    return step(Action.CREATE, reason, (change,), waits)


def restore_routes(context: PlanningContext, before: Sequence[Step]) -> list[Step]:
    """Take the routes that hnskit added out of containers that stay: those that were made by hand."""
    desired, facts, steps = context.desired, context.facts, list[Step]()
    proxy = desired.proxy
    if proxy.route_user and (there := proxy_container(desired, facts)) is not None:
        name = proxy.name if desired.proxy_pod is None else there.name
        steps += _restored(context, Part.PROXY, (proxy.name, name), there, before)
    for client in desired.clients:
        there = facts.container_named(client.name, desired.runtime) if client.on_nat else None
        if there is not None:
            steps += _restored(context, Part.CLIENTS, (client.name, client.name), there, before)
    return steps


def _restored(
    context: PlanningContext, part: Part, names: tuple[str, str], there: Container, before: Sequence[Step]
) -> Iterator[Step]:
    """The routes of one container; `names` are those of its own step and of its routes' steps."""
    facts = context.facts
    if not there.running or any(one.kind == "container" and one.name == names[0] and one.pending for one in before):
        return
    compartment, place = context.index.owners.compartment_of(there), route_place(there, facts)
    for address in context.desired.redirected_addresses:
        whose = "a proxy" if part is Part.PROXY else "a container"
        reason = f"hnskit added it to {whose} that it found"
        step = Step(part, Action.DELETE, "route", address, reason, container=names[1])
        added = context.known.was_finished("route", step.title, place)
        if not added or context.known.was_there("route", step.title, place):
            continue
        shown = compartment is not None and context.index.knows_routes(compartment)
        inside = {route.prefix for route in facts.routes if route.compartment_id == compartment}
        if not shown or f"{address}/32" in inside:
            yield step


def route_gateway(step: Step, desired: Desired, facts: Facts) -> str:
    """The gateway of a route's step: of a client on nat the gateway endpoint, else the proxy's."""
    client = route_client(step, desired)
    return client.endpoint.gateway if client is not None else proxy_gateway(desired, facts)


def route_client(step: Step, desired: Desired) -> DesiredContainer | None:
    """The client on nat that a route's step is about; None where it is about the proxy."""
    return next((item for item in desired.clients if item.on_nat and item.name == step.container), None)


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
