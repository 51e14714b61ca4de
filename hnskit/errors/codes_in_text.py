"""Codes in what hosts print: a line, a log, a sentence without any number. Pure.

A code is found by its number, in each form that a program of the field prints, by its name, and by the words that
Windows has for it. Words in another language than English are known only where a report had them, and a number beside
them counts first.
"""

from __future__ import annotations

import bisect
import functools
import itertools
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from hnskit.errors.hns_codes import KnownCode, all_codes, explain_code, find_codes
from hnskit.errors.input_errors import ArgumentError

MAX_CHARACTERS = 32 * 1024 * 1024
"""A longer text is read that far."""
_QUOTED = 300  # characters of a line that a find repeats
_MIN_WORDS = 8  # characters of a sentence's part that is looked up

# All of them are for text in lower case.
_HEX = re.compile(r"0x([0-9a-f]{1,8})(?!\w)")
_HEX_STARTS = ("8037", "803b", "8007", "80004005")
_BARE_HEX = re.compile(r"[0-9a-f]{8}(?![\w-])")
_CODE_WORDS = ("errorcode", "hresult", "system error", "win32 error", "os error", "error code", "errno")
_NAMED_DECIMAL = re.compile(r"(?:errorcode|hresult|\w+ error|error code|errno)\W{0,6}(-?[0-9]{1,10})(?!\w)")
_DECIMAL = re.compile(r"(?<![\w.:-])(?:-[12][0-9]{9}|2[01][0-9]{8}|3[0-9]{9})(?![\w.:])")
_NAME_STARTS = ("hcn_", "hcs_e_", "gcn_e_", "error_", "rpc_s_", "ept_s_", "e_fail", "errvm", "errcomp", "errproc")
_NAME = re.compile(r"\w+")
_TROUBLE = re.compile(r"fail|error|hresult|win32|refus|exception|cannot")


@dataclass(frozen=True, slots=True)
class CodeInText:
    """A code that a text has."""

    known: KnownCode
    """Known meaning of the code, the causes first that fit its line."""
    line: int
    """Line of its first occurrence, from 1."""
    quoted: str
    """The line, cut where it is long."""
    count: int = 1
    """Lines that have it."""

    def to_json(self) -> dict[str, Any]:
        """Its fields; `known`'s beside them."""
        return {**self.known.to_json(), "line": self.line, "quoted": self.quoted, "count": self.count}


def find_in_text(text: str) -> tuple[CodeInText, ...]:
    """Every code of a text, each once, in the order of the lines where they stand first.

    Args:
        text: a line, a log, an answer of HNS, escaped or not; what is beyond `MAX_CHARACTERS` is not read.

    Returns:
        Those that something is known of, and numbers that stand where a code of Windows stands.
    """
    searched = _Searched(text[:MAX_CHARACTERS])
    found: dict[int, list[int]] = {}
    for number, codes in sorted(searched.codes_by_line().items()):
        for code in codes:
            found.setdefault(code, []).append(number)
    return tuple(
        CodeInText(
            explain_code(code).seen_in(searched.lines[numbers[0]]),
            numbers[0] + 1,
            searched.lines[numbers[0]].strip()[:_QUOTED],
            len(numbers),
        )
        for code, numbers in found.items()
    )


def look_up(words: str) -> tuple[KnownCode, ...]:
    """Find the codes that a person may mean: by a code, a part of its name, a host's text, or a line of a log.

    Raises:
        ArgumentError: nothing in it is known here.
    """
    try:
        return find_codes(words)
    except ArgumentError as problem:
        found = tuple(item.known for item in find_in_text(words)) or _by_part(words)
        if not found:
            raise ArgumentError(f"{problem.message}; nor are there words in it that Windows has for one") from None
        return found


