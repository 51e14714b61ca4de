"""Words of a plan that is not carried out: what is refused in it, and what would be adopted without a word."""

from __future__ import annotations

from hnskit.errors import PreflightError
from hnskit.model.wording import counted
from hnskit.planning.steps import Plan

_NAMED = 4  # objects that a refusal names; the rest is counted


def refusals(current: Plan) -> str:
    """Name what is refused, or made by hand, each with its reason."""
    steps = current.refused or current.adopted
    return "; ".join(f"{step.kind} {step.title}: {step.reason}" for step in steps)


def adoption_unasked(current: Plan) -> PreflightError:
    """The refusal of a plan that would take over what was made by hand, where nobody said so."""
    steps = current.adopted
    named = ", ".join(f"{step.kind} {step.title}" for step in steps[:_NAMED])
    more = f" and {len(steps) - _NAMED} more" if len(steps) > _NAMED else ""
    return PreflightError(
        f"nothing was changed: made by hand, and as it is wanted: {counted(len(steps), 'objects')}: {named}{more}",
        host=current.target,
        next_step="Look at `hnskit plan`; `hnskit apply --adopt` or `hnskit run --adopt` (`-p adopt true` with "
        "papermill, adopt=True in Python) takes them over as they are.",
    )
