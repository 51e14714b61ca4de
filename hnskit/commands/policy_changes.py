"""Carry out the changes of `hnskit policy`: the objects, the policy, the plan and the journal."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

import click

from hnskit.commands.agreeing import require_yes
from hnskit.commands.envelope import print_result
from hnskit.commands.host_input import read_host
from hnskit.commands.output import say_problems
from hnskit.commands.policy_options import Asked
from hnskit.commands.reaching import opened
from hnskit.foreign_text.escaping import Lines
from hnskit.foreign_text.terminal import say
from hnskit.model.wording import counted

if TYPE_CHECKING:
    from hnskit.facts.host_facts import Facts
    from hnskit.params.desired import Desired
    from hnskit.planning.steps import Plan
    from hnskit.policy_editing.editing import Edit, PolicyTarget


def owners_of(facts: Facts, endpoints: Sequence[str], networks: Sequence[str]) -> list[PolicyTarget]:
    """The endpoints and networks that are meant, each once."""
    from hnskit.policy_editing.editing import find_endpoint, find_network

    if not endpoints and not networks:
        raise click.UsageError("Name where: --endpoint, or --network.")
    found: list[PolicyTarget] = [find_endpoint(facts, text) for text in endpoints]
    return list({item.id: item for item in (*found, *(find_network(facts, text) for text in networks))}.values())


def spec_of(facts: Facts, owner: PolicyTarget, wanted: str, fields: Mapping[str, Any]) -> Any:
    """The policy that --kind and its fields ask for, on this host."""
    from hnskit.model.policies.specs import SPECS, field_names
    from hnskit.policy_editing import editing as policies
    from hnskit.policy_editing.checks import on_of

    if wanted.lower() != "auto":
        kind = policies.Kind(wanted)
    elif "inbound_port" in fields or "outbound_port" in fields:
        kind = policies.Kind.L4WFPPROXY
    elif "destination" in fields:
        udp = fields.get("protocol") == "udp"
        kind = policies.Kind.L4PROXY if udp else policies.choose_kind(facts, on_of(owner))
    else:
        raise click.UsageError("Say what it is with --kind, or --destination, --inbound-port or --outbound-port.")
    known_fields(fields, kind, kind)
    required = {"destination": "", "prefix": ""}
    given = {**{name: value for name, value in required.items() if name in field_names(kind)}, **fields}
    made = SPECS[kind](**given)
    if isinstance(made, policies.ProxyRule):
        return replace(made, kind=kind)
    return made


def known_fields(fields: Mapping[str, Any], kind: Any, name: str) -> None:
    """Refuse what a policy of this kind cannot say."""
    from hnskit.model.policies.specs import field_names

    if kind is not None and (foreign := [item for item in fields if item not in field_names(kind)]):
        raise click.UsageError(f"A {name} policy has no {', '.join(item.replace('_', '-') for item in foreign)}.")


def carry_out(asked: Asked, edits: Callable[[Facts], list[Edit]]) -> None:
    """Show the plan; apply it with a journal; say what came of it."""
    from hnskit.facts.source import is_snapshot
    from hnskit.params.desired import desired_from
    from hnskit.policy_editing import editing as policies
    from hnskit.running.lazy_journal import journalled
    from hnskit.running.terminal_lines import EventLines

    if asked.dry_run:
        parameters, facts = read_host(asked.params, asked.overrides)
        wanted = edits(facts)
        found = policies.plan(facts, wanted)
        say_problems(facts)
        if parameters is not None and found.pending and not found.refused:
            _say_what_apply_makes_of_it(desired_from(parameters), facts, wanted)
        if asked.as_json:
            print_result(found.to_json(), ok=not found.refused)
        else:
            say(found.to_text())
        return
    if is_snapshot(asked.params):
        raise click.UsageError("A snapshot can be looked at, and never changed: take --dry-run.")
    with opened(asked.params, asked.overrides, asked.runs) as (loaded, host):
        facts = host.facts()
        wanted = edits(facts)
        first = policies.plan(facts, wanted)
        say_problems(facts)
        if not asked.as_json:
            say(first.to_text())
        apply = partial(policies.apply, host.session(), desired_from(loaded), wanted, facts=facts)
        if first.pending and not first.refused:
            _say_what_apply_makes_of_it(desired_from(loaded), facts, wanted)
            _require_agreement(asked, wanted, first)
            with journalled(loaded.target, runs=asked.runs) as journal, EventLines() as lines:
                done = apply(journal=journal, on_event=lines)
        else:
            done = apply()
    if asked.as_json:
        print_result(done.to_json(), target=first.target)
    else:
        say(Lines(f"{done.to_text()}."))


def _require_agreement(asked: Asked, edits: Sequence[Edit], first: Plan) -> None:
    """Ask before policies are taken away by `remove` or `clear`; what a change replaces is not."""
    gone = sum(not change.after for step in first.pending for change in step.changes)
    if asked.yes or not gone or not any(edit.action in ("remove", "clear") for edit in edits):
        return
    names = ", ".join(step.name for step in first.pending)
    require_yes(
        f"Remove {counted(gone, 'policies')} from {names} on {first.target}?", first.target, as_json=asked.as_json
    )


def _say_what_apply_makes_of_it(desired: Desired, facts: Facts, edits: Sequence[Edit]) -> None:
    """Warn where the next `hnskit apply` of these parameters would change the policies again, or be refused."""
    from hnskit.params.desired import Part
    from hnskit.planning.setup import plan
    from hnskit.planning.steps import steps_text
    from hnskit.policy_editing.edits import after_edits

    before = plan(desired, facts, parts=[Part.POLICY]).steps
    after = plan(desired, after_edits(edits, facts), parts=[Part.POLICY])
    if new := tuple(step for step in after.steps if step not in before and (step.pending or step in after.refused)):
        say("! The next `hnskit apply` of these parameters would not leave it so:", fg="yellow", err=True)
        say(steps_text(new), err=True)
