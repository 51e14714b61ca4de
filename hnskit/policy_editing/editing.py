"""Policies of endpoints and networks: list, add, change, remove one, clear. Whatever else is there stays.

    from hnskit.policy_editing import editing as policies
    facts = gather_facts(session)
    rule = policies.ProxyRule("10.0.1.17:80", ip="169.254.169.254", port="80")
    edits = [policies.add(policies.find_endpoint(facts, "web"), rule)]
    print(policies.plan(facts, edits).to_text())
    done = policies.apply(session, desired, edits)
    print(done.added, done.removed)

What cannot be right is a `ParamsError` that names every mistake; what the host cannot do is a refused step of the plan,
and then nothing is sent. docs/policies.md maps the commands of Microsoft's modules and of hcnproxyctrl to this.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from hnskit.applying.journal import Records
from hnskit.applying.outcomes import OnEvent, Outcome
from hnskit.applying.polling import RetryPolicy
from hnskit.applying.reconciler import Reconciler
from hnskit.errors import ParamsError, SelectionError
from hnskit.facts.host_facts import Facts
from hnskit.model.objects import Policy
from hnskit.model.policies import v1_v2
from hnskit.model.policies.kinds import PROXIES, Kind
from hnskit.model.policies.other_policies import Acl, OutboundNat, RouteVia
from hnskit.model.policies.proxies import ProxyRule, WfpProxy
from hnskit.model.policies.specs import Spec, read_spec
from hnskit.params.desired import Desired
from hnskit.planning.steps import Plan
from hnskit.policy_editing.checks import PolicyTarget, choose_kind, on_of
from hnskit.policy_editing.edits import Edit, differences, edit_operations, owner_of, plan_edits
from hnskit.policy_editing.selecting import (
    PolicyEntry,
    find_endpoint,
    find_endpoints,
    find_network,
    in_v2,
    list_policies,
    select,
    type_of,
)
from hnskit.remote.session import Session

__all__ = [
    "Acl",
    "Applied",
    "Edit",
    "Kind",
    "OutboundNat",
    "PolicyEntry",
    "PolicyTarget",
    "ProxyRule",
    "RouteVia",
    "SelectionError",
    "Spec",
    "WfpProxy",
    "add",
    "apply",
    "change",
    "choose_kind",
    "clear",
    "find_endpoint",
    "find_endpoints",
    "find_network",
    "in_v2",
    "list_policies",
    "plan",
    "read_spec",
    "remove",
    "select",
]


def add(owner: PolicyTarget, spec: Spec) -> Edit:
    """Add a policy to an object, besides those that it has.

    Args:
        owner: an `Endpoint` or a `Network` of the facts.
        spec: a `ProxyRule`, `WfpProxy`, `OutboundNat`, `RouteVia` or `Acl`.

    Returns:
        The edit, for `plan` and `apply`.

    Raises:
        ParamsError: it cannot be right; every mistake is named.
    """
    _check(spec)
    return Edit(on_of(owner), owner.id, "add", new=spec)


def change(owner: PolicyTarget, old: Policy, **fields: Any) -> Edit:
    """Change fields of a policy's spec, in the same place of the list.

    Args:
        owner: an `Endpoint` or a `Network` of the facts.
        old: the policy, as `select` or the owner has it.
        fields: fields of its spec with their new values.

    Returns:
        The edit, for `plan` and `apply`.

    Raises:
        ParamsError: what comes of it cannot be right.
        SelectionError: it is of a kind that is shown and kept, and cannot be set.
    """
    spec = read_spec(old)
    if spec is None:
        said = f"{old.type} is shown and kept, and cannot be changed here"
        raise SelectionError(said, object=owner.name)
    new = replace(spec, **fields)
    _check(new)
    return Edit(on_of(owner), owner.id, "change", new=new, old=old, leave=_alike(owner, old) - 1)


def remove(owner: PolicyTarget, old: Policy) -> Edit:
    """Remove one policy like this.

    Args:
        owner: an `Endpoint` or a `Network` of the facts.
        old: the policy, as `select` or the owner has it.

    Returns:
        The edit, for `plan` and `apply`.
    """
    return Edit(on_of(owner), owner.id, "remove", old=old, leave=_alike(owner, old) - 1)


def clear(owner: PolicyTarget, *, kinds: Iterable[str] = ()) -> Edit:
    """Remove every policy of these types.

    Args:
        owner: an `Endpoint` or a `Network` of the facts.
        kinds: types, in v1's or v2's word; empty: every kind of proxy policy, of any maker.

    Returns:
        The edit, for `plan` and `apply`.
    """
    return Edit(on_of(owner), owner.id, "clear", kinds=frozenset(map(type_of, kinds)) or PROXIES)


def _alike(owner: PolicyTarget, policy: Policy) -> int:
    return sum(v1_v2.same(item, policy) for item in owner.policies)


def _check(spec: Spec) -> None:
    if mistakes := spec.mistakes():
        raise ParamsError(f"the {spec.kind} policy", mistakes, next_step="Correct it; no host was changed.")


def plan(facts: Facts, edits: Sequence[Edit]) -> Plan:
    """Plan edits, without IO.

    Args:
        facts: from `gather_facts`.
        edits: from `add`, `change`, `remove` and `clear`.

    Returns:
        A plan with a step for each edit, with its reason.
    """
    return plan_edits(edits, facts)


@dataclass(frozen=True, slots=True)
class Applied:
    """The outcome of the edits."""

    outcome: Outcome
    added: int
    changed: int
    removed: int
    """Number of policies that went, as the host shows it."""

    def to_json(self) -> dict[str, Any]:
        """As `--json` prints it."""
        return {
            "added": self.added,
            "changed": self.changed,
            "removed": self.removed,
            "plan": self.outcome.plan.to_json(),
            "outcome": self.outcome.to_json(),
        }

    def to_text(self) -> str:
        """Count the changes in a line."""
        said = [f"{self.added} added", f"{self.changed} changed", f"{self.removed} removed"]
        return ", ".join(item for item in said if not item.startswith("0 ")) or "Nothing to do"


def apply(
    session: Session,
    desired: Desired,
    edits: Sequence[Edit],
    *,
    facts: Facts | None = None,
    journal: Records | None = None,
    on_event: OnEvent | None = None,
    pace: RetryPolicy | None = None,
) -> Applied:
    """Carry edits out: guarded by what was read, and done only when the host shows it; run it again at any time.

    Args:
        session: from `connect`.
        desired: the redirect of the same parameters; nothing of it is changed.
        edits: from `add`, `change`, `remove` and `clear`.
        facts: a snapshot that was just taken, to save taking it again.
        journal: where to write what is done.
        on_event: called as things happen.
        pace: how often a step is tried.

    Returns:
        How many policies were added, changed and removed, as the host shows it, and the outcome.

    Raises:
        PreflightError: a step is refused; nothing was sent.
        StepError: a step failed.
        BusyError: another process of this user holds the host's lock.
        ConnectError, OutcomeUnknownError: the host is gone.
        HostAnswerError: the host answered nonsense.
        StoppedError: by Ctrl-C.
    """
    wanted = tuple(edits)
    work = Reconciler(
        session,
        desired,
        lambda now, _: plan_edits(wanted, now),
        journal=journal,
        on_event=on_event,
        pace=pace,
        build=edit_operations(wanted),
    )
    outcome = work.run(facts)
    added = changed = removed = 0
    for key in dict.fromkeys((edit.on, edit.id.lower()) for edit in wanted):
        edit = next(item for item in wanted if (item.on, item.id.lower()) == key)
        before, after = owner_of(edit, outcome.before), owner_of(edit, outcome.after)
        if before is not None and after is not None:
            gone, new = differences(before.policies, after.policies)
            same = sum(1 for item in wanted if item.action == "change" and (item.on, item.id.lower()) == key)
            pairs = min(len(gone), len(new), same)
            added, changed, removed = added + len(new) - pairs, changed + pairs, removed + len(gone) - pairs
    return Applied(outcome, added, changed, removed)
