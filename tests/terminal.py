"""`hnskit` as at a terminal, in this process."""

from __future__ import annotations

import contextlib
import json
import os
import select
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any, NamedTuple

import click
import pytest

from hnskit.commands import cli
from tests.waiting import LONG

_KEYS = ("\x03", "\x04")
"""Ctrl-C and Ctrl-D, which are no line."""
_AGAIN = 1.0
"""Seconds until such a key is pressed again."""
_CONTROLLED = (
    "import fcntl, signal, termios; fcntl.ioctl(0, termios.TIOCSCTTY, 0);"
    "signal.signal(signal.SIGINT, signal.default_int_handler);"  # a job in the background begins without it
    "from hnskit.commands.cli import main; main()"
)


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


def at_a_pty(
    words: Sequence[str],
    answer: str = "",
    *,
    after: str = "",
    columns: int = 80,
    environment: Mapping[str, str] = MappingProxyType({}),
) -> tuple[int, str]:
    """Status and output, stdout and stderr together, of a command at a real terminal where an answer is typed.

    Args:
        words: of the command, behind `hnskit`.
        answer: what is typed: a line, or a single key of control.
        after: what is to be seen before it is typed.
        columns: of the terminal.
        environment: variables beside those of the tests.
    """
    master, slave = os.openpty()
    command = [sys.executable, "-m", "hnskit", *words]
    if answer in _KEYS:  # they are keys only at a terminal that controls its process
        command = [sys.executable, "-c", _CONTROLLED, *words]
    surroundings = {**os.environ, "COLUMNS": str(columns), **environment}
    with subprocess.Popen(
        command, stdin=slave, stdout=slave, stderr=slave, start_new_session=True, env=surroundings
    ) as process:
        os.close(slave)
        typed, read = (answer if answer in _KEYS else f"{answer}\n").encode() if answer else b"", b""
        deadline = time.monotonic() + LONG
        due = False  # a key is to be pressed again
        with contextlib.suppress(OSError):  # the other end is closed
            while True:
                if typed and after.encode() in read and not due:
                    os.write(master, typed)
                    due, typed = answer in _KEYS, typed if answer in _KEYS else b""
                if select.select([master], [], [], _AGAIN)[0]:
                    if not (part := os.read(master, 65_536)):
                        break
                    read += part
                    continue
                # A Ctrl-C between a prompt and the wait for its answer is heard with the next key (CPython's readline).
                due = False
                if time.monotonic() > deadline:
                    process.kill()
                    raise AssertionError(f"it did not end: {read.decode()}")
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
