"""The result of a notebook's work, as its last cells show it."""

from __future__ import annotations

from hnskit.applying.outcomes import Outcome
from hnskit.foreign_text.escaping import one_line
from hnskit.model.wording import counted
from hnskit.params.desired import Part
from hnskit.planning.adopted_objects import adoption_result
from hnskit.runbook.screen import Sentence
from hnskit.running.results import left_lines
from hnskit.views.table import View


def empty_plan(part: str) -> Sentence:
    """Say why a plan has no row: the parameters of pods make no network, for instance.

    Args:
        part: of the notebook.

    Returns:
        A sentence, in place of a table without a row.
    """
    if part == Part.NETWORK:
        return Sentence("Nothing to do: these parameters make no network. The pods have that of their CNI.")
    return Sentence("Nothing to do: the host has nothing that these parameters are about.")


def outcome_view(outcome: Outcome, part: str) -> View | Sentence:
    """Tabulate the steps that were done, or the reasons why nothing was to do.

    Args:
        outcome: of the notebook's plan.
        part: of the notebook.

    Returns:
        A table; its caption counts, and names what happened besides and what a teardown left. A sentence where the
        plan has no step.
    """
    if not outcome.plan.steps:
        return empty_plan(part)
    from hnskit.views.change_frames import outcome_frame, plan_frame

    kept = [f"kept: {line}" for line in left_lines(outcome)]
    adopted = adoption_result(outcome.plan)
    notes = "".join(f"\n{one_line(note)}" for note in (*outcome.notes, *kept))
    if outcome.changed:
        taken = f"\n{adopted}" if adopted else ""
        caption = f"{counted(outcome.changed, 'changes')} in {outcome.seconds:.1f} s{taken}{notes}"
        return View(outcome_frame(outcome), caption)
    columns = ["action", "object", "reason"] if adopted else ["object", "reason"]
    return View(plan_frame(outcome.plan)[columns], f"{adopted or 'nothing to do'}{notes}")


def closing_words(outcome: Outcome | None) -> str:
    """Say how much was changed, how long that took, and what a teardown left.

    Args:
        outcome: of the notebook's plan; None where it has none.

    Returns:
        One or two sentences.
    """
    if outcome is None:
        return "Nothing is changed by this notebook."
    left = left_lines(outcome)
    stayed = f" {counted(len(left), 'objects')} with hnskit's marks stayed: {'; '.join(left)}." if left else ""
    adopted = adoption_result(outcome.plan)
    taken = f" {adopted}" if adopted else ""
    did = (
        f"{counted(outcome.changed, 'changes')} in {outcome.seconds:.1f} s"
        if outcome.changed
        else "Nothing was changed"
    )
    return f"{did}.{taken}{stayed}"
