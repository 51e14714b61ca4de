"""The verdict on a run that went well: it claims what notebooks of this very run have shown, and nothing more."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Any

from hnskit.model.wording import counted

_VERIFY, _TEARDOWN, _PREFLIGHT = "verify", "teardown", "preflight"
_CHANGING = ("network", "proxy", "clients", "policy", _TEARDOWN)


class Achievement(StrEnum):
    """The state of the redirect that a run has shown."""

    PROVED = "proved"
    """Each client's request was answered through the proxy, in this run, and nothing was changed after it."""
    REMOVED = "removed"
    """The teardown came to its end, and is the last that changed the host."""
    FIT = "fit"
    """Preflight alone: the host is fit, and nothing was changed."""
    UNPROVED = "unproved"
    """Notebooks came to their end, and none of them has shown that the redirect works."""


_NOW = {
    Achievement.PROVED: "The redirect is in place and proved",
    Achievement.REMOVED: "The teardown came to its end",
    Achievement.FIT: "The host is fit for the redirect",
    Achievement.UNPROVED: "Done, and the redirect was not verified in this run",
}
_THEN = {
    Achievement.PROVED: "The redirect was in place and proved then",
    Achievement.REMOVED: "The teardown came to its end",
    Achievement.FIT: "The host was fit for the redirect then",
    Achievement.UNPROVED: "Done, and the redirect was not verified in that run",
}


def achieved(steps: Iterable[Mapping[str, Any]], verification: Mapping[str, Any] | None) -> Achievement:
    """Judge a run that went well.

    Args:
        steps: `part`, `ok` and `kept` of each notebook, in their order, as summary.json has them.
        verification: of this run; None where it made none.

    Returns:
        What it has shown.
    """
    parts = [str(step["part"]) for step in steps if step["ok"]]
    last = next((part for part in reversed(parts) if part in (*_CHANGING, _VERIFY)), "")
    if last == _VERIFY and verification is not None and verification.get("ok") is True:
        return Achievement.PROVED
    if last == _TEARDOWN:
        return Achievement.REMOVED
    return Achievement.FIT if parts and set(parts) == {_PREFLIGHT} else Achievement.UNPROVED


def verdict_sentence(achievement: Achievement, *, past: bool = False, left: int = 0) -> str:
    """Say it, without a full stop.

    Args:
        achievement: what the run has shown.
        past: said later, where nobody knows the host of now.
        left: objects that a teardown kept and that bear hnskit's mark.

    Returns:
        The sentence.
    """
    said = (_THEN if past else _NOW)[achievement]
    if achievement is Achievement.REMOVED and left:
        return f"{said}, and {counted(left, 'objects')} with hnskit's marks stayed"
    return said
