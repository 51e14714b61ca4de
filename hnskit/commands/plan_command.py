"""`hnskit plan`: what would be changed."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from hnskit.commands.changing import chosen_parts, made_before
from hnskit.commands.options import common, parts_option, runs_option
from hnskit.commands.output import say_problems
from hnskit.commands.reaching import opened, require_read
from hnskit.errors import PreflightError
from hnskit.foreign_text.terminal import print_json, say


@click.command()
@common
@parts_option
@runs_option
def plan(params: str, overrides: tuple[str, ...], as_json: bool, parts: tuple[str, ...], runs: Path | None) -> None:
    """Show the changes that would be made, and why; exit status 4 if a step is refused. Nothing is changed."""
    from hnskit.params.desired import desired_from
    from hnskit.planning.setup import plan as plan_for

    with opened(params, overrides, runs) as (loaded, host):
        snapshot = host.facts()
        require_read(snapshot)
        found = plan_for(desired_from(loaded), snapshot, parts=chosen_parts(parts), made=made_before(loaded, runs))
    say_problems(snapshot)
    if as_json:
        print_json(found.to_json())
    else:
        say(found.to_text(), "", found.summary)
    sys.exit(PreflightError.exit_status if found.refused else 0)
