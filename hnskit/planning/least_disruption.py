"""The steps of a plan that put back what is missing and disturb nothing; the others are withheld. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from hnskit.planning.steps import Action, Plan, Step, StepKey

_TAKES = (Action.DELETE, Action.STOP)
_LOSSES: Mapping[str, str] = {
    "network": "a network would be removed, and with it whatever is on it",
    "endpoint": "an endpoint would be removed, and its container would lose its adapter",
    "container": "a container would be ended",
    "image": "an image would be removed",
}
"""Kind of the object that a step takes away -> the loss."""


@dataclass(frozen=True, slots=True)
class Withheld:
    """A step that is not done unless an operator allows it."""

    step: Step
    reason: str

    def to_json(self) -> dict[str, Any]:
        """As a state file has it."""
        return {"step": self.step.id, "for": self.step.reason, "reason": self.reason}


@dataclass(frozen=True, slots=True)
class LeastPlan:
    """A plan in two parts."""

    plan: Plan
    """The steps that are done."""
    withheld: tuple[Withheld, ...] = ()


def least(plan: Plan, *, allow_disruptive: bool = False) -> LeastPlan:
    """Take from a plan the steps that disturb, and those that wait for one of them.

    A step disturbs if the host's own network goes away meanwhile; if it removes a network, an endpoint, an image or a
    container, or stops one; if it detaches an endpoint that no step of the plan attaches again. Removals put
    nothing back, so each of them waits for an operator.

    Args:
        plan: from `plan`; refused steps stay in it, so that it is refused as a whole.
        allow_disruptive: leave the plan as it is.
    """
    if allow_disruptive:
        return LeastPlan(plan)
    held: dict[StepKey, Withheld] = {}
    while fresh := {
        step.key: Withheld(step, reason)
        for step in plan.pending
        if step.key not in held and (reason := _disturbance(step, plan, held))
    }:
        held |= fresh
    left = replace(plan, steps=tuple(step for step in plan.steps if not (step.pending and step.key in held)))
    return LeastPlan(left, tuple(held.values()))


def _disturbance(step: Step, plan: Plan, held: Mapping[StepKey, Withheld]) -> str:
    """Return why a step disturbs, or waits for one that does; "" for any other."""
    if step.disruptive:
        return "the host's own network would go away for seconds"
    if step.action in _TAKES and step.kind in _LOSSES:
        return _LOSSES[step.kind]
    if step.action is Action.DETACH and not any(
        other.action is Action.ATTACH and other.name == step.name and other.key not in held for other in plan.pending
    ):
        return "an endpoint would be detached and not attached again, and its container would lose its adapter"
    cause = next((key for key in step.needs if key in held), None)
    return f"it waits for: {cause}" if cause is not None else ""
