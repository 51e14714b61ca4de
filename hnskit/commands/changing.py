"""What commands that change a host have in common: the parts, what is known of earlier changes, a journal."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hnskit.foreign_text.terminal import print_json, say

if TYPE_CHECKING:
    from hnskit.applying.journal import Records
    from hnskit.params.desired import Part
    from hnskit.params.loading import Params
    from hnskit.planning.provenance import Provenance


def chosen_parts(names: tuple[str, ...]) -> tuple[Part, ...]:
    """The parts of these names; all of them where none is named."""
    from hnskit.params.desired import ALL_PARTS, Part

    return tuple(Part(name) for name in names) or ALL_PARTS


def made_before(loaded: Params, runs: Path | None = None) -> Provenance:
    """What the journals know of this target."""
    from hnskit.applying.journal import made_on
    from hnskit.local.project import default_runs

    return made_on(loaded.target, runs or default_runs())


@contextmanager
def journalled(target: str, runs: Path | None) -> Iterator[Records]:
    """A journal, in a run folder of its own once there is something to keep; meanwhile nobody else changes the host.

    Raises:
        BusyError: somebody else is at work on it.
    """
    from hnskit.applying import host_lock
    from hnskit.applying.journal import made_on
    from hnskit.local.project import default_runs
    from hnskit.running.lazy_journal import LazyJournal

    place = runs or default_runs()
    with host_lock.claim(target, kind=host_lock.COMMAND) as held:
        yield LazyJournal(place, target, made_on(target, place), held.is_kept_in)


def carry_out(loaded: Params, first: Any, as_json: bool, runs: Path | None, work: Callable[[Any, Any], Any]) -> None:
    """Announce, apply with a journal, and print what came of it."""
    from hnskit.running.terminal import EventLines

    if first.pending and not first.refused:
        say(first.to_text(), "", err=True)
    if first.disruptive and not first.refused:
        names = ", ".join(step.id for step in first.disruptive)
        say(f"! {loaded.target}: its own network goes away for seconds during: {names}", fg="yellow", err=True)
    if first.refused:
        outcome = work(None, EventLines())  # it raises, with the reasons
    else:  # also where nothing is to do: what was found and no journal knows is written down
        with journalled(loaded.target, runs) as journal:
            outcome = work(journal, EventLines())
    if as_json:
        print_json(outcome.to_json())
        return
    if not outcome.changed:
        say(outcome.plan.to_text())
    say(f"{outcome.changed} changed in {outcome.seconds:.1f} s." if outcome.changed else "Nothing to do.")
    for item in outcome.left or ():
        say(f"Kept: {item.kind} {item.name}: {item.reason}")
    if outcome.left == ():
        say("Nothing of hnskit's is left.")
