"""Why a host that should be there does not answer: a run may just have taken its network away."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from hnskit.errors import HostUnreachableError
from hnskit.journal import records_on

_LONG = 120.0
"""Seconds after which an absence has another cause; up to 47 were seen (HNS fact 64)."""
_SEEN = ("done", "found")
"""Events that are written after the host has answered."""


@contextmanager
def explained(target: str, runs: Path) -> Iterator[None]:
    """What talks to a host: if it is not reachable, the error tells of a cut that a stopped run has left.

    Raises:
        HostUnreachableError: as it was, with the cut and what to do.
    """
    try:
        yield
    except HostUnreachableError as error:
        seconds = since_cut(target, runs)
        if seconds is not None:
            error.message += f"; a run took its network away {seconds:.0f} s ago, and did not see it come back"
            error.next_step = (
                "Wait some seconds and try again: as a rule it comes back by itself. If it stays away for minutes, "
                "look at its console."
            )
        raise


def since_cut(target: str, runs: Path) -> float | None:
    """Seconds since a run began what takes the host's network away, if nothing was heard of the host since then."""
    began = ""
    for record in records_on(target, runs):
        if record.get("event") == "cut":
            began = str(record.get("time", ""))
        elif record.get("event") in _SEEN:
            began = ""
    try:
        seconds = (datetime.now(UTC) - datetime.fromisoformat(began)).total_seconds()
    except (ValueError, TypeError):
        return None
    return seconds if 0 <= seconds <= _LONG else None
