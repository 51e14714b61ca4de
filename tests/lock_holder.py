"""Another process that is at work on a host."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from hnskit.applying import host_lock
from tests.waiting import LONG


@contextmanager
def lock_holder(target: str, kind: str = host_lock.SCRIPT, run_dir: Path | None = None) -> Iterator[int]:
    """A process that holds the host's lock until the end; its number."""
    place = f"Path({str(run_dir)!r})" if run_dir else None
    program = (
        "from pathlib import Path; from hnskit.applying import host_lock\n"
        f"with host_lock.claim({target!r}, {place}, {kind!r}): print(flush=True); input()"
    )
    holder = subprocess.Popen([sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        assert holder.stdout is not None
        holder.stdout.readline()
        yield holder.pid
    finally:
        holder.communicate("\n", timeout=LONG)
