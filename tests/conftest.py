"""Options of the contract tests (tests/contract), and the fixtures that modules share."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from hnskit.local.state_dir import STATE_VARIABLE
from tests import warm_kernels
from tests.jupyter_fixture import desk  # noqa: F401 - a fixture

# A machine that is busy with other work makes no test fail: an example may take as long as it takes.
settings.register_profile("hnskit", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("hnskit")


@pytest.fixture(scope="session", autouse=True)
def _own_state(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Nothing of this user's is touched, and no test waits for another process's."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(STATE_VARIABLE, str(tmp_path_factory.mktemp("state")))
        yield


@pytest.fixture(scope="session", autouse=True)
def _warm_kernels() -> Iterator[None]:
    """Kernels of notebooks start in a moment, where processes can be forked."""
    if sys.platform != "linux":
        yield
        return
    with tempfile.TemporaryDirectory(prefix="hnskit-k") as folder, pytest.MonkeyPatch.context() as patch:
        for name, value in warm_kernels.specification(Path(folder)).items():
            patch.setenv(name, value)
        yield


def pytest_xdist_auto_num_workers() -> int:
    """For `-n auto`: two for each processor, since for half of a test's time hosts and pages are waited for."""
    return 2 * (os.cpu_count() or 1)


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("hnskit", "contract tests against the host of HNSKIT_TEST_TARGET")
    group.addoption("--record", metavar="FILE", help="write a scrubbed transcript of what the host answered")
    group.addoption("--seen", metavar="FILE", help="write the answers to the open questions (tests/contract/questions)")
    group.addoption("--change-host", action="store_true", help="also set the redirect up on it, and take it away")
