"""Options of the contract tests (tests/contract)."""

from __future__ import annotations

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("hnskit", "contract tests against the host of HNSKIT_TEST_TARGET")
    group.addoption("--record", metavar="FILE", help="write a scrubbed transcript of what the host answered")
    group.addoption("--change-host", action="store_true", help="also set the redirect up on it, and take it away")
