"""Edits of the policies of endpoints and networks, their plan, and the calls that carry it out.

Pure. An edit is applied to what a snapshot shows, again and again, until there is nothing left to do: so it is written
as what is wanted in the end ("this one is there", "one fewer of these"), and never as a list that was read once. What
others put there stays.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from hnskit.applying.operation import Operation
from hnskit.errors import StepError
from hnskit.facts.capabilities import can, lacks
from hnskit.facts.host_facts import Facts
from hnskit.model.hns_features import Feature
from hnskit.model.objects import Endpoint, Network, Policy
from hnskit.model.policies import v1_v2
from hnskit.model.policies.kinds import Kind
from hnskit.model.policies.specs import Spec
from hnskit.model.wording import describe_policy
from hnskit.params.desired import Desired, Part
from hnskit.planning.steps import Action, Change, Plan, Step, StepKey
from hnskit.policy_editing.checks import PolicyTarget, judge, on_of
from hnskit.remote import hcn, hns
from hnskit.remote.session import Call, CallResult

KIND = "policies"
"""Of these steps. A redirect's own are `policy`: a teardown takes those away, and these never."""
_REPLACED_BY_V1 = frozenset({"ACL", "PROXY"})
"""Kinds that a POST of the whole list takes away by leaving them out; others survive it (HNS facts 45, 53)."""
_NEEDS_V2 = frozenset({"L4WFPPROXY"})


@dataclass(frozen=True, slots=True)
class Edit:
    """One thing that is wanted of one object's policies."""

    on: hcn.On
    id: str
    action: Literal["add", "change", "remove", "clear"]
    new: Spec | None = None
    """Policy that is added, or that replaces `old`."""
    old: Policy | None = None
    leave: int = 0
    """Number of policies like `old` that stay; two that say the same are told apart by nothing else."""
    kinds: frozenset[str] = frozenset()
    """Kinds that a clear takes away, as `v1_v2.kind_of` has them."""

    def applied(self, policies: Sequence[Policy]) -> tuple[Policy, ...]:
        """The list as it should be: the same where there is nothing to do."""
        if self.action == "clear":
            return tuple(item for item in policies if v1_v2.kind_of(item) not in self.kinds)
        new = self.new.policy() if self.new is not None else None
        there = new is not None and any(v1_v2.same(item, new) for item in policies)
        if self.action == "add" and new is not None:
            return tuple(policies) if there else (*policies, new)
        old = self.old
        alike = [place for place, item in enumerate(policies) if old is not None and v1_v2.same(item, old)]
        if self.action == "remove":
            gone = set(alike[self.leave :])
            return tuple(item for place, item in enumerate(policies) if place not in gone)
        if new is None or not alike or len(alike) <= self.leave:
            return tuple(policies)
        return (*policies[: alike[0]], new, *policies[alike[0] + 1 :])


def owner_of(edit: Edit, facts: Facts) -> PolicyTarget | None:
    """The object as it is now; None where it is gone."""
    objects: tuple[PolicyTarget, ...] = facts.networks if edit.on == "network" else facts.endpoints
    return next((item for item in objects if item.id.lower() == edit.id.lower()), None)


def after_edits(edits: Iterable[Edit], facts: Facts) -> Facts:
    """The host as it would be with these edits of endpoints done; what is refused of them is not asked."""
    there = {item.id.lower(): item for item in facts.endpoints}
    for edit in edits:
        owner = there.get(edit.id.lower()) if edit.on == "endpoint" else None
        if owner is not None:
            there[edit.id.lower()] = replace(owner, policies=edit.applied(owner.policies))
    return replace(facts, endpoints=tuple(there.values()))


def plan_edits(edits: Iterable[Edit], facts: Facts) -> Plan:
    """Plan edits: a step for each call, each guarded by what was read; nothing is sent."""
    groups: dict[tuple[str, str], list[Edit]] = {}
    for edit in edits:
        groups.setdefault((edit.on, edit.id.lower()), []).append(edit)
    return Plan(facts.target, tuple(step for group in groups.values() for step in _steps(group, facts)))


