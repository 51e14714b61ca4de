"""Places in what a parameter file says, whatever is wrong with it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any


def path_text(location: Iterable[int | str]) -> str:
    """A place in a parameter file, as its mistakes name it: `clients[1].address`."""
    text = ""
    for part in location:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else part
    return text


def at(data: Any, *parts: str | int) -> Any:
    """Return the value at a path; None if there is none."""
    for part in parts:
        if isinstance(part, int):
            data = data[part] if isinstance(data, list) and part < len(data) else None
        else:
            data = data.get(part) if isinstance(data, dict) else None
    return data
