"""When a session asks for more: at once after silence, a little later after an answer that was not the last."""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from hnskit.remote.answer_pause import AnswerPause
from hnskit.remote.connection import ConnectionSettings
from hnskit.remote.delivery import Delivery
from hnskit.remote.intact_messages import IntactMessages
from hnskit.remote.recovering_session import RecoveringSession


class Quiet:
    """A pipeline of which each poll brings so many records; after the last it has ended."""

    id, fragments, in_pieces = "1", 1, False

    def __init__(self, brings: Sequence[int], log: list[str]) -> None:
        self.output: list[Any] = []
        self._brings = list(brings)
        self._log = log

    @property
    def runs(self) -> bool:
        return bool(self._brings)

    def start(self, inputs: Sequence[str]) -> None:
        self._log.append("start")

    def poll(self, seconds: int | None = None) -> bool:
        count = self._brings.pop(0)
        self._log.append("poll")
        self.output += ["record"] * count
        return count > 0

    def follow(self) -> None:
        """It was never lost."""

    def raise_error(self) -> None:
        """It has none."""

    def leave(self) -> None:
        """Nothing is kept."""


class Host:
    """A connection and its only shell."""

    id, loaded = "shell", True

    def __init__(self, brings: Sequence[int], log: list[str]) -> None:
        self.delivery = Delivery(None, "winrm://host", 1.0)  # type: ignore[arg-type]  # nothing goes over it
        self._made = Quiet(brings, log)

    def shell(self, idle: int) -> Host:
        return self

    def pipeline(self, command: str, parameters: Mapping[str, Any]) -> Quiet:
        return self._made

    def open(self) -> None:
        """It is open."""

    def is_free(self) -> bool:
        return True

    def signal_end(self, pipeline: str) -> None:
        """Nothing is kept."""

    def delete(self, shell: str) -> None:
        """Nothing is kept."""

    def close(self) -> None:
        """Nothing is kept."""


@pytest.mark.parametrize(
    ("calls", "brings", "expected"),
    [
        (3, [3], ["start", "poll"]),
        (3, [1, 2], ["start", "poll", "gather", "poll"]),
        (1, [0, 0, 1], ["start", "poll", "poll", "poll"]),
        (2, [1, 0, 1], ["start", "poll", "gather", "poll", "poll"]),
        (2, [1, 1, 0], ["start", "poll", "gather", "poll", "poll"]),
        (0, [1, 1], ["start", "poll", "poll"]),
    ],
    ids=["all at once", "in two parts", "after silence", "with silence between", "the end alone", "no batch"],
)
def test_answers_are_gathered_only_where_some_came_and_more_will(
    calls: int, brings: list[int], expected: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The end of a pipeline is never waited for."""
    log: list[str] = []
    monkeypatch.setattr("hnskit.remote.answer_pause.time.sleep", lambda _: log.append("gather"))
    session = RecoveringSession(ConnectionSettings("winrm://host", "host", 5985, False), lambda: Host(brings, log))
    with session:
        assert len(list(session.invoke("Invoke-HnskitCall", {"Call": ["{}"] * calls}))) == sum(brings)
    assert log == expected


@pytest.mark.parametrize(
    ("seconds", "waited"), [(0.001, 0.002), (0.01, 0.02), (5.0, 0.03)], ids=["quick", "slower", "slow"]
)
def test_the_wait_is_as_long_as_the_answers_that_are_left_would_take(
    seconds: float, waited: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And never longer than it pays."""
    now, slept = [0.0], list[float]()
    monkeypatch.setattr("hnskit.remote.answer_pause.time.perf_counter", lambda: now[0])
    monkeypatch.setattr("hnskit.remote.answer_pause.time.sleep", slept.append)
    answers = AnswerPause({"Call": ["{}"] * 4})
    now[0] += 2 * seconds
    answers.take("first\nsecond")
    answers.pause()
    answers.pause()
    assert slept == [pytest.approx(waited)]


def test_a_record_that_is_there_in_part_is_waited_for_also_where_no_batch_is(monkeypatch: pytest.MonkeyPatch) -> None:
    slept: list[float] = []
    monkeypatch.setattr("hnskit.remote.answer_pause.time.sleep", slept.append)
    answers = AnswerPause({})
    answers.pause(in_pieces=True)
    answers.take("the whole of it")
    answers.pause()
    assert slept == [pytest.approx(0.03)]


def test_a_message_is_in_pieces_until_its_last_fragment_came() -> None:
    messages = IntactMessages()
    seen = []
    for number, marks in ((0, 1), (1, 0), (2, 2)):
        messages.take(struct.pack(">QQBI", 7, number, marks, 1) + b"x")
        seen.append(messages.in_pieces)
    assert seen == [True, True, False]
