"""`hnskit apply`: make the host as the parameters say."""

from __future__ import annotations

from pathlib import Path

import click

from hnskit.commands.changing import carry_out, chosen_parts, made_before
from hnskit.commands.options import common, parts_option, runs_option
from hnskit.commands.reaching import connected


@click.command()
@common
@parts_option
@click.option("--rollback-on-failure", is_flag=True, help="If a step fails, go back to what was before.")
@runs_option
def apply(
    params: str,
    overrides: tuple[str, ...],
    as_json: bool,
    *,
    parts: tuple[str, ...],
    rollback_on_failure: bool,
    runs: Path | None,
) -> None:
    """Make the host as the parameters say, without notebooks; run it again at any time."""
    from hnskit.applying.api import apply as apply_to
    from hnskit.facts.host_facts import gather_facts
    from hnskit.params.desired import desired_from
    from hnskit.planning.setup import plan as plan_for

    with connected(params, overrides) as (loaded, session):
        desired, now = desired_from(loaded), gather_facts(session)
        made = made_before(loaded, runs)
        first = plan_for(desired, now, chosen_parts(parts), made)
        carry_out(
            loaded,
            first,
            as_json,
            runs,
            lambda journal, on_event: apply_to(
                session,
                desired,
                parts=chosen_parts(parts),
                facts=now,
                made=made,
                journal=journal,
                on_event=on_event,
                rollback=rollback_on_failure,
            ),
        )
