"""The end of a process that is not a child of this one."""

from __future__ import annotations

import contextlib
import os
import sys
import time
from pathlib import Path


def wait_for_end(pid: int, seconds: float) -> None:
    """Wait until a process is gone, and at most so long; on Windows, where nobody can ask so, not at all."""
    if sys.platform == "win32":
        return
    deadline = time.monotonic() + seconds
    with contextlib.suppress(ProcessLookupError):
        while time.monotonic() < deadline:
            os.kill(pid, 0)
            if _is_zombie(pid):
                return
            time.sleep(0.05)


def _is_zombie(pid: int) -> bool:
    """Tell whether a process has ended and its parent has not asked how; only Linux says so."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return False
    return text.rpartition(")")[2].split()[:1] == ["Z"]
