"""What commands have in common: PARAMS, --set, --json, --debug, and the way to a host's facts."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from hnskit.connecting import Host
    from hnskit.facts import Facts
    from hnskit.params import Params

Function = TypeVar("Function", bound=Callable[..., Any])

DEFAULT_PARAMS = "params/emulator.yaml"
_SNAPSHOT = "snapshot:"


class WholeHelp(click.Group):
    """A group whose help has the whole first sentence of each command; click's own cuts it off at 45 characters."""

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The list of commands."""
        rows = [(name, self.said_of(ctx, name)) for name in self.list_commands(ctx)]
        with formatter.section("Commands"):
            formatter.write_dl(rows)

    def said_of(self, ctx: click.Context, name: str) -> str:
        """What a command does."""
        found = self.get_command(ctx, name)
        return found.get_short_help_str(limit=200) if found else ""


def common(function: Function) -> Function:
    """PARAMS, --set, --json and --debug, which every command has."""
    for decorate in (
        click.option("--debug", is_flag=True, expose_value=False, help="Print the traceback of an error."),
        click.option("--json", "as_json", is_flag=True, help="Print JSON, and nothing else, on stdout."),
        click.option(
            "--set",
            "overrides",
            multiple=True,
            metavar="KEY=VALUE",
            help="Override a parameter: clients[0].address=10.0.1.20",
        ),
        click.argument("params", default=DEFAULT_PARAMS, metavar="[PARAMS]"),
    ):
        function = decorate(function)
    return function


@contextmanager
def opened(params: str, overrides: tuple[str, ...]) -> Iterator[tuple[Params, Host]]:
    """The parameters and their host, live or a snapshot."""
    from hnskit.connecting import open_host
    from hnskit.params import load_params
    from hnskit.running.folder import find_params

    loaded = load_params(find_params(params), overrides)
    host = open_host(loaded, on_start=lambda text: click.echo(f"  {text}", err=True))
    try:
        yield loaded, host
    finally:
        host.close()


def read_host(params: str, overrides: tuple[str, ...]) -> tuple[Params | None, Facts]:
    """The facts of a parameter file's host; PARAMS may also be `snapshot:FILE`, and then there are no parameters."""
    if params.startswith(_SNAPSHOT):
        from hnskit.snapshot import load_facts

        return None, load_facts(params.removeprefix(_SNAPSHOT))
    with opened(params, overrides) as (loaded, host):
        return loaded, host.facts()


def say_problems(facts: Facts) -> None:
    """Name on stderr what could not be read, so that a table or a plan is not taken for the whole host."""
    for problem in facts.problems:
        click.echo(f"not readable: {problem}", err=True)
