"""`hnskit drift`: what differs from the parameters."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from hnskit.commands.changing import made_before
from hnskit.commands.envelope import print_result
from hnskit.commands.options import common, runs_option
from hnskit.commands.reaching import opened
from hnskit.foreign_text.terminal import say


@click.command()
@common
@runs_option
def drift(params: str, overrides: tuple[str, ...], as_json: bool, runs: Path | None) -> None:
    """Show the differences from the parameters; exit status 1 if there are any. Nothing is changed."""
    from hnskit.params.desired import desired_from
    from hnskit.planning.drift import drift as drift_of

    with opened(params, overrides, runs) as (loaded, host):
        found = drift_of(desired_from(loaded), host.facts(), made=made_before(loaded, runs))
    if as_json:
        print_result(found.to_json(), ok=found.ok)
    else:
        say(found.to_text())
    sys.exit(0 if found.ok else 1)
