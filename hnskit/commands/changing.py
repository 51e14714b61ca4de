"""The parts, the provenance and the journal of commands that change a host."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from hnskit.commands.agreeing import require_agreement
from hnskit.commands.envelope import print_result
from hnskit.commands.plan_lines import say_plan
from hnskit.errors import PreflightError
from hnskit.foreign_text.terminal import say
from hnskit.model.wording import counted
from hnskit.planning.adopted_objects import adoption_result

if TYPE_CHECKING:
    from hnskit.applying.journal import Records
    from hnskit.applying.outcomes import OnEvent, Outcome
    from hnskit.params.desired import Part
    from hnskit.params.loading import Params
    from hnskit.planning.provenance import Provenance
    from hnskit.planning.steps import Plan
    from hnskit.remote.session import Session


def chosen_parts(names: tuple[str, ...]) -> tuple[Part, ...]:
    """The parts of these names; all of them where none is named."""
    from hnskit.params.desired import ALL_PARTS, Part

    return tuple(Part(name) for name in names) or ALL_PARTS


def made_before(loaded: Params, runs: Path | None = None) -> Provenance:
    """Read the provenance of a target's objects from the journals."""
    from hnskit.applying.journal import made_on
    from hnskit.local.project import default_runs

    return made_on(loaded.target, runs=runs or default_runs())


def carry_out(
    loaded: Params, first: Plan, runs: Path | None, work: Callable[[Records | None, OnEvent], Outcome], *,
    yes: bool = False, as_json: bool = False,
) -> Outcome:  # fmt: skip
    """Announce a plan, ask about what it removes, and apply it with a journal; progress goes to stderr.

    Args:
        loaded: the parameters.
        first: the plan as it is now.
        runs: where the journal is kept; None: the project's runs.
        work: applies or destroys, with the journal (None where the plan is refused) and a listener.
        yes: whether what is removed is agreed to.
        as_json: whether stdout has JSON; then nobody is asked.

    Raises:
        ConfirmationError: nobody has agreed to what would be removed; nothing was changed.
        HnskitError: as `work` raises it.
        BusyError: another process holds the host's lock.
    """
    from hnskit.running.lazy_journal import journalled
    from hnskit.running.terminal_lines import EventLines

    if first.refused:
        return work(None, EventLines())  # it raises, with the reasons
    if first.pending:
        say_plan(first, err=True)
    if first.disruptive:
        names = ", ".join(step.id for step in first.disruptive)
        say(f"! {loaded.target}: its own network goes away for seconds during: {names}", fg="yellow", err=True)
    require_agreement(first, yes=yes, as_json=as_json)
    # Also where nothing is to do: what was found is written down.
    with journalled(loaded.target, runs=runs) as journal, EventLines() as lines:
        return work(journal, lines)


def apply_to(
    loaded: Params, session: Session, *, parts: tuple[Part, ...], runs: Path | None = None, rollback: bool = False,
    yes: bool = False, as_json: bool = False, adopt: bool = False,
) -> Outcome:  # fmt: skip
    """Make a host as the parameters say: what `hnskit apply` and `hnskit doctor --fix` do.

    Raises:
        HnskitError: as `hnskit.apply` raises it.
    """
    from hnskit.applying.api import apply
    from hnskit.facts.host_facts import gather_facts
    from hnskit.params.desired import desired_from
    from hnskit.planning.setup import plan

    desired, now = desired_from(loaded), gather_facts(session)
    made = made_before(loaded, runs)

    def work(journal: Records | None, on_event: OnEvent) -> Outcome:
        return apply(
            session,
            desired,
            parts=parts,
            facts=now,
            made=made,
            journal=journal,
            on_event=on_event,
            rollback=rollback,
            adopt=adopt,
        )

    found = plan(desired, now, parts=parts, made=made)
    if found.adopted and not adopt:
        return work(None, lambda _: None)  # it raises, with what was made by hand
    return carry_out(loaded, found, runs, work, yes=yes, as_json=as_json)


def print_plan(found: Plan, *, as_json: bool, everything: bool = False) -> NoReturn:
    """Print a plan on stdout; a refused one is the command's failure.

    Raises:
        SystemExit: with 4 where a step is refused.
    """
    if as_json:
        print_result(found.to_json(), ok=not found.refused)
    else:
        say_plan(found, everything=everything)
        if found.adopted and not found.refused:
            more = f", and makes the {counted(len(found.pending), 'changes')}" if found.pending else ""
            say(f"`hnskit apply --adopt` takes over what was made by hand, as it is{more}.")
    sys.exit(PreflightError.exit_status if found.refused else 0)


def print_outcome(outcome: Outcome, *, as_json: bool) -> None:
    """Print what came of a plan, to stdout."""
    if as_json:
        print_result(outcome.to_json())
        return
    if not outcome.changed:
        say(outcome.plan.to_text())
    if adopted := adoption_result(outcome.plan):
        say(adopted)
        if any(step.kind == "container" for step in outcome.plan.adopted):
            say("Their containers stay without hnskit's label: Docker cannot label a container that is there.")
    say(f"{counted(outcome.changed, 'changes')} in {outcome.seconds:.1f} s." if outcome.changed else "Nothing to do.")
    for item in outcome.left or ():
        say(f"Kept: {item.kind} {item.name}: {item.reason}")
    if outcome.left == ():
        say("Nothing of hnskit's is left.")
