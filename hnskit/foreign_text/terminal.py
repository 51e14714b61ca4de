"""The one door to stdout and stderr: what goes through it is masked, and obeyed by no terminal."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any, TextIO

import click

from hnskit.foreign_text.escaping import Lines, for_terminal, join_lines, json_text
from hnskit.foreign_text.masking import mask_data, mask_text, may_hold_secret


def say(*texts: str, err: bool = False, fg: str | None = None, mark: str = "") -> None:
    """Print texts, a line each; one that is `Lines` keeps its own.

    Args:
        err: on stderr.
        fg: a colour of click's; of the mark alone, where there is one. None is shown where NO_COLOR is set
            (no-color.org) or the terminal has none.
        mark: stands before the first line.
    """
    text = shown(*texts)
    click.echo(f"{_coloured(shown(mark), fg)}{text}" if mark else _coloured(text, fg), err=err)


def shown(*texts: str) -> Lines:
    """The texts as a terminal gets them: masked, escaped, joined."""
    return join_lines(_masked(text) for text in texts)


def rewrite(text: str, width: int) -> None:
    """Put a text in the place of the last line on stderr, at most `width` characters of it."""
    click.echo(f"\r\x1b[2K{for_terminal(mask_text(text))[:width]}", nl=False, err=True)


def redraw(lines: Sequence[str], before: int) -> None:
    """Put lines in place of as many of stderr's last lines as were drawn before."""
    back = f"\x1b[{before}A\x1b[J" if before else ""
    click.echo(back + "".join(f"{for_terminal(mask_text(line))}\n" for line in lines), nl=False, err=True)


def is_terminal(stream: TextIO | None) -> bool:
    """Tell whether a standard stream is a terminal; one that was closed before the program began (`<&-`) is None."""
    return stream is not None and stream.isatty()


def print_json(data: Any) -> None:
    """One JSON text on stdout, and nothing else."""
    text = json_text(data, indent=2, default=str)
    if may_hold_secret(text):
        text = json_text(mask_data(data), indent=2, default=str)
    click.echo(text)


def print_file(text: str) -> None:
    """The text of a file on stdout, as its writer made it with one of the escapers: JSON, CSV."""
    click.echo(text, nl=False)


def _coloured(text: str, colour: str | None) -> str:
    plain = colour is None or os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb"
    return text if plain else click.style(text, fg=colour)


def _masked(text: str) -> str:
    return Lines(mask_text(text)) if isinstance(text, Lines) else mask_text(text)
