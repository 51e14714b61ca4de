"""`hnskit fleet`: a verb on many hosts at once."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from contextlib import ExitStack, nullcontext
from dataclasses import replace
from typing import TYPE_CHECKING, Any, NoReturn

import click

from hnskit.commands.agreeing import dry_run_option, require_yes, yes_option
from hnskit.commands.doctor_command import require_known_checks
from hnskit.commands.envelope import print_result
from hnskit.commands.fleet_options import FleetAsked, asked, inventory_options, work_options
from hnskit.commands.fleet_output import print_results
from hnskit.commands.options import Choice, WholeHelp, completes
from hnskit.commands.show_command import TABLES
from hnskit.foreign_text.terminal import say
from hnskit.model.wording import counted

if TYPE_CHECKING:
    from concurrent.futures import Executor

    from hnskit.fleet import HostResult, Inventory
    from hnskit.fleet.fleet_folder import FleetFolder

_NOT_REACHED = ("unreachable", "login", "not begun")


@click.group(cls=WholeHelp)
def fleet() -> None:
    """Do one thing on many hosts at once: an inventory, waves, one table, one report.

    \b
    hnskit fleet facts inventory.yaml
    hnskit fleet apply inventory.yaml --limit west,!web3 --canary 1 --batch 25% --yes
    hnskit fleet apply inventory.yaml --resume --yes
    """


@fleet.command()
@inventory_options
def hosts(**given: Any) -> None:
    """List the hosts of an inventory with their groups; no host is contacted."""
    wanted = asked(given)
    found = wanted.hosts().hosts
    if wanted.as_json:
        print_result([{"name": one.name, "target": one.target, "groups": list(one.groups)} for one in found])
        return
    for one in found:
        say(f"{one.name:<24} {one.target}" + (f"  [{', '.join(one.groups)}]" if one.groups else ""))


def _verb(name: str, words: str, *options: Callable[..., Any]) -> None:
    """A command of one verb."""

    def command(**given: Any) -> None:
        _run(name, asked(given))

    command.__doc__ = words
    decorated: Callable[..., Any] = command
    for option in reversed(options):
        decorated = option(decorated)
    fleet.command(name)(work_options(decorated))


_teardown_options = (
    click.option("--keep-network", is_flag=True, help="Leave the bridges, so that no host is cut again."),
    click.option("--by-name", is_flag=True, help="Networks and endpoints of these names too, unknown to the journals."),
)
_verb("facts", "Read each host, and say in what it differs from most of them.")
_verb("doctor", "Look for what is wrong on each host; exit status 1 for an error, with --strict for a warning, too.",
      click.option("--strict", is_flag=True, help="End with 1 for a warning, too."),
      click.option("--check", "only", multiple=True, metavar="NAME", help="Only findings of this check.",
                   shell_complete=completes("complete_check")))  # fmt: skip
_verb("plan", "Show what would be changed on each host; nothing is changed.",
      click.option("--destroy", is_flag=True, help="What `hnskit fleet destroy` would remove."),
      *_teardown_options)  # fmt: skip
_verb("drift", "Compare each host with the parameters; nothing is changed.")
_verb("verify", "Prove the redirect on each host, by requests from inside its clients.")
_verb("apply", "Make each host as the parameters say, and prove it.",
      click.option("--adopt", is_flag=True, help="Take over what was made by hand."),
      click.option("--rollback-on-failure", "rollback", is_flag=True, help="If a step fails on a host, go back there."),
      yes_option, dry_run_option)  # fmt: skip
_verb("destroy", "Take away what hnskit made on each host.", *_teardown_options, yes_option, dry_run_option)
_verb("run", "Run the notebooks for each host: a run folder with their report for each.", yes_option, dry_run_option)
_verb("show", "Print one table of all hosts.", click.option("--table", type=Choice(TABLES), required=True))


def _run(verb: str, wanted: FleetAsked) -> None:
    from hnskit.fleet.dask_cluster import dask_executor
    from hnskit.fleet.fleet_folder import FleetFolder
    from hnskit.fleet.scheduling import CHANGING, require_fit
    from hnskit.fleet.shared_addresses import asked_for, warning
    from hnskit.local.project import default_runs

    found = wanted.hosts()
    wanted.waves()  # a number that is none is said before a host is contacted
    require_fit(found, verb)
    require_known_checks(wanted.of_verb.get("only", ()))
    place = (wanted.runs or default_runs()).absolute()
    wanted = replace(wanted, runs=place)
    options = dict(wanted.of_verb)
    if options.pop("dry_run", False):  # the same as `hnskit fleet plan`, with --destroy for a teardown
        kept = {name: options.get(name, False) for name in ("keep_network", "by_name")}
        options, verb = {"destroy": verb == "destroy", **kept}, "plan"
    if "yes" in options:
        options["agreed"] = options.pop("yes")
    if verb == "destroy" and not options["agreed"]:
        _ask(f"Take the redirect away from {counted(len(found), 'hosts')}?", wanted)
        options["agreed"] = True
    if verb in CHANGING and verb != "destroy" and (said := warning(asked_for(found.hosts))):
        say(f"  {said}", err=True)
    with dask_executor(wanted.dask) if wanted.dask else nullcontext() as executor:
        folder = (FleetFolder.last if wanted.resume else FleetFolder.new)(place, verb, found.source)
        left = _left(found, folder) if wanted.resume else found
        try:
            results, stopped = _work(left, verb, options, wanted, folder, executor=executor)
        except KeyboardInterrupt:  # the second one: threads that wait for a host would hold the end of this process
            _end_at_once(folder)
        finally:
            report = folder.finish()
    status = exit_status(results, verb, stopped=stopped)
    if wanted.as_json:
        print_result(folder.to_json(), ok=status == 0)
    else:
        print_results(results, verb)
    say(f"Report: {report}", err=True)
    sys.exit(status)


def _end_at_once(folder: FleetFolder) -> NoReturn:
    """End this process, with a report on what came until then."""
    say(f"Report: {folder.finish()}", err=True)
    say("Ended at once: the hosts that were at work are not in it. Run the same command again with --resume: it reads "
        "each host first, and does only what is missing.", err=True)  # fmt: skip
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(130)


def exit_status(results: list[HostResult], verb: str, *, stopped: bool) -> int:
    """0: all as wanted; 3: no host was reached; 130: stopped by Ctrl-C before all were done; else 1."""
    from hnskit.fleet.fleet_verdict import all_well

    states = [one.state for one in results]
    if stopped and {"stopped", "not begun"} & set(states):
        return 130
    if all_well(results, verb):
        return 0
    return 3 if all(state in _NOT_REACHED for state in states) else 1


def _ask(question: str, wanted: FleetAsked) -> None:
    from hnskit.errors import ConfirmationError

    try:
        require_yes(question, wanted.inventory, as_json=wanted.as_json)
    except ConfirmationError as error:
        step = f"Look at `hnskit fleet plan {wanted.inventory} --destroy`, then say --yes."
        raise error.but(next_step=step if error.next_step else "") from None


def _left(found: Inventory, folder: FleetFolder) -> Inventory:
    """The hosts that an earlier attempt in this folder did not come to the end with; a name may be another host now."""
    earlier = folder.done()
    done = {host.name for host in found.hosts if host.name in earlier and earlier[host.name].target == host.target}
    for name in sorted(done):
        folder.keep(earlier[name])
    left = replace(found, hosts=tuple(host for host in found.hosts if host.name not in done))
    say(f"  {counted(len(found) - len(left), 'hosts')} done before, {len(left)} left: {folder.place}", err=True)
    return left


def _work(
    inventory: Inventory, verb: str, options: dict[str, Any], wanted: FleetAsked, folder: FleetFolder, *,
    executor: Executor | None,
) -> tuple[list[HostResult], bool]:  # fmt: skip
    """Do it, with a live table on a terminal; Ctrl-C lets hosts come to their step's end: whether there was one."""
    from hnskit.commands.fleet_screen import FleetScreen, StopsInOrder
    from hnskit.fleet.scheduling import FleetRun

    results: list[HostResult] = []
    with ExitStack() as stack:
        screen = stack.enter_context(FleetScreen(len(inventory)))
        work = FleetRun(
            inventory, verb, options, wanted.waves(), wanted.runs, folder.place, screen.step, wanted.workers
        )  # fmt: skip
        stops = stack.enter_context(StopsInOrder(work.stop, screen.note))
        for result in work.results(executor):
            folder.add(result)
            results.append(result)
            screen.done(result)
    return results, stops.stopped
