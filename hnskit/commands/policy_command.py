"""`hnskit policy`: list, add, change, remove, clear and lookup of policies on endpoints and networks."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from hnskit.commands.envelope import print_result
from hnskit.commands.host_input import read_host
from hnskit.commands.options import Choice, WholeHelp, common, table_option
from hnskit.commands.output import say_problems
from hnskit.commands.policy_changes import carry_out, known_fields, owners_of, spec_of
from hnskit.commands.policy_options import Asked, changing, chosen, packed, removing, what, where
from hnskit.commands.reaching import opened
from hnskit.foreign_text.terminal import say

if TYPE_CHECKING:
    from hnskit.facts.host_facts import Facts
    from hnskit.policy_editing.editing import Edit, PolicyTarget

KINDS = ("auto", "PROXY", "L4Proxy", "L4WFPPROXY", "OutBoundNAT", "ROUTE", "ACL")


@click.group(cls=WholeHelp)
def policy() -> None:
    """Policies of endpoints and networks: proxies of every kind, and those beside them."""


@policy.command("list")
@common
@where
@click.option("--type", "kinds", multiple=True, metavar="TYPE", help="Only this type; may be many.")
@click.option("--proxies", is_flag=True, help="Only proxy policies: PROXY, L4Proxy, L4WFPPROXY.")
@click.option("--v2", "in_v2", is_flag=True, help="As HCN, the v2 API, prints them; needs --endpoint or --network.")
@table_option
def list_command(
    params: str,
    overrides: tuple[str, ...],
    as_json: bool,
    *,
    kinds: tuple[str, ...],
    proxies: bool,
    in_v2: bool,
    form: str,
    endpoints: tuple[str, ...],
    networks: tuple[str, ...],
) -> None:
    """List policies and their settings. PARAMS may also be snapshot:FILE."""
    from hnskit.policy_editing.editing import in_v2 as read_in_v2
    from hnskit.policy_editing.editing import list_policies
    from hnskit.policy_editing.policy_frames import entries_frame
    from hnskit.running.terminal_lines import print_table

    owners: list[PolicyTarget] | None
    if in_v2:
        with opened(params, overrides) as (_, host):
            facts = host.facts()
            owners = [*read_in_v2(host.session(), facts, owners_of(facts, endpoints, networks))]
    else:
        _, facts = read_host(params, overrides)
        owners = owners_of(facts, endpoints, networks) if endpoints or networks else None
    found = list_policies(facts, owners=owners, kinds=kinds, proxies=proxies)
    if as_json or form == "json":
        print_result([item.to_json() for item in found], target=facts.target)
    else:
        frame = entries_frame(found)
        shown = frame[["on", "name", "address", "container", "number", "policy", "id"]] if form == "table" else frame
        print_table(shown, form, "policy")
    say_problems(facts)


@policy.command()
@click.argument("what", metavar="CONTAINER|NAME|ADDRESS|ID")
@common
def lookup(what: str, params: str, overrides: tuple[str, ...], as_json: bool) -> None:
    """The ids of the endpoints that are meant: those of a container, of an address, of a name."""
    from hnskit.errors import SelectionError
    from hnskit.policy_editing.editing import find_endpoints
    from hnskit.policy_editing.selecting import no_endpoint

    _, facts = read_host(params, overrides)
    found = find_endpoints(facts, what)
    if not found:
        raise SelectionError(no_endpoint(facts, what), host=facts.target)
    if as_json:
        print_result(
            [{"id": item.id, "name": item.name, "address": item.address} for item in found], target=facts.target
        )
    else:
        say(*(item.id for item in found))


@policy.command()
@common
@where
@click.option("--kind", type=Choice(KINDS, case_sensitive=False), default="auto", show_default=True)
@what
@changing
@packed
def add(asked: Asked, kind: str) -> None:
    """Add a policy, and keep every other; a policy that is there already is not added twice.

    On an endpoint of the parameters the next `hnskit apply` takes away again what leads to the proxy or claims what is
    redirected; where it would, that is said.

    With --kind auto what is said decides, and HNS's version: --destination is a redirect (PROXY on an endpoint, L4Proxy
    on a network), --inbound-port or --outbound-port an L4WFPPROXY.
    """
    from hnskit.policy_editing import editing as policies

    def edits(facts: Facts) -> list[Edit]:
        owners = owners_of(facts, asked.endpoints, asked.networks)
        return [policies.add(owner, spec_of(facts, owner, kind, asked.fields)) for owner in owners]

    carry_out(asked, edits)


@policy.command()
@common
@where
@chosen
@what
@changing
@packed
def change(asked: Asked, number: int | None, kind: str) -> None:
    """Change what one policy says, in its place; what is not said stays as it is."""
    from hnskit.policy_editing import editing as policies

    def edits(facts: Facts) -> list[Edit]:
        made = []
        for owner in owners_of(facts, asked.endpoints, asked.networks):
            entry = policies.select(facts, owner, number=number or 0, kind=kind)
            spec = policies.read_spec(entry.policy)
            known_fields(asked.fields, spec.kind if spec else None, entry.policy.type)
            made.append(policies.change(owner, entry.policy, **asked.fields))
        return made

    carry_out(asked, edits)


@policy.command()
@common
@where
@chosen
@what
@changing
@removing
@packed
def remove(asked: Asked, number: int | None, kind: str) -> None:
    """Remove one policy, named by its number, or by its type and what it says; every other stays."""
    from hnskit.policy_editing import editing as policies

    if not (number or kind or asked.fields):
        raise click.UsageError("Name the policy: --number, or --type and what it says.")

    def edits(facts: Facts) -> list[Edit]:
        owners = owners_of(facts, asked.endpoints, asked.networks)
        chosen = [
            (owner, policies.select(facts, owner, number=number or 0, kind=kind, **asked.fields)) for owner in owners
        ]
        return [policies.remove(owner, entry.policy) for owner, entry in chosen]

    carry_out(asked, edits)


@policy.command()
@common
@where
@click.option("--type", "kinds", multiple=True, metavar="TYPE", help="This type instead of the proxy policies.")
@changing
@removing
@packed
def clear(asked: Asked, kinds: tuple[str, ...]) -> None:
    """Remove all proxy policies, whoever made them, and say how many; every other policy stays."""
    from hnskit.policy_editing import editing as policies

    def edits(facts: Facts) -> list[Edit]:
        return [policies.clear(owner, kinds=kinds) for owner in owners_of(facts, asked.endpoints, asked.networks)]

    carry_out(asked, edits)
