"""A plan on a terminal: its changes alone, in colour where that is a terminal, and counted."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from hnskit.foreign_text.escaping import Lines
from hnskit.foreign_text.terminal import say

if TYPE_CHECKING:
    from hnskit.planning.steps import Plan

_COLOURS = {"+": "green", "-": "red", "~": "yellow", "!": "red"}


def say_plan(plan: Plan, *, everything: bool = False, err: bool = False) -> None:
    """Print a plan.

    Args:
        plan: any plan.
        everything: also the steps that have nothing to do.
        err: on stderr.
    """
    from hnskit.planning.steps import Action, steps_text

    shown = [step for step in plan.steps if everything or step.pending or step in (*plan.refused, *plan.adopted)]
    runs = {step.name: step for step in plan.pending if (step.kind, step.action) == ("container", Action.RUN)}
    replaced = {step.name for step in plan.pending if (step.kind, step.action) == ("container", Action.DELETE)}
    for step in shown:
        if runs.get(step.name) is step and step.name in replaced:
            continue  # told with the one that it replaces
        text = steps_text([step])
        colour = _COLOURS.get(text[:1])
        if (step.kind, step.action) == ("container", Action.DELETE) and step.name in runs:
            both = steps_text([replace(step, changes=runs[step.name].changes)])
            text, colour = Lines(f"-/+ replace{both.removeprefix('- delete')}"), _COLOURS["~"]
        say(text, fg=colour, err=err)
    hidden = len(plan.steps) - len(shown)
    if shown:
        say("", err=err)
    quiet = f"; {hidden} with nothing to do, which --all shows" if hidden else ""
    say(f"{plan_counts(plan)}{quiet}.", err=err)


def plan_counts(plan: Plan) -> str:
    """Count a plan as Terraform does: `Plan: 9 to add, 3 to change, 0 to remove`.

    Args:
        plan: any plan.

    Returns:
        The counts, with what is to be adopted or is refused, where there is any.
    """
    from hnskit.planning.steps import Action

    adds = (Action.CREATE, Action.IMPORT, Action.PULL, Action.RUN)
    add = sum(step.action in adds for step in plan.pending)
    remove = sum(step.action is Action.DELETE for step in plan.pending)
    others = f", {len(plan.adopted)} to adopt" if plan.adopted else ""
    others += f", {len(plan.refused)} refused" if plan.refused else ""
    if not plan.pending and not others:
        return "Plan: nothing to do"
    return f"Plan: {add} to add, {len(plan.pending) - add - remove} to change, {remove} to remove{others}"
