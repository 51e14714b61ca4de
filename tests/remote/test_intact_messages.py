"""What is made of PSRP fragments of which some do not come, or come twice."""

from __future__ import annotations

import struct

from hypothesis import given
from hypothesis import strategies as st

from hnskit.remote.intact_messages import IntactMessages


def fragments_of(message: int, count: int) -> list[bytes]:
    """A message in so many fragments, the text of each being its place."""
    return [
        struct.pack(">QQBI", message, number, (number == 0) | ((number == count - 1) << 1), 1) + bytes([number])
        for number in range(count)
    ]


MESSAGES = st.lists(st.integers(1, 4), min_size=1, max_size=8)
"""How many fragments each of some messages has."""


@given(MESSAGES, st.data())
def test_what_is_whole_is_kept_and_what_lacks_a_fragment_is_left_out(counts: list[int], data: st.DataObject) -> None:
    """However answers are cut and whichever of them is lost, nothing else is."""
    stream = [(message, part) for message, count in enumerate(counts, 1) for part in fragments_of(message, count)]
    cuts = sorted(data.draw(st.sets(st.integers(1, max(1, len(stream) - 1)))))
    answers = [stream[start:end] for start, end in zip([0, *cuts], [*cuts, len(stream)], strict=True)]
    lost = data.draw(st.integers(0, len(answers) - 1))
    intact = IntactMessages()
    came = b"".join(
        intact.take(b"".join(part for _, part in answer)) for number, answer in enumerate(answers) if number != lost
    )
    torn = {message for message, _ in answers[lost]}
    assert came == b"".join(part for message, part in stream if message not in torn)


@given(MESSAGES, st.data())
def test_an_answer_that_comes_twice_counts_once(counts: list[int], data: st.DataObject) -> None:
    """The repetition of an answer brings nothing new."""
    parts = [part for message, count in enumerate(counts, 1) for part in fragments_of(message, count)]
    twice = data.draw(st.integers(0, len(parts) - 1))
    intact = IntactMessages()
    came = b"".join(intact.take(part) for part in [*parts[: twice + 1], *parts[twice:]])
    assert came == b"".join(parts)


def test_numbers_may_begin_anew_with_a_pipeline() -> None:
    """That they count on over the whole shell is not relied on."""
    (part,) = fragments_of(1, 1)
    intact = IntactMessages()
    assert intact.take(part) == part
    assert intact.take(part) == b""
    intact.begin()
    assert intact.take(part) == part


def test_what_is_cut_short_is_no_fragment() -> None:
    """It is left out, and breaks nothing."""
    (part,) = fragments_of(1, 1)
    assert IntactMessages().take(part + b"\x00\x01") == part
