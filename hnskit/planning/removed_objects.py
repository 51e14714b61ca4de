"""The objects that a plan takes away for good, and the question that is asked before that. Pure."""

from __future__ import annotations

from collections import Counter

from hnskit.foreign_text.escaping import one_line
from hnskit.model.wording import counted
from hnskit.planning.steps import Action, Plan, Step

_MADE_AGAIN = (Action.CREATE, Action.IMPORT, Action.PULL)


def removed_objects(plan: Plan) -> tuple[Step, ...]:
    """Find the steps that delete an object, or take a redirect off an endpoint that stays.

    An endpoint that the same plan makes again is not counted: a restart of its container has made it useless. A
    container that is replaced is: whatever was written inside of it goes. A pod's endpoint is its CNI's, and its
    redirect is all that hnskit put there: where that goes, the pod asks the real service.

    Args:
        plan: any plan.

    Returns:
        The steps, in the plan's order.
    """
    again = {(step.kind, step.name) for step in plan.pending if step.action in _MADE_AGAIN}
    return tuple(step for step in plan.pending if _removes(step) and (step.kind, step.name) not in again)


def _removes(step: Step) -> bool:
    if step.action is Action.UPDATE and step.kind == "policy":
        return bool(step.changes) and not any(change.after for change in step.changes)
    return step.action is Action.DELETE


def removal_counts(plan: Plan) -> str:
    """Count what a plan removes: `3 containers, 4 endpoints, 1 network`.

    Args:
        plan: any plan.

    Returns:
        The counts; "" where nothing is removed.
    """
    kinds = Counter(step.kind for step in removed_objects(plan))
    plural = {"policy": "policies"}
    return ", ".join(counted(count, plural.get(kind, f"{kind}s")) for kind, count in sorted(kinds.items()))


def removal_question(plan: Plan) -> str:
    """Ask before objects are removed: `Remove 13 objects from emulator://lab (3 containers, …)?`.

    Args:
        plan: any plan.

    Returns:
        The question; "" where nothing is removed.
    """
    gone = removed_objects(plan)
    if not gone:
        return ""
    return f"Remove {counted(len(gone), 'objects')} from {one_line(plan.target)} ({removal_counts(plan)})?"
