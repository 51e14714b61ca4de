"""Marks of mails, logs, editors, web pages and tools around the lines of a paste, taken away before it is read.

A mark is taken away only where a sample of the text says more without it: a log may begin each line as a mark would.
"""

from __future__ import annotations

import html
import itertools
import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any

_TERMINAL = re.compile(r"\x1b(?:\[[0-9;?]*[A-Za-z]|\][^\x07\x1b]{0,200}(?:\x07|\x1b\\))")
_BLANKS = {0xFEFF: None, 0x200B: None, 0x2060: None, 0xA0: " "}
_UNSEEN = re.compile("[\ufeff\u200b\u2060\xa0]")
_TYPOGRAPHIC = re.compile("[\\[{,=:][ \\t\\r\\n]*[\u201c\u201d\u201e\u00ab\u00bb]")
_QUOTES = dict.fromkeys(map(ord, "\u201c\u201d\u201e\u00ab\u00bb"), '"')

_QUOTATION = re.compile(r"^(?:[ \t]?>)+ ?")
_MOMENT = re.compile(
    r"^\[?\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d+)?(?:Z|[+-]\d\d:?\d\d)?\]?"
    r"(?: (?:stdout|stderr) [FP](?= |$))?(?: |$)"
)
_NUMBERED = re.compile(r"^[ \t]*(?P<number>\d{1,7})(?:\t|[:.)](?: |$)?|[ \t]*\|(?: |$)?|[ \t]{2,}|$)")
_SIGNS = ("+", "|", "#", "*")  # a difference, a table, a comment: one letter before each line
_SAMPLE = 400  # lines that are looked at
_SAMPLE_SIZE = 40_000  # characters of them
_MOST = 0.6  # share of the lines that have the mark
_FEWEST = 3  # lines
_ROUNDS = 3  # marks, one before the other
_SPACED = 5  # lines, each with an empty one behind it, that a mail has set apart
_LARGEST = 64 * 1024 * 1024  # characters of a text that is split into its lines for this
_DEPTH = 6  # of JSON in which a tool puts what a command printed

Peel = Callable[[str], str]


def plain(text: str) -> str:
    """A text without a terminal's colours and titles, and with the letters that were typed."""
    if "\x1b" in text:
        text = _TERMINAL.sub("", text)
    if "\r" in text and text.count("\r") > 2 * text.count("\n"):
        text = text.replace("\r\r\n", "\n").replace("\r\n", "\n").replace("\r", "\n")
    if not text.isascii():
        if _UNSEEN.search(text):
            text = text.translate(_BLANKS)
        if _TYPOGRAPHIC.search(text):
            text = text.translate(_QUOTES)
    if "&" in text and ("&quot;" in text or "&#34;" in text or "&gt;" in text or "&#39;" in text or "&nbsp;" in text):
        text = html.unescape(text).replace("\xa0", " ")
    return text


def bare(text: str, worth: Callable[[str], int]) -> str:
    """A text without the marks before its lines, where it says more without them.

    Args:
        text: of which a sample is read once for each mark that it may have.
        worth: how much a text says of a host.
    """
    for _ in range(_ROUNDS if len(text) <= _LARGEST else 0):
        sample = _sample(text)
        ways = [(peel,) for peel in _peels(sample.split("\n"))]
        if not ways:
            break
        known = worth(sample)
        said, way = _best(sample, ways, worth)
        if said <= known:  # one mark before another: neither says anything alone
            pairs = [(peel, other) for (peel,) in ways for other in _peels(peel(sample).split("\n"))]
            said, way = _best(sample, pairs, worth) if pairs else (0, ())
        if said <= known:
            break
        text = _peeled(text, way)
    return text


def _best(sample: str, ways: Sequence[tuple[Peel, ...]], worth: Callable[[str], int]) -> tuple[int, tuple[Peel, ...]]:
    return max(((worth(_peeled(sample, way)), way) for way in ways), key=lambda item: item[0])


def _peeled(text: str, way: tuple[Peel, ...]) -> str:
    for peel in way:
        text = peel(text)
    return text


