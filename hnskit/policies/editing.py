"""Policies of endpoints and networks: list, add, change, remove one, clear. Whatever else is there stays.

    from hnskit.policies import editing as policies
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

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from hnskit import codec
from hnskit.applying.outcomes import OnEvent, Outcome
from hnskit.applying.waiting import Pace
from hnskit.applying.work import Work
from hnskit.desired import Desired
from hnskit.errors import HnskitError, HostAnswerError, ParamsError, PreflightError
from hnskit.facts import Facts
from hnskit.journal import Journal
from hnskit.model import Endpoint, Network, Policy
from hnskit.planning.steps import Plan
from hnskit.policies import codec as policy_codec
from hnskit.policies.checks import Owner, choose_kind, is_proxy, lacks, on_of
from hnskit.policies.edits import Edit, differences, operator, owner_of, plan_edits
from hnskit.policies.specs import (
    PROXIES,
    Acl,
    Kind,
    OutboundNat,
    ProxyRule,
    RouteVia,
    Spec,
    WfpProxy,
    read_spec,
)
from hnskit.remote import hcn
from hnskit.remote.session import Session, invoke_calls
from hnskit.support import Feature
from hnskit.words import policy_words

__all__ = [
    "Acl",
    "Applied",
    "Edit",
    "Entry",
    "Kind",
    "OutboundNat",
    "Owner",
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


class SelectionError(HnskitError, LookupError):
    """What was named is not there, or is more than one."""

    exit_status = 2


@dataclass(frozen=True, slots=True)
class Entry:
    """One policy, where it is."""

    on: Literal["endpoint", "network"]
    name: str
    address: str
    container: str
    id: str
    """Of the endpoint or network."""
    number: int
    """Its place in the object's list, from 1."""
    policy: Policy

    @property
    def is_proxy(self) -> bool:
        """Whether it is a proxy policy of any kind."""
        return is_proxy(self.policy)

    @property
    def words(self) -> str:
        """What it says."""
        return policy_words(self.policy)

    def to_json(self) -> dict[str, Any]:
        """As `--json` prints it."""
        where = {"on": self.on, "name": self.name, "address": self.address, "container": self.container, "id": self.id}
        said = {"type": self.policy.type, "proxy": self.is_proxy, "settings": dict(self.policy.settings)}
        return {**where, "number": self.number, **said, "words": self.words}


def find_endpoints(facts: Facts, text: str) -> tuple[Endpoint, ...]:
    """Endpoints by id, name, address, or their container's name or id (12 characters will do); all that it can mean."""
    wanted = text.strip("{}").lower()
    by_id = tuple(item for item in facts.endpoints if item.id.strip("{}").lower() == wanted)
    if by_id or not wanted:
        return by_id
    found = [item for item in facts.endpoints if text in (item.name, item.address)]
    for container in facts.containers:
        if container.name == text or (len(wanted) >= 12 and container.id.startswith(wanted)):
            found += [item for item in facts.endpoints_of(container) if item not in found]
    return tuple(found)


def find_endpoint(facts: Facts, text: str) -> Endpoint:
    """The only endpoint that is meant.

    Raises:
        SelectionError: there is none, or more than one; their ids are named.
    """
    found = find_endpoints(facts, text)
    if len(found) == 1:
        return found[0]
    if not found:
        raise SelectionError(
            f"no endpoint has this id, name, address or container: {text!r}",
            host=facts.target,
            next_step="`hnskit show endpoints` lists them; a container has its endpoint while it runs.",
        )
    said = ", ".join(f"{item.id} ({item.name}, {item.address or 'no address'})" for item in found)
    many = f"{text!r} can mean {len(found)} endpoints: {said}"
    raise SelectionError(many, host=facts.target, next_step="Name one by its id.")


def find_network(facts: Facts, text: str) -> Network:
    """The only network of this id or name.

    Raises:
        SelectionError: there is none, or more than one.
    """
    wanted = text.strip("{}").lower()
    found = [item for item in facts.networks if item.id.strip("{}").lower() == wanted] or facts.networks_named(text)
    if len(found) != 1:
        said = f"{len(found)} networks have the id or name {text!r}, one was expected"
        raise SelectionError(said, host=facts.target, next_step="`hnskit show networks` lists them with their ids.")
    return found[0]


def list_policies(
    facts: Facts, owners: Iterable[Owner] | None = None, kinds: Iterable[str] = (), *, proxies: bool = False
) -> tuple[Entry, ...]:
    """The policies of these objects, or of all; neighbours of a proxy policy too (PortMapping, QOS, L2Driver, …).

    Args:
        kinds: only of these types, v1's or v2's word.
        proxies: only proxy policies.
    """
    wanted = {_upper(kind) for kind in kinds}
    objects: Iterable[Owner] = (*facts.endpoints, *facts.networks) if owners is None else owners
    containers = _containers(facts)
    return tuple(
        entry
        for owner in objects
        for entry in _entries(owner, containers)
        if (not wanted or policy_codec.kind_of(entry.policy) in wanted) and (not proxies or entry.is_proxy)
    )


def _containers(facts: Facts) -> dict[str, str]:
    """Endpoint id -> its container's name, for all at once: a host may have thousands."""
    names = {item.id: item.name for item in facts.containers}
    inside = {item.id: names.get(item.container_id, "") for item in facts.compartments if item.container_id}
    shared = {item.id: names.get(next(iter(item.containers), ""), "") for item in facts.endpoints}
    by_compartment = {item.id: inside.get(item.compartment_id or 0, "") for item in facts.endpoints if item.attached}
    return {id: by_compartment.get(id) or name for id, name in shared.items()}


