"""`hnskit errors`: what codes of HNS mean, given by number, name, text, or the log in which they stand."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from hnskit.commands.options import debug_option, json_option
from hnskit.foreign_text.escaping import join_lines
from hnskit.foreign_text.terminal import print_json, say

if TYPE_CHECKING:
    from hnskit.errors.codes_in_text import CodeInText


@click.command(context_settings={"ignore_unknown_options": True})  # a signed code is no option
@click.argument("words", nargs=-1, metavar="[CODE | WORDS | FILE | -]")
@json_option
@debug_option
def errors(words: tuple[str, ...], as_json: bool) -> None:
    """What a code of HNS means, its likely causes, and what to do; without CODE all of them.

    CODE may be hexadecimal (0x803b0013), decimal (2151350291), signed (-2143617005), masked as hcsshim prints
    it (0x490), or a part of a name (ADDR_INVALID). WORDS are what a host printed: its text ("Element not found"), or a
    line of a log, whose code counts in whatever language it is. FILE is a log, or a folder or zip of them; - reads
    standard input.

    It ends with 0 if all that was found is known, with 1 if something is not or nothing was found in FILE, with 2 if
    nothing in WORDS is a code.
    """
    from hnskit.errors.codes_in_text import look_up
    from hnskit.errors.hns_codes import all_codes

    given = " ".join(words)
    if words == ("-",) or (len(words) == 1 and Path(given).exists()):
        _print_found("standard input" if given == "-" else given, _found_at(given), as_json)
        return
    try:
        found = look_up(given) if words else all_codes()
    except ValueError as problem:
        raise click.UsageError(f"{problem}.") from problem
    if as_json:
        print_json([item.to_json() for item in found] if not words or len(found) > 1 else found[0].to_json())
    elif not words:
        for item in found:
            say(f"0x{item.code:08X}  {item.name}: {item.meaning}")
    else:
        say(*[text for item in found for text in ("", item.to_text())][1:])
    if not all(item.is_known for item in found):
        sys.exit(1)


def _found_at(place: str) -> list[tuple[str, CodeInText]]:
    """Codes of standard input, of a file, or of each file of a folder, with the file's name."""
    from hnskit.errors import SnapshotError
    from hnskit.errors.codes_in_text import find_in_text
    from hnskit.local.text_encoding import decode

    found = []
    for name, data in _texts_at(place):
        try:
            text, _ = decode(data)
        except ValueError as cause:
            if place == "-" or Path(place).is_file():
                raise SnapshotError(name, str(cause), next_step="Give it a log, or what a host printed.") from cause
            continue  # a picture beside the logs of a folder
        found += [(name, item) for item in find_in_text(text)]
    return found


def _texts_at(place: str) -> list[tuple[str, bytes]]:
    from hnskit.errors import SnapshotError

    if place == "-":
        return [("standard input", sys.stdin.buffer.read())]
    path = Path(place)
    files = [path] if path.is_file() else sorted(item for item in path.rglob("*") if item.is_file())
    try:
        return [(str(file.relative_to(path)) if file != path else str(file), file.read_bytes()) for file in files]
    except OSError as cause:
        raise SnapshotError(place, f"cannot be read: {cause.strerror or cause}") from cause


def _print_found(source: str, found: list[tuple[str, CodeInText]], as_json: bool) -> None:
    if as_json:
        codes: list[dict[str, Any]] = [{"file": name, **item.to_json()} for name, item in found]
        print_json({"source": source, "codes": codes})
    elif not found:
        say(f"{source}: there is no code of HNS, of containers or of Windows in it, and no text of one.")
    else:
        say(*[text for name, item in found for text in ("", _text(name, source, item))][1:])
    if not found or not all(item.known.is_known for _, item in found):
        sys.exit(1)


def _text(name: str, source: str, item: CodeInText) -> str:
    where = f"line {item.line}" if source in (name, "standard input") else f"{name}, line {item.line}"
    more = f" and {item.count - 1} more" if item.count > 1 else ""
    return join_lines([f"{where}{more}: {item.quoted}", item.known.to_text()])
