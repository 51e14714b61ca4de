"""`hnskit runs`: the run folders, each with its verdict."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

import click

from hnskit.commands.envelope import print_result
from hnskit.commands.options import debug_option, json_option, runs_option
from hnskit.errors import FileError, SelectionError
from hnskit.errors.nearest import did_you_mean
from hnskit.foreign_text.terminal import say

_MARKS = {True: ("ok", "green"), False: ("FAIL", "red"), None: ("-", None)}


@click.command()
@runs_option
@click.option("--target", default="", help="Only those of this target.")
@json_option
@debug_option
def runs(runs: Path | None, target: str, as_json: bool) -> None:
    """List the run folders, the newest first: moment, target, verdict. No host is contacted."""
    from hnskit.local.project import default_runs
    from hnskit.running.run_history import past_runs

    place = runs or default_runs()
    if runs is not None and not runs.is_dir():
        raise FileError("there is no such folder", object=str(runs), next_step="Name the folder that holds the runs.")
    everything = past_runs(place)
    found = tuple(one for one in everything if target in ("", one.target))
    if target and not found:
        raise _no_such_target(target, {one.target for one in everything if one.target}, place)
    if as_json:
        print_result([item.to_json() for item in found], target=target)
        return
    for item in found:
        mark, colour = _MARKS[item.ok]
        seconds = "" if item.seconds is None else f", {item.seconds:.1f} s"
        say(f" {item.folder}  {item.target}: {item.verdict}{seconds}", fg=colour, mark=f"{mark:<5}")
    if not found:
        say(f"There is no run in {place}.")


def _no_such_target(target: str, known: Collection[str], place: Path) -> SelectionError:
    near = did_you_mean(target, known)
    there = f"There are runs of {', '.join(sorted(known))}." if known else "There is no run at all."
    return SelectionError(f"there is no run of {target} in {place}" + (f"; {near}" if near else ""), next_step=there)
