"""Options of the contract tests (tests/contract), and the fixtures that modules share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings

from hnskit.local.state_dir import STATE_VARIABLE
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


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("hnskit", "contract tests against the host of HNSKIT_TEST_TARGET")
    group.addoption("--record", metavar="FILE", help="write a scrubbed transcript of what the host answered")
    group.addoption("--seen", metavar="FILE", help="write the answers to the open questions (tests/contract/questions)")
    group.addoption("--change-host", action="store_true", help="also set the redirect up on it, and take it away")
