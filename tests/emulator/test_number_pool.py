"""The pool of free numbers against a plain set."""

from __future__ import annotations

import random

from hypothesis import given
from hypothesis import strategies as st

from hnskit.emulator.host.number_pool import NumberPool

STEPS = st.lists(st.tuples(st.sampled_from(["draw", "take", "give_back"]), st.integers(-1, 13)), max_size=60)


@given(size=st.integers(0, 12), steps=STEPS, seed=st.integers())
def test_it_is_a_set_of_free_numbers(size: int, steps: list[tuple[str, int]], seed: int) -> None:
    """Whatever is drawn, taken and given back, in whatever order."""
    chance, pool, free = random.Random(seed), NumberPool(size), set(range(size))
    for what, number in steps:
        if what == "draw":
            drawn = pool.draw(chance.randrange)
            assert (drawn is None and not free) or drawn in free
            free.discard(-1 if drawn is None else drawn)
        elif what == "take":
            assert pool.take(number) == (number in free)
            free.discard(number)
        else:
            taken = number in range(size) and number not in free
            assert pool.give_back(number) == taken
            free |= {number} if taken else set()
        assert ({item for item in range(-1, 14) if item in pool}, pool.free) == (free, len(free))


@given(seed=st.integers())
def test_every_number_is_drawn_once(seed: int) -> None:
    pool, chance = NumberPool(40), random.Random(seed)
    assert sorted(pool.draw(chance.randrange) or 0 for _ in range(40)) == list(range(40))
    assert pool.draw(chance.randrange) is None


def test_a_range_as_long_as_ipv4_is_kept_by_what_is_taken_of_it() -> None:
    """Memory follows the taken numbers: two entries for each at most."""
    pool, chance = NumberPool(1 << 32), random.Random(1)
    drawn = [pool.draw(chance.randrange) for _ in range(1000)]
    assert len(set(drawn)) == 1000
    assert len(pool._at) <= 2000
    for number in drawn:
        assert number is not None
        assert pool.give_back(number)
    assert pool.free == 1 << 32