class _Searched:
    """A text, searched as a whole: a log has a hundred lines for each that has a code."""

    def __init__(self, text: str) -> None:
        self.lines = text.split("\n")
        lowered = [line.lower() for line in self.lines]
        self._whole = "\n".join(lowered)
        self._starts = [0, *itertools.accumulate(len(line) + 1 for line in lowered)]

    def codes_by_line(self) -> dict[int, list[int]]:
        """Number of a line, from 0 -> its codes, each once: those by number and name, then by words."""
        found: dict[int, list[int]] = {}
        for place, code in sorted(self._numbers()):
            _add(found.setdefault(self._line(place), []), code)
        words: dict[int, list[str]] = {}
        for said in _texts():
            for place in self._places(said):
                words.setdefault(self._line(place), []).append(said)
        for number, here in words.items():
            codes = found.setdefault(number, [])
            numbers = frozenset(codes)
            for said in here:
                inside = any(said != other and said in other for other in here)
                # Two codes may have the same words: a number beside them has told which.
                if not inside and not numbers.intersection(_texts()[said]):
                    for code in _texts()[said]:
                        _add(codes, code)
        return found

    def _numbers(self) -> Iterator[tuple[int, int]]:
        """Place and code of what is a number or a name."""
        whole = self._whole
        for place, match in self._matches(("0x",), _HEX):
            known = explain_code(int(match[1], 16))
            stands_so = whole[place - 1 : place] == "(" or (len(match[1]) == 8 and match[1][0] in "8c")
            evidence = known.is_known + stands_so  # a number that is neither may be anything
            if known.code and (evidence == 2 or (evidence and self._trouble(place))):
                yield place, known.code
        for place, match in self._matches(_HEX_STARTS, _BARE_HEX):
            if (known := explain_code(int(match[0], 16))).is_known:
                yield place, known.code
        for place, match in self._matches(_CODE_WORDS, _NAMED_DECIMAL):
            number = int(match[1])
            if -(1 << 31) <= number < 1 << 32 and (known := explain_code(number)).code:
                yield place, known.code
        for match in _DECIMAL.finditer(whole):
            if int(match[0]) < 1 << 32 and (known := explain_code(int(match[0]))).is_known:
                yield match.start(), known.code
        for place, match in self._matches(_NAME_STARTS, _NAME):
            if match[0] in _names():
                yield place, _names()[match[0]]

    def _matches(self, starts: Iterable[str], pattern: re.Pattern[str]) -> Iterator[tuple[int, re.Match[str]]]:
        """Find where a pattern stands as whole words."""
        for words in starts:
            for place in self._places(words):
                match = pattern.match(self._whole, place)
                if match is not None and not self._whole[place - 1 : place].isalnum():
                    yield place, match

    def _places(self, words: str) -> Iterator[int]:
        place = self._whole.find(words)
        while place >= 0:
            yield place
            place = self._whole.find(words, place + len(words))

    def _line(self, place: int) -> int:
        return bisect.bisect_right(self._starts, place) - 1

    def _trouble(self, place: int) -> bool:
        """Tell whether the line at a place tells of a failure."""
        number = self._line(place)
        return _TROUBLE.search(self._whole, self._starts[number], self._starts[number + 1]) is not None


def _add(codes: list[int], code: int) -> None:
    if code not in codes:
        codes.append(code)


def _by_part(words: str) -> tuple[KnownCode, ...]:
    """Codes whose words contain these."""
    part = _plain(words)
    if len(part) < _MIN_WORDS and part.isascii():
        return ()
    codes = dict.fromkeys(code for text, named in _texts().items() if part and part in text for code in named)
    return tuple(explain_code(code) for code in codes)


def _plain(text: str) -> str:
    return " ".join(text.split()).rstrip(" .。").lower()


@functools.cache
def _texts() -> Mapping[str, tuple[int, ...]]:
    """Map each text that hosts print, normalised, to its codes, HNS's own first."""
    found: dict[str, list[int]] = {}
    for item in all_codes():
        for text in filter(None, (item.message, *item.texts)):
            found.setdefault(_plain(text), []).append(item.code)
    return {text: tuple(codes) for text, codes in found.items()}


@functools.cache
def _names() -> Mapping[str, int]:
    return {item.name.lower(): item.code for item in all_codes()}
