"""`hnskit plan`: what would be changed."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import click

from hnskit.commands.changing import chosen_parts, made_before, print_plan
from hnskit.commands.options import common, parts_option, runs_option
from hnskit.commands.output import say_problems
from hnskit.commands.reaching import opened, require_read

if TYPE_CHECKING:
    from hnskit.facts.host_facts import Facts
    from hnskit.planning.steps import Plan


@dataclass(frozen=True, slots=True)
class Teardown:
    """The choices of a teardown."""

    keep_network: bool = False
    by_name: bool = False


@click.command()
@common
@parts_option
@click.option("--destroy", is_flag=True, help="What `hnskit destroy` would remove.")
@click.option("--keep-network", is_flag=True, help="With --destroy: as if the bridge were left.")
@click.option("--by-name", is_flag=True, help="With --destroy: as if networks and endpoints of these names went, too.")
@click.option("--all", "everything", is_flag=True, help="Also what has nothing to do, and why.")
@runs_option
def plan(
    params: str,
    overrides: tuple[str, ...],
    as_json: bool,
    *,
    parts: tuple[str, ...],
    destroy: bool,
    keep_network: bool,
    by_name: bool,
    everything: bool,
    runs: Path | None,
) -> None:
    """Show the changes that would be made, and why; exit status 4 if a step is refused. Nothing is changed."""
    if (keep_network or by_name) and not destroy:
        raise click.UsageError("--keep-network and --by-name belong to --destroy.")
    if destroy and parts:
        raise click.UsageError("--part does not go with --destroy: a teardown takes all of it away.")
    teardown = Teardown(keep_network, by_name) if destroy else None
    show_plan(params, overrides, parts=parts, runs=runs, as_json=as_json, teardown=teardown, everything=everything)


def found_plan(
    params: str,
    overrides: tuple[str, ...],
    *,
    parts: tuple[str, ...] = (),
    runs: Path | None = None,
    teardown: Teardown | None = None,
) -> tuple[Plan, Facts]:
    """The plan of a set-up, or of a teardown, and the host that it was made for; nothing is changed.

    Raises:
        HnskitError: the parameters are wrong, or the host cannot be reached or read.
    """
    from hnskit.params.desired import desired_from
    from hnskit.planning.setup import plan as plan_for
    from hnskit.planning.teardown import plan_destroy

    with opened(params, overrides, runs) as (loaded, host):
        snapshot = host.facts()
        require_read(snapshot)
        desired, made = desired_from(loaded), made_before(loaded, runs)
    if teardown is None:
        return plan_for(desired, snapshot, parts=chosen_parts(parts), made=made), snapshot
    return plan_destroy(
        desired, snapshot, made=made, keep_network=teardown.keep_network, by_name=teardown.by_name
    ), snapshot  # fmt: skip


def show_plan(
    params: str,
    overrides: tuple[str, ...],
    *,
    parts: tuple[str, ...] = (),
    runs: Path | None = None,
    as_json: bool = False,
    teardown: Teardown | None = None,
    everything: bool = False,
) -> NoReturn:
    """Print a plan, and end: with 4 where a step is refused."""
    found, snapshot = found_plan(params, overrides, parts=parts, runs=runs, teardown=teardown)
    say_problems(snapshot)
    print_plan(found, as_json=as_json, everything=everything)
