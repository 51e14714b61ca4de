"""The steps of pods that are there already: seen, redirected by one policy each, and given back. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from hnskit.facts.host_facts import Facts
from hnskit.model.objects import Endpoint, Policy
from hnskit.model.policies.matching import Flow, blocking_acl
from hnskit.model.wording import describe_policies, describe_policy
from hnskit.params.desired import Desired, DesiredRedirect, Part
from hnskit.planning.chosen_pods import ChosenPod, ChosenPods, recorded_pods, shared_address
from hnskit.planning.context import PlanningContext, pending_keys
from hnskit.planning.redirect import (
    REDIRECTS,
    claiming,
    is_same,
    pod_policies,
    proxy_address,
    redirect_policy,
    wider_policies,
)
from hnskit.planning.steps import Action, Change, Step, StepKey, not_there, refused_for_want_of

_KEPT = "hnskit put it there with other parameters, or before these were changed: `hnskit destroy` with those"


def proxy_steps(context: PlanningContext, chosen: ChosenPods) -> Iterator[Step]:
    """The proxy that is there already: a pod, or an address by itself."""
    desired = context.desired
    if desired.has_own_proxy:
        return
    name = desired.proxy.name
    if desired.proxy_pod is None:
        holders = [item for item in context.facts.endpoints_at(name) if not item.remote]
        said = f"endpoint {holders[0].name} of this host holds it" if holders else "no endpoint of this host holds it"
        doubt = shared_address(name, [item for item in holders if item.network_id == holders[0].network_id])
        yield Step(Part.PROXY, Action.REFUSE if doubt else Action.NONE, "address", name, doubt or said)
    elif chosen.proxy_problem or chosen.proxy is None:
        yield Step(Part.PROXY, Action.REFUSE, "proxy", name, chosen.proxy_problem)
    else:
        yield _seen(Part.PROXY, chosen.proxy)


def client_steps(chosen: ChosenPods) -> Iterator[Step]:
    """One step for each chosen pod: its endpoint, or why it cannot be redirected; and each choice that none fits."""
    for pod in chosen.clients:
        if pod.refusal:
            yield Step(Part.CLIENTS, Action.REFUSE, "pod", pod.pod.full_name, pod.refusal, object_id=pod.pod.id)
        else:
            yield _seen(Part.CLIENTS, pod)
    for choice in chosen.unmatched:
        said = "no ready pod of this host is one of these; `hnskit show pods` lists them, with their labels"
        yield Step(Part.CLIENTS, Action.REFUSE, "pods", str(choice), said)


def _seen(part: Part, chosen: ChosenPod) -> Step:
    endpoint = chosen.endpoint
    said = f"its CNI's endpoint is {endpoint.name} ({endpoint.address})" if endpoint else "it is there"
    return Step(part, Action.NONE, "pod", chosen.pod.full_name, said, object_id=chosen.pod.id)


def policy_steps(context: PlanningContext, chosen: ChosenPods, before: Sequence[Step]) -> Iterator[Step]:
    """Make the redirects of each chosen pod what they should be; of others' policies none is touched."""
    proxy = context.desired.proxy
    waits = pending_keys(before, ("endpoint", proxy.endpoint.name)) if context.desired.has_own_proxy else ()
    address = proxy.endpoint.address if waits else proxy_address(context.desired, context.facts)
    for pod in chosen.clients:
        if pod.endpoint is None:
            continue
        if not address and not waits:
            said = f"the proxy {proxy.name} has no endpoint yet"
            yield refused_for_want_of(Part.PROXY, Part.POLICY, "policy", pod.pod.full_name, said)
        else:
            yield _policy_step(context, pod, pod.endpoint, address, waits)


def _policy_step(
    context: PlanningContext, chosen: ChosenPod, there: Endpoint, address: str, waits: tuple[StepKey, ...]
) -> Step:
    name = chosen.pod.full_name

    def step(action: Action, reason: str, changes: Iterable[Change] = ()) -> Step:
        needs = waits if action is Action.UPDATE else ()
        return Step(Part.POLICY, action, "policy", name, reason, tuple(changes), needs=needs, object_id=there.id)

    if there.address == address:
        return step(Action.REFUSE, "the pod is the proxy: what it sends would be redirected to itself")
    if said := _foreign(context, chosen, there, address):
        return step(Action.REFUSE, said)
    ours = pod_policies(there, chosen.redirects)
    wanted = [redirect_policy(redirect, address) for redirect in chosen.redirects]
    goes = ", ".join(f"{one.what} goes to {address}:{one.proxy_port}" for one in chosen.redirects)
    if len(ours) == len(wanted) and all(any(is_same(one, other) for other in ours) for one in wanted):
        if not context.is_taken_over("policy", name, there.id):
            return step(Action.ADOPT, f"it was put there by hand: {goes}")
        return step(Action.NONE, goes)
    reason = "its redirects are not what they should be" if ours else "its endpoint has no proxy policy for this"
    to = address or f"the address of {context.desired.proxy.name}"
    return step(Action.UPDATE, reason, _changes(ours, chosen.redirects, to))


