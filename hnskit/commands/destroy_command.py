"""`hnskit destroy`: take away what hnskit made."""

from __future__ import annotations

from pathlib import Path

import click

from hnskit.commands.agreeing import dry_run_option, yes_option
from hnskit.commands.changing import carry_out, made_before, print_outcome
from hnskit.commands.options import common, runs_option
from hnskit.commands.plan_command import Teardown, show_plan
from hnskit.commands.reaching import connected


@click.command()
@common
@click.option("--keep-network", is_flag=True, help="Leave the bridge, so that the host is not cut again.")
@click.option("--by-name", is_flag=True, help="Networks and endpoints of these names too, if no journal knows them.")
@yes_option
@dry_run_option
@runs_option
def destroy(
    params: str,
    overrides: tuple[str, ...],
    as_json: bool,
    *,
    keep_network: bool,
    by_name: bool,
    yes: bool,
    dry_run: bool,
    runs: Path | None,
) -> None:
    """Take away what hnskit made, and nothing else."""
    from hnskit.applying.api import destroy as destroy_on
    from hnskit.facts.host_facts import gather_facts
    from hnskit.params.desired import desired_from
    from hnskit.planning.teardown import plan_destroy

    if dry_run:
        show_plan(params, overrides, runs=runs, as_json=as_json, teardown=Teardown(keep_network, by_name))
    with connected(params, overrides, runs) as (loaded, session):
        desired, now = desired_from(loaded), gather_facts(session)
        made = made_before(loaded, runs)
        first = plan_destroy(desired, now, made=made, keep_network=keep_network, by_name=by_name)
        outcome = carry_out(
            loaded,
            first,
            runs,
            lambda journal, on_event: destroy_on(
                session,
                desired,
                made=made,
                keep_network=keep_network,
                by_name=by_name,
                facts=now,
                journal=journal,
                on_event=on_event,
            ),
            yes=yes,
            as_json=as_json,
        )
        print_outcome(outcome, as_json=as_json)
