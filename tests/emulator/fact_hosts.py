"""Hosts of the tests that are named after facts of docs/facts.md."""

from __future__ import annotations

from typing import Any

from hnskit.emulator.host import EmulatedHost, create_host
from tests.emulator.host_scenario import (
    hns,
)


def host_of(profile: str = "ws2019", **options: Any) -> EmulatedHost:
    return create_host("lab", profile, {"cut_seconds": 0, "seed": 5, **options})


def refused(host: EmulatedHost, method: str, path: str, body: Any = None) -> tuple[int, str]:
    answer = hns(host, method, path, body)
    assert answer["Success"] is False, answer
    return answer["ErrorCode"], answer["Error"]
