"""The notebooks of the redirect serve containerd as they serve Docker: pods that are there, and containers of ctr."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.host_process import emulated_host
from tests.waiting import LONG

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("name", ["pods", pytest.param("containerd", marks=pytest.mark.slow)])
def test_the_sequence_and_the_teardown_run_on_it(name: str, tmp_path: Path) -> None:
    """By papermill, as `hnskit run` does it: proved, then taken away."""
    with emulated_host(tmp_path) as overrides:
        given = [word for override in overrides for word in ("--set", override)]
        params = str(ROOT / "params" / f"{name}.example.yaml")
        command = [sys.executable, "-m", "hnskit", "run", params, *given, "--runs", str(tmp_path / "runs")]
        ran = subprocess.run(command, capture_output=True, text=True, check=False, timeout=LONG, cwd=ROOT)
        assert ran.returncode == 0, ran.stdout + ran.stderr
        assert "PROVED: 2 of 2 clients" in ran.stdout
        gone = subprocess.run([*command, "--only", "90_teardown", "--yes"], capture_output=True, text=True, check=False,
                              timeout=LONG, cwd=ROOT)  # fmt: skip
        assert gone.returncode == 0, gone.stdout + gone.stderr
        summary = json.loads(sorted((tmp_path / "runs").glob("*/summary.json"))[-1].read_text(encoding="utf-8"))
        assert summary["ok"] is True
