"""`hnskit show`: one table of a host."""

from __future__ import annotations

import click

from hnskit.commands.host_input import read_input
from hnskit.commands.options import common_input, table_option
from hnskit.commands.output import say_problems
from hnskit.commands.reaching import require_read

TABLES = ("networks", "endpoints", "policies", "containers", "pods", "namespaces", "compartments", "adapters", "images")


@click.command()
@click.argument("table", type=click.Choice(TABLES))
@common_input
@table_option
def show(table: str, params: str, overrides: tuple[str, ...], as_json: bool, form: str) -> None:
    """Print one table of the host, such as networks, endpoints, policies or pods.

    In place of PARAMS: a file, folder or zip of a host's output (docs/explain.md), - for standard input, or a target
    such as emulator://lab or winrm://host. What of a dump is not whole is said beside the table.
    """
    found = read_input(params, overrides)
    snapshot = found.facts
    found.announce()
    require_read(snapshot, "endpoints" if table == "policies" else table)
    from hnskit.running.terminal_lines import print_table
    from hnskit.views import frames

    print_table(frames.TABLES[table](snapshot), "json" if as_json else form, table)
    say_problems(snapshot)
