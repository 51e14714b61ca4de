"""From PARAMS and --set to a host: to its facts, or to a session that changes it."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, TypeVar

import click

from hnskit.errors import PreflightError
from hnskit.foreign_text.terminal import say
from hnskit.local.project import is_there
from hnskit.remote.targets import SNAPSHOT

if TYPE_CHECKING:
    from hnskit.facts.host_facts import Facts
    from hnskit.facts.source import Host
    from hnskit.params.loading import Params
    from hnskit.remote.session import Session


class _Closing(Protocol):
    def close(self) -> None:
        """Let go of it."""


_Reached = TypeVar("_Reached", bound=_Closing)


def opened(
    params: str, overrides: tuple[str, ...], runs: Path | None = None
) -> AbstractContextManager[tuple[Params, Host]]:
    """The parameters and their host, live or a snapshot."""
    from hnskit.facts.source import open_host

    return _reach_host(params, overrides, lambda loaded, on_start: open_host(loaded, on_start=on_start), runs)


def names_target(words: str) -> bool:
    """Tell whether words are a target by themselves; a file of that name counts first."""
    from hnskit.remote.targets import is_target

    return is_target(words) and not is_there(Path(words))


def require_file(params: str, verb: str = "") -> None:
    """Stop where a target stands in the place of a parameter file.

    Raises:
        ParamsError: with the command that has both.
    """
    if not names_target(params) and not params.startswith(SNAPSHOT):
        return
    from hnskit.errors import Mistake, ParamsError

    raise ParamsError(
        "the command line",
        (Mistake("PARAMS", "this is a target, and a parameter file is needed: it says what is wanted", repr(params)),),
        next_step=f"Name both: `hnskit {verb or 'plan'} params/emulator.yaml --set {shlex.quote(f'target={params}')}`; "
        "no host was contacted.",
    )


@contextmanager
def opened_target(target: str, overrides: tuple[str, ...]) -> Iterator[Host]:
    """A host that is named by itself, without parameters, for who only reads."""
    from hnskit.applying.outage import add_outage_hint, wait_until_reachable
    from hnskit.facts.source import open_host
    from hnskit.local.project import default_runs
    from hnskit.params.loading import parse_target

    wanted, runs = parse_target(target, overrides=overrides), default_runs()
    patience = wanted.connection.recovery_timeout
    host = wait_until_reachable(lambda: open_host(wanted, on_start=_say), wanted.target, runs, patience, _say)
    try:
        with add_outage_hint(wanted.target, runs):
            yield host
    finally:
        host.close()


def connected(
    params: str, overrides: tuple[str, ...], runs: Path | None = None
) -> AbstractContextManager[tuple[Params, Session]]:
    """The parameters and a session to their host, for who changes it; a snapshot is refused, and a second worker."""
    from hnskit.applying import host_lock
    from hnskit.facts.source import connect

    def alone(loaded: Params, on_start: Callable[[str], None]) -> Session:
        host_lock.require_nobody(
            loaded.target
        )  # before anything else: the other may have taken the host's network away
        return connect(loaded, on_start=on_start)

    return _reach_host(params, overrides, alone, runs)


def require_read(facts: Facts, part: str = "") -> None:
    """Stop where a table that a host should have given, or what a plan needs, could not be read at all.

    An empty table would not be the truth. Of a dump, whatever is there is shown, with its caveats beside it.

    Raises:
        PreflightError: with what the host said.
    """
    from hnskit.facts.host_facts import unread_parts
    from hnskit.facts.source import is_snapshot

    unread = unread_parts(facts)
    if part:
        sources = (part, "containerd") if part == "pods" else (part,)
        said = [str(problem) for problem in facts.problems if problem.part in sources]
        unread = "" if getattr(facts, part) or is_snapshot(facts.target) else "; ".join(said)
    if unread:
        raise PreflightError(f"the host cannot be read: {unread}", host=facts.target)


@contextmanager
def _reach_host(
    params: str,
    overrides: tuple[str, ...],
    reach: Callable[[Params, Callable[[str], None]], _Reached],
    runs: Path | None = None,
) -> Iterator[tuple[Params, _Reached]]:
    from hnskit.applying.outage import add_outage_hint, wait_until_reachable
    from hnskit.local.project import default_runs, find_params
    from hnskit.params.loading import load_params

    context = click.get_current_context(silent=True)
    require_file(params, context.command_path.partition(" ")[2] if context else "")
    loaded = load_params(find_params(params), overrides=overrides)
    target, runs = loaded.target, runs or default_runs()
    host = wait_until_reachable(lambda: reach(loaded, _say), target, runs, loaded.connection.recovery_timeout, _say)
    try:
        with add_outage_hint(target, runs):
            yield loaded, host
    finally:
        host.close()


def _say(text: str) -> None:
    say(f"  {text}", err=True)
