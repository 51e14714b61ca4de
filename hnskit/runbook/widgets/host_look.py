"""The look at a host that *Connect* on the start page takes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from hnskit.errors.prose_html import prose
from hnskit.foreign_text.escaping import Lines, escape_html, join_lines
from hnskit.model.wording import counted
from hnskit.planning.steps import Plan
from hnskit.views.style import BAD, CARE, GOOD, SEVERITIES

if TYPE_CHECKING:
    from hnskit.facts.host_facts import Facts
    from hnskit.params.desired import Desired

_COLOURS = {"+": GOOD, "~": CARE, "-/+": CARE, "-": BAD, "!": BAD}
_PLAN_STYLE = "white-space:pre-wrap;line-height:1.4;max-height:24em;overflow:auto;border-left:2px solid #8886;"
_PLAN_STYLE += "padding-left:.7em"
"""A long plan is scrolled by itself: the picture below it and the button that runs it stay near."""


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
    picture = draw(facts, desired=desired).svg(alone=False)
    planned = ""
    if not errors and not unread_parts(facts):
        found = plan(desired, facts, made=made)
        planned, picture = _plan_html(found), _before_and_after(desired, facts, found) or picture
    return f'<p role="status">✓ {escape_html(describe_host(facts))}</p>{fit}{planned}{picture}'


def _before_and_after(desired: Desired, facts: Facts, found: Plan) -> str:
    """The host as it is and as a run would leave it; "" where that is not foreseen."""
    from hnskit.planning.planned_host import planned_host
    from hnskit.views.topology import draw

    after = planned_host(desired, facts, found)
    if after is None:
        return ""
    said = "After the run, as planned. Addresses and compartments that are not there yet are Windows' to choose."
    return (
        f'<p style="margin:.8em 0 0"><b>Now</b></p>{draw(facts, desired=desired).svg(alone=False)}'
        f'<p style="margin:.8em 0 0"><b>{said}</b></p>{draw(after, desired=desired, before=facts).svg(alone=False)}'
    )


def _plan_html(found: Plan) -> str:
    """The plan that stands between Connect and Run: its count, its changes, the objects that it removes or adopts."""
    from hnskit.planning.adopted_objects import adoption_question
    from hnskit.planning.removed_objects import removal_counts
    from hnskit.planning.told_steps import plan_counts

    if not found.pending and not found.refused and not found.adopted:
        return '<p class="hk-plan"><b>All of it is in place already: a run would change nothing, and prove it.</b></p>'
    removed = removal_counts(found)
    head = f"A run would make {counted(len(found.pending), 'changes')} ({plan_counts(found)})"
    head += f"; it removes {removed}" if removed else ""
    asked = adoption_question(found)
    said = (
        f"{asked} Then tick “Take over what was made by hand” below; a run without it changes nothing." if asked else ""
    )
    by_hand = f'<p class="hk-adopt"><b>{escape_html(said)}</b></p>' if said else ""
    return (
        f'{by_hand}<details class="hk-plan" open><summary><b>{escape_html(head)}</b></summary>'
        f"{steps_html(found)}</details>"
    )


def steps_html(found: Plan) -> str:
    """The changes of a plan, each in the colour of its sign, in a box that is scrolled by itself."""
    from hnskit.planning.told_steps import told_steps

    steps = join_lines(
        Lines(f'<span style="color:{_COLOURS[sign]}">{prose(text)}</span>' if sign in _COLOURS else prose(text))
        for sign, text in told_steps(found)
    )
    return f'<div tabindex="0" aria-label="The plan" style="{_PLAN_STYLE}">{steps}</div>'
