"""The look at a host that *Connect* on the start page takes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from hnskit.errors.prose_html import prose
from hnskit.foreign_text.escaping import Lines, escape_html
from hnskit.model.wording import counted
from hnskit.planning.steps import Plan
from hnskit.views.style import SEVERITIES


def look_at(path: Path, runs: Path, say: Callable[[str], None]) -> str:
    """Show a host in a few lines, with the changes that a run would make and a picture.

    Args:
        path: the parameter file.
        runs: the folder with the journals.
        say: told what is waited for.

    Returns:
        HTML.

    Raises:
        HnskitError: the parameters are wrong, or the host cannot be reached.
    """
    from hnskit.applying.journal import made_on
    from hnskit.facts.description import describe_host
    from hnskit.facts.host_facts import unread_parts
    from hnskit.facts.source import open_host
    from hnskit.params.desired import desired_from
    from hnskit.params.loading import load_params
    from hnskit.planning.preflight import preflight
    from hnskit.planning.setup import plan
    from hnskit.views.topology import draw

    params = load_params(path)
    desired = desired_from(params)
    host = open_host(params, on_start=say)
    try:
        facts = host.facts()
    finally:
        host.close()
    made = made_on(params.target, runs=runs)
    findings = [one for one in preflight(desired, facts, made=made) if one.severity != "ok"]
    rows = "".join(
        f'<li><b style="color:{SEVERITIES[one.severity]}">{one.severity}</b> {escape_html(one.object)}: '
        f"{prose('. '.join(part for part in (one.message, one.next_step) if part))}</li>"
        for one in findings
    )
    errors = sum(one.severity == "error" for one in findings)
    said = f"It is not fit for the redirect: {errors} to mend first." if errors else "It is fit for the redirect."
    fit = f'<p style="margin:.3em 0">{said}</p><ul style="margin:.3em 0;line-height:1.45">{rows}</ul>'
    planned = "" if errors or unread_parts(facts) else _plan_html(plan(desired, facts, made=made))
    picture = draw(facts, desired=desired).svg(alone=False)
    return f'<p role="status">✓ {escape_html(describe_host(facts))}</p>{fit}{planned}{picture}'


def _plan_html(found: Plan) -> str:
    """The plan that stands between Connect and Run: its count, its changes, the objects that it removes or adopts."""
    from hnskit.planning.adopted_objects import adoption_question
    from hnskit.planning.removed_objects import removal_counts
    from hnskit.planning.steps import steps_text

    if not found.pending and not found.refused and not found.adopted:
        return '<p class="hk-plan"><b>All of it is in place already: a run would change nothing, and prove it.</b></p>'
    removed = removal_counts(found)
    head = f"A run would make {counted(len(found.pending), 'changes')}" + (f"; it removes {removed}" if removed else "")
    asked = adoption_question(found)
    said = (
        f"{asked} Then tick “Take over what was made by hand” below; a run without it changes nothing." if asked else ""
    )
    by_hand = f'<p class="hk-adopt"><b>{escape_html(said)}</b></p>' if said else ""
    shown = (*found.refused, *found.adopted)
    steps = steps_text([step for step in found.steps if step.pending or step in shown])
    return (
        f'{by_hand}<details class="hk-plan" open><summary><b>{escape_html(head)}</b></summary>'
        f'<div style="white-space:pre-wrap">{prose(Lines(steps))}</div></details>'
    )
