"""A verb on every host of an inventory: over one Executor, wave by wave, results as they come."""

from __future__ import annotations

import math
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Executor, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from hnskit.errors import ArgumentError
from hnskit.fleet.accounts import Accounts
from hnskit.fleet.host_result import HostResult, State
from hnskit.fleet.host_task import HostTask
from hnskit.fleet.host_work import work
from hnskit.fleet.inventory import FleetHost, Inventory
from hnskit.fleet.verbs import CHANGING, VERBS
from hnskit.fleet.waves import Waves
from hnskit.local.project import default_runs

WORKERS = 32
"""Threads of a run that does not say how many: a host costs the client little but waiting."""
RUN_WORKERS = 4
"""Of `run`, which has a kernel of Jupyter for each host."""
_GIVE_UP_SECONDS = 15.0
"""Seconds after which hosts are given up that a cluster has, once the way to it was lost."""
_LOOK_SECONDS = 0.5  # between two looks whether it is to stop


@dataclass(frozen=True, slots=True)
class HostStep:
    """A host's step that has begun."""

    name: str
    text: str


OnStep = Callable[[HostStep], None]


@dataclass(slots=True)
class FleetRun:
    """A verb on many hosts. Iterate over `results`; `stop` ends it in order."""

    inventory: Inventory
    verb: str
    options: Mapping[str, Any] = field(default_factory=dict)
    waves: Waves = field(default_factory=Waves)
    runs: Path | None = None
    """The folder of run folders and journals; None: the project's."""
    folder: Path | None = None
    """The folder of the fleet's run: one for each host is made in it; None: none is kept."""
    on_step: OnStep | None = None
    workers: int = 0
    _stop: threading.Event = field(default_factory=threading.Event)
    _accounts: Accounts = field(default_factory=Accounts)

    def stop(self) -> None:
        """Begin no other host, and no other step on a host that is at work."""
        self._stop.set()

    def results(self, executor: Executor | None = None) -> Iterator[HostResult]:
        """Do it; a result a host, as it comes; those that were not begun last.

        Args:
            executor: where hosts are worked on; by default threads of this process. It is left open.
        """
        limit = self.workers or (RUN_WORKERS if self.verb == "run" else WORKERS)
        if executor is not None:
            yield from self._waves(executor, limit)
            return
        here = ThreadPoolExecutor(min(limit, max(len(self.inventory), 1)), thread_name_prefix="hnskit-fleet")
        wait_for_hosts = True
        try:
            yield from self._waves(here, limit)
        except KeyboardInterrupt:  # whoever presses Ctrl-C has seen what hosts are at work
            wait_for_hosts = False
            raise
        finally:
            self.stop()
            here.shutdown(wait=wait_for_hosts, cancel_futures=True)

    def _waves(self, executor: Executor, limit: int) -> Iterator[HostResult]:
        waves = self.waves.split(self.inventory.hosts)
        count = len(waves) if len(waves) > 1 else 0
        failed = begun = 0
        lost = math.inf
        reason: tuple[State, str] | None = None
        for number, hosts in enumerate(waves, 1):
            waiting = deque(hosts)
            running: dict[Future[HostResult], FleetHost] = {}
            while waiting or running:
                if reason is None and self._stop.is_set():
                    reason = ("not begun", "stopped before it was begun")
                if reason is not None:
                    yield from (self._not_begun(host, *reason) for host in waiting)
                    waiting.clear()
                for host in self._startable(waiting, limit - len(running) if reason is None else 0):
                    try:
                        running[self._submit(executor, host, number if count else 0)] = host
                        begun += 1
                    except Exception as cause:  # a scheduler that has died
                        said = f"the executor takes no other host ({type(cause).__name__})"
                        reason = ("not begun", said)
                        yield self._not_begun(host, "not begun", said)
                for host in [host for host in waiting if self._accounts.is_locked(host)]:
                    waiting.remove(host)
                    yield self._not_begun(host, "not begun", self._accounts.sentence(host))
                done, _ = wait(running, timeout=_LOOK_SECONDS, return_when=FIRST_COMPLETED)
                if any(future.cancelled() for future in done):  # nobody here cancels one: the workers are out of reach
                    reason = reason or ("not begun", "the way to the workers was lost")
                    lost = min(lost, time.monotonic())
                if time.monotonic() > lost + _GIVE_UP_SECONDS:
                    done = set(running)
                for future in done:
                    result = self._result(future, host := running.pop(future), number if count else 0)
                    self._accounts.note(host, result)
                    failed += result.failed
                    yield result
                if reason is None and not self.waves.goes_on(number, failed, begun):
                    reason = ("not begun", f"{failed} of {begun} hosts failed before it")

    def _startable(self, waiting: deque[FleetHost], room: int) -> Iterator[FleetHost]:
        """Hosts that may begin now: an account that has logged in nowhere yet is tried on few at a time."""
        for host in [host for host in waiting if self._accounts.may_begin(host)][: max(room, 0)]:
            if self._accounts.may_begin(host):
                waiting.remove(host)
                self._accounts.begin(host)
                yield host

    def _submit(self, executor: Executor, host: FleetHost, wave: int) -> Future[HostResult]:
        place = str(self.folder / "hosts" / host.name) if self.folder else ""
        task = HostTask(host, self.verb, place, str(self.runs or default_runs()), self.options, wave)
        if isinstance(executor, ThreadPoolExecutor):  # elsewhere nobody could be told
            return executor.submit(work, task, self._teller(host.name))
        return executor.submit(work, task)

    def _teller(self, name: str) -> Callable[[str], None]:
        told = False

        def tell(text: str) -> None:
            nonlocal told
            if self._stop.is_set() and not told:  # once: what then winds up may tell of it
                told = True
                raise KeyboardInterrupt
            if self.on_step is not None:
                self.on_step(HostStep(name, text))

        return tell

    def _result(self, future: Future[HostResult], host: FleetHost, wave: int) -> HostResult:
        """The result; a worker that died leaves a host of which the outcome is not known."""
        try:
            return future.result(timeout=0)
        except Exception as cause:
            said = f"its worker, or the way to it, ended first ({type(cause).__name__}): the outcome is not known"
            return replace(self._not_begun(host, "unknown", f"{said}. Run the same again: it reads the host first."),
                           wave=wave)  # fmt: skip

    def _not_begun(self, host: FleetHost, state: State, verdict: str) -> HostResult:
        return HostResult(host.name, host.target, self.verb, state, verdict, groups=host.groups)


