"""`hnskit preflight`: whether a host is fit for the redirect."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from hnskit.commands.changing import made_before
from hnskit.commands.envelope import print_result
from hnskit.commands.options import common
from hnskit.commands.reaching import opened
from hnskit.errors import HnskitError
from hnskit.foreign_text.terminal import say

if TYPE_CHECKING:
    from hnskit.facts.finding import Finding


@click.command()
@common
@click.option("--connection", "way_only", is_flag=True, help="Check the way to the host, step by step; 3 if it fails.")
def preflight(params: str, overrides: tuple[str, ...], as_json: bool, way_only: bool) -> None:
    """Is this host fit for the redirect? Nothing is changed. It ends with 4 if it is not."""
    if way_only:
        _check_way(params, overrides, as_json)
        return
    from hnskit.facts.source import is_snapshot
    from hnskit.facts.tarballs import missing_tarballs
    from hnskit.params.desired import desired_from
    from hnskit.planning.preflight import preflight as look
    from hnskit.planning.preflight import require_fit
    from hnskit.running.terminal_lines import print_table
    from hnskit.views.change_frames import findings_frame

    with opened(params, overrides) as (loaded, host):
        desired, facts = desired_from(loaded), host.facts()
        missing = () if is_snapshot(loaded.target) else missing_tarballs(host.session(), desired, facts)
    findings = look(desired, facts, missing=missing, made=made_before(loaded))
    if as_json:
        _print_findings(findings, facts.target)
    else:
        print_table(
            findings_frame(findings).drop(columns=["evidence", "reference", "confirmed", "check"]), "table", "preflight"
        )
    try:
        require_fit(findings, host=facts.target)
    except HnskitError as error:  # what stdout has is the result already: no second JSON text
        say(error.paragraph(), err=True)
        sys.exit(error.exit_status)


def _check_way(params: str, overrides: tuple[str, ...], as_json: bool) -> None:
    """Go the way to the host, and say how far it leads."""
    from hnskit.diagnosis.connection_checks import check_connection, require_way
    from hnskit.local.project import find_params
    from hnskit.params.loading import load_params

    loaded = load_params(find_params(params), overrides=overrides)
    findings = check_connection(loaded, on_start=lambda text: say(f"  {text}", err=True))
    if as_json:
        _print_findings(findings, loaded.target)
    else:
        for item in findings:
            say(item.to_text())
    try:
        require_way(findings, host=loaded.target)
    except HnskitError as error:
        say(error.paragraph(), err=True)
        sys.exit(error.exit_status)


def _print_findings(findings: Sequence[Finding], target: str) -> None:
    """Print findings as JSON."""
    print_result(
        [item.to_json() for item in findings],
        target=target,
        ok=not any(item.severity == "error" for item in findings),
    )
