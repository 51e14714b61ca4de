"""A process that has ended is not waited for, also where its parent has not asked how it ended."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from hnskit.emulator import process_end
from tests.waiting import wait_for


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="only Linux tells of zombies")
def test_a_zombie_has_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    child = subprocess.Popen([sys.executable, "-c", ""])
    try:
        wait_for(lambda: " Z " in Path(f"/proc/{child.pid}/stat").read_text(encoding="utf-8"))

        def no_pause(_seconds: float) -> None:
            raise AssertionError("it was waited for")

        monkeypatch.setattr("hnskit.emulator.process_end.time.sleep", no_pause)
        process_end.wait_for_end(child.pid, 60.0)
    finally:
        child.wait()
