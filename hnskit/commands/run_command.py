"""`hnskit run`: the notebooks in their order, and a run folder."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import click

from hnskit.commands.agreeing import dry_run_option, require_agreement, yes_option
from hnskit.commands.envelope import print_result
from hnskit.commands.options import PARTS, NamedPath, common, completes, runs_option
from hnskit.commands.plan_lines import say_plan
from hnskit.commands.reaching import require_file
from hnskit.errors import HnskitError
from hnskit.foreign_text.escaping import Lines
from hnskit.foreign_text.terminal import is_terminal, say

if TYPE_CHECKING:
    from hnskit.commands.plan_command import Teardown
    from hnskit.running.summary import Summary


@click.command()
@common
@click.option("--notebooks", type=NamedPath(), help="Folder of the step notebooks [default: notebooks].")
@click.option(
    "--only",
    multiple=True,
    metavar="NOTEBOOK",
    help="Only this one, such as 40_proxy_policy.",
    shell_complete=completes("complete_notebook"),
)
@click.option("--kernel-each", is_flag=True, help="A kernel of its own for each notebook (slower).")
@click.option("--cell-timeout", type=click.IntRange(min=1), metavar="SECONDS", help="How long a cell may take.")
@click.option("--resume", is_flag=True, help="Go on in the last run's folder; what is done and still true is kept.")
@click.option("--adopt", is_flag=True, help="Take over what was made by hand, and repair it where it is half made.")
@yes_option
@dry_run_option
@runs_option
def run(
    params: str,
    overrides: tuple[str, ...],
    as_json: bool,
    *,
    notebooks: Path | None,
    only: tuple[str, ...],
    kernel_each: bool,
    cell_timeout: int | None,
    resume: bool,
    adopt: bool,
    yes: bool,
    dry_run: bool,
    runs: Path | None,
) -> None:
    """Set it up and prove it, notebook by notebook; leave a run folder."""
    require_file(params, "run")
    if dry_run:
        _show_plan(params, overrides, notebooks, only, runs, as_json=as_json)
    from hnskit.running import runner
    from hnskit.running.terminal_lines import RunLines

    agreed = yes or (is_terminal(sys.stdin) and not as_json and _agreed(params, overrides, notebooks, only, runs))
    with RunLines(is_terminal(sys.stderr)) as watcher:
        summary = runner.run(
            params,
            overrides=overrides,
            notebooks=notebooks,
            runs=runs,
            watcher=watcher,
            only=only,
            share_kernel=not kernel_each,
            cell_timeout=cell_timeout,
            resume=resume,
            confirmed=agreed,
            adopt=adopt,
        )
    if as_json:
        print_result(summary.to_json(), ok=summary.exit_status == 0)
    else:
        _print_run(summary)
    if summary.error is not None:
        say(Lines(summary.error["paragraph"]), err=True)
    sys.exit(summary.exit_status)


def _show_plan(
    params: str,
    overrides: tuple[str, ...],
    notebooks: Path | None,
    only: tuple[str, ...],
    runs: Path | None,
    *,
    as_json: bool,
) -> NoReturn:
    """Show the plan of the chosen notebooks, and end."""
    from hnskit.commands.plan_command import show_plan

    parts, teardown = _planned(params, notebooks, only)
    if teardown is None and not parts:
        say("The chosen notebooks only read: there is no plan.", err=True)
        if as_json:
            print_result({"pending": 0, "refused": 0, "steps": []})
        sys.exit(0)
    show_plan(params, overrides, parts=parts, runs=runs, as_json=as_json, teardown=teardown)


def _planned(params: str, notebooks: Path | None, only: tuple[str, ...]) -> tuple[tuple[str, ...], Teardown | None]:
    """The parts that the chosen notebooks set up, and the teardown where its notebook is one of them."""
    from hnskit.commands.plan_command import Teardown
    from hnskit.local.project import find_notebooks, find_params
    from hnskit.running.notebook_sequence import notebook_sequence

    chosen = {part for _, part in notebook_sequence(notebooks or find_notebooks(find_params(params)), only)}
    return tuple(part for part in PARTS if part in chosen), Teardown() if "teardown" in chosen else None


def _agreed(
    params: str, overrides: tuple[str, ...], notebooks: Path | None, only: tuple[str, ...], runs: Path | None
) -> bool:
    """Ask about what the chosen notebooks are to remove, where somebody is there; the notebooks refuse elsewhere.

    Raises:
        ConfirmationError: the answer was no.
    """
    from hnskit.commands.plan_command import found_plan
    from hnskit.planning.removed_objects import removal_question

    try:
        parts, teardown = _planned(params, notebooks, only)
        if teardown is None and not parts:
            return False
        first, _ = found_plan(params, overrides, parts=parts, runs=runs, teardown=teardown)
    except HnskitError:
        return False  # the run tells it, with its report
    if first.refused or not removal_question(first):
        return False
    say_plan(first, err=True)
    require_agreement(first, yes=False)
    return True


def _print_run(summary: Summary) -> None:
    from hnskit.applying.verification import proof_text
    from hnskit.running.summary import describe_changes

    if summary.verification is not None:
        say(proof_text(summary.verification))
    verdict = summary.verdict if summary.ok else f"Stopped at {summary.stopped_at}"
    did = describe_changes(summary.changed, len(summary.earlier))
    say(f"{verdict}: {did}, {summary.seconds:.1f} s.")
    for left in summary.left:
        say(f"Kept: {left}")
    say(f"Run folder: {summary.run_dir}", f"Report:     {summary.report}")
