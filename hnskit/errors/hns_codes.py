"""The codes of HNS, HCS and Windows: name, meaning, likely causes, next step. Codes are matched, texts never are."""

from __future__ import annotations

import functools
import json
import re
import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from importlib import resources
from typing import Any

from hnskit.errors.input_errors import ArgumentError
from hnskit.errors.prose_html import prose
from hnskit.foreign_text.escaping import escape_html, join_lines

_WIDTH = 96
_NUMBER = re.compile(r"^(-?)(0x)?([0-9a-f]+)$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class KnownCode:
    """An HNS, HCS or Win32 code: name, meaning, causes and next step; unknown ones are empty."""

    code: int
    name: str
    message: str = ""
    """Text that hosts printed, in English; "" where that was never seen."""
    meaning: str = ""
    causes: tuple[str, ...] = ()
    next_step: str = ""
    source: str = ""
    texts: tuple[str, ...] = ()
    """Other words for the same: Microsoft's table, and what hosts printed in other languages."""
    beside: tuple[tuple[str, ...], ...] = field(default=(), repr=False)
    """For each cause, words of a log beside which it is the likely one."""

    def seen_in(self, text: str) -> KnownCode:
        """The same, with the causes first that fit the line in which the code stood."""
        lowered = text.lower()
        fits = [any(word in lowered for word in words) for words in self.beside]
        if not any(fits):
            return self
        order = sorted(range(len(fits)), key=lambda place: not fits[place])
        return replace(
            self,
            causes=tuple(self.causes[place] for place in order),
            beside=tuple(self.beside[place] for place in order),
        )

    @property
    def is_known(self) -> bool:
        """Tell whether anything is known of it."""
        return bool(self.meaning)

    @property
    def forms(self) -> str:
        """The code as people meet it: `0x803B0013, 2151350291, -2143617005`."""
        signed = self.code - (1 << 32) if self.code & 0x80000000 else self.code
        forms = [f"0x{self.code:08X}", str(self.code)]
        if signed != self.code:
            forms.append(str(signed))
        elif 0 < self.code <= 0xFFFF:  # hcsshim masks Win32 codes to these 16 bits (HNS fact 3)
            forms = [f"0x{self.code:X}", str(self.code), f"0x{0x80070000 | self.code:08X}"]
        return ", ".join(forms)

    def to_json(self) -> dict[str, Any]:
        """Its fields, and its forms."""
        shown = asdict(self)
        del shown["beside"]
        return {**shown, "hex": f"0x{self.code:08X}", "forms": self.forms}

    def to_text(self) -> str:
        """A paragraph for a terminal."""
        if not self.is_known:
            return f"{self.forms}: nothing is known of this code here. `net helpmsg` or Microsoft's documentation may."
        lines = [f"{self.name} ({self.forms})", f"  {self.meaning}"]
        if self.message:
            lines.append(f'  Hosts print: "{self.message}"')
        elif self.texts:
            lines.append(f'  In Microsoft\'s words: "{self.texts[0]}"')
        lines += ["  Likely causes:", *(f"    - {cause}" for cause in self.causes)]
        lines += [f"  What to do: {self.next_step}", f"  Source: {self.source}"]
        return join_lines(lines)

    def to_html(self) -> str:
        """A box for a notebook; its colours read on a light page and on a dark one."""
        causes = "".join(f"<li>{prose(cause)}</li>" for cause in self.causes)
        printed = f"<p>Hosts print: “{escape_html(self.message)}”</p>" if self.message else ""
        listed = f"<p>Likely causes</p><ul>{causes}</ul>" if causes else ""
        step = f"<p><b>What to do:</b> {prose(self.next_step)}</p>" if self.next_step else ""
        return (
            '<div style="border:1px solid #808080;border-left-width:6px;border-radius:4px;padding:.4em 1em">'
            f"<p><b>{escape_html(self.name)}</b> <code>{escape_html(self.forms)}</code></p>"
            f"<p>{prose(self.meaning or 'Nothing is known of this code here.')}</p>{printed}{listed}{step}</div>"
        )

    def _repr_mimebundle_(self, **_: Any) -> dict[str, str]:
        return {"text/html": self.to_html(), "text/plain": self.to_text()}


def explain_code(code: int | str) -> KnownCode:
    """Look up a code of HNS or Windows in any of its forms.

    Args:
        code: a number, signed, unsigned, or masked to its low 16 bits (HNS fact 3); or its text, hexadecimal
            (`0x803b0013`) or decimal; or its name (`HCN_E_NETWORK_ALREADY_EXISTS`), in any letter case.

    Returns:
        What is known of it; of an unknown number a `KnownCode` whose `is_known` is False.

    Raises:
        ArgumentError: it is not a number of 32 bits, not a name, or the beginning of more than one name.
    """
    if isinstance(code, str):
        found = find_codes(code)
        named = [item for item in found if item.name == code.strip().upper()] or list(found)
        if len(named) > 1:
            raise ArgumentError(f"{code!r} is in the names of {len(named)} codes: {', '.join(i.name for i in named)}")
        return named[0]
    if not -(1 << 31) <= code < 1 << 32:
        raise ArgumentError(f"{code} is not a number of 32 bits")
    unsigned = code & 0xFFFFFFFF
    table = _codes()
    masked = unsigned & 0xFFFF
    if unsigned >> 16 == 0x8007 and masked in table:  # FACILITY_WIN32
        return table[masked]
    return table.get(unsigned, KnownCode(unsigned, f"0x{unsigned:08X}" if unsigned else ""))


def all_codes() -> tuple[KnownCode, ...]:
    """Every code that something is known of, by number."""
    table = _codes()
    return tuple(table[code] for code in sorted(table))


def find_codes(words: str) -> tuple[KnownCode, ...]:
    """The codes that a person may mean by a number in any form, or by a part of a name.

    Digits alone are decimal; where nothing is known of that, they may be hexadecimal with its `0x` forgotten.

    Raises:
        ArgumentError: it is neither a number of 32 bits nor a part of a name.
    """
    said = words.strip()
    number = _NUMBER.match(said)
    if number is not None:
        found = []
        for base in (16,) if number[2] else (10, 16):
            try:
                code = int(number[1] + number[3], base)
            except ValueError:
                continue
            if -(1 << 31) <= code < 1 << 32:
                found.append(explain_code(code))
        known = [item for item in found if item.is_known]
        if found:
            return tuple(known or found)[:1]
        raise ArgumentError(f"{said!r} is not a number of 32 bits")
    named = tuple(item for item in all_codes() if said.upper() in item.name.upper()) if said else ()
    if not named:
        raise ArgumentError(f"{said!r} is not a code (0x803b0013, 2151350291, -2143617005, 0x490) or part of its name")
    return named


def box(title: str, parts: Sequence[str]) -> list[str]:
    """Lines of text in a frame, as a notebook shows an error."""
    inner = [line for part in parts for line in (textwrap.wrap(part, _WIDTH) or [""])]
    width = max(len(title) + 2, *map(len, inner)) if inner else len(title) + 2
    top = f"╭─ {title} {'─' * (width - len(title) - 1)}╮"
    return [top, *(f"│ {line.ljust(width)} │" for line in inner), f"╰{'─' * (width + 2)}╯"]


@functools.cache
def _codes() -> Mapping[int, KnownCode]:
    text = resources.files("hnskit.errors").joinpath("hns_errors.json").read_text(encoding="utf-8")
    return {row["code"]: _read(row) for row in json.loads(text)["codes"]}


def _read(row: dict[str, Any]) -> KnownCode:
    causes = [{"text": cause} if isinstance(cause, str) else cause for cause in row["causes"]]
    return KnownCode(
        row["code"],
        row["name"],
        row["message"],
        row["meaning"],
        tuple(_sentence(cause["text"], cause.get("source", "")) for cause in causes),
        row["next_step"],
        row["source"],
        tuple(row.get("texts", ())),
        tuple(tuple(cause.get("when", ())) for cause in causes),
    )


def _sentence(text: str, source: str) -> str:
    """A cause with its report: `The port is taken (moby#41094).`"""
    return f"{text.rstrip('.')} ({source})." if source else text
