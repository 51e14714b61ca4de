"""Agreement to the work of a notebook: given at the screen by buttons, elsewhere by its parameters."""

from __future__ import annotations

from dataclasses import dataclass

from hnskit.errors import ConfirmationError
from hnskit.planning.adopted_objects import adoption_question
from hnskit.planning.removed_objects import removal_question
from hnskit.planning.steps import Plan
from hnskit.runbook.screen import Reader

_NOBODY_ASKED = (
    "somebody may be reading this, and cannot press a button here: nothing was changed without being asked for"
)
_SAY_WHO = "Set the parameter `interactive` to False to have the work done at once, or open the notebook in JupyterLab."
_CONFIRM = "Give the parameter `confirmed` (`papermill … -p confirmed true`, `hnskit run … --yes`)."


@dataclass(frozen=True, slots=True)
class Agreement:
    """The reader of a notebook, and what its parameters agree to."""

    reader: Reader
    confirmed: bool
    """Agreement to what is removed."""
    adopt: bool = False
    """Agreement to the adoption of what was made by hand; at the screen a button asks for it."""

    @property
    def by_button(self) -> bool:
        """Tell whether a button is to be pressed."""
        return self.reader is Reader.PRESENT

    def question(self, plan: Plan) -> str:
        """Ask at the screen for all that a plan needs agreement to, before its button does anything.

        Args:
            plan: what is to be done.

        Returns:
            The questions; "" where none is to be asked.
        """
        adoption = "" if self.adopt else adoption_question(plan)
        return " ".join(filter(None, (removal_question(plan), adoption)))

    def refusal(self, plan: Plan) -> ConfirmationError | None:
        """Find the reason why a plan may not be carried out without a button.

        Args:
            plan: what is to be done.

        Returns:
            The error; None where it may be done.
        """
        if not plan.pending or plan.refused:
            return None
        if self.reader is Reader.LIKELY:
            return ConfirmationError(_NOBODY_ASKED, host=plan.target, next_step=_SAY_WHO)
        question = removal_question(plan)
        if question and not self.confirmed:
            return ConfirmationError(f"{question} Nobody has agreed to that", host=plan.target, next_step=_CONFIRM)
        return None
