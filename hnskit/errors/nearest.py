"""Suggest the word that was meant, for one that is not known."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

_NEAR = 0.6


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Suggest a known word.

    Args:
        word: as it was typed; capitals do not count.
        known: the words that there are.

    Returns:
        `did you mean endpoints?`, or "" where none is near.
    """
    import difflib  # only where a mistake was made

    lowered = {one.lower(): one for one in known if one}
    near = difflib.get_close_matches(word.lower(), lowered, 1, _NEAR)
    return f"did you mean {lowered[near[0]]}?" if near and lowered[near[0]] != word else ""


def near_file(path: Path) -> str:
    """Suggest a file or folder that is there, for one that is not.

    Args:
        path: of nothing.

    Returns:
        `did you mean params/emulator.yaml?`, or "" where none of its folder has a name like it.
    """
    try:
        names = [one.name for one in path.parent.iterdir()]
    except (OSError, ValueError):
        return ""
    near = did_you_mean(path.name, names)
    return near.replace("mean ", f"mean {path.parent}/", 1) if near and path.parent != Path() else near
