"""`hnskit apply`: make the host as the parameters say."""

from __future__ import annotations

from pathlib import Path

import click

from hnskit.commands.agreeing import dry_run_option, yes_option
from hnskit.commands.changing import apply_to, chosen_parts, print_outcome
from hnskit.commands.options import common, parts_option, runs_option
from hnskit.commands.plan_command import show_plan
from hnskit.commands.reaching import connected


@click.command()
@common
@parts_option
@click.option("--rollback-on-failure", is_flag=True, help="If a step fails, go back to what was before.")
@click.option("--adopt", is_flag=True, help="Take over what was made by hand, and repair it where it is half made.")
@yes_option
@dry_run_option
@runs_option
def apply(
    params: str,
    overrides: tuple[str, ...],
    as_json: bool,
    *,
    parts: tuple[str, ...],
    rollback_on_failure: bool,
    adopt: bool,
    yes: bool,
    dry_run: bool,
    runs: Path | None,
) -> None:
    """Make the host as the parameters say, without notebooks; run it again at any time."""
    if dry_run:
        show_plan(params, overrides, parts=parts, runs=runs, as_json=as_json)
    with connected(params, overrides, runs) as (loaded, session):
        outcome = apply_to(
            loaded, session, parts=chosen_parts(parts), runs=runs, rollback=rollback_on_failure, yes=yes,
            as_json=as_json, adopt=adopt,
        )  # fmt: skip
        print_outcome(outcome, as_json=as_json)
