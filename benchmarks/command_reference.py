"""The page of all commands, made from click: `python -m benchmarks.command_reference` prints it.

`benchmarks.site` puts it into the documentation's site; it is not committed, so that it cannot be out of date.
"""

from __future__ import annotations

from collections.abc import Iterator

import click

from hnskit.commands.cli import hnskit

_HEAD = """# Commands

What `hnskit COMMAND --help` prints, command by command. Errors are one paragraph on stderr with the next step; the exit
statuses are in [runs](runs.md).
"""


def page() -> str:
    """The whole page as Markdown."""
    return (
        "\n".join(
            [_HEAD, *_entries(hnskit, click.Context(hnskit, info_name="hnskit", **hnskit.context_settings), 2)]
        ).rstrip()
        + "\n"
    )


def _entries(command: click.Command, context: click.Context, depth: int) -> Iterator[str]:
    """The command, then those below it."""
    yield f"{'#' * depth} {context.command_path}\n\n```text\n{_help(command, context)}\n```\n"
    if isinstance(command, click.Group):
        for name in command.list_commands(context):
            inner = command.get_command(context, name)
            if inner is not None and not inner.hidden:
                yield from _entries(inner, click.Context(inner, info_name=name, parent=context), min(depth + 1, 4))


def _help(command: click.Command, context: click.Context) -> str:
    context.terminal_width = context.max_content_width = 100
    return command.get_help(context)


def main() -> None:
    """Print the page."""
    print(page(), end="")


if __name__ == "__main__":
    main()
