"""The end of a process that is not a child of this one."""

from __future__ import annotations

import contextlib
import os
import sys
import time


def wait_for_end(pid: int, seconds: float) -> None:
    """Wait until a process is gone, and at most so long; on Windows, where nobody can ask so, not at all."""
    if sys.platform == "win32":
        return
    deadline = time.monotonic() + seconds
    with contextlib.suppress(ProcessLookupError):
        while time.monotonic() < deadline:
            os.kill(pid, 0)
            time.sleep(0.05)
