"""A dump's text, cut into what stands in it: JSON, lists and tables of a console, lines of logs.

Line by line: each reader looks whether it knows the line's form, and says where it ends.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Generator, Iterator
from typing import Any

from hnskit.facts.dumps import hnsdiag_text
from hnskit.facts.dumps.broken_json import read_json
from hnskit.facts.dumps.console_pieces import console_pieces
from hnskit.facts.dumps.format_list import RawBlock, finished, raw_block, starts_block
from hnskit.facts.dumps.go_values import find_struct, joined_struct, read_struct
from hnskit.facts.dumps.large_texts import WINDOW, windows_of
from hnskit.facts.dumps.listing_commands import (
    ListingCommand,
    command_of,
    is_cmdlet,
    is_prompt,
    prints_nothing,
    request_of,
)
from hnskit.facts.dumps.object_kinds import guess_kind, is_known, kind_of
from hnskit.facts.dumps.paste_marks import bare, plain, texts_in
from hnskit.facts.dumps.pieces import END_LINES, NO_COMMAND, Break, Deleted, Foreign, Piece, PrintedLines, RefusedAnswer
from hnskit.facts.dumps.refusal_lines import may_refuse, refusals_in

Found = Piece | Break | Deleted | RefusedAnswer | Foreign
Line = Generator[Found, None, int]
"""Gives what it finds, and at its end the line behind it."""

_JSON = re.compile(r'\{\s*"|\{\s*\}|\[\s*(?:\{|\])')
_ESCAPED = re.compile(r'\[?\s*\{\s*\\+"')
_QUOTED = re.compile(r'\bmsg="((?:[^"\\]|\\.)*)("?)')
_REQUEST = re.compile(r"(?:Request\s*:|Data\s*\[?)\s*$", re.IGNORECASE)
_ANSWER = re.compile(r"(?:Response|Result)\s*:\s*$", re.IGNORECASE)
_CALL = re.compile(r"\[(GET|POST|DELETE)\]=>\[(/[^\]]*)\]|Method\[(GET|POST|DELETE)\] Path\[(/[^\]]*)\]")
_VALUE = re.compile(r"^[\[{]", re.MULTILINE)
_LARGE = 20_000  # characters of a value that is not worth to be split into lines
_DECODER = json.JSONDecoder()
_MAX_UNESCAPES = 3
_MAX_BROKEN = 400  # lines that one message may be broken into
_LOG_LINE = re.compile(r"^(?:time=|\[\d|\d{4}-\d\d-\d\d|[IWEF]\d{4} )")
_CLOSING = re.compile(r'[^\\]"(?=\s*$|\s+\w+=)')


def read_pieces(text: str, parse: Callable[[str], Any] = json.loads) -> Iterator[Found]:
    """Everything in a text that may say something of a host."""
    if text[:256].lstrip()[:1] in ("{", "[", '"'):
        try:
            value = parse(text)
        except (ValueError, RecursionError):
            pass
        else:
            texts = [] if _has_objects(value) else list(texts_in(value))
            if not texts:
                yield Piece(value, "line 1, offset 0")
            for said in texts:
                yield from _Scanner().found(bare(plain(said), _worth))
            return
    yield from _Scanner().found(bare(plain(text), _worth))


def _has_objects(value: Any) -> bool:
    """Tell whether a value is of a host, or a list of what is; not what a tool says of a command that it ran."""
    items = value if isinstance(value, list) else [value]
    return any(is_known(item) for item in items)


def _worth(text: str) -> int:
    """Weigh how much a text says of a host: an object with all its members says more than many with one each."""
    return sum(map(_worth_of, _Scanner().found(text)))


def _worth_of(found: Found) -> int:
    if not isinstance(found, Piece):
        return 0
    values = found.value if isinstance(found.value, list) else [found.value]
    known = (
        value for value in values if isinstance(value, dict) and (found.kind or found.command.kind or is_known(value))
    )
    return sum(_worth_of_members(value) for value in known)


def _worth_of_members(value: dict[str, Any]) -> int:
    if "inside" in value:  # of ipconfig and route print
        return sum(len(part) for part in value.values() if isinstance(part, list))
    return sum(str(name).isidentifier() for name in value) ** 2


class _Scanner:
    """One pass over the lines of a text."""

    def __init__(self) -> None:
        self._whole = PrintedLines("")
        self._lines = self._whole.lines
        self._command = NO_COMMAND
        self._blocks: list[tuple[RawBlock, tuple[ListingCommand, str, bool]]] = []
        """Lists of members so far, with the command before each, its place, and whether its list has ended: how wide
        the console is becomes known at the end."""

    def found(self, text: str) -> Iterator[Found]:
        """Everything in the order of the text; lists of members last."""
        done = behind = number = 0
        while (begin := _VALUE.search(text, behind)) is not None:
            start = begin.start()
            try:
                value, behind = _DECODER.raw_decode(text, start)
            except (ValueError, RecursionError):
                break  # the rest is read with care
            if behind - start < _LARGE:
                continue
            yield from self._part(text[done:start], number, done)
            number += text.count("\n", done, start)
            yield Piece(value, f"line {number + 1}, offset {start}", "", self._command)
            number += text.count("\n", start, behind)
            done = behind
        yield from self._part(text[done:] if done else text, number, done)
        yield from self._lists()

    def _part(self, text: str, first: int, offset: int) -> Iterator[Found]:
        """Return the text between large values."""
        if len(text) <= WINDOW:
            yield from self._window(text, first, offset)
            return
        for part, line, at in windows_of(text):
            yield from self._window(part, first + line, offset + at)

    def _window(self, text: str, first: int, offset: int) -> Iterator[Found]:
        """A text, line by line."""
        self._whole = PrintedLines(text, first, offset)
        self._lines = self._whole.lines
        number, count = 0, len(self._lines)
        while number < count:
            line = self._lines[number]
            if not line or line.isspace():
                number += 1
                continue
            behind = yield from self._at(number, line)
            number = max(behind, number + 1)

    def _at(self, number: int, line: str) -> Line:
        """Read the piece that begins at a line; return it with the line behind it."""
        if ">" in line or "-" in line or "hnsdiag" in line or "ipconfig" in line or "docker" in line:
            command = command_of(line)
            if command is not None:
                self._command = command
                if is_prompt(line) and not _JSON.search(line):
                    if prints_nothing(command, self._lines[number + 1 : number + 2]):
                        yield Piece([], self._whole.place_of(number), command=command, form="no output")
                    return number + 1
        if " :" in line and (block := self._block_at(number, line)) is not None:
            return block
        if call := _CALL.search(line):
            method, path = call[1] or call[3], call[2] or call[4]
            self._command = request_of(method, path)
            if method == "DELETE":
                yield Deleted(path, self._whole.place_of(number))
        if may_refuse(line):
            for code, said, call_name in refusals_in(line):
                yield RefusedAnswer(code, said, call_name or self._call_words(), self._whole.place_of(number))
        if "{" in line or "[" in line:
            behind = yield from self._values_at(number, line)
            if behind:
                return behind
        return (yield from console_pieces(self._whole, number, line, self._command))

    def _call_words(self) -> str:
        return self._command.words if self._command.words.startswith("/") else ""

    def _block_at(self, number: int, line: str) -> int | None:
        first = starts_block(line)
        if first is None or hnsdiag_text.starts(line) or is_cmdlet(first[2]):
            return None
        raw = raw_block(self._lines, number, first)
        if len(raw.rows) < 2 and not (raw.rows and self._command.kind):
            return None
        place, ended = self._whole.place_of(raw.line), self._list_has_ended(raw.end)
        self._blocks.append((raw, (self._command, place, ended)))
        return raw.end

    def _values_at(self, number: int, line: str) -> Line:
        """JSON, escaped JSON and Go's structs of a line; 0 where there is none."""
        if quoted := _QUOTED.search(line):
            said, end = quoted[1], number + 1
            if not quoted[2]:
                said, end = self._continued(number, line, quoted.start(1))
            yield from self._message(number, said, bool(quoted[2]) or end > number + 1)
            return end
        if "\\" in line and (escaped := _ESCAPED.search(line)):
            yield from self._message(number, line[escaped.start() :], True, line[: escaped.start()])
            return number + 1
        if (struct := find_struct(line)) is not None:
            yield from self._structs(number, line, struct.start())
            return number + 1
        if (joined := joined_struct(self._lines, number)) is not None and (
            struct := find_struct(joined[0])
        ) is not None:
            yield from self._structs(number, joined[0], struct.start())
            return joined[1]
        start = self._whole.start_of(number)
        begin = _JSON.search(self._whole.text, start, start + len(line) + 200)
        if begin is None or begin.start() > start + len(line):
            return 0
        return (yield from self._json(number, begin.start()))

    def _continued(self, number: int, line: str, start: int) -> tuple[str, int]:
        """A quoted message that a paste has broken into lines, and the line behind it; as it is if it never ends."""
        parts = [line[start:]]
        for end in range(number + 1, min(number + _MAX_BROKEN, len(self._lines))):
            following = self._lines[end]
            if _LOG_LINE.match(following) or is_prompt(following):
                break
            closed = _CLOSING.search(following)
            parts.append(following[: closed.start() + 1] if closed else following)
            if closed:
                return "".join(parts), end + 1
        return line[start:], number + 1

    def _json(self, number: int, offset: int) -> Line:
        """The JSON values of a line, one behind the other; the line behind them."""
        begin = self._whole.start_of(number)
        while True:
            end, whole = yield from self._value(number, self._whole.text[begin:offset], offset)
            line = self._whole.line_of(end - 1)
            behind = self._whole.start_of(line) + len(self._lines[line])
            following = _JSON.search(self._whole.text, end, behind) if whole and end < behind else None
            if following is None:
                return line + 1
            begin, offset = end, following.start()

    def _value(self, number: int, before: str, offset: int) -> Generator[Found, None, tuple[int, bool]]:
        """A JSON value; where it ends, and whether it is whole."""
        found = read_json(self._whole.text, offset, is_known)
        end = max(found.end, offset + 1)
        value = found.value
        if _REQUEST.search(before):  # what was asked for is not what the host has
            return end, value is not None and not found.breaks
        if value == [] and not _is_answer(before):
            return end, True
        if value is not None:
            if not found.breaks and isinstance(value, dict) and not is_known(value):
                yield from self._inside(number, value)
                for said in texts_in(value):
                    yield from _Scanner().found(bare(plain(said), _worth))
            yield Piece(value, self._whole.place(offset), before, self._command, broken=bool(found.breaks))
        if value is not None or guess_kind(f"{before} {self._command.words}") is not None:
            for place, said in found.breaks:
                yield Break(self._whole.place(place), said, before, self._command)
        return end, value is not None and not found.breaks

    def _inside(self, number: int, value: dict[str, Any]) -> Iterator[Found]:
        """Texts of a log's own JSON that hold JSON of HNS."""
        for text in value.values():
            if isinstance(text, str) and '{"' in text and not may_refuse(text):
                yield from self._message(number, text, True, escaped=False)

    def _message(
        self, number: int, quoted: str, closed: bool, before: str = "", escaped: bool = True
    ) -> Iterator[Found]:
        """Read the text that logrus puts in quotes: `Network Response : [{\\"ID\\":…}]`."""
        said = _unescaped(quoted) if escaped else quoted
        place = self._whole.place_of(number)
        struct = find_struct(said)
        if struct is not None:
            yield from self._structs(number, said, struct.start())
            return
        begin = _JSON.search(said)
        if begin is None:
            return
        near = before + said[: begin.start()]
        if _REQUEST.search(near):
            return
        found = read_json(said, begin.start(), is_known)
        if found.value == [] and not _is_answer(near):
            return
        if found.value is not None:
            yield Piece(found.value, place, near, self._command, form="log", broken=bool(found.breaks) or not closed)
        if found.value is not None or guess_kind(near) is not None:
            for _, reason in found.breaks or ([] if closed else [(0, "the log's line is cut off")]):
                yield Break(place, reason, near, self._command)

    def _structs(self, number: int, line: str, offset: int) -> Iterator[Found]:
        place = self._whole.place_of(number)
        near = line[:offset]
        while True:
            value, end, whole = read_struct(line, offset)
            if value is not None and (kind_of(value) or len(value) > 2):
                yield Piece(value, place, near, form="Go's print in a log", part_of_list=False, broken=not whole)
                if not whole:
                    yield Break(place, "the log's line is cut off", near, self._command)
            following = find_struct(line, max(end, offset + 1))
            if following is None:
                return
            offset = following.start()

    def _lists(self) -> Iterator[Piece]:
        """Objects that PowerShell has printed as lists."""
        for block, (command, place, ended) in finished(self._blocks):
            yield Piece(
                block.members, place, command=command, lost=tuple(block.lost),
                form="Format-List", printed=tuple(block.printed),
                part_of_list=(None if command is NO_COMMAND else command.lists_all) if ended else False,
            )  # fmt: skip

    def _list_has_ended(self, line: int) -> bool:
        """Tell whether the list that an object stands in was finished.

        PowerShell ends a list with empty lines; a paste that ends with an object may have been cut there.
        """
        number = line
        while number < len(self._lines) and not self._lines[number].strip():
            number += 1
        return number - line > END_LINES or (number < len(self._lines) and is_prompt(self._lines[number]))


def _is_answer(before: str) -> bool:
    """Tell whether what stands before a value on its line says that it is a whole answer, and no part of an object."""
    return not before.strip() or bool(_ANSWER.search(before))


def _unescaped(text: str) -> str:
    """A text without the backslashes that a log has put before its quotes, however often."""
    for _ in range(_MAX_UNESCAPES):
        if '\\"' not in text:
            break
        text = _unquoted(text)
    return text


def _unquoted(quoted: str) -> str:
    try:
        said = json.loads(f'"{quoted}"', strict=False)
        return said if isinstance(said, str) else quoted
    except ValueError:  # Go also writes \x.. and \a, and a cut line may end in the middle of an escape
        return re.sub(r'\\(["\\/])', r"\1", quoted)
