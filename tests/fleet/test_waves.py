"""Waves: how hosts are split, and when no other host begins."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hnskit.errors import ArgumentError
from hnskit.fleet import Waves


@given(st.integers(0, 40), st.integers(0, 9), st.sampled_from(["", "1", "7", "25%", "100%"]))
def test_every_host_is_in_one_wave(hosts: int, canary: int, batch: str) -> None:
    waves = Waves(canary=canary, batch=batch).split(range(hosts))
    assert [host for wave in waves for host in wave] == list(range(hosts))
    assert all(waves[1:]) if hosts else waves == ()


def test_the_canary_comes_first_and_shares_are_of_all_hosts() -> None:
    waves = Waves(canary=2, batch="25%").split(range(20))
    assert [len(wave) for wave in waves] == [2, 5, 5, 5, 3]


@pytest.mark.parametrize(
    ("waves", "wave", "failed", "begun", "goes_on"),
    [
        (Waves(), 1, 5, 5, True),
        (Waves(canary=2), 1, 1, 2, False),
        (Waves(canary=2, max_failures="5"), 1, 1, 2, False),
        (Waves(canary=2, max_failures="5"), 2, 5, 9, True),
        (Waves(batch="5"), 1, 1, 5, False),
        (Waves(batch="5", max_failures="20%"), 1, 1, 5, True),
        (Waves(batch="5", max_failures="20%"), 1, 2, 5, False),
        (Waves(max_failures="0"), 1, 1, 9, False),
    ],
)
def test_too_many_failures_end_it(waves: Waves, wave: int, failed: int, begun: int, goes_on: bool) -> None:
    assert waves.goes_on(wave, failed, begun) is goes_on


@pytest.mark.parametrize("batch", ["0", "-1", "x", "101%", "1.5"])
def test_a_batch_that_is_no_number_is_refused(batch: str) -> None:
    with pytest.raises(ArgumentError, match="--batch"):
        Waves(batch=batch)
