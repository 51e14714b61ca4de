"""The command line. Nothing heavy is imported until a command needs it: `hnskit --help` is read often.

A command is in the file of its name below `commands/`.
"""

from __future__ import annotations

import contextlib
import os
import sys
import warnings
from importlib import metadata
from typing import Any

import click

from hnskit import __version__
from hnskit.commands.apply_command import apply
from hnskit.commands.destroy_command import destroy
from hnskit.commands.doctor_command import doctor
from hnskit.commands.drift_command import drift
from hnskit.commands.errors_command import errors
from hnskit.commands.explain_command import explain
from hnskit.commands.export_command import export
from hnskit.commands.facts_command import facts
from hnskit.commands.init_command import init
from hnskit.commands.options import WholeHelp
from hnskit.commands.plan_command import plan
from hnskit.commands.policy_command import policy
from hnskit.commands.preflight_command import preflight
from hnskit.commands.report_command import report
from hnskit.commands.run_command import run
from hnskit.commands.show_command import show
from hnskit.commands.verify_command import verify
from hnskit.errors import HnskitError
from hnskit.foreign_text.terminal import print_json, say

_PIPE_CLOSED = 141
"""128 and SIGPIPE: what a shell says of a program that nobody listened to. 1 would mean that something was found."""


class _Group(WholeHelp):
    """A group that also has the commands of the entry points `hnskit.commands`, loaded when they are called."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; where nobody reads its output any more (`hnskit errors | head`), end without a word."""
        try:
            return super().invoke(ctx)
        except BrokenPipeError:
            with contextlib.suppress(OSError, ValueError):
                os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # for the interpreter's own last flush
            sys.exit(_PIPE_CLOSED)

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted({*super().list_commands(ctx), *_foreign()})

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        found = super().get_command(ctx, cmd_name)
        entry = _foreign().get(cmd_name)
        if found is not None or entry is None:
            return found
        loaded: click.Command = entry.load()
        return loaded

    def said_of(self, ctx: click.Context, name: str) -> str:
        """Return the help line of a command; a command of another package is named without being loaded."""
        entry = _foreign().get(name)
        if entry is None or entry.value.startswith("hnskit."):
            return super().said_of(ctx, name)
        return f"See hnskit {name} --help."


def _foreign() -> dict[str, metadata.EntryPoint]:
    return {entry.name: entry for entry in metadata.entry_points(group="hnskit.commands")}


@click.group(cls=_Group, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="hnskit")
def hnskit() -> None:
    """Redirect a Windows container's metadata requests through a proxy container, and prove it.

    Every command takes a parameter file; params/emulator.yaml, the default, needs no Windows host.
    """


for _command in (
    apply,
    destroy,
    doctor,
    drift,
    errors,
    explain,
    export,
    facts,
    init,
    plan,
    policy,
    preflight,
    report,
    run,
    show,
    verify,
):
    hnskit.add_command(_command)


def main(arguments: list[str] | None = None) -> None:
    """The entry point: every error becomes one paragraph on stderr and an exit status."""
    given = sys.argv[1:] if arguments is None else arguments
    warnings.showwarning = _show_warning  # type: ignore[assignment]  # its last two arguments are `more`
    try:
        hnskit.main(args=given, prog_name="hnskit", standalone_mode=False)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except (click.Abort, KeyboardInterrupt):
        say("Stopped. Run the same command again: it reads the host first and does only what is missing.", err=True)
        sys.exit(130)
    except HnskitError as error:
        from hnskit.applying.outcomes import outcome_of, undone_of

        outcome, undone = outcome_of(error), undone_of(error)
        fields = {**error.to_json(), **({"outcome": outcome.to_json()} if outcome else {})}
        fields |= {"undone": undone.to_json()} if undone else {}
        _fail(given, error.paragraph(), error.exit_status, fields)
    except Exception as error:  # the edge: whatever it is, the operator gets a sentence
        said = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
        text = f"hnskit met something that it did not expect: {said}. Run again with --debug to see where."
        _fail(given, text, 1, {"error": type(error).__name__, "message": str(error)})


def _show_warning(message: Warning | str, category: type[Warning], filename: str, lineno: int, *more: Any) -> None:
    """What a person has to know, such as a journal that is not believed, as a sentence; others as Python shows them."""
    if category.__module__.startswith("hnskit."):
        say(f"! {message}", err=True, fg="yellow")
    else:
        _shown_by_python(message, category, filename, lineno, *more)


_shown_by_python = warnings.showwarning


def _fail(given: list[str], paragraph: str, status: int, fields: dict[str, Any]) -> None:
    if "--debug" in given:
        import traceback

        traceback.print_exc()
    say(paragraph, err=True)
    if "--json" in given:
        print_json({**fields, "exit_status": status, "paragraph": paragraph})
    sys.exit(status)
