"""Desired + facts -> plan. Pure: no IO, no clock, no guess.

One step for each object that is looked at, in the order in which a person reads them. The order in which
they are done follows from `Step.needs`.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Iterator, Sequence

from hnskit.desired import ALL_PARTS, LABEL, Desired, DesiredContainer, DesiredEndpoint, Part
from hnskit.facts import Facts
from hnskit.model import HOST_COMPARTMENT, VFP_NETWORKS, Container, Endpoint, NetworkType
from hnskit.redirect import describe, is_redirected, proxy_target, redirecting_policies
from hnskit.steps import Action, Change, Plan, Step

NOTEBOOKS = {
    Part.NETWORK: "10_l2bridge_network",
    Part.PROXY: "20_proxy_container",
    Part.CLIENTS: "30_client_containers",
    Part.POLICY: "40_proxy_policy",
}
"""The notebook of each part, which a reason names where its work is missing."""


def plan(desired: Desired, facts: Facts, parts: Iterable[Part] = ALL_PARTS) -> Plan:
    """What has to be done so that the host is as desired.

    Args:
        desired: from `desired_from`.
        facts: from `gather_facts`; nothing else is looked at.
        parts: leave out what another notebook does; what it makes is then expected to be there.

    Returns:
        A plan with one step for each object, `Action.NONE` where nothing is to do and `Action.REFUSE` where
        what is there must not be touched.
    """
    wanted = set(parts)
    steps: list[Step] = []
    if Part.NETWORK in wanted:
        steps.append(_network(desired, facts))
        steps.extend(_endpoint(desired, facts, Part.NETWORK, desired.gateway, steps))
        steps.append(_host_attachment(desired, facts, steps))
        steps.append(_forwarding(desired, facts, steps))
    if Part.PROXY in wanted:
        _add_container(desired, facts, Part.PROXY, desired.proxy, steps)
        if desired.proxy.route_user:
            steps.append(_route(desired, facts, steps))
    if Part.CLIENTS in wanted:
        for client in desired.clients:
            _add_container(desired, facts, Part.CLIENTS, client, steps)
    if Part.POLICY in wanted:
        steps.extend(_policy(desired, facts, client, steps) for client in desired.clients)
    return Plan(facts.target, tuple(_without_echoes(steps)))


def _without_echoes(steps: Iterable[Step]) -> Iterator[Step]:
    """Leave out a refusal that only says again that the object before it was refused."""
    refused: set[str] = set()
    for step in steps:
        if step.action is Action.REFUSE:
            if step.name in refused:
                continue
            refused.add(step.name)
        yield step


def pending_ids(steps: Iterable[Step], *objects: tuple[str, str]) -> tuple[str, ...]:
    """Ids of the steps that still change one of these (kind, name)."""
    return tuple(step.id for step in steps if (step.kind, step.name) in objects and step.pending)


class _Maker:
    """Makes the steps of one object."""

    def __init__(self, part: Part, kind: str, name: str) -> None:
        self.part, self.kind, self.name = part, kind, name

    def __call__(
        self,
        action: Action,
        reason: str,
        changes: Iterable[Change] = (),
        *,
        disruptive: bool = False,
        needs: tuple[str, ...] = (),
    ) -> Step:
        return Step(self.part, action, self.kind, self.name, reason, tuple(changes), disruptive, needs)


def _network(desired: Desired, facts: Facts) -> Step:
    wanted = desired.network
    step = _Maker(Part.NETWORK, "network", wanted.name)
    named = facts.networks_named(wanted.name)
    if len(named) > 1:
        ids = ", ".join(network.id for network in named)
        return step(
            Action.REFUSE,
            f"there are {len(named)} networks of this name ({ids}): remove the one that is not in use with "
            "`Remove-HnsNetwork`, or choose another network.name",
        )
    if named:
        network = named[0]
        if not network.is_type(NetworkType.L2BRIDGE):
            return step(
                Action.REFUSE,
                f"it is a network of type {network.type}, where no proxy policy works (HNS fact 49): "
                "choose another network.name",
            )
        prefixes = [subnet.prefix for subnet in network.subnets]
        if wanted.prefix not in prefixes:
            return step(
                Action.REFUSE,
                f"it is there with {', '.join(prefixes) or 'no subnet'}, not {wanted.prefix}: "
                "choose another network.name, or set network.subnet to what it has",
            )
        return step(Action.NONE, f"it is there, L2Bridge {wanted.prefix}")
    for network in facts.networks:
        for subnet in network.subnets:
            if _overlap(subnet.prefix, wanted.prefix):
                return step(
                    Action.REFUSE,
                    f"{wanted.prefix} overlaps {subnet.prefix} of the {network.type} network {network.name}: "
                    "choose another network.subnet",
                )
    changes = [Change("type", "", NetworkType.L2BRIDGE.value), Change("subnet", "", wanted.prefix)]
    changes.append(Change("gateway", "", wanted.gateway))
    if wanted.adapter:
        changes.append(Change("adapter", "", wanted.adapter))
    bridge = next((network for network in facts.networks if network.is_type(NetworkType.L2BRIDGE)), None)
    if bridge and not wanted.adapter:
        # A second L2Bridge on the same virtual switch does not move the adapter again (HNS fact 25).
        return step(Action.CREATE, f"it is not there; {bridge.name} has an adapter on a bridge already", changes)
    reason = "it is not there; the adapter's address moves to a virtual adapter when the bridge appears"
    return step(Action.CREATE, reason, changes, disruptive=True)


def _endpoint(
    desired: Desired, facts: Facts, part: Part, wanted: DesiredEndpoint, before: Sequence[Step]
) -> list[Step]:
    step = _Maker(part, "endpoint", wanted.name)
    network = next(iter(facts.networks_named(desired.network.name)), None)
    waits = pending_ids(before, ("network", desired.network.name))
    named = facts.endpoints_named(wanted.name)
    if len(named) > 1:
        ids = ", ".join(endpoint.id for endpoint in named)
        return [step(Action.REFUSE, f"there are {len(named)} endpoints of this name ({ids}): remove the stale one")]
    if named and network:
        wrong = _differences(desired, wanted, named[0], network.id)
        if not wrong:
            return [step(Action.NONE, f"it is there, {named[0].address} on {desired.network.name}")]
        fields = ", ".join(change.field for change in wrong)
        return [
            step(Action.DELETE, f"it differs in {fields}, which HNS cannot change on an endpoint that is there"),
            step(Action.CREATE, "made again as it should be", wrong, needs=(f"delete endpoint {wanted.name}",)),
        ]
    if network is None and not waits:
        return [
            step(Action.REFUSE, f"the network {desired.network.name} is not there: run {NOTEBOOKS[Part.NETWORK]} first")
        ]
    holders = [item for item in facts.endpoints_at(wanted.address) if item not in named] if wanted.address else []
    if holders:
        holder = holders[0]
        return [
            step(
                Action.REFUSE,
                f"{wanted.address} is held by the endpoint {holder.name or holder.id} ({holder.id}): "
                "remove it if it is stale (`Remove-HnsEndpoint`), or choose another address",
            )
        ]
    changes = [
        Change("network", "", desired.network.name),
        Change("address", "", wanted.address or "chosen by HNS"),
        Change("gateway", "", wanted.gateway),
        *([Change("policies", "", "OutBoundNAT")] if wanted.outbound_nat else []),
    ]
    if named:
        stale = step(Action.DELETE, f"it is left from a network that is gone ({named[0].network_id})")
        return [stale, step(Action.CREATE, "made again on the new network", changes, needs=(stale.id, *waits))]
    return [step(Action.CREATE, "it is not there", changes, needs=waits)]


def _differences(desired: Desired, wanted: DesiredEndpoint, there: Endpoint, network_id: str) -> list[Change]:
    changes = []
    if there.network_id.lower() != network_id.lower():
        changes.append(Change("network", there.network_name or there.network_id, desired.network.name))
    if wanted.address and there.address != wanted.address:
        changes.append(Change("address", there.address, wanted.address))
    if wanted.outbound_nat:
        if there.gateway != wanted.gateway:
            changes.append(Change("gateway", there.gateway, wanted.gateway))
        if not any(policy.type.lower() == "outboundnat" for policy in there.policies):
            changes.append(Change("policies", describe(there.policies), "OutBoundNAT"))
    return changes


def _host_attachment(desired: Desired, facts: Facts, before: Sequence[Step]) -> Step:
    waits = pending_ids(before, ("endpoint", desired.gateway.name))
    step = _Maker(Part.NETWORK, "attachment", desired.gateway.name)
    return _attachment(step, facts, "the host's compartment", HOST_COMPARTMENT, waits)


def _attachment(step: _Maker, facts: Facts, whose: str, compartment: int | None, waits: tuple[str, ...]) -> Step:
    """Bind an endpoint; `compartment` is None while the container that has it does not run."""
    name = step.name
    there = next(iter(facts.endpoints_named(name)), None)
    to = str(compartment) if compartment else "new"
    if waits or there is None:
        if not waits:
            return step(Action.REFUSE, f"there is no endpoint {name} to attach")
        return step(Action.ATTACH, f"the endpoint goes into {whose}", [Change("compartment", "", to)], needs=waits)
    if compartment is None:
        return step(Action.REFUSE, f"{whose} has no network compartment: is the container running?")
    if not there.attached:
        return step(Action.ATTACH, f"it is not attached (state {there.state})", [Change("compartment", "", to)])
    if there.compartment_id in (compartment, None):
        return step(Action.NONE, f"it is attached to {whose} (compartment {compartment})")
    # A container that was restarted has a new compartment; the endpoint stays bound to the old one (HNS fact 81).
    reason = f"it is bound to compartment {there.compartment_id}, which is not {whose}"
    return step(Action.ATTACH, reason, [Change("compartment", str(there.compartment_id), to)])


def _forwarding(desired: Desired, facts: Facts, before: Sequence[Step]) -> Step:
    name = desired.gateway.name
    step = _Maker(Part.NETWORK, "forwarding", name)
    waits = pending_ids(before, ("endpoint", name), ("attachment", name))
    there = next(iter(facts.endpoints_named(name)), None)
    interface = facts.interface_of(there) if there and not waits else None
    if interface and interface.forwarding:
        return step(Action.NONE, f"it is enabled on {interface.alias}")
    reason = f"it is disabled on {interface.alias}" if interface else "a new interface does not forward"
    changes = [Change("forwarding", "Disabled" if interface else "", "Enabled")]
    return step(Action.UPDATE, reason, changes, needs=waits)


def _add_container(desired: Desired, facts: Facts, part: Part, wanted: DesiredContainer, steps: list[Step]) -> None:
    image = _image(facts, part, wanted)
    if all((step.kind, step.name) != ("image", wanted.image) for step in steps):
        steps.append(image)
    container = facts.container_named(wanted.name)
    steps.append(_container(desired, part, wanted, container, pending_ids(steps, ("image", wanted.image))))
    steps.extend(_endpoint(desired, facts, part, wanted.endpoint, steps))
    compartment = facts.compartment_of(container) if container else None
    waits = pending_ids(steps, ("endpoint", wanted.endpoint.name), ("container", wanted.name))
    step = _Maker(part, "attachment", wanted.endpoint.name)
    whose = f"{wanted.name}'s compartment"
    steps.append(_attachment(step, facts, whose, compartment.id if compartment else None, waits))


def _image(facts: Facts, part: Part, wanted: DesiredContainer) -> Step:
    step = _Maker(part, "image", wanted.image)
    if facts.image_named(wanted.image):
        return step(Action.NONE, "it is on the host")
    if wanted.import_path:
        return step(Action.IMPORT, "it is not on the host", [Change("from", "", wanted.import_path)])
    return step(Action.REFUSE, "it is not on the host, and the parameters name no tarball to import it from")


def _container(
    desired: Desired, part: Part, wanted: DesiredContainer, there: Container | None, waits: tuple[str, ...]
) -> Step:
    step = _Maker(part, "container", wanted.name)
    if there is None:
        changes = [
            Change("image", "", wanted.image),
            Change("command", "", " ".join(wanted.command) or "the image's own"),
            Change("network", "", "none (its endpoint comes from HNS)"),
        ]
        return step(Action.RUN, "it is not there", changes, needs=waits)
    if there.labels.get(LABEL) != desired.network.name:
        return step(
            Action.REFUSE,
            f"a container of this name is there that hnskit did not make for {desired.network.name}: "
            f"choose another name, or remove it with `docker rm --force {wanted.name}`",
        )
    if there.image != wanted.image:
        return step(
            Action.REFUSE,
            f"it runs {there.image}, not {wanted.image}: remove it with `docker rm --force {wanted.name}`, then go on",
        )
    if there.running:
        return step(Action.NONE, f"it runs {there.image}")
    return step(Action.START, f"it is {there.status}", [Change("status", there.status, "running")])


def _route(desired: Desired, facts: Facts, before: Sequence[Step]) -> Step:
    proxy, address = desired.proxy, desired.redirect.address
    step = _Maker(Part.PROXY, "route", f"{address} in {proxy.name}")
    waits = pending_ids(
        before, ("container", proxy.name), ("endpoint", proxy.endpoint.name), ("attachment", proxy.endpoint.name)
    )
    container = facts.container_named(proxy.name)
    compartment = facts.compartment_of(container) if container else None
    wanted = (f"{address}/32", proxy.endpoint.gateway)
    if compartment and not waits:
        hops = [
            route.next_hop
            for route in facts.routes
            if route.compartment_id == compartment.id and route.prefix == wanted[0]
        ]
        if wanted[1] in hops:
            return step(Action.NONE, f"it goes through {wanted[1]}")
    reason = "Windows takes 169.254/16 as on-link and would look for it on the bridge (HNS fact 84)"
    return step(Action.CREATE, reason, [Change(wanted[0], "", f"through {wanted[1]}")], needs=waits)


def _policy(desired: Desired, facts: Facts, client: DesiredContainer, before: Sequence[Step]) -> Step:
    step = _Maker(Part.POLICY, "policy", client.endpoint.name)
    proxy = desired.proxy.endpoint
    waits = pending_ids(before, ("endpoint", proxy.name))
    target = proxy_target(desired, facts) if not waits else ""
    if not target and not waits:
        return step(
            Action.REFUSE, f"the proxy {desired.proxy.name} has no endpoint yet: run {NOTEBOOKS[Part.PROXY]} first"
        )
    waits += pending_ids(
        before, ("container", client.name), ("endpoint", client.endpoint.name), ("attachment", client.endpoint.name)
    )
    there = next(iter(facts.endpoints_named(client.endpoint.name)), None)
    if there is None and not waits:
        return step(Action.REFUSE, f"the client {client.name} has no endpoint yet: run {NOTEBOOKS[Part.CLIENTS]} first")
    what = f"{desired.redirect.address}:{desired.redirect.port}"
    to = target or f"{proxy.address or 'the address of ' + proxy.name}, port {desired.redirect.proxy_port}"
    if there is None:
        return step(Action.UPDATE, "the endpoint has no proxy policy", [Change(what, "", to)], needs=waits)
    network = next((item for item in facts.networks if item.id.lower() == there.network_id.lower()), None)
    if network and not network.is_type(*VFP_NETWORKS):
        return step(
            Action.REFUSE,
            f"its network {network.name} is of type {network.type}, where no proxy policy works (HNS fact 49)",
        )
    if target and is_redirected(there, desired, target):
        return step(Action.NONE, f"{what} goes to {target}")
    now = redirecting_policies(there, desired)
    reason = "its proxy policies are not what they should be" if now else "the endpoint has no proxy policy for this"
    return step(Action.UPDATE, reason, [Change(what, describe(now), to)], needs=waits)


def _overlap(one: str, other: str) -> bool:
    try:
        return ipaddress.IPv4Network(one, strict=False).overlaps(ipaddress.IPv4Network(other, strict=False))
    except ValueError:
        return False  # an IPv6 subnet, or a host's own odd text: not ours to judge
