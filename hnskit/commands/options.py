"""Arguments and options that several commands share: PARAMS, --set, --json, --debug."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

Function = TypeVar("Function", bound=Callable[..., Any])

DEFAULT_PARAMS = "params/emulator.yaml"
PARTS = ("network", "proxy", "clients", "policy")

json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON, and nothing else, on stdout.")
debug_option = click.option("--debug", is_flag=True, expose_value=False, help="Print the traceback of an error.")
table_option = click.option(
    "--format", "form", type=click.Choice(("table", "json", "csv")), default="table", show_default=True
)
runs_option = click.option(
    "--runs", type=click.Path(path_type=Path), help="Where run folders are kept [default: runs]."
)
parts_option = click.option(
    "--part", "parts", multiple=True, type=click.Choice(PARTS), help="Only this part of the redirect."
)


class WholeHelp(click.Group):
    """A group whose help has the whole first sentence of each command; click's own cuts it off at 45 characters."""

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The list of commands."""
        rows = [(name, self.said_of(ctx, name)) for name in self.list_commands(ctx)]
        with formatter.section("Commands"):
            formatter.write_dl(rows)

    def said_of(self, ctx: click.Context, name: str) -> str:
        """Return the help line of a command."""
        found = self.get_command(ctx, name)
        return found.get_short_help_str(limit=200) if found else ""


def common(function: Function) -> Function:
    """PARAMS, --set, --json and --debug, which every command has."""
    return _common(function, "[PARAMS]")


def common_input(function: Function) -> Function:
    """The same for a command that only reads, and takes whatever says something of a host in place of PARAMS."""
    return _common(function, "[PARAMS|FILE|FOLDER|ZIP|-|TARGET]")


def _common(function: Function, metavar: str) -> Function:
    for decorate in (
        debug_option,
        json_option,
        click.option(
            "--set",
            "overrides",
            multiple=True,
            metavar="KEY=VALUE",
            help="Override a parameter: clients[0].address=10.0.1.20",
        ),
        click.argument("params", default=DEFAULT_PARAMS, metavar=metavar),
    ):
        function = decorate(function)
    return function
