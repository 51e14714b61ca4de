"""Check journals and their lines: one that does not fit is named and ignored, never obeyed."""

from __future__ import annotations

import json
import warnings
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from hnskit.local.ownership import why_not_ours
from hnskit.planning.steps import Action

_EVENTS = frozenset({"start", "found", "done", "failed", "overtaken", "cut", "note"})
_ABOUT_OBJECTS = frozenset({"start", "found", "done", "failed", "overtaken"})
_ACTIONS = frozenset(str(action) for action in Action)
_TEXTS = (
    "time",
    "target",
    "event",
    "kind",
    "name",
    "id",
    "step",
    "reason",
    "run",
    "computer",
    "text",
    "message",
    "by",
    "hnskit",
)
_MOST_BYTES = 64 << 20
_LONGEST = 1 << 20  # characters of a line
_LONGEST_NAME = 1_000


class IgnoredJournalWarning(UserWarning):
    """A journal, or a line of one, is not believed."""


def believed_records(path: Path) -> Iterator[dict[str, Any]]:
    """The records of one journal that fit; a last line that was cut off by a crash is left out without a word.

    Warns:
        IgnoredJournalWarning: once for each reason, with the file and the first line that it is about.
    """
    reason = _why_not(path)
    if reason:
        _warn(f"the journal {path} is ignored: {reason}")
        return
    try:
        lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return
    told: set[str] = set()
    bound = False
    for number, line in enumerate(lines, start=1):
        record, reason = _read(line)
        if record is None and number == len(lines):
            return
        if record is not None and not reason:
            bound = bound or "run" in record
            if bound and record.get("run") != path.parent.name:
                reason = "it is not of this run folder"
        if reason and reason not in told:
            told.add(reason)
            _warn(f"line {number} of the journal {path} is ignored: {reason}")
        if record is not None and not reason:
            yield record


def misfit(record: Mapping[str, Any]) -> str:
    """Return the reason why hnskit cannot have written a record; "" if it can."""
    event, action = record.get("event"), record.get("action")
    for key in _TEXTS:
        if key in record and not isinstance(record[key], str):
            return f"its {key} is not a text"
    if event not in _EVENTS:
        return "its event is none of hnskit's"
    if action is not None and (not isinstance(action, str) or action not in _ACTIONS):
        return "its action is none of hnskit's"
    if event in _ABOUT_OBJECTS and not (record.get("kind") and isinstance(record.get("name"), str)):
        return "it does not say which object it is about"
    if event in ("start", "done") and not record.get("step"):
        return "it does not say which step it is about"
    if any(not isinstance(record.get(key, False), bool) for key in ("adopted", "existed")):
        return "what it says of the object's origin is neither true nor false"
    seconds = record.get("seconds", 0)
    if isinstance(seconds, bool) or not isinstance(seconds, int | float) or not 0 <= seconds < 1e9:
        return "its seconds are not a duration"
    if not isinstance(record.get("target"), str):
        return "it does not say of which host it is"
    if any(len(str(record.get(key, ""))) > _LONGEST_NAME for key in ("kind", "name", "id", "target", "time")):
        return "a name in it is too long"
    return ""


def _read(line: str) -> tuple[dict[str, Any] | None, str]:
    if len(line) > _LONGEST:
        return None, "it is too long"
    try:
        record = json.loads(line)
    except (ValueError, RecursionError):
        return None, "it is not whole JSON"
    if not isinstance(record, dict):
        return None, "it is not a record"
    return record, misfit(record)


def _why_not(path: Path) -> str:
    try:
        if path.lstat().st_size > _MOST_BYTES:
            return "it is too large"
    except OSError:
        return ""
    return why_not_ours(path, follow=False) or why_not_ours(path.parent, follow=False)


def _warn(text: str) -> None:
    warnings.warn(text, IgnoredJournalWarning, stacklevel=3)
