"""One object of a dump, read although a member of it has a wrong type."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from hnskit.errors import HostAnswerError

_FIRST = re.compile(r"[^.\[]+")
"""The object's own member at the beginning of a path: `Policies` of `Policies[1].Type`."""
_MAX_WRONG = 8  # members of one object that may be left out before the object is


def parsed(
    parse: Callable[[Any], Any], kind: str, item: Mapping[str, Any], place: str, note: Callable[..., None]
) -> Any:
    """One object; a member of a wrong type is left out, and named.

    Args:
        parse: what reads it.
        kind: of objects, for the note.
        item: the object.
        place: where it stands.
        note: what takes kind, place and a sentence on what is wrong.
    """
    for _ in range(_MAX_WRONG):
        try:
            return parse(item)
        except HostAnswerError as problem:
            note(kind, place, problem.message, part_is_known=True)
            member = _FIRST.match(problem.path)
            if member is None or member[0] not in item:
                return None
            item = {name: value for name, value in item.items() if name != member[0]}
        except (KeyError, TypeError, AttributeError, ValueError) as problem:
            note(kind, place, f"it is not whole ({type(problem).__name__}: {problem})")
            return None
    return None
