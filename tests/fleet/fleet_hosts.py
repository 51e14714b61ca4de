"""Emulated hosts of a fleet's tests: some in one process, and an inventory of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest
import yaml

from hnskit.emulator import registry
from tests import sample_facts

FAST = {"emulator.cut_seconds": 0}


@contextmanager
def emulated_fleet(place: Path, count: int) -> Iterator[list[str]]:
    """Names of running hosts, all in one process; stopped at the end."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HNSKIT_STATE_DIR", str(place / "state"))
        started = registry.start_many("farm", count, options={"cut_seconds": 0})
        try:
            yield [entry.name for entry in started]
        finally:
            registry.stop(started[0].name, together=True)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a module's fleet."""
    return tmp_path_factory.mktemp("fleet")


@pytest.fixture(scope="module")
def targets(place: Path, request: pytest.FixtureRequest) -> Iterator[list[str]]:
    """Targets of the running hosts of a module, as many as its `HOSTS` says."""
    with emulated_fleet(place, request.module.HOSTS) as names:
        yield [f"emulator://{name}" for name in names]


def inventory_file(place: Path, targets: Sequence[str], **more: object) -> Path:
    """An inventory of targets, h1, h2, …, with the parameters of the examples."""
    (place / "redirect.yaml").write_text(sample_facts.PARAMS.read_text())
    hosts = [
        {"name": f"h{number}", "target": target, "set": {**FAST, **more}} for number, target in enumerate(targets, 1)
    ]
    path = place / "inventory.yaml"
    path.write_text(yaml.safe_dump({"params": "redirect.yaml", "hosts": hosts}))
    return path
