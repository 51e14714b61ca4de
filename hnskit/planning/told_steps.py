"""The steps of a plan as they are told to an operator: the changes, a sign before each, and their number."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from hnskit.foreign_text.escaping import Lines
from hnskit.planning.steps import Action, Plan, steps_text


def told_steps(plan: Plan, *, everything: bool = False) -> Iterator[tuple[str, Lines]]:
    """Sign and lines of each step, in the plan's order.

    Args:
        plan: any plan.
        everything: also the steps that have nothing to do.

    Yields:
        The sign (`+`, `-`, `~`, `-/+` for a container that is replaced, `!` for a refusal, `=`, `.`), and the lines,
        which begin with it. The run of a container that replaces another is told with the deletion of that one.
    """
    runs = {step.name: step for step in plan.pending if (step.kind, step.action) == ("container", Action.RUN)}
    replaced = {step.name for step in plan.pending if (step.kind, step.action) == ("container", Action.DELETE)}
    for step in plan.steps:
        if not (everything or step.pending or step.action in (Action.REFUSE, Action.ADOPT)):
            continue
        if runs.get(step.name) is step and step.name in replaced:
            continue
        if (step.kind, step.action) == ("container", Action.DELETE) and step.name in runs:
            both = steps_text([replace(step, changes=runs[step.name].changes)])
            yield "-/+", Lines(f"-/+ replace{both.removeprefix('- delete')}")
        else:
            yield step.sign, Lines(steps_text([step]))


def plan_counts(plan: Plan) -> str:
    """Count a plan as Terraform does: `9 to add, 3 to change, 0 to remove`.

    Args:
        plan: any plan.

    Returns:
        The counts, with what is to be adopted or is refused, where there is any; "" where nothing is to do.
    """
    add, remove = (sum(step.sign == sign for step in plan.pending) for sign in "+-")
    others = f", {len(plan.adopted)} to adopt" if plan.adopted else ""
    others += f", {len(plan.refused)} refused" if plan.refused else ""
    if not plan.pending and not others:
        return ""
    return f"{add} to add, {len(plan.pending) - add - remove} to change, {remove} to remove{others}"
