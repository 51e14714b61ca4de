"""`hnskit show`: one table of a host."""

from __future__ import annotations

import click

from hnskit.commands.options import common, table_option
from hnskit.commands.output import say_problems
from hnskit.commands.reaching import read_host, require_read

TABLES = ("networks", "endpoints", "policies", "containers", "compartments", "adapters", "images")


@click.command()
@click.argument("table", type=click.Choice(TABLES))
@common
@table_option
def show(table: str, params: str, overrides: tuple[str, ...], as_json: bool, form: str) -> None:
    """One table of the host: networks, endpoints, policies, containers, compartments, adapters or images.

    PARAMS may also be snapshot:FILE.
    """
    _, snapshot = read_host(params, overrides)
    require_read(snapshot, "endpoints" if table == "policies" else table)
    from hnskit.running.terminal import print_table
    from hnskit.views import frames

    print_table(frames.TABLES[table](snapshot), "json" if as_json else form, table)
    say_problems(snapshot)
