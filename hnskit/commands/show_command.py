"""`hnskit show`: one table of a host."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import click

from hnskit.commands.envelope import print_result
from hnskit.commands.host_input import read_input
from hnskit.commands.options import Choice, common_input, table_option
from hnskit.commands.output import say_problems
from hnskit.commands.reaching import require_read
from hnskit.foreign_text.terminal import say

if TYPE_CHECKING:
    import pandas as pd

    from hnskit.facts.host_facts import Facts

TABLES = (
    "networks", "endpoints", "policies", "containers", "pods", "namespaces", "compartments", "adapters", "routes",
    "images", "sdn_routes", "vfp_rules",
)  # fmt: skip


_TOLD_BY_NO_GAP = ("pods", "namespaces")
"""Parts that many hosts do not have: that a dump has none is no gap of it."""


@click.command()
@click.argument("table", type=Choice(TABLES), metavar="TABLE")
@common_input
@table_option
def show(table: str, params: str, overrides: tuple[str, ...], as_json: bool, form: str) -> None:
    """Print one table of the host, such as networks, endpoints, policies or pods.

    TABLE: networks, endpoints, policies, containers, pods, namespaces, compartments, adapters, routes, images,
    sdn_routes or vfp_rules.

    In place of PARAMS: a file, folder or zip of a host's output (docs/explain.md), - for standard input, or a target
    such as emulator://lab or winrm://host. What of a dump is not whole is said beside the table.
    """
    found = read_input(params, overrides)
    snapshot = found.facts
    found.announce()
    part = "endpoints" if table == "policies" else table
    require_read(snapshot, part)
    from hnskit.running.terminal_lines import print_table
    from hnskit.views import frames

    frame = frames.TABLES[table](snapshot)
    if as_json or form == "json":
        print_result(_rows(frame, snapshot), target=snapshot.target)
    elif frame.empty and form == "table" and (unknown := _unknown(snapshot, part)):
        say(f"{table}: not known: {unknown}")
    else:
        print_table(frame, form, table)
    say_problems(snapshot)


def _unknown(facts: Facts, part: str) -> str:
    """Return the reason why an empty table does not mean that the host has no such objects; "" where it does."""
    from hnskit.facts.host_facts import ONLY_IN_DUMPS
    from hnskit.facts.source import is_snapshot

    if part in ONLY_IN_DUMPS:
        return "they are read of what a host printed (docs/explain.md), and there is none of it here"
    is_dump = is_snapshot(facts.target) and not facts.taken_at
    return "there is none in this dump" if not facts.knows(part) or (is_dump and part in _TOLD_BY_NO_GAP) else ""


def _rows(frame: pd.DataFrame, facts: Facts) -> list[dict[str, Any]]:
    """The rows of a table as JSON has them: null for what is absent, each policy of an object as an object."""
    from hnskit.policy_editing.selecting import list_policies

    rows: list[dict[str, Any]] = json.loads(frame.to_json(orient="records"))
    if {"policies", "id"} <= set(frame.columns):
        listed = list_policies(facts)
        for row in rows:
            row["policies"] = [item.to_json() for item in listed if item.id == row["id"]]
    return rows
