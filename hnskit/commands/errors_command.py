"""`hnskit errors`: what codes of HNS mean, given by number, name, text, or the log in which they stand."""

from __future__ import annotations

import re
import sys
from typing import TYPE_CHECKING, Any

import click

from hnskit.commands.envelope import print_result
from hnskit.commands.host_input import is_host_input, read_input, text_sources
from hnskit.commands.options import completes, debug_option, json_option
from hnskit.errors import ArgumentError, FileError
from hnskit.foreign_text.escaping import join_lines
from hnskit.foreign_text.terminal import say

if TYPE_CHECKING:
    from hnskit.errors.codes_in_text import CodeInText
    from hnskit.errors.hns_codes import KnownCode
    from hnskit.facts.host_facts import Facts

_FILE = re.compile(r"[/\\]|\.(?:log|txt|json|ya?ml|zip|out|md)$", re.IGNORECASE)
_NAMED = 5  # files that could not be read and are named


@click.command(context_settings={"ignore_unknown_options": True})  # a signed code is not an option
@click.argument(
    "words", nargs=-1, metavar="[CODE|WORDS|FILE|FOLDER|ZIP|-|TARGET]", shell_complete=completes("complete_code")
)
@json_option
@debug_option
def errors(words: tuple[str, ...], as_json: bool) -> None:
    """Explain a code of HNS: its meaning, likely causes, and next step; without CODE all of them.

    CODE may be hexadecimal (0x803b0013), decimal (2151350291), signed (-2143617005), masked as hcsshim prints
    it (0x490), or a part of a name (ADDR_INVALID). WORDS are what a host printed: its text ("Element not found"), or a
    line of a log, whose code counts in whatever language it is. FILE is a log; - reads standard input. TARGET is a host
    (emulator://lab, winrm://host) or a parameter file: what it refused when it was read, and what its objects keep.

    It ends with 0 if all that was found is known, with 1 if something is not or nothing was found in FILE, with 2 if
    nothing in WORDS is a code.
    """
    from hnskit.errors.codes_in_text import look_up
    from hnskit.errors.hns_codes import all_codes

    given = " ".join(words)
    if len(words) == 1 and _names_a_file(given) and not is_host_input(given):
        step = "Name a log that is there, or - for a paste."
        raise FileError("there is no such file or folder", object=given, next_step=step)
    if len(words) == 1 and is_host_input(given):
        _print_found(given, _found_at(given), as_json)
        return
    try:
        found = _each(words) or look_up(given) if words else all_codes()
    except ArgumentError as problem:
        raise click.UsageError(f"{problem.message}.") from problem
    if as_json:
        print_result([item.to_json() for item in found], ok=all(item.is_known for item in found))
    elif not words:
        for item in found:
            say(f"0x{item.code:08X}  {item.name}: {item.meaning}")
    else:
        say(*[text for item in found for text in ("", item.to_text())][1:])
    if not all(item.is_known for item in found):
        sys.exit(1)


def _names_a_file(word: str) -> bool:
    """Tell whether a word that is not a file can only have been meant for one."""
    return bool(_FILE.search(word))


def _each(words: tuple[str, ...]) -> tuple[KnownCode, ...]:
    """The codes of several words, where each of them is one; else nothing: they are a sentence together."""
    from hnskit.errors.hns_codes import find_codes

    found: dict[int, KnownCode] = {}
    for word in words if len(words) > 1 else ():
        try:
            named = find_codes(word)
        except ArgumentError:
            return ()
        if not word.lstrip("-")[:1].isdigit() and [item.name for item in named] != [word.upper()]:
            return ()
        found |= {item.code: item for item in named}
    return tuple(found.values())


def _found_at(place: str) -> tuple[str, list[tuple[str, CodeInText]]]:
    """Return the kind of the input, and the codes of each of its files."""
    from hnskit.errors import SnapshotError
    from hnskit.errors.codes_in_text import find_in_text
    from hnskit.local.text_encoding import decode

    sources = text_sources(place)
    if sources is None:
        host = read_input(place)
        return host.taken_for, [(host.facts.target, item) for item in find_in_text(_said_by(host.facts))]
    found, read, left_out = [], 0, []
    for source in sources:
        try:
            text = decode(source.data)[0] if not source.left_out else ""
        except ValueError as cause:
            left_out.append(f"{source.name}: {cause}")
            continue
        left_out += [f"{source.name}: {source.left_out}"] if source.left_out else []
        read += not source.left_out
        found += [(source.name, item) for item in find_in_text(text)]
    for said in left_out[:_NAMED]:
        say(f"not read: {said}", err=True)
    if len(left_out) > _NAMED:
        say(f"not read: {len(left_out) - _NAMED} more", err=True)
    if not read:
        said = left_out[0] if left_out else "there is no file in it"
        raise SnapshotError(place, said, next_step="Give it a log, or what a host printed.")
    return f"text, {read} files" if read > 1 else "text", found


def _said_by(facts: Facts) -> str:
    """All that a host says of its failures, a line each."""
    lines = [f"{item.call} failed: {item.message} (0x{item.code:x})" for item in facts.refusals]
    lines += [*map(str, facts.problems), *([facts.docker.error] if facts.docker and facts.docker.error else [])]
    objects: list[Any] = [*facts.networks, *facts.endpoints, *facts.policy_lists]
    for item in objects:
        health = item.raw.get("Health")
        code = health.get("LastErrorCode") if isinstance(health, dict) else None
        if code:
            lines.append(f"{type(item).__name__} {getattr(item, 'name', '') or item.id}: LastErrorCode: {code}")
    return join_lines(lines)


def _print_found(place: str, read: tuple[str, list[tuple[str, CodeInText]]], as_json: bool) -> None:
    taken_for, found = read
    known = bool(found) and all(item.known.is_known for _, item in found)
    say(f"{place}: taken for {taken_for}", err=True)
    if as_json:
        codes: list[dict[str, Any]] = [{"file": name, **item.to_json()} for name, item in found]
        print_result({"source": place, "taken_for": taken_for, "codes": codes}, ok=known)
    elif not found:
        say(f"{place}: there is no code of HNS, of containers or of Windows in it, and no text of one.")
    else:
        several = len({name for name, _ in found}) > 1
        say(*[text for name, item in found for text in ("", _text(f"{name}, " if several else "", item))][1:])
    if not known:
        sys.exit(1)


def _text(where: str, item: CodeInText) -> str:
    more = f" and {item.count - 1} more" if item.count > 1 else ""
    return join_lines([f"{where}line {item.line}{more}: {item.quoted}", item.known.to_text()])
