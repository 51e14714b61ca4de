"""One worker a host."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from hnskit.errors import BusyError
from hnskit.running import busy

TARGET = "emulator://lab"


def test_a_second_worker_is_refused_and_told_who_the_first_is(tmp_path: Path) -> None:
    """Nothing is changed by it, and it knows what to do."""
    with busy.claim(tmp_path, TARGET, tmp_path / "run"):
        assert busy.at_work(tmp_path, TARGET) is not None
        with (
            pytest.raises(BusyError, match="another run is at work on it since") as caught,
            busy.claim(tmp_path, TARGET, tmp_path / "other"),
        ):
            pass
    assert caught.value.exit_status == 4
    assert "Wait for its end" in caught.value.paragraph()
    assert busy.at_work(tmp_path, TARGET) is None


def test_a_notebook_of_the_same_run_goes_on(tmp_path: Path) -> None:
    """The runner holds the claim, its kernel does the work."""
    with busy.claim(tmp_path, TARGET, tmp_path / "run"), busy.claim(tmp_path, TARGET, tmp_path / "run"):
        pass


def test_other_hosts_are_other_claims(tmp_path: Path) -> None:
    """Two hosts can be worked on at once."""
    with busy.claim(tmp_path, TARGET, None), busy.claim(tmp_path, "emulator://other", None):
        assert busy.at_work(tmp_path, "emulator://third") is None


def test_a_worker_that_was_killed_holds_nothing(tmp_path: Path) -> None:
    """Whatever it left behind."""
    program = (
        "import os, sys; from pathlib import Path; from hnskit.running import busy\n"
        f"claim = busy.claim(Path({str(tmp_path)!r}), {TARGET!r}, None); claim.__enter__(); print('held', flush=True)\n"
        "os._exit(9)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.stdout == "held\n"
    assert (tmp_path / busy.FOLDER / "lab.json").exists()
    assert busy.at_work(tmp_path, TARGET) is None
    with busy.claim(tmp_path, TARGET, None):
        pass
