"""The steps of one wanted endpoint: made, repaired with the least disruption, or refused. Pure."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from hnskit.model.objects import HOST_COMPARTMENT, Endpoint, EndpointState
from hnskit.model.wording import describe_policies, remove_command
from hnskit.params.desired import DesiredEndpoint, Part
from hnskit.planning.bindings import title_of
from hnskit.planning.context import PlanningContext, pending_deletions, pending_keys
from hnskit.planning.removal import goes, remove_stale
from hnskit.planning.steps import Action, Change, Step, StepKey, refused_for_want_of

_BROKEN = (EndpointState.DEGRADED, EndpointState.DESTROYED)
_UNPLUGGED = "HNS calls it attached, and the host has no adapter of it, as after a reboot"


@dataclass(frozen=True, slots=True)
class EndpointPlace:
    """The compartment and network that an endpoint belongs to."""

    whose: str
    """In words: `the host's compartment`."""
    compartment: int | None
    """None while the container that has it does not show it (yet)."""
    running: bool = True
    container_id: str = ""
    """"" for the host."""
    on_nat: bool = False
    """True where an endpoint on a NAT network is there, and this one is beside it (containerd facts 16, 47)."""


class EndpointPlanner:
    """Plans endpoints in the order in which they are asked for; later ones know what becomes of the earlier."""

    def __init__(self, context: PlanningContext, names: Collection[str]) -> None:
        """`names` are those of the endpoints that this plan may change."""
        self._context = context
        self._names = names
        self._claims = self._claimed()

    def steps(self, part: Part, wanted: DesiredEndpoint, before: Sequence[Step]) -> list[Step]:
        """The steps of one endpoint, those of its stale namesakes first."""
        context, name = self._context, wanted.name
        if doubt := context.bindings.doubts.get(name):
            return [Step(part, Action.REFUSE, "endpoint", name, doubt)]
        there = context.current(name)
        if len(there) > 1:
            commands = " or ".join(remove_command("Endpoint", endpoint.id) for endpoint in there)
            reason = f"there are {len(there)} endpoints of this name: look which is in use, and remove the other with "
            return [Step(part, Action.REFUSE, "endpoint", name, reason + commands)]
        if on_other_networks := context.on_other_networks(name):
            return [Step(part, Action.REFUSE, "endpoint", name, _on_other_network(on_other_networks[0]))]
        steps = remove_stale(context, part, name)
        if there:
            wrong = self._differences(wanted, there[0])
            if context.is_hand_made_endpoint(there[0]):
                return [*steps, adoption_step(context, part, there[0], wrong)]
            if not wrong:
                reason = f"it is there, {there[0].address} on {context.desired.network.name}"
                if wanted.outbound_nat and context.desired.network.dns and not there[0].dns:
                    reason += "; HNS shows no DNS servers of it, so that they are not compared"
                return [*steps, Step(part, Action.NONE, "endpoint", name, reason, object_id=there[0].id)]
            fields = ", ".join(change.field for change in wrong)
            reason = f"it differs in {fields}, which HNS cannot change on an endpoint that is there"
            if refusal := self._left_by_others(name):
                return [Step(part, Action.REFUSE, "endpoint", name, f"{reason}; and {refusal}")]
            steps.append(Step(part, Action.DELETE, "endpoint", name, reason, object_id=there[0].id))
            steps.append(self._create(part, wanted, wrong, [*before, *steps]))
            return steps
        if refusal := self._left_by_others(name) or self._question(wanted):
            return [Step(part, Action.REFUSE, "endpoint", name, refusal)]
        waits = pending_keys(before, ("network", context.desired.network.name))
        if context.network is None and not waits:
            reason = f"the network {context.desired.network.name} is not there"
            return [refused_for_want_of(Part.NETWORK, part, "endpoint", name, reason)]
        changes = [
            Change("network", "", context.desired.network.name),
            Change("address", "", wanted.address or "chosen by HNS"),
            Change("gateway", "", wanted.gateway),
            *([Change("policies", "", "OutBoundNAT")] if wanted.outbound_nat else []),
        ]
        return [*steps, self._create(part, wanted, changes, [*before, *steps])]

    def _question(self, wanted: DesiredEndpoint) -> str:
        """Ask for the endpoint of a container that no journal knows, where one was made for it by hand perhaps."""
        container = self._context.facts.container_named(wanted.name, self._context.desired.runtime)
        if wanted.endpoint_id or container is None:
            return ""
        if self._context.known.was_created("container", container.name, container.id):
            return ""
        return self._context.bindings.free(wanted.name)

    def _left_by_others(self, name: str) -> str:
        """Return why no endpoint of this name can be made: an orphan of a lost network must stay; "" if none."""
        kept = next((item for item in self._context.stale(name) if not goes(self._context, item, by_name=False)), None)
        if kept is None:
            return ""
        return (
            f"an endpoint of this name was left by a network that is gone ({kept.network_id}), and no journal says "
            "that hnskit made it: choose another name, or if it is not in use remove it with "
            f"{remove_command('Endpoint', kept.id)}"
        )

    def attachment(self, part: Part, name: str, place: EndpointPlace, before: Sequence[Step]) -> list[Step]:
        """Bind an endpoint to a compartment, from wherever it is bound now."""
        whose, compartment = place.whose, place.compartment
        remade = pending_keys(before, ("endpoint", name))
        starts = pending_keys(before, ("container", name))
        there = None if remade else next(iter(self._context.current(name)), None)

        def step(action: Action, reason: str, needs: tuple[StepKey, ...] = ()) -> list[Step]:
            changes = (Change("compartment", "", str(compartment or "new")),) if action is Action.ATTACH else ()
            identity = there.id if there else ""
            return [Step(part, action, "attachment", name, reason, changes, needs=needs, object_id=identity)]

        if there is None or not there.attached:
            if not starts and (beside := self._beside(there, place)):
                return step(Action.REFUSE, beside)
            if remade or starts:
                return step(Action.ATTACH, f"the endpoint goes into {whose}", needs=remade + starts)
            if there is None:
                return step(Action.REFUSE, f"there is no endpoint {name} to attach")
        if compartment is None and not place.running and not starts:
            return step(Action.REFUSE, f"{whose} has no network compartment: is the container running?")
        if not there.attached:
            if beside := self._beside(there, place):
                return step(Action.REFUSE, beside)
            return step(Action.ATTACH, f"it is not attached (state {there.state})")
        unplugged = self._context.index.is_unplugged(there, compartment)
        if not starts and not unplugged:
            if there.compartment_id is None:
                if place.container_id and place.container_id in there.containers:
                    return step(Action.NONE, f"it is attached to {whose}, as HNS says")
                said = "it is attached; HNS does not say to which compartment, so that is not compared"
                return step(Action.NONE, said)
            if there.compartment_id == compartment:
                return step(Action.NONE, f"it is attached to {whose} (compartment {compartment})")
        if not unplugged and (refusal := self._foreign_compartment(there)):
            return step(Action.REFUSE, refusal)
        reason = _UNPLUGGED if unplugged else self._misbound(there, whose)
        # In two rounds: HNS refuses to attach what is attached, and a detachment that fails must not be followed by it.
        off = Step(part, Action.DETACH, "attachment", name, reason, object_id=there.id)
        return [off, *step(Action.ATTACH, f"it goes into {whose}", needs=(*starts, off.key))]

    def _beside(self, mine: Endpoint | None, place: EndpointPlace) -> str:
        """Return why an endpoint must not go into a compartment: another one would be beside it; "" if none is.

        Endpoints of the parameters are left out, which are moved to their own places.
        """
        context = self._context
        wanted = {item.name for item in context.desired.endpoints} | set(context.removed_clients)
        inside = context.index.endpoints_in(place.compartment)
        for other in inside:
            if other == mine or (other.name in wanted and context.on_network(other)):
                continue
            if context.is_stale(other) or context.index.is_unplugged(other):
                continue
            if place.on_nat and context.is_on_nat(other):
                continue
            same = context.on_network(other)
            if not same and place.compartment == HOST_COMPARTMENT:
                continue
            network = other.network_name or other.network_id
            title, remove = title_of(other), remove_command("Endpoint", other.id)
            return (
                f"{place.whose} has {title} of the network {network} already, and would have two adapters, of which "
                "the one that its requests take is not known: "
                + (f"if that is not in use remove it with {remove}" if same else f"set network.name to {network} if "
                   f"that is an L2Bridge to be used, or if it is not in use remove it with {remove}")
            )  # fmt: skip
        return ""

    def _foreign_compartment(self, endpoint: Endpoint) -> str:
        """Return why an attached endpoint must stay: a container that hnskit did not make has it; "" if none has."""
        owner = self._context.index.owners.of_compartment(endpoint.compartment_id)
        if owner is None or self._context.has_our_label(owner):
            return ""
        return (
            f"it is attached to the compartment of the container {owner.name}, which is not hnskit's: stop that "
            f"(`docker stop {owner.name}`), or choose another name"
        )

    def _misbound(self, endpoint: Endpoint, whose: str) -> str:
        """Describe an endpoint that is bound to a wrong compartment.

        A container that was restarted has a new one; the endpoint stays bound to the old one (HNS fact 81).
        """
        number = endpoint.compartment_id
        if number is None:
            return f"HNS calls it attached, and {whose} is not there"
        owner = self._context.index.owners.of_compartment(number)
        bound = "the host's" if number == HOST_COMPARTMENT else f"{owner.name}'s" if owner else "gone"
        return f"it is bound to compartment {number} ({bound}), not to {whose}"

    def _create(self, part: Part, wanted: DesiredEndpoint, changes: Sequence[Change], before: Sequence[Step]) -> Step:
        context, name = self._context, wanted.name
        if refusal := self._address_refusal(wanted):
            return Step(part, Action.REFUSE, "endpoint", name, refusal)
        needs = [
            *pending_keys(before, ("network", context.desired.network.name)),
            *pending_keys(before, ("endpoint", name)),
        ]
        needs += pending_deletions(before, context.stale(name))
        if wanted.address:
            holder = context.holder(wanted.address, name)
            if holder is not None:
                identity = holder.id if context.is_stale(holder) else ""
                needs.append(StepKey(Action.DELETE, "endpoint", holder.name, object_id=identity))
        there = bool(context.current(name))
        reason = "made again as it should be" if there else "it is not there"
        return Step(part, Action.CREATE, "endpoint", name, reason, tuple(changes), needs=tuple(dict.fromkeys(needs)))

    def _address_refusal(self, wanted: DesiredEndpoint) -> str:
        context = self._context
        if not wanted.address:
            return ""
        if context.is_host_address(wanted.address, wanted.name):
            return f"{wanted.address} is the host's own address: choose another one"
        holder = context.holder(wanted.address, wanted.name)
        if holder is None:
            return ""
        goes = holder.name in self._names or holder.name in context.removed_clients
        if goes and (context.made_by_us(holder) or not context.is_stale(holder)):
            return ""
        who = f"{wanted.address} is held by the endpoint {holder.name or holder.id} ({holder.id})"
        if not context.is_stale(holder) and holder.name in {endpoint.name for endpoint in context.desired.endpoints}:
            return f"{who}, which is hnskit's but not of this part: apply all parts together"
        what = (
            "left by a network that is gone, and no journal says that hnskit made it"
            if context.is_stale(holder)
            else ("which is not hnskit's")
        )
        remove = remove_command("Endpoint", holder.id)
        return f"{who}, {what}: choose another address, or if it is not in use remove it with {remove}"

    def _claimed(self) -> dict[str, str]:
        """Address -> the endpoint that wants it and has not got it."""
        return {
            wanted.address: wanted.name
            for wanted in self._context.desired.endpoints
            if wanted.address
            and wanted.name in self._names
            and all(item.address != wanted.address for item in self._context.current(wanted.name))
        }

    def _differences(self, wanted: DesiredEndpoint, there: Endpoint) -> list[Change]:
        changes = []
        if there.state in _BROKEN:
            changes.append(Change("state", EndpointState(there.state).name.title(), EndpointState.CREATED.name.title()))
        if wanted.address and there.address != wanted.address:
            changes.append(Change("address", there.address, wanted.address))
        if not wanted.address and there.address in self._claims and self._claims[there.address] != wanted.name:
            claimant = self._claims[there.address]
            changes.append(Change("address", there.address, f"chosen by HNS ({claimant} wants this one)"))
        if wanted.outbound_nat:
            dns = self._context.desired.network.dns
            if dns and there.dns and there.dns != dns:  # that every HNS shows the list is UNCONFIRMED
                changes.append(Change("dns", ", ".join(there.dns), ", ".join(dns)))
            if there.gateway != wanted.gateway:
                changes.append(Change("gateway", there.gateway, wanted.gateway))
            if not any(policy.type.lower() == "outboundnat" for policy in there.policies):
                changes.append(Change("policies", describe_policies(there.policies), "OutBoundNAT"))
        return changes


def adoption_step(context: PlanningContext, part: Part, there: Endpoint, wrong: Sequence[Change] = ()) -> Step:
    """Take over an endpoint that was made by hand; never replace it: who made it may need it as it is."""
    name = there.name
    binding = context.bindings.found.get(name)
    what = f"{title_of(there)}, {there.address}" + (f", found {binding.how}" if binding is not None else "")

    def step(action: Action, reason: str, changes: Sequence[Change] = ()) -> Step:
        return Step(part, action, "endpoint", name, reason, tuple(changes), object_id=there.id)

    if wrong:
        fields = " and ".join(change.field for change in wrong)
        return step(
            Action.REFUSE,
            f"it was made by hand ({what}) and differs in {fields}, which HNS cannot change on an endpoint that is "
            "there: set the parameters to what it has, or remove it with "
            f"{remove_command('Endpoint', there.id)} so that hnskit makes another",
            wrong,
        )
    if context.known.only_found("endpoint", name, there.id):
        return step(Action.NONE, f"it is there, {what}; it was made by hand")
    return step(Action.ADOPT, f"it was made by hand, and is as it is wanted: {what}")


def _on_other_network(endpoint: Endpoint) -> str:
    return (
        f"an endpoint of this name is on another network, {endpoint.network_name or endpoint.network_id}: choose "
        "another name; or, if hnskit made it with other parameters, `hnskit destroy` with those; or remove it with "
        f"{remove_command('Endpoint', endpoint.id)}"
    )
