"""Keep many hosts: a thread for each, until it is told to stop."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from pathlib import Path

from hnskit.fleet.inventory import Inventory
from hnskit.fleet.keeping.host_keeper import HostKeeper, KeepOptions, Log
from hnskit.fleet.keeping.keep_metrics import serve_metrics
from hnskit.fleet.keeping.keep_state import KeepState, KeptHost
from hnskit.fleet.keeping.known_objects import KnownObjects
from hnskit.fleet.keeping.login_guard import LoginGuard

_AT_WORK = 16
"""Hosts that are read or changed at once."""
_PARTING = 10.0
"""Seconds for hosts that are only waited for or connected to; one at work is waited for as long as its step takes."""
_LOOK = 1.0


class Keep:
    """The hosts of an inventory, kept.

    Args:
        inventory: one host or many.
        options: how they are kept.
        log: told each change and each new state of a host; called from several threads, one at a time.
        state_file: where the state is written, whole; None: nowhere.
        metrics: port of /metrics on loopback, 0 for any that is free; None: none are served.
        workers: hosts that are read or changed at once.

    Raises:
        ArgumentError: metrics cannot be served.
        FileError: the state cannot be written.
    """

    def __init__(
        self, inventory: Inventory, options: KeepOptions, log: Log, *, state_file: Path | None = None,
        metrics: int | None = None, workers: int = _AT_WORK,
    ) -> None:  # fmt: skip
        self._stop = threading.Event()
        self._file, self._once = state_file, options.once
        kept = [KeptHost(host.name, host.target) for host in inventory.hosts]
        self.state = KeepState(kept)
        if state_file is not None:
            self.state.write(state_file)
        self.metrics_address = ""
        self._end_metrics: Callable[[], None] | None = None
        if metrics is not None:
            self.metrics_address, self._end_metrics = serve_metrics(self.state, metrics)
        speaking = threading.Lock()

        def said(name: str, text: str) -> None:
            with speaking:
                log(name, text)

        gate: AbstractContextManager[object] = threading.BoundedSemaphore(workers)
        logins, known = LoginGuard(self._stop.is_set), KnownObjects(options.runs)
        self._keepers = [
            HostKeeper(host, options, one, self.state, said, stop=self._stop, gate=gate, logins=logins, known=known)
            for host, one in zip(inventory.hosts, kept, strict=True)
        ]

    def stop(self) -> None:
        """Let each host come to the end of its step, and begin nothing else; may be called by a signal's handler."""
        self._stop.set()

    def run(self) -> bool:
        """Keep the hosts until `stop`, or with `once` until each was served once.

        Returns:
            Whether every host is as its parameters say, as last seen.
        """
        for keeper in self._keepers:
            keeper.start()
        try:
            while not self._stop.is_set() and any(keeper.is_alive() for keeper in self._keepers):
                self._stop.wait(_LOOK / 10 if self._once else _LOOK)
                self._write()
        finally:
            self._stop.set()
            self._part()
            self._write()
            if self._end_metrics is not None:
                self._end_metrics()
        return all(row["ok"] for row in self.state.snapshot())

    def _part(self) -> None:
        """End every wait; wait for hosts at work."""
        deadline = time.monotonic() + _PARTING
        while left := [keeper for keeper in self._keepers if keeper.is_alive()]:
            with ThreadPoolExecutor(_AT_WORK) as several:
                list(several.map(HostKeeper.interrupt, left))
            left[0].join(0.1)
            if time.monotonic() > deadline and not any(keeper.works for keeper in left):
                return

    def _write(self) -> None:
        if self._file is not None:
            self.state.write(self._file)