def _changes(ours: Sequence[Policy], redirects: Sequence[DesiredRedirect], address: str) -> Iterator[Change]:
    for redirect in redirects:
        wanted, claims = redirect_policy(redirect, address), [item for item in ours if claiming(item, redirect)]
        if len(claims) != 1 or not is_same(claims[0], wanted):
            yield Change(redirect.what, describe_policies(claims), describe_policy(wanted))


def _foreign(context: PlanningContext, chosen: ChosenPod, there: Endpoint, address: str) -> str:
    """Find what others put on the endpoint that makes a redirect uncertain, or not hnskit's alone; "" if nothing."""
    name, system = chosen.pod.full_name, context.index
    by_hand = f"`hnskit policy list --endpoint {name}` numbers it, `hnskit policy remove --number` removes it"
    for redirect in chosen.redirects:
        asked = Flow(redirect.address, redirect.port)
        blocked = blocking_acl(
            there.policies, "Out", asked, asked.destination, local=there.address,
            default_deny=system.denies_by_default(there),
        )  # fmt: skip
        if blocked is not None:
            return (
                f"{describe_policy(blocked[0])} blocks {asked} on its endpoint, as AKS and EKS do where the metadata "
                "service is restricted; whether a redirect comes before it is UNCONFIRMED (containerd facts 56, 59): "
                "take the restriction away in the CNI's configuration, or leave the pod out of the choice"
            )
    if wider := wider_policies(there, context.desired, context.facts, chosen.redirects):
        return (
            f"its endpoint has {describe_policies(wider)}, which takes what is to be redirected too, and which of two "
            f"policies acts is not known: {by_hand}"
        )
    ours = pod_policies(there, chosen.redirects)
    wanted = [redirect_policy(redirect, address) for redirect in chosen.redirects]
    others = [item for item in ours if not any(is_same(item, one) for one in wanted)]
    if others and not context.known.was_created("policy", name, there.id):
        return f"its endpoint has {describe_policies(others)}, and no journal says that hnskit put it there: {by_hand}"
    return ""


def removal_steps(context: PlanningContext, chosen: ChosenPods, *, by_name: bool) -> Iterator[Step]:
    """Take hnskit's policies off the endpoints of pods; the endpoints, and what others put there, stay."""
    desired, facts = context.desired, context.facts
    recorded = dict(recorded_pods(context.known.created))
    names = {pod.endpoint.id: pod.pod.full_name for pod in chosen.clients if pod.endpoint is not None}
    for endpoint in facts.endpoints:
        name = recorded.get(endpoint.id.lower()) or names.get(endpoint.id)
        if name is None:
            continue
        yield _removal_step(context, endpoint, name, endpoint.id in names or _was_chosen(desired, facts, name), by_name)
    there = {endpoint.id.lower() for endpoint in facts.endpoints}
    for id, name in sorted(recorded.items(), key=lambda item: item[1]):
        if id not in there and _was_chosen(desired, facts, name):
            yield not_there(Part.POLICY, "policy", f"{name} ({id})", "the endpoint is gone, and the policy with it")


def _removal_step(context: PlanningContext, endpoint: Endpoint, name: str, mine: bool, by_name: bool) -> Step:
    def step(action: Action, reason: str, changes: tuple[Change, ...] = ()) -> Step:
        return Step(Part.POLICY, action, "policy", name, reason, changes, object_id=endpoint.id)

    ours = pod_policies(endpoint, context.desired.redirects)
    if not ours:
        return step(Action.NONE, "its endpoint has no redirect of these parameters")
    if not mine:
        return step(Action.NONE, _KEPT)
    if context.known.was_adopted("policy", name, endpoint.id):
        return step(Action.NONE, "it was made by hand and adopted, as a journal says")
    if not by_name and not context.known.was_created("policy", name, endpoint.id):
        said = (
            "no journal says that hnskit put it there: `hnskit destroy --by-name` (by_name=True in Python) removes it"
        )
        return step(Action.NONE, said)
    change = Change(REDIRECTS, describe_policies(ours), "")
    return step(Action.UPDATE, "hnskit put it there; the endpoint is the CNI's and stays", (change,))


def _was_chosen(desired: Desired, facts: Facts, name: str) -> bool:
    """Tell whether these parameters choose a pod of this name: one that is not listed any more, by its name alone."""
    there = next((pod for pod in facts.pods if pod.full_name == name), None)
    if there is not None:
        return any(choice.takes(there) for choice in desired.pods)
    return any(choice.takes_name(name) for choice in desired.pods)
