"""Whether this machine lets tests have real packets; where HNSKIT_NEEDS_PACKETS is set, it must."""

from __future__ import annotations

import functools
import os

import pytest

from hnskit.emulator.packets.helper_client import HelperClient, PacketsError


@functools.cache
def missing() -> str:
    """What is missing for real packets here; "" where nothing is."""
    try:
        HelperClient().close()
    except PacketsError as problem:
        return str(problem)
    return ""


def require_packets() -> None:
    """Skip a test where there can be none, or fail it where CI says that there must be."""
    if said := missing():
        if os.environ.get("HNSKIT_NEEDS_PACKETS"):
            pytest.fail(f"HNSKIT_NEEDS_PACKETS is set, and there are no real packets: {said}")
        pytest.skip(f"no real packets here: {said}")
