"""Typed reading of JSON that a host printed: a wrong type becomes a `HostAnswerError` that names the key.

What is missing or null is not wrong: hosts leave members out, and what PowerShell prints is lossy. Nor is the
text that PowerShell makes of a bool or a number.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, NoReturn

from hnskit.errors import HostAnswerError

_MOST = 2**63 - 1
"""Largest number: beyond it there is no state, count or version, and no table holds it."""
_CUT_OFF = "PowerShell cut this off: print it again with `ConvertTo-Json -Depth 20`."


def load(text: str) -> Any:
    """Parse JSON; integers of any size stay integers (HNS fact 89).

    Raises:
        HostAnswerError: it is cut off, or no JSON at all.
    """
    try:
        return json.loads(text, parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as cause:
        raise HostAnswerError("the answer is not whole JSON", got=text) from cause


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


class JsonReader:
    """One JSON object of an answer, read member by member.

    Args:
        value: what should be an object.
        where: what it is, for the error: `endpoint`, `endpoint.Policies[1]`.

    Each reader takes the spellings of one member, and uses the first that is there and not null.
    """

    __slots__ = ("json", "where")

    def __init__(self, value: object, where: str) -> None:
        self.where = where
        if not isinstance(value, dict) and not isinstance(value, Mapping):  # the first is the common case, and quick
            _wrong(where, "an object", value)
        self.json: Mapping[str, Any] = value

    def text(self, *keys: str) -> str:
        """A string; "" where there is none."""
        json = self.json
        for key in keys:  # as in _first, which this is called too often to call
            value = json.get(key)
            if value is not None:
                if not isinstance(value, str):
                    _wrong(f"{self.where}.{key}", "text", value)
                return value
        return ""

    def number(self, *keys: str) -> int | None:
        """A whole number of 0 or more that 63 bits hold, or its decimal text; None where there is none."""
        key, value = self._first(keys)
        if value is None:
            return None
        if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) <= 20:
            value = int(value)
        if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= _MOST:
            _wrong(f"{self.where}.{key}", "a whole number", value)
        return value

    def flag(self, *keys: str) -> bool | None:
        """A bool, or the text that PowerShell makes of one; None where there is none."""
        key, value = self._first(keys)
        if isinstance(value, str) and value.lower() in ("true", "false"):
            return value.lower() == "true"
        if value is not None and not isinstance(value, bool):
            _wrong(f"{self.where}.{key}", "true or false", value)
        return value

    def items(self, *keys: str) -> list[Any]:
        """A list; [] where there is none. A single object stands for a list of one (HNS fact 46)."""
        key, value = self._first(keys)
        if value is None:
            return []
        if isinstance(value, Mapping):
            # ConvertTo-Json of Windows PowerShell 5.1 wraps a list that crossed a runspace.
            if value.keys() == {"value", "Count"} and isinstance(value["value"], list):
                return value["value"]
            return [value] if value else []
        if not isinstance(value, list):
            _wrong(f"{self.where}.{key}", "a list", value)
        return value

    def texts(self, *keys: str) -> tuple[str, ...]:
        """Strings from a list of them or from one text with commas; () where there is none."""
        key, value = self._first(keys)
        if value is None or value == []:
            return ()
        items = value.split(",") if isinstance(value, str) else self.items(*keys)
        for index, item in enumerate(items):
            if not isinstance(item, str):
                _wrong(f"{self.where}.{key}[{index}]", "text", item)
        return tuple(item.strip() for item in items if item.strip())

    def nested(self, *keys: str) -> JsonReader:
        """A nested object; an empty one where there is none."""
        key, value = self._first(keys)
        return JsonReader({} if value is None else value, f"{self.where}.{key}")

    def objects(self, *keys: str) -> list[JsonReader]:
        """A list of nested objects; [] where there is none. A null among them is left out."""
        key, value = self._first(keys)
        if value is None:
            return []
        return [
            JsonReader(item, f"{self.where}.{key}[{index}]")
            for index, item in enumerate(self.items(*keys))
            if item is not None
        ]

    def _first(self, keys: tuple[str, ...]) -> tuple[str, Any]:
        # Called for every member of every object of a host: a loop, not a generator.
        json = self.json
        for key in keys:
            value = json.get(key)
            if value is not None:
                return key, value
        return keys[0], None


def _wrong(where: str, wanted: str, value: object) -> NoReturn:
    cut_off = isinstance(value, str) and value.startswith(("@{", "System."))
    path = where.partition(".")[2]
    raise HostAnswerError(f"{where} is not {wanted}", got=value, path=path, next_step=_CUT_OFF if cut_off else "")
