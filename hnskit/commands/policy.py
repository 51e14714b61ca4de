"""`hnskit policy`: list, add, change, remove, clear and lookup of policies on endpoints and networks."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from hnskit.commands.options import WholeHelp, common, opened, read_host, say_problems

if TYPE_CHECKING:
    from hnskit.facts import Facts
    from hnskit.params import Params
    from hnskit.policies.editing import Edit, Owner

Function = TypeVar("Function", bound=Callable[..., Any])

KINDS = ("auto", "PROXY", "L4Proxy", "L4WFPPROXY", "OutBoundNAT", "ROUTE", "ACL")
_NAMES = {"tcp": "6", "udp": "17", "icmp": "1", "igmp": "2"}
_SYSTEM = "system"

_SAID: tuple[tuple[str, str, str], ...] = (
    ("ip", "ADDRESS", "PROXY, L4Proxy: what is redirected, an address or a prefix."),
    ("port", "PORT", "PROXY, L4Proxy: its port."),
    ("destination", "IP:PORT", "PROXY, L4Proxy: where it goes."),
    ("protocol", "tcp|udp", "L4Proxy: only this protocol (tcp if not said)."),
    ("outbound-port", "PORT", "L4WFPPROXY: the proxy's port for outbound connections."),
    ("inbound-port", "PORT", "L4WFPPROXY: the proxy's port for inbound connections."),
    ("user-sid", "SID", "L4WFPPROXY: whose traffic is left alone, by prefix; `system` is S-1-5-18."),
    ("protocols", "LIST", "L4WFPPROXY, ACL: numbers or names."),
    ("local-addresses", "LIST", "L4WFPPROXY, ACL: with commas."),
    ("remote-addresses", "LIST", "L4WFPPROXY, ACL: with commas."),
    ("local-ports", "LIST", "L4WFPPROXY, ACL: ports and ranges."),
    ("remote-ports", "LIST", "L4WFPPROXY, ACL: ports and ranges."),
    ("action", "Allow|Block", "ACL."),
    ("direction", "In|Out", "ACL."),
    ("rule-type", "Host|Switch", "ACL."),
    ("prefix", "PREFIX", "ROUTE: the destination."),
    ("next-hop", "ADDRESS", "ROUTE."),
    ("vip", "ADDRESS", "OutBoundNAT: the source address that is given."),
)
_LISTED: tuple[tuple[str, str, str], ...] = (
    ("exception", "exceptions", "PROXY, L4Proxy, OutBoundNAT: an address or prefix that is left alone."),
    ("nat-destination", "destinations", "OutBoundNAT: only what goes there."),
    ("inbound-except-address", "inbound_addresses", "L4WFPPROXY."),
    ("inbound-except-port", "inbound_ports", "L4WFPPROXY."),
    ("outbound-except-address", "outbound_addresses", "L4WFPPROXY."),
    ("outbound-except-port", "outbound_ports", "L4WFPPROXY."),
)


def _where(function: Function) -> Function:
    for decorate in (
        click.option("--network", "networks", multiple=True, metavar="NAME|ID", help="A whole network (L4Proxy)."),
        click.option(
            "--endpoint",
            "endpoints",
            multiple=True,
            metavar="X",
            help="Its id, name, address or container; may be many.",
        ),
    ):
        function = decorate(function)
    return function


def _what(function: Function) -> Function:
    """Every field that a policy can have; `fields_given` makes the given ones a mapping."""
    for flag, meta, words in reversed(_SAID):
        function = click.option(f"--{flag}", metavar=meta, help=words)(function)
    for flag, field, words in reversed(_LISTED):
        many = f"{words} May be many."
        function = click.option(f"--{flag}", field, multiple=True, metavar="ITEM", help=many)(function)
    function = click.option("--priority", type=int, help="L4WFPPROXY, ACL.")(function)
    function = click.option("--encap/--no-encap", default=None, help="ROUTE: encapsulated.")(function)
    nat = click.option("--outbound-nat/--no-outbound-nat", default=None, help="PROXY, L4Proxy: NAT it too (default).")
    return nat(function)


def _changing(function: Function) -> Function:
    for decorate in (
        click.option("--runs", type=click.Path(path_type=Path), metavar="DIR", help="Where the journal is kept."),
        click.option("--dry-run", is_flag=True, help="Show the plan, and change nothing."),
    ):
        function = decorate(function)
    return function


def _chosen(function: Function) -> Function:
    for decorate in (
        click.option("--type", "kind", default="", metavar="TYPE", help="The policy that is meant: its type."),
        click.option("--number", type=click.IntRange(1), help="The policy that is meant: its number in the list."),
    ):
        function = decorate(function)
    return function


def fields_given(said: dict[str, Any]) -> dict[str, Any]:
    """The options that were given, as fields of a spec; an empty text empties a list: `--exception ""`."""
    found: dict[str, Any] = {
        name: tuple(filter(None, value)) if isinstance(value, tuple) else value
        for name, value in said.items()
        if value is not None and value != ()
    }
    if found.get("user_sid", "").lower() == _SYSTEM:
        from hnskit.policies.specs import LOCAL_SYSTEM

        found["user_sid"] = LOCAL_SYSTEM
    if "protocols" in found:
        found["protocols"] = ",".join(_NAMES.get(item.strip().lower(), item) for item in found["protocols"].split(","))
    return found


@click.group(cls=WholeHelp)
def policy() -> None:
    """Policies of endpoints and networks: proxies of every kind, and their neighbours."""


@policy.command("list")
@common
@_where
@click.option("--type", "kinds", multiple=True, metavar="TYPE", help="Only this type; may be many.")
@click.option("--proxies", is_flag=True, help="Only proxy policies: PROXY, L4Proxy, L4WFPPROXY.")
@click.option("--v2", "in_v2", is_flag=True, help="As HCN, the v2 API, prints them; needs --endpoint or --network.")
@click.option("--format", "form", type=click.Choice(("table", "json", "csv")), default="table", show_default=True)
def list_command(
    params: str,
    overrides: tuple[str, ...],
    as_json: bool,
    *,
    kinds: tuple[str, ...],
    proxies: bool,
    in_v2: bool,
    form: str,
    **where: Any,
) -> None:
    """What policies there are, and what they say. PARAMS may also be snapshot:FILE."""
    from hnskit.policies.editing import in_v2 as read_in_v2
    from hnskit.policies.editing import list_policies
    from hnskit.policies.frames import entries_frame
    from hnskit.running.terminal import print_table

    owners: list[Owner] | None
    if in_v2:
        with opened(params, overrides) as (_, host):
            facts = host.facts()
            owners = [*read_in_v2(host.session(), facts, _owners(facts, **where))]
    else:
        _, facts = read_host(params, overrides)
        owners = _owners(facts, **where) if any(where.values()) else None
    found = list_policies(facts, owners, kinds, proxies=proxies)
    if as_json:
        _print_json([item.to_json() for item in found])
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
    from hnskit.policies.editing import SelectionError, find_endpoints

    _, facts = read_host(params, overrides)
    found = find_endpoints(facts, what)
    if not found:
        raise SelectionError(f"no endpoint has this id, name, address or container: {what!r}", host=facts.target)
    if as_json:
        _print_json([{"id": item.id, "name": item.name, "address": item.address} for item in found])
    else:
        click.echo("\n".join(item.id for item in found))


@policy.command()
@common
@_where
@click.option("--kind", type=click.Choice(KINDS, case_sensitive=False), default="auto", show_default=True)
@_what
@_changing
def add(
    params: str, overrides: tuple[str, ...], as_json: bool, *, kind: str, dry_run: bool, runs: Path | None, **said: Any
) -> None:
    """Add a policy, and keep every other; a policy that is there already is not added twice.

    With --kind auto what is said decides, and HNS's version: --destination is a redirect (PROXY on an endpoint, L4Proxy
    on a network), --inbound-port or --outbound-port an L4WFPPROXY.
    """
    from hnskit.policies import editing as policies

    where = {name: said.pop(name) for name in ("endpoints", "networks")}
    fields = fields_given(said)

    def edits(facts: Facts) -> list[Edit]:
        owners = _owners(facts, **where)
        return [policies.add(owner, _spec(facts, owner, kind, fields)) for owner in owners]

    _carry_out(params, overrides, as_json, edits, dry_run=dry_run, runs=runs)


@policy.command()
@common
@_where
@_chosen
@_what
@_changing
def change(
    params: str,
    overrides: tuple[str, ...],
    as_json: bool,
    *,
    number: int | None,
    kind: str,
    dry_run: bool,
    runs: Path | None,
    **said: Any,
) -> None:
    """Change what one policy says, in its place; what is not said stays as it is."""
    from hnskit.policies import editing as policies

    where = {name: said.pop(name) for name in ("endpoints", "networks")}
    fields = fields_given(said)

    def edits(facts: Facts) -> list[Edit]:
        made = []
        for owner in _owners(facts, **where):
            entry = policies.select(facts, owner, number=number or 0, kind=kind)
            spec = policies.read_spec(entry.policy)
            _known_fields(fields, spec.kind if spec else None, entry.policy.type)
            made.append(policies.change(owner, entry.policy, **fields))
        return made

    _carry_out(params, overrides, as_json, edits, dry_run=dry_run, runs=runs)


@policy.command()
@common
@_where
@_chosen
@_what
@_changing
def remove(
    params: str,
    overrides: tuple[str, ...],
    as_json: bool,
    *,
    number: int | None,
    kind: str,
    dry_run: bool,
    runs: Path | None,
    **said: Any,
) -> None:
    """Remove one policy, named by its number, or by its type and what it says; every other stays."""
    from hnskit.policies import editing as policies

    where = {name: said.pop(name) for name in ("endpoints", "networks")}
    fields = fields_given(said)
    if not (number or kind or fields):
        raise click.UsageError("Name the policy: --number, or --type and what it says.")

    def edits(facts: Facts) -> list[Edit]:
        owners = _owners(facts, **where)
        chosen = [(owner, policies.select(facts, owner, number=number or 0, kind=kind, **fields)) for owner in owners]
        return [policies.remove(owner, entry.policy) for owner, entry in chosen]

    _carry_out(params, overrides, as_json, edits, dry_run=dry_run, runs=runs)


@policy.command()
@common
@_where
@click.option("--type", "kinds", multiple=True, metavar="TYPE", help="This type instead of the proxy policies.")
@_changing
def clear(
    params: str,
    overrides: tuple[str, ...],
    as_json: bool,
    *,
    kinds: tuple[str, ...],
    dry_run: bool,
    runs: Path | None,
    **where: Any,
) -> None:
    """Remove all proxy policies, whoever made them, and say how many; every other policy stays."""
    from hnskit.policies import editing as policies

    def edits(facts: Facts) -> list[Edit]:
        return [policies.clear(owner, kinds) for owner in _owners(facts, **where)]

    _carry_out(params, overrides, as_json, edits, dry_run=dry_run, runs=runs)


def _owners(facts: Facts, *, endpoints: Sequence[str], networks: Sequence[str]) -> list[Owner]:
    from hnskit.policies.editing import find_endpoint, find_network

    if not endpoints and not networks:
        raise click.UsageError("Name where: --endpoint, or --network.")
    found: list[Owner] = [find_endpoint(facts, text) for text in endpoints]
    return list({item.id: item for item in (*found, *(find_network(facts, text) for text in networks))}.values())


def _spec(facts: Facts, owner: Owner, wanted: str, fields: dict[str, Any]) -> Any:
    from hnskit.policies import editing as policies
    from hnskit.policies.checks import on_of
    from hnskit.policies.specs import SPECS, field_names

    if wanted.lower() != "auto":
        kind = policies.Kind(wanted)
    elif "inbound_port" in fields or "outbound_port" in fields:
        kind = policies.Kind.L4WFPPROXY
    elif "destination" in fields:
        udp = fields.get("protocol") == "udp"
        kind = policies.Kind.L4PROXY if udp else policies.choose_kind(facts, on_of(owner))
    else:
        raise click.UsageError("Say what it is with --kind, or --destination, --inbound-port or --outbound-port.")
    _known_fields(fields, kind, kind)
    required = {"destination": "", "prefix": ""}
    given = {**{name: value for name, value in required.items() if name in field_names(kind)}, **fields}
    made = SPECS[kind](**given)
    if isinstance(made, policies.ProxyRule):
        return replace(made, kind=kind)
    return made


def _known_fields(fields: dict[str, Any], kind: Any, name: str) -> None:
    from hnskit.policies.specs import field_names

    if kind is not None and (foreign := [item for item in fields if item not in field_names(kind)]):
        raise click.UsageError(f"A {name} policy has no {', '.join(item.replace('_', '-') for item in foreign)}.")


def _carry_out(
    params: str,
    overrides: tuple[str, ...],
    as_json: bool,
    edits: Callable[[Facts], list[Edit]],
    *,
    dry_run: bool,
    runs: Path | None,
) -> None:
    """Show the plan; apply it with a journal; say what came of it."""
    from hnskit.connecting import is_snapshot
    from hnskit.policies import editing as policies
    from hnskit.running import folder as runfolder

    if dry_run:
        _, facts = read_host(params, overrides)
        found = policies.plan(facts, edits(facts))
        say_problems(facts)
        click.echo(json.dumps(found.to_json(), indent=2, ensure_ascii=False) if as_json else found.to_text())
        return
    if is_snapshot(params):
        raise click.UsageError("A snapshot can be looked at, and never changed: take --dry-run.")
    with opened(params, overrides) as (loaded, host):
        facts = host.facts()
        wanted = edits(facts)
        first = policies.plan(facts, wanted)
        say_problems(facts)
        if not as_json:
            click.echo(first.to_text())
        place = (runs or runfolder.default_runs()) if first.pending and not first.refused else None
        done = _applied(loaded, host.session(), facts, wanted, place)
    if as_json:
        _print_json(done.to_json())
    else:
        click.echo(f"{done.to_text()}.")


def _applied(loaded: Params, session: Any, facts: Facts, edits: list[Edit], place: Path | None) -> Any:
    from hnskit.desired import desired_from
    from hnskit.journal import FILE, Journal
    from hnskit.policies import editing as policies
    from hnskit.running import folder as runfolder
    from hnskit.running.busy import claim
    from hnskit.running.terminal import EventLines

    desired = desired_from(loaded)
    if place is None:
        return policies.apply(session, desired, edits, facts=facts)
    with claim(place, loaded.target, None):
        journal = Journal(runfolder.new_run_folder(place, loaded.target) / FILE, loaded.target)
        return policies.apply(session, desired, edits, facts=facts, journal=journal, on_event=EventLines())


def _print_json(data: Any) -> None:
    click.echo(json.dumps(data, indent=2, ensure_ascii=False, default=str))
