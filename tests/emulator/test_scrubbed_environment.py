"""The emulated host outlives the shell that started it, and takes no secret of that along."""

from __future__ import annotations

from pathlib import Path

import pytest

from hnskit.emulator import registry

pytestmark = pytest.mark.skipif(not Path("/proc").is_dir(), reason="a process's environment is read in /proc")


def test_a_secret_of_the_starters_environment_is_not_in_the_hosts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only what it needs to run is."""
    monkeypatch.setenv("HNSKIT_STATE_DIR", str(tmp_path))
    for name in ("AWS_SECRET_ACCESS_KEY", "HNSKIT_PASSWORD", "GITHUB_TOKEN", "HTTPS_PROXY"):
        monkeypatch.setenv(name, "canary-4711")
    entry, _ = registry.start("scrubbed")
    try:
        environment = Path(f"/proc/{entry.pid}/environ").read_bytes()
    finally:
        registry.stop("scrubbed")
    assert b"canary-4711" not in environment
    assert b"PATH=" in environment
