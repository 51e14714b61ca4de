"""Agreement to what a command would remove: asked on a terminal, said by --yes elsewhere."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from hnskit.errors import ConfirmationError, StoppedError
from hnskit.foreign_text.terminal import is_terminal, say, shown

if TYPE_CHECKING:
    from hnskit.planning.steps import Plan

yes_option = click.option("--yes", "-y", is_flag=True, help="Remove what the plan removes without a question.")
dry_run_option = click.option("--dry-run", is_flag=True, help="Show the plan, and change nothing.")


def require_agreement(plan: Plan, *, yes: bool, as_json: bool = False) -> None:
    """Ask before a plan removes anything.

    Args:
        plan: shown already.
        yes: whether --yes was given.
        as_json: whether stdout has JSON; then nobody is asked.

    Raises:
        ConfirmationError: the answer was no, or there is no terminal to ask on.
    """
    from hnskit.planning.removed_objects import removal_question

    question = "" if plan.refused else removal_question(plan)
    if question and not yes:
        require_yes(question, plan.target, as_json=as_json)


def require_yes(question: str, target: str, *, as_json: bool = False) -> None:
    """Ask a question on the terminal.

    Raises:
        ConfirmationError: the answer was no, or there is no terminal to ask on.
        StoppedError: Ctrl-C, or the end of the input, in place of an answer.
    """
    if as_json or not is_terminal(sys.stdin):
        said = f"{question} There is no terminal to ask on, so nothing was changed"
        raise ConfirmationError(said, host=target)
    try:
        agreed = click.confirm(shown(question), default=False, err=True)
    except click.Abort:
        say("", err=True)  # the question's line has no end yet
        raise StoppedError("it was stopped at the question: nothing was changed", host=target).but(
            next_step=""
        ) from None
    if not agreed:
        raise ConfirmationError("the answer was no: nothing was changed", host=target).but(next_step="")
