"""Select endpoints, networks and policies by name, id, address or container."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from hnskit.errors import HostAnswerError, PreflightError, SelectionError
from hnskit.errors.nearest import did_you_mean
from hnskit.facts.capabilities import lacks
from hnskit.facts.compartment_owners import CompartmentOwners
from hnskit.facts.host_facts import Facts
from hnskit.model import hns_json
from hnskit.model.hns_features import Feature
from hnskit.model.objects import Endpoint, Network, Policy
from hnskit.model.policies import v1_v2
from hnskit.model.policies.specs import read_spec
from hnskit.model.wording import describe_policy
from hnskit.policy_editing.checks import PolicyTarget, is_proxy, on_of
from hnskit.remote import hcn
from hnskit.remote.session import Session, invoke_calls


@dataclass(frozen=True, slots=True)
class PolicyEntry:
    """One policy, where it is."""

    on: hcn.On
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
        """Tell whether it is a proxy policy of any kind."""
        return is_proxy(self.policy)

    @property
    def description(self) -> str:
        """The policy in words."""
        return describe_policy(self.policy)

    def to_json(self) -> dict[str, Any]:
        """As `--json` prints it."""
        where = {"on": self.on, "name": self.name, "address": self.address, "container": self.container, "id": self.id}
        said = {"type": self.policy.type, "proxy": self.is_proxy, "settings": dict(self.policy.settings)}
        return {**where, "number": self.number, **said, "description": self.description}


def find_endpoints(facts: Facts, text: str) -> tuple[Endpoint, ...]:
    """Find endpoints by id, name, address, or the name or id of their container or pod (8 characters will do).

    Args:
        facts: from `gather_facts`.
        text: an id, a name, an address, or a container's name or id.

    Returns:
        Every endpoint that it can mean, in the order of the facts; empty: none.
    """
    wanted = text.strip("{}").lower()
    by_id = tuple(item for item in facts.endpoints if item.id.strip("{}").lower() == wanted)
    if by_id or not wanted:
        return by_id
    found = [item for item in facts.endpoints if text in (item.name, item.address)]
    for container in facts.containers_called(text):
        found += [item for item in facts.endpoints_of(container) if item not in found]
    return tuple(found)


def no_endpoint(facts: Facts, text: str) -> str:
    """Say that no endpoint is meant by a text, and which is the nearest name."""
    names = [*(item.name for item in facts.endpoints), *(item.name for item in facts.containers)]
    near = did_you_mean(text, names)
    return f"no endpoint has this id, name, address or container: {text!r}{'; ' if near else ''}{near}"


def find_endpoint(facts: Facts, text: str) -> Endpoint:
    """Find the only endpoint that is meant.

    Args:
        facts: from `gather_facts`.
        text: an id, a name, an address, or a container's name or id.

    Returns:
        The endpoint.

    Raises:
        SelectionError: there is none, or more than one; their ids are named.
    """
    found = find_endpoints(facts, text)
    if len(found) == 1:
        return found[0]
    if not found:
        raise SelectionError(
            no_endpoint(facts, text),
            host=facts.target,
            next_step="`hnskit show endpoints` lists them; a container has its endpoint while it runs.",
        )
    said = ", ".join(f"{item.id} ({item.name}, {item.address or 'no address'})" for item in found)
    many = f"{text!r} can mean {len(found)} endpoints: {said}"
    raise SelectionError(many, host=facts.target, next_step="Name one by its id.")


def find_network(facts: Facts, text: str) -> Network:
    """Find the only network of this id or name.

    Args:
        facts: from `gather_facts`.
        text: an id or a name.

    Returns:
        The network.

    Raises:
        SelectionError: there is none, or more than one.
    """
    wanted = text.strip("{}").lower()
    found = [item for item in facts.networks if item.id.strip("{}").lower() == wanted] or facts.networks_named(text)
    if len(found) != 1:
        near = "" if found else did_you_mean(text, [item.name for item in facts.networks])
        said = f"{len(found)} networks have the id or name {text!r}, one was expected{'; ' if near else ''}{near}"
        raise SelectionError(said, host=facts.target, next_step="`hnskit show networks` lists them with their ids.")
    return found[0]


def list_policies(
    facts: Facts, *, owners: Iterable[PolicyTarget] | None = None, kinds: Iterable[str] = (), proxies: bool = False
) -> tuple[PolicyEntry, ...]:
    """List the policies of objects; those beside a proxy policy too (PortMapping, QOS, L2Driver, …).

    Args:
        facts: from `gather_facts`.
        owners: endpoints or networks of the facts; None: all.
        kinds: only of these types, v1's or v2's word.
        proxies: only proxy policies.

    Returns:
        The policies in the order of the host, each with its object and number.
    """
    wanted = {type_of(kind) for kind in kinds}
    objects: Iterable[PolicyTarget] = (*facts.endpoints, *facts.networks) if owners is None else owners
    whose = CompartmentOwners(facts)
    return tuple(
        entry
        for owner in objects
        for entry in _entries(owner, whose)
        if (not wanted or v1_v2.kind_of(entry.policy) in wanted) and (not proxies or entry.is_proxy)
    )


def _entries(owner: PolicyTarget, whose: CompartmentOwners) -> list[PolicyEntry]:
    address = owner.address if isinstance(owner, Endpoint) else ""
    container = whose.of_endpoint(owner) if isinstance(owner, Endpoint) else None
    return [
        PolicyEntry(on_of(owner), owner.name, address, container.name if container else "", owner.id, number, policy)
        for number, policy in enumerate(owner.policies, 1)
    ]


def in_v2(session: Session, facts: Facts, owners: Iterable[PolicyTarget]) -> tuple[PolicyTarget, ...]:
    """Read the policies of objects as HCN prints them.

    Args:
        session: from `connect`.
        facts: from `gather_facts`.
        owners: endpoints or networks of the facts.

    Returns:
        The same objects with their policies in v2's spelling.

    Raises:
        PreflightError: the host has no v2 API.
        HnsError: HCN refused.
    """
    if missing := lacks(facts, Feature.V2_API):
        raise PreflightError(missing, host=facts.target)
    asked = list(owners)
    calls = [hcn.query(f"v2: {owner.id}", on_of(owner), owner.id) for owner in asked]
    results = {result.id: result for result in invoke_calls(session, calls)}
    return tuple(_as_read(owner, hcn.output(results[f"v2: {owner.id}"])) for owner in asked)


def _as_read(owner: PolicyTarget, shown: Any) -> PolicyTarget:
    if isinstance(owner, Network):
        return replace(owner, policies=hns_json.parse_network(shown).policies)
    return replace(owner, policies=hns_json.parse_endpoint(shown).policies)


def type_of(kind: str) -> str:
    """A type of policies as people and both APIs write it, as `v1_v2.kind_of` has it."""
    return v1_v2.kind_of(Policy(kind))


def select(facts: Facts, owner: PolicyTarget, *, number: int = 0, kind: str = "", **said: Any) -> PolicyEntry:
    """Select the only policy of an object that is meant: by its number, or by its type and its fields.

    Args:
        facts: from `gather_facts`.
        owner: an `Endpoint` or a `Network` of the facts.
        number: as `list_policies` counts, from 1; 0: by the rest.
        kind: its type, v1's or v2's word.
        said: fields of the policy's spec: `ip="169.254.169.254", port="80"`.

    Returns:
        The policy with its object.

    Raises:
        SelectionError: there is none, or more than one; they are named.
    """
    entries = list_policies(facts, owners=[owner], kinds=[kind] if kind else ())
    found = [item for item in entries if (not number or item.number == number) and _says(item.policy, said)]
    if len(found) > 1 and all(v1_v2.same(item.policy, found[0].policy) for item in found):
        return found[0]
    if len(found) == 1:
        return found[0]
    shown = "; ".join(f"{item.number}. {item.description}" for item in found or list_policies(facts, owners=[owner]))
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
