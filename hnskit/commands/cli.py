"""The command line. Nothing heavy is imported until a command needs it: `hnskit --help` is read often.

A command is in the file of its name below `commands/`.
"""

from __future__ import annotations

import contextlib
import errno
import importlib
import os
import sys
import warnings
from typing import TYPE_CHECKING, Any, NoReturn

import click

from hnskit.commands.catalog import COMMANDS
from hnskit.commands.options import WholeHelp
from hnskit.local.version import __version__

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

_EMULATOR = "Start, look at and stop emulated Windows hosts."
"""Of a command that nothing here may import; its own help says the same."""

_NAMES = (errno.ENAMETOOLONG, errno.EACCES, errno.EPERM, errno.ENOENT, errno.ENOTDIR, errno.EISDIR, errno.ELOOP)
"""Errors of the system that are about the path of a file that was named."""
_OUTPUT = (errno.ENOSPC, errno.EIO, errno.EFBIG, getattr(errno, "EDQUOT", errno.ENOSPC))
"""Errors of the system that are about a stream which is written to: a full disk behind `> FILE`."""
_LONGEST = 200  # characters of a path that a message repeats
_LONGEST_LINE = 2000  # of a line of a message about the command line
_PIPE_CLOSED = 141
"""128 and SIGPIPE: what a shell says of a program that nobody listened to. 1 would mean that something was found."""


class _Group(WholeHelp):
    """The commands of the catalog and of the entry points `hnskit.commands`, each loaded when it is called."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; where nobody reads its output any more (`hnskit errors | head`), end without a word."""
        try:
            return super().invoke(ctx)
        except BrokenPipeError:
            with contextlib.suppress(OSError, ValueError):
                os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # for the interpreter's own last flush
            sys.exit(_PIPE_CLOSED)

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's own
        return sorted({*COMMANDS, *_foreign()})

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - click's own
        from hnskit.commands.examples import add_examples

        loaded: click.Command
        if cmd_name in COMMANDS:
            module = importlib.import_module(f"hnskit.commands.{COMMANDS[cmd_name][0]}")
            loaded = getattr(module, cmd_name)
            add_examples(loaded, cmd_name)
            return loaded
        entry = _foreign().get(cmd_name)
        if entry is None:
            return None
        loaded = entry.load()
        add_examples(loaded, cmd_name)
        return loaded

    def said_of(self, ctx: click.Context, name: str) -> str:  # noqa: ARG002 - as in the base class
        """Return the help line of a command; a command of another package is named without being loaded."""
        if name in COMMANDS:
            return COMMANDS[name][1]
        if name == "emulator":
            return _EMULATOR
        return f"See hnskit {name} --help."


def _foreign() -> dict[str, EntryPoint]:
    from importlib import metadata  # every installed distribution is looked through: only where that is wanted

    return {entry.name: entry for entry in metadata.entry_points(group="hnskit.commands")}


@click.group(cls=_Group, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="hnskit")
def hnskit() -> None:
    """Redirect a Windows container's metadata requests through a proxy container, and prove it.

    A command that works on a host takes a parameter file; the default, params/emulator.yaml, needs no Windows host.
    """


def main(arguments: list[str] | None = None) -> None:
    """The entry point: every error becomes one paragraph on stderr and an exit status."""
    given = sys.argv[1:] if arguments is None else arguments
    shell = os.environ.get("_HNSKIT_COMPLETE", "").partition("_")[0]
    if shell in ("bash", "powershell"):
        importlib.import_module(f"hnskit.commands.{shell}_completion").register()
    _open_standard_streams()
    warnings.showwarning = _show_warning  # type: ignore[assignment]  # its last two arguments are `more`
    try:
        status = hnskit.main(args=given, prog_name="hnskit", standalone_mode=False)
        if isinstance(status, int) and status:  # a command's own `Exit`, which click returns here
            sys.exit(status)
    except click.ClickException as error:
        from hnskit.foreign_text.escaping import join_lines, shortened

        # It repeats what was typed, and click prints it itself.
        shown = join_lines(shortened(line, _LONGEST_LINE) for line in error.message.splitlines())
        error.message = shown  # type: ignore[misc]  # final for subclasses; this one instance is shown below
        error.show()
        if "--json" in given:
            _say_json(error, error.exit_code, error.format_message(), {"message": error.message})
        sys.exit(error.exit_code)
    except (click.Abort, KeyboardInterrupt) as error:
        from hnskit.errors import StoppedError

        said = "Stopped. Run the same command again: it reads the host first and does only what is missing."
        _fail(
            given, error, said, StoppedError.exit_status, {"error": StoppedError.__name__, "message": "it was stopped"}
        )
    except Exception as error:  # the edge: whatever it is, the operator gets a sentence
        _told(given, error)