def run(
    inventory: Inventory,
    verb: str,
    *,
    executor: Executor | None = None,
    workers: int = 0,
    waves: Waves | None = None,
    runs: str | Path = "",
    folder: Path | None = None,
    on_step: OnStep | None = None,
    **options: Any,
) -> Iterator[HostResult]:
    """Do a verb on each host of an inventory, many at once; yield results as they come.

    Args:
        inventory: from `load_inventory`.
        verb: `facts`, `show`, `doctor`, `plan`, `drift`, `verify`, `apply` (with its proof), `destroy` or `run`.
        executor: where the work is done: threads, processes, or a Dask cluster's; by default threads of this process.
            The caller closes it.
        workers: hosts at work at once; 0: 32, of `run` 4.
        waves: which hosts come first, and with how many failures it goes on.
        runs: the folder of run folders and journals, where the work is done; by default the project's.
        folder: keeps a snapshot a host; None: none is kept.
        on_step: told, from other threads, of a host's steps; only with threads of this process.
        **options: of the verb: `agreed`, `adopt`, `rollback`, `keep_network`, `by_name`, `destroy`, `table`.

    Returns:
        An iterator over the results. A host's error is in its result; none is raised.

    Raises:
        ArgumentError: there is no such verb; or credentials of some hosts are prompts, which cannot be asked.
    """
    require_fit(inventory, verb, workers)
    return FleetRun(
        inventory, verb, options, waves or Waves(), Path(runs) if runs else None, folder, on_step, workers
    ).results(executor)  # fmt: skip


def require_fit(inventory: Inventory, verb: str, workers: int = 0) -> None:
    """Stop before anything is begun where it cannot go well.

    Raises:
        ArgumentError: there is no such verb, a credential is a prompt, or the number of workers is negative.
    """
    if workers < 0:
        raise ArgumentError("the workers of a fleet are a number, 0 or more")
    if verb not in VERBS:
        raise ArgumentError(f"a fleet has no verb {verb!r}", next_step=f"It has {', '.join(VERBS)}.")
    asking = [host.name for host in inventory.hosts if host.params.connection.credential.startswith("prompt")]
    if asking:
        raise ArgumentError(
            f"the credential of {_some(asking)} is a prompt, and a fleet has nobody to ask",
            next_step="Name the secret by env:, keyring: or file: in connection.credential.",
        )


def _some(names: Sequence[str]) -> str:
    more = len(names) - 3
    return ", ".join(names[:3]) + (f" and {more} more" if more > 0 else "")


__all__ = ["CHANGING", "FleetRun", "HostStep", "run"]