def _entries(owner: Owner, containers: Mapping[str, str]) -> list[Entry]:
    address = owner.address if isinstance(owner, Endpoint) else ""
    on: Literal["endpoint", "network"] = "network" if on_of(owner) == "network" else "endpoint"
    return [
        Entry(on, owner.name, address, containers.get(owner.id, ""), owner.id, number, policy)
        for number, policy in enumerate(owner.policies, 1)
    ]


def in_v2(session: Session, facts: Facts, owners: Iterable[Owner]) -> tuple[Owner, ...]:
    """The same objects with their policies as HCN prints them, in v2's own words.

    Raises:
        PreflightError: the host has no v2 API.
        HnsError: HCN refused.
    """
    if missing := lacks(facts, Feature.V2_API):
        raise PreflightError(missing, host=facts.target)
    asked = list(owners)
    calls = [hcn.query(f"v2: {owner.id}", _on(owner), owner.id) for owner in asked]
    results = {result.id: result for result in invoke_calls(session, calls)}
    return tuple(_as_read(owner, hcn.output(results[f"v2: {owner.id}"])) for owner in asked)


def _as_read(owner: Owner, shown: Any) -> Owner:
    if isinstance(owner, Network):
        return replace(owner, policies=codec.parse_network(shown).policies)
    return replace(owner, policies=codec.parse_endpoint(shown).policies)


def _upper(kind: str) -> str:
    return policy_codec.kind_of(Policy(kind))


def select(facts: Facts, owner: Owner, *, number: int = 0, kind: str = "", **said: Any) -> Entry:
    """The only policy of an object that is meant: by its number, or by its type and what it says.

    Args:
        said: fields of the policy's spec: `ip="169.254.169.254", port="80"`.

    Raises:
        SelectionError: there is none, or more than one; they are named.
    """
    entries = list_policies(facts, [owner], [kind] if kind else ())
    found = [item for item in entries if (not number or item.number == number) and _says(item.policy, said)]
    if len(found) > 1 and all(policy_codec.same(item.policy, found[0].policy) for item in found):
        return found[0]
    if len(found) == 1:
        return found[0]
    shown = "; ".join(f"{item.number}. {item.words}" for item in found or list_policies(facts, [owner]))
    raise SelectionError(
        f"{len(found)} policies of {owner.name or owner.id} are meant, one was expected: {shown or 'it has none'}",
        host=facts.target,
        next_step="Name one by its number, as `hnskit policy list` shows it.",
    )


def _says(policy: Policy, said: dict[str, Any]) -> bool:
    if not said:
        return True
    try:
        spec = read_spec(policy)
    except HostAnswerError:
        return False
    return spec is not None and all(getattr(spec, name, None) == value for name, value in said.items())


def add(owner: Owner, spec: Spec) -> Edit:
    """That an object has this policy, besides what it has.

    Raises:
        ParamsError: it cannot be right; every mistake is named.
    """
    _check(spec)
    return Edit(_on(owner), owner.id, "add", new=spec)


def change(owner: Owner, old: Policy, **fields: Any) -> Edit:
    """That a policy says something else in these fields of its spec, in the same place of the list.

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
    return Edit(_on(owner), owner.id, "change", new=new, old=old, leave=_alike(owner, old) - 1)


def remove(owner: Owner, old: Policy) -> Edit:
    """That an object has one policy like this fewer."""
    return Edit(_on(owner), owner.id, "remove", old=old, leave=_alike(owner, old) - 1)


def clear(owner: Owner, kinds: Iterable[str] = ()) -> Edit:
    """That an object has none of these types; without a type: no proxy policy of any kind, whoever made it."""
    return Edit(_on(owner), owner.id, "clear", kinds=frozenset(map(_upper, kinds)) or PROXIES)


def _on(owner: Owner) -> Literal["endpoint", "network"]:
    return "network" if isinstance(owner, Network) else "endpoint"


def _alike(owner: Owner, policy: Policy) -> int:
    return sum(policy_codec.same(item, policy) for item in owner.policies)


def _check(spec: Spec) -> None:
    if mistakes := spec.mistakes():
        raise ParamsError(f"a {spec.kind} policy", mistakes, next_step="Correct it; no host was changed.")


def plan(facts: Facts, edits: Sequence[Edit]) -> Plan:
    """What would be done, and why; pure."""
    return plan_edits(edits, facts)


@dataclass(frozen=True, slots=True)
class Applied:
    """What came of it."""

    outcome: Outcome
    added: int
    changed: int
    removed: int
    """How many policies went, as the host shows it."""

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
        """In a line."""
        said = [f"{self.added} added", f"{self.changed} changed", f"{self.removed} removed"]
        return ", ".join(item for item in said if not item.startswith("0 ")) or "Nothing to do"


def apply(
    session: Session,
    desired: Desired,
    edits: Sequence[Edit],
    *,
    facts: Facts | None = None,
    journal: Journal | None = None,
    on_event: OnEvent | None = None,
    pace: Pace | None = None,
) -> Applied:
    """Carry edits out: guarded by what was read, and done only when the host shows it; run it again at any time.

    Args:
        desired: the redirect of the same parameters; nothing of it is changed.
        facts: a snapshot that was just taken, to save taking it again.

    Errors are those of `hnskit.apply`: PreflightError where a step is refused, and then nothing was sent.
    """
    wanted = tuple(edits)
    work = Work(
        session,
        desired,
        lambda now: plan_edits(wanted, now),
        journal=journal,
        on_event=on_event,
        pace=pace,
        operate=operator(wanted),
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
