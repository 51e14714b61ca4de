"""`hnskit keep`: keep one host or many as their parameters say, for ever."""

from __future__ import annotations

import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from hnskit.commands.envelope import print_result
from hnskit.commands.options import DEFAULT_PARAMS, NamedPath, debug_option, json_option, runs_option
from hnskit.commands.reaching import require_file
from hnskit.errors import ArgumentError
from hnskit.foreign_text.terminal import say
from hnskit.model.wording import counted

if TYPE_CHECKING:
    from types import FrameType

    from hnskit.fleet import Inventory
    from hnskit.fleet.keeping.keep_loop import Keep


@click.command()
@click.argument("params", default=DEFAULT_PARAMS, metavar="[PARAMS|INVENTORY]")
@click.option("--set", "overrides", multiple=True, metavar="KEY=VALUE", help="Override a parameter everywhere.")
@click.option("--limit", default=None, help="Of an inventory, hosts and groups: web*,!web3,&west.")
@click.option(
    "--interval", type=click.FloatRange(min=1), default=300.0, show_default=True, help="Seconds between two readings."
)
@click.option(
    "--prove-every", type=click.FloatRange(min=0), default=3600.0, show_default=True,
    help="Seconds between two proofs where nothing changes; 0: only after a change.",
)  # fmt: skip
@click.option("--no-events", "events", flag_value=False, default=True, help="Do not follow events; read on schedule.")
@click.option("--allow-disruptive", is_flag=True, help="Do also what cuts the host's network, or removes something.")
@click.option("--once", is_flag=True, help="Serve each host once, then end: 0 if all are as wanted, else 1.")
@click.option(
    "--metrics", type=click.IntRange(0, 65535), metavar="PORT", help="Serve /metrics on loopback; 0: any free port."
)
@click.option("--state", "state_file", type=NamedPath(dir_okay=False), help="The state's file [RUNS/keep.json].")
@click.option("--workers", type=click.IntRange(1, 256), default=16, show_default=True, help="Hosts at work at once.")
@runs_option
@json_option
@debug_option
def keep(
    params: str, overrides: tuple[str, ...], limit: str | None, interval: float, prove_every: float, *, events: bool,
    allow_disruptive: bool, once: bool, metrics: int | None, state_file: Path | None, workers: int, runs: Path | None,
    as_json: bool,
) -> None:  # fmt: skip
    """Keep hosts as their parameters say, for ever: put back what is missing, and prove it now and then.

    It comes on schedule, and at once when a container starts or ends. Steps that disturb are withheld, and named.
    """
    from hnskit.fleet.keeping.host_keeper import KeepOptions
    from hnskit.fleet.keeping.keep_loop import Keep
    from hnskit.local.project import default_runs

    place = (runs or default_runs()).absolute()
    options = KeepOptions(interval, prove_every, allow_disruptive, events, once, place)
    hosts = _hosts(params, overrides, limit)

    def log(name: str, text: str) -> None:
        moment = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        say(f"{moment} {name} {text}", err=as_json)

    work = Keep(hosts, options, log, state_file=state_file or place / "keep.json", metrics=metrics, workers=workers)
    served = f"; metrics at {work.metrics_address}" if work.metrics_address else ""
    say(f"{counted(len(hosts), 'hosts')} kept, state in {state_file or place / 'keep.json'}{served}", err=True)
    with _stopped_by_signals(work):
        ok = work.run()
    if as_json:
        print_result(work.state.to_json(), ok=ok)
    if once and not ok:
        sys.exit(1)


def _hosts(params: str, overrides: tuple[str, ...], limit: str | None) -> Inventory:
    """The hosts of an inventory, or the one of a parameter file.

    Raises:
        ParamsError: it is neither, or has mistakes.
        ArgumentError: the limit chooses none, or there is no inventory; a target is a snapshot.
    """
    from hnskit.facts.source import is_snapshot
    from hnskit.fleet.keeping.kept_hosts import kept_hosts

    require_file(params, "keep")
    found = kept_hosts(params, overrides=overrides)
    if limit is not None:
        found = found.limited(limit)
    if dead := [host.name for host in found.hosts if is_snapshot(host.target)]:
        raise ArgumentError(
            f"{', '.join(dead)} is a snapshot, and can only be looked at",
            next_step="Give a target that can be reached.",
        )
    prompting = [host.name for host in found.hosts if host.params.connection.credential == "prompt"]
    if prompting:
        raise ArgumentError(
            f"{', '.join(prompting[:3])}: `credential: prompt` asks a person, and nobody is there",
            next_step="Name the password as env:NAME, file:PATH or keyring:SERVICE.",
        )
    return found


@contextmanager
def _stopped_by_signals(work: Keep) -> Iterator[None]:
    """The first SIGTERM or SIGINT ends it after the running step, the second at once."""
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}

    def stop(number: int, frame: FrameType | None) -> None:
        del frame
        signal.signal(number, signal.SIG_DFL if number == signal.SIGTERM else signal.default_int_handler)
        work.stop()

    for number in before:
        signal.signal(number, stop)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
