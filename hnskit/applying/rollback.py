"""Back to the facts before: undo what one run did, and nothing else. Pure, but for the calls that it makes ready.

What is on the host now and was not before, and was begun by this run, goes. What was there before and was
changed gets back what it had. What this run removed cannot be brought back, and is named.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from hnskit.applying.operation import Operation
from hnskit.applying.operations import attach_operation, build_operation, policy_operation
from hnskit.facts.host_facts import Facts
from hnskit.facts.snapshot_index import SnapshotIndex
from hnskit.model.objects import Endpoint, Policy
from hnskit.model.wording import describe_policies
from hnskit.params.desired import Desired, Part
from hnskit.planning.bindings import seen_by
from hnskit.planning.interruption import removal_interrupts
from hnskit.planning.redirect import REDIRECTS, managed_policies
from hnskit.planning.steps import Action, Change, Plan, Step, StepKey


class Rollback:
    """The way back of one run."""

    def __init__(self, desired: Desired, before: Facts, sent: Sequence[Step]) -> None:
        """`before` are the facts at the run's start, `begun` the steps that it sent."""
        self._desired = desired
        self._before = seen_by(desired, before)
        self._sent = sent

    def plan(self, now: Facts) -> Plan:
        """Plan the steps that are left to undo."""
        steps: list[Step] = []
        for sent in self._sent:
            steps += self._undo(sent, now)
        unique = {step.key: step for step in steps}
        steps = [replace(step, needs=_needs_of(step, unique.values())) for step in unique.values()]
        steps += self._networks(now, steps)
        return Plan(now.target, tuple(steps))

    def build_operation(self, step: Step, desired: Desired, facts: Facts) -> Operation:
        """The calls of a step of `plan`: policies go back to what they were."""
        there, before = _by_id(facts, step.object_id), _by_id(self._before, step.object_id)
        if there and before and step.kind == "policy":
            return policy_operation(step, there, self._given_back(there, before, facts))
        if there and before and before.compartment_id and step.action is Action.ATTACH:
            return attach_operation(step, there, before.compartment_id)
        return build_operation(step, desired, facts)

    def _undo(self, sent: Step, now: Facts) -> Iterator[Step]:
        match sent.action, sent.kind:
            case (Action.CREATE, "endpoint"):
                yield from self._endpoint(sent, now)
            case (Action.RUN, "container"):
                yield from self._container(sent, now)
            case (Action.IMPORT | Action.PULL, "image"):
                yield from self._image(sent, now)
            case (Action.ATTACH, "attachment"):
                yield from self._attachment(sent, now)
            case (Action.DETACH, "attachment"):
                yield from self._detachment(sent, now)
            case (Action.START, "container"):
                yield from self._started(sent, now)
            case (Action.UPDATE, "forwarding"):
                yield from self._forwarding(sent, now)
            case (Action.UPDATE, "policy"):
                yield from self._policy(sent, now)
            case (Action.CREATE, "route"):
                yield from self._route(sent, now)
            case (Action.DELETE, "endpoint" | "container"):
                yield from self._removed(sent, now)

    def _endpoint(self, sent: Step, now: Facts) -> Iterator[Step]:
        old = {item.id for item in self._before.endpoints}
        for there in now.endpoints_named(sent.name):
            if there.id in old:
                continue
            if there.attached:
                yield _step(sent, Action.DETACH, "attachment", "this run attached it", object_id=there.id)
            yield _step(sent, Action.DELETE, "endpoint", "this run made it", object_id=there.id)

    def _container(self, sent: Step, now: Facts) -> Iterator[Step]:
        there = now.container_named(sent.name, self._desired.runtime)
        old = self._before.container_named(sent.name, self._desired.runtime)
        if there and old is not None and all(item.id != old.id for item in now.containers):
            said = f"the new container {sent.title} stays: the one that it replaced is gone"
            yield _step(sent, Action.NONE, "replaced container", said, object_id=there.id)
        elif there and all(item.id != there.id for item in self._before.containers):
            yield _step(sent, Action.DELETE, "container", "this run made it", object_id=there.id)

    def _image(self, sent: Step, now: Facts) -> Iterator[Step]:
        there = now.image_named(sent.name, self._desired.runtime)
        if there and self._before.image_named(sent.name, self._desired.runtime) is None:
            yield _step(sent, Action.DELETE, "image", "this run imported it", object_id=there.id)

    def _attachment(self, sent: Step, now: Facts) -> Iterator[Step]:
        there = _by_id(now, sent.object_id)
        before = _by_id(self._before, sent.object_id)
        if there and before and there.attached and not before.attached:
            yield _step(sent, Action.DETACH, "attachment", "this run attached it", object_id=there.id)

    def _detachment(self, sent: Step, now: Facts) -> Iterator[Step]:
        there, before = _by_id(now, sent.object_id), _by_id(self._before, sent.object_id)
        compartments = {item.id for item in now.compartments}
        if there and before and not there.attached and before.compartment_id in compartments:
            yield _step(sent, Action.ATTACH, "attachment", "this run detached it", object_id=there.id)

    def _started(self, sent: Step, now: Facts) -> Iterator[Step]:
        there = next((item for item in now.containers if item.id == sent.object_id), None)
        if there and there.running:
            yield _step(sent, Action.STOP, "container", "this run started it", object_id=there.id)

    def _forwarding(self, sent: Step, now: Facts) -> Iterator[Step]:
        there = _by_id(now, sent.object_id)
        interface = SnapshotIndex(now).interface_of(there) if there else None
        if there and _by_id(self._before, there.id) and interface and interface.forwarding:
            change = Change("forwarding", "Enabled", "Disabled")
            yield Step(
                sent.part,
                Action.UPDATE,
                "forwarding",
                sent.name,
                "this run enabled it",
                (change,),
                object_id=there.id,
            )

    def _policy(self, sent: Step, now: Facts) -> Iterator[Step]:
        there, before = _by_id(now, sent.object_id), _by_id(self._before, sent.object_id)
        back = self._given_back(there, before, now) if there and before else ()
        proxies = tuple(policy for policy in back if policy.is_proxy)
        if there and before and there.proxies != proxies:
            change = Change(REDIRECTS, describe_policies(there.proxies), describe_policies(proxies))
            reason = "this run changed it"
            yield Step(sent.part, Action.UPDATE, "policy", sent.name, reason, (change,), object_id=there.id)

    def _given_back(self, there: Endpoint, before: Endpoint, now: Facts) -> tuple[Policy, ...]:
        """An endpoint's list with the redirects that it had; others' changes since stay."""
        had = managed_policies(before, self._desired, self._before)
        ours = managed_policies(replace(there, name=before.name), self._desired, seen_by(self._desired, now))
        left = [policy for policy in there.policies if policy not in ours and policy not in had] + list(had)
        ordered = []
        for policy in before.policies:
            if policy in left:
                left.remove(policy)
                ordered.append(policy)
        return (*ordered, *left)

    def _route(self, sent: Step, now: Facts) -> Iterator[Step]:
        # In a container that this run made it goes with the container.
        inner = now.container_named(sent.container, self._desired.runtime)
        compartment = now.compartment_of(inner) if inner else None
        prefix = f"{sent.name}/32"
        inside = {(route.compartment_id, route.prefix) for route in now.routes}
        old = {item.id for item in self._before.containers}
        if inner is None or inner.id not in old or compartment is None:
            return
        if (compartment.id, prefix) in inside:
            yield _step(sent, Action.DELETE, "route", "this run added it", object_id="")
        elif all(number != compartment.id for number, _ in inside):
            said = f"the route {sent.title} stays: the host does not show whether it was there before"
            yield _step(sent, Action.NONE, "route", said, object_id="")

    def _removed(self, sent: Step, now: Facts) -> Iterator[Step]:
        ids = {item.id for item in now.endpoints} | {item.id for item in now.containers}
        if sent.object_id not in ids:
            said = f"{sent.kind} {sent.title} was removed and cannot be brought back"
            yield _step(sent, Action.NONE, f"removed {sent.kind}", said, object_id=sent.object_id)

    def _networks(self, now: Facts, steps: Sequence[Step]) -> Iterator[Step]:
        sent = next((step for step in self._sent if (step.action, step.kind) == (Action.CREATE, "network")), None)
        old = {item.id for item in self._before.networks}
        made = [item for item in now.networks_named(self._desired.network.name) if item.id not in old]
        if sent is None or len(made) != 1:
            return
        going = {step.object_id for step in steps if step.kind == "endpoint" and step.action is Action.DELETE}
        others = [item for item in now.endpoints if _on(item, made[0].id) and item.id not in going]
        if others:
            names = ", ".join(item.name or item.id for item in others)
            said = f"the network {sent.name} stays: endpoints that this run did not make are on it, {names}"
            yield Step(Part.NETWORK, Action.NONE, "network", sent.name, said)
            return
        needs = tuple(step.key for step in steps if step.pending)
        yield Step(
            Part.NETWORK,
            Action.DELETE,
            "network",
            sent.name,
            "this run made it",
            disruptive=removal_interrupts(made[0], now),
            needs=needs,
            object_id=made[0].id,
        )


def _step(sent: Step, action: Action, kind: str, reason: str, *, object_id: str) -> Step:
    return Step(sent.part, action, kind, sent.name, reason, object_id=object_id, container=sent.container)


def _needs_of(step: Step, steps: Iterable[Step]) -> tuple[StepKey, ...]:
    """The steps before this one: an endpoint is detached before it or its container goes, an image goes last."""
    if step.kind in ("endpoint", "container") and step.pending:
        return tuple(one.key for one in steps if one.action is Action.DETACH and one.name == step.name)
    if step.kind == "image" and step.pending:
        return tuple(one.key for one in steps if one.kind == "container" and one.action is Action.DELETE)
    return step.needs


def _by_id(facts: Facts, id: str) -> Endpoint | None:
    return next((item for item in facts.endpoints if id and item.id == id), None)


def _on(endpoint: Endpoint, network_id: str) -> bool:
    return endpoint.network_id.lower() == network_id.lower()
