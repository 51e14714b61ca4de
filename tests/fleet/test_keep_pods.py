"""hnskit keep on a node whose pods come and go by themselves."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from hnskit.emulator import registry
from hnskit.fleet.keeping.kept_hosts import kept_hosts
from tests.fleet.test_keep import PODS, Kept
from tests.waiting import wait_for


def test_each_pod_that_comes_by_itself_is_redirected(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A pod of each application goes in turn, and another one comes."""
    monkeypatch.setenv("HNSKIT_STATE_DIR", str(tmp_path / "state"))
    registry.start("node", "ws2022", {"runtime": "containerd", "pods": 4, "churn": 1.5, "cut_seconds": 0})
    try:
        kept = Kept(kept_hosts(PODS), interval=3600, runs=tmp_path)

        def redirected(app: str) -> set[str]:
            found = (re.search(rf"update policy (default/{app}-\w+)", line) for line in kept.lines)
            return {match[1] for match in found if match}

        with kept.running():
            wait_for(lambda: len(redirected("web")) >= 2, "no new pod of web was redirected")
            wait_for(lambda: len(redirected("worker")) >= 2, "no new pod of worker was redirected")
    finally:
        registry.stop("node")
