"""`hnskit errors`: what HNS's codes mean."""

from __future__ import annotations

import sys

import click

from hnskit.commands.options import debug_option, json_option
from hnskit.commands.output import print_json


@click.command(context_settings={"ignore_unknown_options": True})  # a signed code is no option
@click.argument("code", required=False)
@json_option
@debug_option
def errors(code: str | None, as_json: bool) -> None:
    """What a code of HNS means, its likely causes, and what to do; without CODE all of them.

    CODE may be hexadecimal (0x803b0013), decimal (2151350291), signed (-2143617005), masked as hcsshim prints
    it (0x490), or a part of a name (ADDR_INVALID).
    """
    from hnskit.errors.hns_codes import all_codes, find_codes

    try:
        found = find_codes(code) if code is not None else all_codes()
    except ValueError as problem:
        raise click.UsageError(f"{problem}.") from problem
    if as_json:
        print_json([item.to_json() for item in found] if code is None or len(found) > 1 else found[0].to_json())
    elif code is None:
        for item in found:
            click.echo(f"0x{item.code:08X}  {item.name}: {item.meaning}")
    else:
        click.echo("\n\n".join(item.to_text() for item in found))
    if not all(item.is_known for item in found):
        sys.exit(1)
