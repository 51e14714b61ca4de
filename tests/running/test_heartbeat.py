"""A terminal says something while the host is silent."""

from __future__ import annotations

import pytest

from hnskit.applying.outcomes import Event
from hnskit.params.desired import Part
from hnskit.planning.steps import Action, Step
from hnskit.running import terminal_lines
from hnskit.running.heartbeat import Heartbeat
from hnskit.running.terminal_lines import EventLines, RunLines
from tests.waiting import wait_for


@pytest.fixture(autouse=True)
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(terminal_lines, "Heartbeat", lambda sign, *_: Heartbeat(sign, 0.02))


def test_a_step_that_takes_long_is_named_again_and_again(capsys: pytest.CaptureFixture[str]) -> None:
    said: list[str] = []

    def seen() -> str:
        said.append(capsys.readouterr().err)
        return "".join(said)

    step = Step(Part.CLIENTS, Action.PULL, "image", "big:1", "")
    with EventLines() as lines:
        lines(Event("start", "", step))
        wait_for(lambda: seen().count("… pull image big:1: ") > 1)
        lines(Event("done", "", step, 1.0))
    after = seen().partition("ok pull image big:1")[2]
    assert "big:1" not in after.replace("(1.00 s)", "")


def test_a_run_says_what_it_is_at(capsys: pytest.CaptureFixture[str]) -> None:
    said: list[str] = []

    def seen() -> str:
        said.append(capsys.readouterr().err)
        return "".join(said)

    with RunLines(live=False) as lines:
        wait_for(lambda: "… it begins: " in seen())
        lines.begins("20_proxy_container")
        wait_for(lambda: "… 20_proxy_container: " in seen())
        lines.happens("import image metadata-proxy:1.0 …", False)
        wait_for(lambda: "… import image metadata-proxy:1.0: " in seen())


def test_nothing_beats_after_the_end(capsys: pytest.CaptureFixture[str]) -> None:
    with RunLines(live=False) as lines:
        lines.begins("x")
    capsys.readouterr()
    lines.happens("kept", True)
    assert capsys.readouterr().err.split() == ["kept"]
