"""`hnskit preflight`: whether a host is fit for the redirect."""

from __future__ import annotations

import sys

import click

from hnskit.commands.changing import made_before
from hnskit.commands.options import common
from hnskit.commands.reaching import opened
from hnskit.errors import HnskitError
from hnskit.foreign_text.terminal import print_json, say


@click.command()
@common
def preflight(params: str, overrides: tuple[str, ...], as_json: bool) -> None:
    """Is this host fit for the redirect? Nothing is changed. It ends with 4 if it is not."""
    from hnskit.facts.source import is_snapshot
    from hnskit.facts.tarballs import missing_tarballs
    from hnskit.params.desired import desired_from
    from hnskit.planning.preflight import preflight as look
    from hnskit.planning.preflight import require_fit
    from hnskit.running.terminal_lines import print_table
    from hnskit.views.frames import findings_frame

    with opened(params, overrides) as (loaded, host):
        desired, facts = desired_from(loaded), host.facts()
        missing = () if is_snapshot(loaded.target) else missing_tarballs(host.session(), desired, facts)
    findings = look(desired, facts, missing=missing, made=made_before(loaded))
    if as_json:
        print_json([item.to_json() for item in findings])
    else:
        print_table(
            findings_frame(findings).drop(columns=["evidence", "reference", "confirmed", "check"]), "table", "preflight"
        )
    try:
        require_fit(findings, host=facts.target)
    except HnskitError as error:  # what stdout has is the result already: no second JSON text
        say(error.paragraph(), err=True)
        sys.exit(error.exit_status)
