"""A Dask cluster as the Executor of a fleet: sessions are opened on its workers, credentials resolved there."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from concurrent.futures import Executor
from contextlib import contextmanager, suppress

from hnskit.errors import ArgumentError, ConnectError

_SECONDS = 10.0


@contextmanager
def dask_executor(address: str, *, seconds: float = _SECONDS) -> Iterator[Executor]:
    """Connect to a cluster's scheduler.

    Each call is one of its own: Dask takes calls with equal arguments for one, and a host that is read twice may have
    changed. A host whose worker died is worked on again by another one, which reads the host first.

    Args:
        address: of the scheduler, `tcp://HOST:PORT`.
        seconds: to wait for it.

    Raises:
        ArgumentError: Dask is not installed.
        ConnectError: no scheduler answers there, or it has no worker.
    """
    try:
        from distributed import Client
    except ImportError as cause:
        raise ArgumentError("Dask is not installed here", next_step='Run: pip install "hnskit[dask]"') from cause
    try:
        client = Client(address, timeout=seconds)
    except (OSError, ValueError, TimeoutError) as cause:
        raise ConnectError(
            f"no Dask scheduler answers at {address}", object="--dask",
            next_step="Start one with `dask scheduler` and workers with `dask worker ADDRESS`, both with this hnskit.",
        ) from cause  # fmt: skip
    try:
        if not client.scheduler_info().get("workers"):
            raise ConnectError(f"the Dask scheduler at {address} has no worker", object="--dask",
                               next_step=f"Start some: dask worker {address}")  # fmt: skip
        executor = client.get_executor(pure=False)
        try:
            yield executor
        finally:
            with suppress(Exception):  # of a scheduler that has died, which the hosts' results tell
                executor.shutdown(wait=client.status == "running")
    finally:
        with _quiet():
            client.close()


@contextmanager
def _quiet() -> Iterator[None]:
    log = logging.getLogger("distributed.client")
    before = log.level
    log.setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        log.setLevel(before)
