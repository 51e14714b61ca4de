"""The objects made by hand that a plan takes over, the question before that, and the result in words. Pure."""

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


def adoption_result(plan: Plan) -> str:
    """Say what was taken over, after it was.

    Args:
        plan: any plan that was carried out.

    Returns:
        A sentence; "" where nothing was adopted.
    """
    if not plan.adopted:
        return ""
    objects = counted(len(plan.adopted), "objects")
    them = "it" if len(plan.adopted) == 1 else "them"
    return f"{objects} made by hand adopted: the journal has {them}, and nothing of {them} is changed."
