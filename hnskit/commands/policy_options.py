"""The options of `hnskit policy`: where, which policy, what it says."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import click

from hnskit.commands.agreeing import yes_option
from hnskit.commands.options import Function, NamedPath
from hnskit.model.policies.protocols import NUMBERS

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


def where(function: Function) -> Function:
    """--endpoint and --network."""
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


def what(function: Function) -> Function:
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


def changing(function: Function) -> Function:
    """--dry-run and --runs."""
    for decorate in (
        click.option("--runs", type=NamedPath(), metavar="DIR", help="Where the journal is kept."),
        click.option("--dry-run", is_flag=True, help="Show the plan, and change nothing."),
    ):
        function = decorate(function)
    return function


def removing(function: Function) -> Function:
    """--yes, of commands that take policies away."""
    return yes_option(function)


def chosen(function: Function) -> Function:
    """--number and --type, which name one policy."""
    for decorate in (
        click.option("--type", "kind", default="", metavar="TYPE", help="The policy that is meant: its type."),
        click.option("--number", type=click.IntRange(1), help="The policy that is meant: its number in the list."),
    ):
        function = decorate(function)
    return function


@dataclass(frozen=True, slots=True)
class Asked:
    """The arguments that all commands which change policies take."""

    params: str
    overrides: tuple[str, ...]
    as_json: bool
    endpoints: tuple[str, ...]
    networks: tuple[str, ...]
    dry_run: bool
    runs: Path | None
    fields: Mapping[str, Any]
    """Fields of a policy, as `fields_given` has them."""
    yes: bool = False
    """Agreement to the removal."""


def packed(function: Callable[..., None]) -> Callable[..., None]:
    """Give a command its options as one `Asked`, and apart from it only `number`, `kind` and `kinds`."""

    @functools.wraps(function)
    def command(**given: Any) -> None:
        apart = {name: given.pop(name) for name in ("number", "kind", "kinds") if name in given}
        shared = {item.name: given.pop(item.name) for item in fields(Asked) if item.name in given}
        function(Asked(**shared, fields=fields_given(given)), **apart)

    return command


def fields_given(said: dict[str, Any]) -> dict[str, Any]:
    """The options that were given, as fields of a spec; an empty text empties a list: `--exception ""`."""
    found: dict[str, Any] = {
        name: tuple(filter(None, value)) if isinstance(value, tuple) else value
        for name, value in said.items()
        if value is not None and value != ()
    }
    if found.get("user_sid", "").lower() == _SYSTEM:
        from hnskit.model.policies.proxies import LOCAL_SYSTEM

        found["user_sid"] = LOCAL_SYSTEM
    if "protocols" in found:
        found["protocols"] = ",".join(NUMBERS.get(item.strip().lower(), item) for item in found["protocols"].split(","))
    return found