def texts_in(value: Any, depth: int = 0) -> Iterator[str]:
    """Texts that commands printed, in the JSON of the tool that ran them: lines in one text, or a list of lines."""
    if isinstance(value, str):
        if "\n" in value:
            yield value
    elif depth < _DEPTH and isinstance(value, list):
        if len(value) >= _FEWEST and all(isinstance(line, str) for line in value):
            yield "\n".join(value)
        else:
            for item in value:
                yield from texts_in(item, depth + 1)
    elif depth < _DEPTH and isinstance(value, dict):
        seen: set[str] = set()
        for item in value.values():  # Ansible has both: stdout and stdout_lines
            for said in texts_in(item, depth + 1):
                key = "\n".join(said.split())
                if key not in seen:
                    seen.add(key)
                    yield said


def _sample(text: str) -> str:
    """The first lines of a text that are not a few words of a mail: whole lines."""
    head = text[: 4 * _SAMPLE_SIZE]
    lines = head.split("\n")
    if len(head) < len(text):
        lines.pop()
    size, kept = 0, []
    for line in lines[:_SAMPLE]:
        size += len(line)
        if size > _SAMPLE_SIZE:
            break
        kept.append(line)
    return "\n".join(kept)


def _peels(lines: list[str]) -> Iterator[Peel]:
    """Ways in which the lines of a text may be marked, each as what takes the mark away."""
    said = [line for line in lines if line.strip()][:_SAMPLE]
    if len(said) < _FEWEST:
        return
    if _longest_run(said, lambda line: line.lstrip()[:1] == ">") >= _FEWEST:
        yield _without_quotation
    if _share(said, _MOMENT) > _MOST:
        yield lambda text: _each(text, lambda line: _MOMENT.sub("", line))
    if _counts_up(said):
        yield lambda text: _each(text, lambda line: _NUMBERED.sub("", line))
    if mark := _common_mark(said):
        short = mark.rstrip()
        yield lambda text: _each(text, lambda line: _without(line, mark, short))
    if _is_spaced(lines):
        yield lambda text: re.sub(r"\n[ \t\r]*\n", "\n", text)


def _each(text: str, change: Callable[[str], str]) -> str:
    return "\n".join(map(change, text.split("\n")))


def _without(line: str, mark: str, short: str) -> str:
    if mark[:1] == "|":
        line = line.rstrip().removesuffix("|")  # a page's table, which has one behind the line too
    if line.startswith(mark):
        return line[len(mark) :]
    return line[len(short) :] if short and line.startswith(short) else line


def _without_quotation(text: str) -> str:
    """A text without a mail's marks, of lines that stand together; a single `>` is a console's."""
    lines = text.split("\n")
    marked = [line.lstrip()[:1] == ">" for line in lines]
    for number, line in enumerate(lines):
        if marked[number] and (marked[number - 1 : number] == [True] or marked[number + 1 : number + 2] == [True]):
            lines[number] = _QUOTATION.sub("", line)
    return "\n".join(lines)


def _share(lines: list[str], mark: re.Pattern[str]) -> float:
    return sum(bool(mark.match(line)) for line in lines) / len(lines)


def _longest_run(lines: list[str], is_marked: Callable[[str], bool]) -> int:
    longest = here = 0
    for line in lines:
        here = here + 1 if is_marked(line) else 0
        longest = max(longest, here)
    return longest


def _counts_up(lines: list[str]) -> bool:
    """Tell whether the lines are numbered, one after the other; numbers of empty lines may be missing."""
    numbers = [int(found["number"]) for line in lines if (found := _NUMBERED.match(line))]
    if len(numbers) <= _MOST * len(lines) or len(numbers) < _FEWEST:
        return False
    rising = sum(0 < after - before <= _FEWEST for before, after in itertools.pairwise(numbers))
    return rising >= 0.9 * (len(numbers) - 1)


def _common_mark(lines: list[str]) -> str:
    """The letters with which most lines begin, up to a blank: a pod's name, a sign, a tab; "" where there are none."""
    ordered = sorted(lines)
    edge = len(ordered) // 10
    pairs = itertools.takewhile(lambda pair: pair[0] == pair[1], zip(ordered[edge], ordered[-1 - edge], strict=False))
    common = "".join(letter for letter, _ in pairs)
    mark = common[: max(common.rfind(" "), common.rfind("\t")) + 1]
    if not mark.strip():
        mark = common[:1] if common[:1] in _SIGNS else mark
    return mark if mark.strip() or "\t" in mark else ""


def _is_spaced(lines: list[str]) -> bool:
    """Tell whether an empty line stands behind every line."""
    full = [bool(line.strip()) for line in lines]
    beside = sum(one and other for one, other in itertools.pairwise(full))
    return sum(full) >= _SPACED and not beside
