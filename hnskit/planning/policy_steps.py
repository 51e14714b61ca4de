"""The steps of the proxy policies: wanted on the clients' endpoints, harmful on the proxy's and the gateway's. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from hnskit.model.objects import VFP_NETWORKS, Endpoint, Policy
from hnskit.model.wording import describe_policies, describe_policy
from hnskit.params.desired import DesiredContainer, Part
from hnskit.planning.context import PlanningContext, pending_keys
from hnskit.planning.redirect import (
    REDIRECTS,
    claiming,
    is_redirected,
    is_same,
    managed_policies,
    proxy_address,
    redirect_policy,
    wider_policies,
)
from hnskit.planning.steps import Action, Change, Step, StepKey, refused_for_want_of


def misplaced_steps(context: PlanningContext, before: Sequence[Step]) -> list[Step]:
    """Take redirects off the gateway's and the proxy's own endpoint, where they lead requests back to the proxy."""
    steps = []
    for name in (context.desired.gateway.name, context.desired.proxy.endpoint.name):
        there = next(iter(context.current(name)), None)
        if there is None or pending_keys(before, ("endpoint", name)):
            continue  # one that is made anew has none
        if refusal := _wider_refusal(context, there):
            steps.append(Step(Part.POLICY, Action.REFUSE, "policy", name, refusal, object_id=there.id))
            continue
        wrong = managed_policies(there, context.desired, context.facts)
        if wrong:
            reason = "a redirect does not belong here: it sends the proxy's own requests back to the proxy"
            changes = (Change(REDIRECTS, describe_policies(wrong), ""),)
            steps.append(Step(Part.POLICY, Action.UPDATE, "policy", name, reason, changes, object_id=there.id))
    return steps


def policy_step(context: PlanningContext, client: DesiredContainer, before: Sequence[Step]) -> Step:
    """Make one client's proxy policies what they should be."""
    desired, name = context.desired, client.endpoint.name

    def step(action: Action, reason: str, changes: Sequence[Change] = (), needs: tuple[StepKey, ...] = ()) -> Step:
        identity = there.id if there else ""
        return Step(Part.POLICY, action, "policy", name, reason, tuple(changes), needs=needs, object_id=identity)

    remade = pending_keys(before, ("endpoint", name))  # one that is made anew has no policy
    there = None if remade else next(iter(context.current(name)), None)
    waits = pending_keys(before, ("endpoint", desired.proxy.endpoint.name))
    address = desired.proxy.endpoint.address if waits else proxy_address(desired, context.facts)
    if not address and not waits:
        said = f"the proxy {desired.proxy.name} has no endpoint yet"
        return refused_for_want_of(Part.PROXY, Part.POLICY, "policy", name, said)
    waits += pending_keys(before, ("container", client.name), ("endpoint", name), ("attachment", name))
    if there is None and not waits:
        said = f"the client {client.name} has no endpoint yet"
        return refused_for_want_of(Part.CLIENTS, Part.POLICY, "policy", name, said)
    if there is None:
        return step(Action.UPDATE, "the endpoint has no proxy policy", _changes(context, client, None, address), waits)
    network = context.network
    if network and not network.is_type(*VFP_NETWORKS):
        return step(
            Action.REFUSE,
            f"its network {network.name} is of type {network.type}, where no proxy policy works (HNS fact 49)",
        )
    if refusal := _wider_refusal(context, there):
        return step(Action.REFUSE, refusal)
    if address and is_redirected(there, desired, context.facts, address):
        goes = ", ".join(f"{one.what} goes to {address}:{one.proxy_port}" for one in client.redirects)
        if context.is_hand_made_endpoint(there) and not context.is_taken_over("policy", name, there.id):
            return step(Action.ADOPT, f"it was put there by hand: {goes}")
        return step(Action.NONE, goes)
    if context.is_hand_made_endpoint(there) and not context.is_taken_over("policy", name, there.id):
        foreign = [one for one in managed_policies(there, desired, context.facts) if not _is_claimed(one, client)]
        if foreign:
            return step(Action.REFUSE, _foreign_refusal(there, foreign))
    now = managed_policies(there, desired, context.facts)
    reason = "its proxy policies are not what they should be" if now else "the endpoint has no proxy policy for this"
    return step(Action.UPDATE, reason, _changes(context, client, there, address), waits)


def _is_claimed(policy: Policy, client: DesiredContainer) -> bool:
    """Tell whether a policy is for what a redirect of the client is for."""
    return any(claiming(policy, redirect) for redirect in client.redirects)


def _foreign_refusal(there: Endpoint, foreign: Sequence[Policy]) -> str:
    """Return why a list that was made by hand is not written: it redirects more than the parameters say."""
    return (
        f"it was put there by hand, and it also has {describe_policies(foreign)}, of which the parameters say nothing: "
        f"add that to the client's redirects, or take it away (`hnskit policy list --endpoint {there.id}` numbers it, "
        "`hnskit policy remove --number` removes it)"
    )


def _wider_refusal(context: PlanningContext, there: Endpoint) -> str:
    """Return why an endpoint's redirects are unreliable: a foreign policy takes the same requests; "" if none does."""
    wider = wider_policies(there, context.desired, context.facts)
    if not wider:
        return ""
    return (
        f"it has {describe_policies(wider)}, which takes what is to be redirected too, and which of two policies acts "
        f"is not known: remove it (`hnskit policy list --endpoint {there.name}` numbers it, `hnskit policy remove "
        "--number` removes it), or have it leave that out"
    )


def _changes(context: PlanningContext, client: DesiredContainer, there: Endpoint | None, address: str) -> list[Change]:
    proxy = context.desired.proxy
    changes, left = [], list(managed_policies(there, context.desired, context.facts) if there else ())
    for redirect in client.redirects:
        claims = [policy for policy in left if claiming(policy, redirect)]
        left = [policy for policy in left if policy not in claims]
        to = redirect_policy(redirect, address or f"the address of {proxy.name}")
        if len(claims) != 1 or not is_same(claims[0], to):
            changes.append(Change(redirect.what, describe_policies(claims), describe_policy(to)))
    if left:
        changes.append(Change("no longer wanted", describe_policies(left), ""))
    return changes
