"""A host that should be there and does not answer: a run may just have taken its network away."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

from hnskit.applying import host_lock
from hnskit.applying.journal import records_on
from hnskit.errors import HostUnreachableError

_LONG = 120.0
"""Seconds after which an absence has another cause; up to 47 were seen (HNS fact 64)."""
_SEEN = ("done", "found")
"""Events that are written after the host has answered."""
_PAUSE = 1.0

_Reached = TypeVar("_Reached")


def wait_until_reachable(
    reach: Callable[[], _Reached], target: str, runs: Path, patience: float, tell: Callable[[str], None]
) -> _Reached:
    """Reach a host; one that a stopped run has left without its network is waited for.

    Args:
        reach: gets there; called again for as long as it is not reachable.
        runs: the folder of the journals that may know why.
        patience: seconds to wait.
        tell: called with one sentence before it is waited for.

    Raises:
        HostUnreachableError: at once where nothing explains it, else after `patience`, with the cause.
        ConnectError: as `reach` raises it.
    """
    began = time.monotonic()
    while True:
        try:
            return reach()
        except HostUnreachableError as error:
            cause = _cause(target, runs)
            if not cause or time.monotonic() - began > patience:
                raise _with_hint(error, cause) from error.__cause__
            tell(f"{target} does not answer: {cause}. Waiting up to {patience:.0f} s.")
            tell = _quiet
            time.sleep(_PAUSE)


@contextmanager
def add_outage_hint(target: str, runs: Path) -> Iterator[None]:
    """Wrap work on a host, so that an error about an unreachable host names what may have taken its network.

    Raises:
        HostUnreachableError: as it was, with the cause and what to do.
    """
    try:
        yield
    except HostUnreachableError as error:
        raise _with_hint(error, _cause(target, runs)) from error.__cause__


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


def _cause(target: str, runs: Path) -> str:
    """Return what is known to have taken the host's network away; "" for nothing."""
    worker = host_lock.other_holder(target)
    if worker is not None:
        return f"{worker.sentence()}, and may have taken its network away"
    seconds = since_cut(target, runs)
    return "" if seconds is None else f"a run took its network away {seconds:.0f} s ago, and did not see it come back"


def _with_hint(error: HostUnreachableError, cause: str) -> HostUnreachableError:
    if not cause or cause in error.message:
        return error
    wait = (
        "Wait some seconds and try again: as a rule it comes back by itself. If it stays away for minutes, "
        "look at its console."
    )
    return error.but(message=f"{error.message}; {cause}", next_step=wait)


def _quiet(_: str) -> None:
    """It was said already."""