def _steps(edits: Sequence[Edit], facts: Facts) -> list[Step]:
    owner = owner_of(edits[0], facts)
    if owner is None:
        name = f"{edits[0].on} {edits[0].id}"
        return [Step(Part.POLICY, Action.REFUSE, KIND, name, f"the {edits[0].on} is not there (any more)")]
    notes = list[str]()

    def step(
        action: Action, reason: str, changes: tuple[Change, ...] = (), needs: tuple[StepKey, ...] = (), phase: str = ""
    ) -> Step:
        unique = isinstance(owner, Network) or len(facts.endpoints_named(owner.name)) == 1
        return Step(
            Part.POLICY, action, KIND, _name(owner), reason, changes,
            needs=needs, object_id=owner.id, ambiguous=not (owner.name and unique), phase=phase,
        )  # fmt: skip

    def one(action: Action, reason: str) -> list[Step]:
        return [step(action, reason)]

    current = owner.policies
    for edit in edits:
        wanted = edit.applied(current)
        if wanted == current:
            if edit.action == "change" and not _is_there(edit, current):
                return one(Action.REFUSE, "the policy that was to be changed is not there (any more)")
            continue
        if edit.new is not None:
            known = {id(item) for item in current}
            judged = judge(facts, owner, edit.new, tuple(item for item in wanted if id(item) in known))
            if judged.refusal:
                return one(Action.REFUSE, judged.refusal)
            notes += judged.notes
        current = wanted
    phases = _phases(owner, current, facts, by_hand=_by_hand(edits))
    if not phases:
        return one(Action.NONE, _nothing(edits))
    if refusal := _cannot(owner, phases, facts):
        return one(Action.REFUSE, refusal)
    steps: list[Step] = []
    for phase in phases:
        reason = "; ".join((_reason(phase, len(owner.policies)), *(dict.fromkeys(notes) if phase.new else ())))
        needs = tuple(before.key for before in steps)
        steps.append(step(Action.UPDATE, reason, _changes(phase.gone, phase.new), needs, phase.change or ""))
    return steps


def _by_hand(edits: Sequence[Edit]) -> bool:
    return any(edit.new is not None and edit.new.kind is Kind.L4PROXY for edit in edits)


def _is_there(edit: Edit, policies: Sequence[Policy]) -> bool:
    return edit.new is not None and any(v1_v2.same(item, edit.new.policy()) for item in policies)


def differences(before: Sequence[Policy], after: Sequence[Policy]) -> tuple[tuple[Policy, ...], tuple[Policy, ...]]:
    """Compare two lists of policies: the removed and the added, each as often as it occurs."""
    gone, new = list(before), []
    for item in after:
        found = next((one for one in gone if v1_v2.same(one, item)), None)
        if found is None:
            new.append(item)
        else:
            gone.remove(found)
    return tuple(gone), tuple(new)


def _name(owner: PolicyTarget) -> str:
    return f"of network {owner.name or owner.id}" if isinstance(owner, Network) else owner.name


def _nothing(edits: Sequence[Edit]) -> str:
    words = {"add": "it is there", "change": "it is so already", "remove": "it is not there", "clear": "there is none"}
    return "; ".join(dict.fromkeys(words[edit.action] for edit in edits))


def _reason(phase: Phase, before: int) -> str:
    gone, new = len(phase.gone), len(phase.new)
    said = [f"{gone} removed" if gone else "", f"{new} added" if new else ""]
    if gone == new == 1 and v1_v2.kind_of(phase.gone[0]) == v1_v2.kind_of(phase.new[0]):
        said = ["1 changed"]
    return f"{', '.join(filter(None, said))}, {before - gone} kept as they are"


def _changes(gone: Sequence[Policy], new: Sequence[Policy]) -> tuple[Change, ...]:
    left = list(new)
    changes = []
    for old in gone:
        heir = next((item for item in left if v1_v2.kind_of(item) == v1_v2.kind_of(old)), None)
        if heir is not None:
            left.remove(heir)
        changes.append(Change(old.type, describe_policy(old), describe_policy(heir) if heir else ""))
    return (*changes, *(Change(item.type, "", describe_policy(item)) for item in left))


def _cannot(owner: PolicyTarget, phases: Sequence[Phase], facts: Facts) -> str:
    """Tell whether the change needs the v2 API and the host has none."""
    if all(phase.change is None for phase in phases):
        return ""
    missing = lacks(facts, Feature.V2_API)
    return f"HNS v1 cannot do this to {on_of(owner)} policies: {missing}" if missing else ""


