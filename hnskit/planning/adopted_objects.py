"""The objects made by hand that a plan takes over, and the question that is asked before that. Pure."""

from __future__ import annotations

from collections import Counter

from hnskit.foreign_text.escaping import one_line
from hnskit.model.wording import counted
from hnskit.planning.steps import Plan


def adoption_question(plan: Plan) -> str:
    """Ask before objects are taken over: `Take over 9 objects on emulator://lab that were made by hand (…)?`.

    Args:
        plan: any plan.

    Returns:
        The question; "" where nothing is adopted.
    """
    if not plan.adopted:
        return ""
    kinds = Counter(step.kind for step in plan.adopted)
    plural = {"policy": "policies"}
    counts = ", ".join(counted(count, plural.get(kind, f"{kind}s")) for kind, count in sorted(kinds.items()))
    return (
        f"Take over {counted(len(plan.adopted), 'objects')} on {one_line(plan.target)} made by hand ({counts})? "
        "They stay as they are, and a teardown leaves them."
    )
