"""A plan on a terminal: its changes alone, in colour where that is a terminal, and counted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hnskit.foreign_text.terminal import say

if TYPE_CHECKING:
    from hnskit.planning.steps import Plan

_COLOURS = {"+": "green", "-": "red", "~": "yellow", "-/+": "yellow", "!": "red"}


def say_plan(plan: Plan, *, everything: bool = False, err: bool = False) -> None:
    """Print a plan.

    Args:
        plan: any plan.
        everything: also the steps that have nothing to do.
        err: on stderr.
    """
    from hnskit.planning.told_steps import plan_counts, told_steps

    told = list(told_steps(plan, everything=everything))
    for sign, text in told:
        say(text, fg=_COLOURS.get(sign), err=err)
    if told:
        say("", err=err)
    hidden = 0 if everything else len(plan.steps) - len(plan.pending) - len(plan.refused) - len(plan.adopted)
    quiet = f"; {hidden} with nothing to do, which --all shows" if hidden else ""
    say(f"Plan: {plan_counts(plan) or 'nothing to do'}{quiet}.", err=err)