@dataclass(frozen=True, slots=True)
class Phase:
    """The effect of one call on an object's policies."""

    change: hcn.Change | None
    """Of HCN; None is v1's POST of the whole list."""
    gone: tuple[Policy, ...]
    new: tuple[Policy, ...]
    sent: tuple[Policy, ...]


def _phases(owner: PolicyTarget, wanted: tuple[Policy, ...], facts: Facts, *, by_hand: bool) -> list[Phase]:
    """v1 for what v1 can; v2 for networks, for what only v2 knows, and where L4Proxy was asked for."""
    gone, new = differences(owner.policies, wanted)
    if isinstance(owner, Network):
        in_v2 = {v1_v2.kind_of(item) for item in (*gone, *new)}
    else:
        in_v2 = _v2_kinds(gone, wanted) | {v1_v2.kind_of(item) for item in new} & _NEEDS_V2
        if by_hand and can(facts, Feature.V2_API):
            in_v2.add("PROXY")

    def split(policies: Iterable[Policy], *, v2: bool) -> tuple[Policy, ...]:
        return tuple(item for item in policies if (v1_v2.kind_of(item) in in_v2) == v2)

    phases = []
    v1_gone, v1_new = split(gone, v2=False), split(new, v2=False)
    if v1_gone or v1_new:
        kept = split(owner.policies, v2=True)  # as they are; v2 changes them in a step of its own
        phases.append(Phase(None, v1_gone, v1_new, (*split(wanted, v2=False), *kept)))
    return [*phases, *_in_v2(split(gone, v2=True), split(new, v2=True), wanted)]


def _in_v2(gone: tuple[Policy, ...], new: tuple[Policy, ...], wanted: Sequence[Policy]) -> list[Phase]:
    """Add or Remove; for a kind of which some go and some come, Update with all of that kind (HNS facts 52, 53)."""
    kinds = {v1_v2.kind_of(item) for item in gone} & {v1_v2.kind_of(item) for item in new}

    def split(policies: Iterable[Policy], *, both: bool) -> tuple[Policy, ...]:
        return tuple(item for item in policies if (v1_v2.kind_of(item) in kinds) == both)

    phases = [
        Phase("Update", split(gone, both=True), split(new, both=True), split(wanted, both=True)),
        Phase("Remove", split(gone, both=False), (), split(gone, both=False)),
        Phase("Add", (), split(new, both=False), split(new, both=False)),
    ]
    return [phase for phase in phases if phase.gone or phase.new]


def _v2_kinds(gone: Sequence[Policy], after: Sequence[Policy]) -> set[str]:
    """Kinds of an endpoint that v1 cannot change so: the last of a kind that a POST does not take away."""
    left = {v1_v2.kind_of(item) for item in after}
    kinds = {v1_v2.kind_of(item) for item in gone}
    return {kind for kind in kinds if kind in _NEEDS_V2 or (kind not in _REPLACED_BY_V1 and kind not in left)}


def edit_operations(edits: Sequence[Edit]) -> Callable[[Step, Desired, Facts], Operation]:
    """Return the function that builds the call of a step of `plan_edits`."""

    def build(step: Step, _: Desired, facts: Facts) -> Operation:
        mine = [edit for edit in edits if edit.id.lower() == step.object_id.lower()]
        owner = owner_of(mine[0], facts) if mine else None
        if owner is None:
            raise StepError("the object is not there (any more)", object=step.name, step=step.id)
        wanted = owner.policies
        for edit in mine:
            wanted = edit.applied(wanted)
        phases = _phases(owner, wanted, facts, by_hand=_by_hand(mine))
        phase = next((item for item in phases if (item.change or "") == step.phase), None)
        if phase is None:
            raise StepError("there is nothing to do any more", object=step.name, step=step.id)
        return Operation(step, _call(f"step: {step.id}", owner, phase), lambda result: _read(result, owner))

    return build


def _call(identity: str, owner: PolicyTarget, phase: Phase) -> Call:
    if phase.change is None and isinstance(owner, Endpoint):
        return hns.set_policies(identity, owner, phase.sent)
    on = on_of(owner)
    guard = hns.unchanged(f"/{on}s/{owner.id}", owner.raw, "Policies")
    return hcn.modify_policies(identity, on, owner.id, phase.change or "Update", phase.sent, guard=guard)


def _read(result: CallResult, owner: PolicyTarget) -> str:
    (hns if "Response" in result.value() else hcn).output(result)
    return owner.id
