"""An emulated host of a test's own, in a process of its own, behind the real door."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

import pytest


@contextmanager
def emulated_host(state: Path) -> Iterator[list[str]]:
    """The `--set` texts that lead params/emulator.yaml to it; it starts when it is first reached, and is stopped."""
    name = f"test-{uuid4().hex[:8]}"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HNSKIT_STATE_DIR", str(state))
        yield [f"target=emulator://{name}", "emulator.cut_seconds=0.2"]
        from hnskit.emulator import registry

        if registry.find(name) is not None:
            registry.stop(name)
