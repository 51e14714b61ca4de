"""`hnskit verify`: the proof."""

from __future__ import annotations

import sys

import click

from hnskit.commands.envelope import print_result
from hnskit.commands.options import common
from hnskit.commands.reaching import connected
from hnskit.foreign_text.terminal import say


@click.command()
@common
def verify(params: str, overrides: tuple[str, ...], as_json: bool) -> None:
    """Prove it: ask the metadata service from inside each client."""
    from hnskit.applying.verification import PROOF_NEXT_STEP
    from hnskit.applying.verification import verify as verify_on
    from hnskit.errors import VerificationError
    from hnskit.params.desired import desired_from

    with connected(params, overrides) as (loaded, session):
        found = verify_on(session, desired_from(loaded), on_event=lambda event: say(f"  {event.text}", err=True))
    if as_json:
        print_result(found.to_json(), ok=found.ok)
    else:
        say(found.to_text())
    if not found.ok:  # what stdout has is the result already: it is not said again
        say(f"{found.target}: the redirect is not proved. {PROOF_NEXT_STEP}", err=True)
        sys.exit(VerificationError.exit_status)
