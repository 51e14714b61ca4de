"""The work of one verb on one host, in a thread, a process or on another machine: a task in, a result out."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path

from hnskit.errors import (
    BusyError,
    HnskitError,
    HostUnreachableError,
    LoginRefusedError,
    OutcomeUnknownError,
    PreflightError,
    StoppedError,
    VerificationError,
)
from hnskit.facts.host_facts import Facts
from hnskit.fleet.host_result import HostResult, State
from hnskit.fleet.host_task import HostTask, Tell

_STATES: tuple[tuple[type[HnskitError], State], ...] = (
    (BusyError, "busy"),
    (LoginRefusedError, "login"),
    (HostUnreachableError, "unreachable"),
    (OutcomeUnknownError, "unknown"),
    (StoppedError, "stopped"),
    (VerificationError, "unproved"),
    (PreflightError, "refused"),
)
"""The first that an error is one of."""


def work(task: HostTask, tell: Tell | None = None) -> HostResult:
    """Do a task.

    Args:
        task: the host and the verb.
        tell: told of each step; None where nobody listens (another process).

    Returns:
        The result; an error is in it, with its class and fields.
    """
    from hnskit.fleet.shared_addresses import addresses_of
    from hnskit.fleet.traits import traits
    from hnskit.fleet.verbs import CHANGING, VERBS

    began = time.perf_counter()
    blank = HostResult(
        task.host.name, task.host.target, task.verb, "failed", "", groups=task.host.groups, wave=task.wave,
        run_dir=task.run_dir,
    )  # fmt: skip
    try:
        done = VERBS[task.verb](task, tell or _quiet)
    except HnskitError as error:
        state: State = next((state for kind, state in _STATES if isinstance(error, kind)), "failed")
        changed = getattr(error.outcome, "changed", 0)
        bare = error.but(outcome=None, undone=None).with_traceback(None)  # snapshots of a thousand hosts stay out
        bare.__cause__ = None
        return replace(blank, state=state, verdict=error.paragraph(), error=bare, changed=changed,
                       seconds=time.perf_counter() - began)  # fmt: skip
    except KeyboardInterrupt:
        return replace(blank, state="stopped", verdict="stopped before anything was changed",
                       seconds=time.perf_counter() - began)  # fmt: skip
    except Exception as cause:  # a fault of hnskit's own: the other hosts, and this one's place in the report, stay
        changing = task.verb in CHANGING
        said = f"hnskit met something that it did not expect: {type(cause).__name__}: {cause}."
        more = " What it has done there is not known: run it again, it reads the host first." if changing else ""
        return replace(blank, state="unknown" if changing else "failed", verdict=said + more,
                       seconds=time.perf_counter() - began)  # fmt: skip
    if done.facts is not None and task.run_dir:
        _keep(done.facts, Path(task.run_dir))
    return replace(
        blank, state=done.state, verdict=done.verdict, data=done.data, changed=done.changed,
        traits=traits(done.facts) if done.facts else {}, addresses=addresses_of(done.facts) if done.facts else {},
        seconds=time.perf_counter() - began,
    )  # fmt: skip


def _keep(facts: Facts, folder: Path) -> None:
    from hnskit.facts.snapshot import save_facts

    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    save_facts(facts, folder / "facts.json", private=True)


def _quiet(_: str) -> None:
    """Drop a sentence that has no reader."""
