"""The catalog of commands says what each command says of itself, and help is printed without importing them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import click
import pytest

import hnskit.commands
from hnskit.commands.catalog import COMMANDS
from hnskit.commands.cli import hnskit as group


@pytest.fixture
def context() -> click.Context:
    return click.Context(group)


@pytest.mark.parametrize("name", COMMANDS)
def test_the_sentence_of_the_catalog_is_the_first_of_the_command(context: click.Context, name: str) -> None:
    command = group.get_command(context, name)
    assert command is not None
    assert command.get_short_help_str(limit=200) == COMMANDS[name][1]


def test_the_emulators_sentence_is_the_first_of_its_command(context: click.Context) -> None:
    command = group.get_command(context, "emulator")
    assert command is not None
    assert group.said_of(context, "emulator") == command.get_short_help_str(limit=200)


def test_each_file_of_a_command_is_in_the_catalog() -> None:
    files = {path.stem for path in Path(hnskit.commands.__file__).parent.glob("*_command.py")}
    assert {module for module, _ in COMMANDS.values()} == files


def test_help_imports_no_command() -> None:
    code = (
        "import sys; from hnskit.commands.cli import main\n"
        "try: main(['--help'])\n"
        "except SystemExit: pass\n"
        "print(*sorted(name for name in sys.modules if name.startswith('hnskit')), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stderr.split() == [
        "hnskit", "hnskit.commands", "hnskit.commands.catalog", "hnskit.commands.cli", "hnskit.commands.options",
        "hnskit.local", "hnskit.local.version",
    ]  # fmt: skip
