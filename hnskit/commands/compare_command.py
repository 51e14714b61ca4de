"""`hnskit compare`: two moments, two hosts or two runs."""

from __future__ import annotations

import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from hnskit.commands.envelope import print_result
from hnskit.commands.host_input import read_input
from hnskit.commands.options import Choice, completes, debug_option, json_option
from hnskit.commands.output import say_problems
from hnskit.foreign_text.terminal import say

if TYPE_CHECKING:
    from hnskit.facts.host_facts import Facts

_COLOURS = {"new": "green", "gone": "red", "changed": "yellow"}
_FORM = "RUN|FILE|FOLDER|ZIP|TARGET|PARAMS"


@click.command()
@click.argument("before", metavar=f"A:{_FORM}", shell_complete=completes("complete_compared"))
@click.argument("after", metavar="B", shell_complete=completes("complete_compared"))
@click.option(
    "--by",
    type=Choice(("auto", "id", "name")),
    default="auto",
    show_default=True,
    help="What makes two objects the same; auto: the id, or the name where the two have no object in common.",
)
@json_option
@debug_option
def compare(before: str, after: str, by: str, as_json: bool) -> None:
    """Compare two snapshots, hosts or runs; exit status 1 if they differ. Nothing is changed.

    Of a run the host counts as the run left it. A target is read now.
    """
    from hnskit.facts.differences import differences, share_objects

    was, now = _read(before), _read(after)
    by_name = by == "name" or (by == "auto" and not share_objects(was, now))
    found = differences(was, now, by_name=by_name)
    if as_json:
        items = [{**asdict(item), "changes": _changes(item.changes)} for item in found]
        head = {"before": before, "after": after, "by": "name" if by_name else "id"}
        print_result({**head, "differences": items}, target=now.target, ok=not found)
    else:
        from hnskit.facts.differences import SIGNS

        for item in found:
            say(f"{SIGNS[item.what]} {item}", fg=_COLOURS[item.what])
        counts = ", ".join(f"{sum(item.what == what for item in found)} {what}" for what in SIGNS)
        matched = "by name" if by_name else "by id"
        matched += ": the two have no object in common" if by_name and by == "auto" else ""
        say(f"{counts} (matched {matched})." if found else "No difference.")
    for facts in (was, now):
        say_problems(facts)
    sys.exit(1 if found else 0)


def _read(words: str) -> Facts:
    from hnskit.running.run_history import facts_after, is_run

    if is_run(Path(words).expanduser()):
        return facts_after(Path(words).expanduser())
    found = read_input(words)
    found.announce()
    return found.facts


def _changes(changes: tuple[tuple[str, str, str], ...]) -> list[dict[str, str]]:
    return [{"field": name, "before": old, "after": new} for name, old, new in changes]
