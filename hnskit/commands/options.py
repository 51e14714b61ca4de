"""Arguments and options that several commands share: PARAMS, --set, --json, --debug."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

Function = TypeVar("Function", bound=Callable[..., Any])

DEFAULT_PARAMS = "params/emulator.yaml"
PARTS = ("network", "proxy", "clients", "policy")


class Choice(click.Choice):  # type: ignore[type-arg]  # of texts
    """One of some words; the nearest one is suggested for another."""

    def get_invalid_choice_message(self, value: Any, ctx: click.Context | None) -> str:
        """Say which words there are, and which was probably meant."""
        from hnskit.errors.nearest import did_you_mean

        said = super().get_invalid_choice_message(value, ctx)
        near = did_you_mean(str(value), map(str, self.choices))
        return f"{said} {near[0].upper()}{near[1:]}" if near else said


class NamedPath(click.Path):
    """A path of a file or folder; an empty text, such as a variable that is not set, is none."""

    def __init__(self, *, dir_okay: bool = True) -> None:
        super().__init__(path_type=Path, dir_okay=dir_okay)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Refuse a text of blanks, which would be the working directory."""
        if isinstance(value, str) and not value.strip():
            self.fail("an empty text names no file or folder", param, ctx)
        return super().convert(value, param, ctx)


def completes(name: str) -> Callable[[click.Context, click.Parameter, str], list[Any]]:
    """A completion of `hnskit.commands.completing` by its name; it is loaded when a shell asks."""

    def complete(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[Any]:
        from hnskit.commands import completing

        found: list[Any] = getattr(completing, name)(ctx, param, incomplete)
        return found

    return complete


json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON, and nothing else, on stdout.")
debug_option = click.option("--debug", is_flag=True, expose_value=False, help="Print the traceback of an error.")
table_option = click.option(
    "--format", "form", type=Choice(("table", "json", "csv")), default="table", show_default=True
)
runs_option = click.option("--runs", type=NamedPath(), help="Where run folders are kept [default: runs].")
parts_option = click.option(
    "--part", "parts", multiple=True, type=Choice(PARTS), help="Only this part of the redirect."
)


class WholeHelp(click.Group):
    """A group whose help has the whole first sentence of each command; click's own cuts it off at 45 characters."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command; the nearest one is suggested for another, also of those that are not loaded."""
        try:
            return super().resolve_command(ctx, args)
        except click.UsageError:  # NoSuchCommand, since click 8.4
            from hnskit.errors.nearest import did_you_mean

            near = did_you_mean(args[0], self.list_commands(ctx))
            known = f". There are: {', '.join(self.list_commands(ctx))}."
            raise click.UsageError(f"No such command {args[0]!r}" + (f"; {near}" if near else known), ctx) from None

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
            shell_complete=completes("complete_parameter"),
        ),
        click.argument(
            "params",
            default=DEFAULT_PARAMS,
            metavar=metavar,
            shell_complete=completes("complete_host_input"),
        ),
    ):
        function = decorate(function)
    return function