def _open_standard_streams() -> None:
    """Give a stream that the caller closed (`<&-`) to the null device: else the next file or socket has its number.

    The processes that are started, such as a notebook's kernel, have it too.
    """
    for number, way in enumerate((os.O_RDONLY, os.O_WRONLY, os.O_WRONLY)):
        try:
            os.fstat(number)
        except OSError:
            # It takes the lowest number that is free, which is this one.
            os.set_inheritable(os.open(os.devnull, way), True)


def _told(given: list[str], error: Exception) -> NoReturn:
    """End with one paragraph on an error, and its exit status."""
    from hnskit.errors import HnskitError

    if isinstance(error, HnskitError):
        from hnskit.applying.outcomes import outcome_of, undone_of

        outcome, undone = outcome_of(error), undone_of(error)
        fields = {**error.to_json(), **({"outcome": outcome.to_json()} if outcome else {})}
        fields |= {"undone": undone.to_json()} if undone else {}
        _fail(given, error, error.paragraph(), error.exit_status, fields)
    if isinstance(error, OSError) and error.filename is not None and error.errno in _NAMES:
        from hnskit.errors import FileError
        from hnskit.foreign_text.escaping import shortened

        _told(given, FileError(f"it cannot be used: {error.strerror}", object=shortened(str(error.filename), _LONGEST)))
    if isinstance(error, OSError) and error.filename is None and error.errno in _OUTPUT:
        text = (
            f"A file or the output could not be written: {error.strerror}. Make room, or name another place; what was "
            "done is in the journal of its run (`hnskit runs`)."
        )
        _fail(given, error, text, 1, {"error": type(error).__name__, "message": str(error)})
    said = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
    text = f"hnskit met something that it did not expect: {said}. Run again with --debug to see where."
    _fail(given, error, text, 1, {"error": type(error).__name__, "message": str(error)})


def _show_warning(message: Warning | str, category: type[Warning], filename: str, lineno: int, *more: Any) -> None:
    """Show hnskit's own warnings as sentences, such as a journal that is not believed; others as Python does."""
    if category.__module__.startswith("hnskit."):
        from hnskit.foreign_text.terminal import say

        say(f"! {message}", err=True, fg="yellow")
    else:
        _shown_by_python(message, category, filename, lineno, *more)


_shown_by_python = warnings.showwarning


def _fail(given: list[str], error: BaseException, paragraph: str, status: int, fields: dict[str, Any]) -> NoReturn:
    from hnskit.foreign_text.escaping import Lines
    from hnskit.foreign_text.terminal import say

    if "--debug" in given:
        import traceback

        told = "".join(traceback.format_exception(error))
        with contextlib.suppress(OSError):
            say(Lines(told.rstrip("\n")), err=True)  # masked: a foreign error may repeat what it was given
    with contextlib.suppress(OSError):  # stderr or stdout may be what failed
        say(paragraph, err=True)
        if "--json" in given:
            _say_json(error, status, paragraph, fields)
    sys.exit(status)


def _say_json(error: BaseException, status: int, paragraph: str, fields: dict[str, Any]) -> None:
    """Print an error in the form of every result."""
    from hnskit.commands.envelope import print_result

    said = {"error": type(error).__name__, **fields, "exit_status": status, "paragraph": paragraph}
    print_result(said, target=fields.get("host", ""), ok=False)
