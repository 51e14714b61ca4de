"""`hnskit` as at a terminal, in this process."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import click
import pytest

from hnskit.commands import cli
from tests.waiting import LONG


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


def at_a_pty(words: Sequence[str], answer: str = "") -> tuple[int, str]:
    """Status and output, stdout and stderr together, of a command at a real terminal where an answer is typed."""
    master, slave = os.openpty()
    command = [sys.executable, "-m", "hnskit", *words]
    with subprocess.Popen(command, stdin=slave, stdout=slave, stderr=slave, close_fds=True) as process:
        os.close(slave)
        if answer:
            os.write(master, f"{answer}\n".encode())
        read = b""
        with contextlib.suppress(OSError):  # the other end is closed
            while part := os.read(master, 65_536):
                read += part
        os.close(master)
        status = process.wait(LONG)
    return status, read.decode("utf-8").replace("\r\n", "\n")


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
