"""Steps that take one container and its endpoint away: for teardown, and for a client that left the parameters."""

from __future__ import annotations

from collections.abc import Sequence

from hnskit.model.objects import Endpoint
from hnskit.model.wording import remove_command
from hnskit.params.desired import Part
from hnskit.planning.bindings import title_of
from hnskit.planning.context import PlanningContext, pending_keys
from hnskit.planning.steps import Action, Step, not_there
from hnskit.remote import containerd

FOUND = "it was there before hnskit, as a journal says"
ADOPTED = "it was made by hand and adopted, as a journal says: hnskit takes away only its own work on it"
BY_HAND = "it was made by hand, and no journal says that hnskit adopted it"
CONTRADICTED = "a journal says that hnskit made it, and the host shows that it serves what is not hnskit's"
UNPROVED = "no journal says that hnskit made it: `hnskit destroy --by-name` (by_name=True in Python) removes it"


def remove_endpoint(
    context: PlanningContext, part: Part, name: str, reason: str, *, by_name: bool = False
) -> list[Step]:
    """Detach an endpoint and delete it; an orphaned one of a deleted network is deleted too.

    Keeps objects that the journal recorded as pre-existing, and unproven ones unless by name.
    """
    there = context.current(name)
    if doubt := context.bindings.doubts.get(name):
        return [Step(part, Action.NONE, "endpoint", name, doubt)]
    if len(there) > 1:
        commands = " or ".join(remove_command("Endpoint", endpoint.id) for endpoint in there)
        said = f"there are {len(there)} of this name: look which is in use, and remove the other with {commands}"
        return [Step(part, Action.REFUSE, "endpoint", name, said)]
    steps = remove_stale(context, part, name, by_name=by_name)
    if not there:
        said = "it is not there" if not context.on_other_networks(name) else "that of this name is on another network"
        return [*steps, not_there(part, "endpoint", name, said)]
    endpoint = there[0]
    if not goes(context, endpoint, by_name=by_name):
        return [*steps, _keep(context, part, name, endpoint)]
    if endpoint.attached:
        said = f"it is attached to compartment {endpoint.compartment_id}"
        steps.append(Step(part, Action.DETACH, "attachment", name, said, object_id=endpoint.id))
    needs = pending_keys(steps, ("attachment", name))
    return [*steps, Step(part, Action.DELETE, "endpoint", name, reason, needs=needs, object_id=endpoint.id)]


def remove_stale(context: PlanningContext, part: Part, name: str, *, by_name: bool = False) -> list[Step]:
    """Delete what has this name and was left by a network that is gone: it stands in the way of a new one.

    What nothing shows to be hnskit's stays.
    """
    return [
        _delete_stale(part, endpoint)
        if goes(context, endpoint, by_name=by_name)
        else _keep(context, part, name, endpoint)
        for endpoint in context.stale(name)
    ]


def goes(context: PlanningContext, endpoint: Endpoint, *, by_name: bool) -> bool:
    """Tell whether an endpoint of a name of hnskit's is to be removed."""
    if context.made_by_us(endpoint):
        return True
    found = context.known.only_found("endpoint", endpoint.name, endpoint.id)
    return by_name and not found and not context.is_hand_made_endpoint(endpoint)


def _keep(context: PlanningContext, part: Part, name: str, endpoint: Endpoint) -> Step:
    found = context.known.only_found("endpoint", endpoint.name, endpoint.id)
    said = context.known.was_created("endpoint", endpoint.name, endpoint.id) and not context.is_recorded(endpoint)
    reason, stale = FOUND if found else CONTRADICTED if said else UNPROVED, context.is_stale(endpoint)
    if context.known.was_adopted("endpoint", endpoint.name, endpoint.id):
        reason = ADOPTED
    elif not found and not said and context.is_hand_made_endpoint(endpoint):
        reason = BY_HAND
    if name in context.bindings.found:
        reason = f"{context.bindings.found[name].title}: {reason}"
    return Step(part, Action.NONE, "endpoint", name, reason, object_id=endpoint.id, ambiguous=stale)


def _delete_stale(part: Part, endpoint: Endpoint) -> Step:
    reason = _stale_reason(endpoint)
    return Step(part, Action.DELETE, "endpoint", endpoint.name, reason, object_id=endpoint.id, ambiguous=True)


def _stale_reason(endpoint: Endpoint) -> str:
    holds = f", and still holds {endpoint.address}" if endpoint.address else ""
    return f"it was left by a network that is gone ({endpoint.network_id}){holds}"


def remove_container(context: PlanningContext, part: Part, name: str, before: Sequence[Step], reason: str = "") -> Step:
    """Remove a container if hnskit ran it; its endpoint is detached first."""
    there = context.facts.container_named(name, context.desired.runtime)
    if there is None:
        return not_there(part, "container", name)

    def keep(why: str) -> Step:
        return Step(part, Action.NONE, "container", name, why, object_id=there.id)

    if context.known.was_adopted("container", name, there.id):
        return keep(ADOPTED)
    if not context.has_our_label(there):
        return keep("it does not have hnskit's label: hnskit did not make it")
    if context.is_hand_made(there):
        return keep("its label lies: its endpoint is none that hnskit makes, and no journal says that hnskit ran it")
    going = {step.object_id for step in before if step.kind == "endpoint" and step.action is Action.DELETE}
    compartment = context.index.owners.compartment_of(there)
    # nerdctl takes its own endpoint away with the container (containerd fact 8).
    of_nerdctl = containerd.NERDCTL_NAME in there.labels
    inside = [
        item
        for item in context.index.endpoints_of(there, compartment)
        if item.id not in going and not (of_nerdctl and context.is_on_nat(item))
    ]
    if inside and not all(map(context.index.is_unplugged, inside)):
        titles = " and ".join(map(title_of, inside))
        return keep(f"it has {titles}, which stays, and would be left without a container; hnskit made it")
    said = reason or f"hnskit made it; it is {there.status}"
    needs = pending_keys(before, ("attachment", name))
    proved = [item for item in context.current(name) if context.known.was_created("endpoint", name, item.id)]
    if len(proved) < len(
        context.current(name)
    ):  # its label is all that shows that its endpoint is hnskit's: it goes last
        needs += pending_keys(before, ("endpoint", name))
    return Step(part, Action.DELETE, "container", name, said, needs=needs, object_id=there.id)


def restore_attachment(context: PlanningContext, part: Part, name: str, before: Sequence[Step]) -> list[Step]:
    """Take an endpoint that stays off the compartment again, if hnskit found it attached to none."""
    going = {step.object_id for step in before if step.kind == "endpoint" and step.action is Action.DELETE}
    there = next((item for item in context.current(name) if item.id not in going), None)
    if there is None or not there.attached or context.known.was_created("endpoint", name, there.id):
        return []
    if not context.known.was_finished("attachment", name, there.id):
        return []
    reason = f"hnskit attached it to compartment {there.compartment_id}, and found it attached to none"
    return [Step(part, Action.DETACH, "attachment", name, reason, object_id=there.id)]
