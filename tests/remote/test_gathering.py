"""When a session asks for more: at once after silence, a little later after an answer that was not the last."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from hnskit.remote.connection import ConnectionSettings
from hnskit.remote.delivery import Delivery
from hnskit.remote.recovering_session import RecoveringSession


class Quiet:
    """A pipeline of which each poll brings so many records; after the last it has ended."""

    id, fragments = "1", 1

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
    ("brings", "expected"),
    [
        ([3], ["start", "poll"]),
        ([1, 2], ["start", "poll", "gather", "poll"]),
        ([0, 0, 1], ["start", "poll", "poll", "poll"]),
        ([1, 0, 1], ["start", "poll", "gather", "poll", "poll"]),
    ],
    ids=["all at once", "in two parts", "after silence", "with silence between"],
)
def test_answers_are_gathered_only_where_some_came_and_more_will(
    brings: list[int], expected: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The end of a pipeline is never waited for."""
    log: list[str] = []
    monkeypatch.setattr("hnskit.remote.recovering_session.time.sleep", lambda _: log.append("gather"))
    session = RecoveringSession(ConnectionSettings("winrm://host", "host", 5985, False), lambda: Host(brings, log))
    with session:
        assert len(list(session.invoke("Get-HnskitSystem"))) == sum(brings)
    assert log == expected
