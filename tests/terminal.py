"""`hnskit` as at a terminal, in this process."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, NamedTuple

import click
import pytest

from hnskit.commands import cli


class Ran(NamedTuple):
    """What a command came to."""

    status: int
    out: str
    err: str

    def json(self) -> Any:
        return json.loads(self.out)


def hnskit(capsys: pytest.CaptureFixture[str], *arguments: str) -> Ran:
    """Run a command to its end."""
    status = 0
    try:
        cli.main(list(arguments))
    except SystemExit as end:
        status = int(end.code or 0)
    said = capsys.readouterr()
    return Ran(status, said.out, said.err)


def sets(overrides: list[str]) -> list[str]:
    """Overrides as `--set` options."""
    return [part for override in overrides for part in ("--set", override)]


def commands_of(command: click.Command = cli.hnskit, path: tuple[str, ...] = ()) -> Iterator[tuple[str, click.Command]]:
    """Path and command of each command that does something."""
    if isinstance(command, click.Group):
        context = click.Context(command)
        for name in command.list_commands(context):
            inner = command.get_command(context, name)
            assert inner is not None
            yield from commands_of(inner, (*path, name))
    else:
        yield " ".join(path), command
