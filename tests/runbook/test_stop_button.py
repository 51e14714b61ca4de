"""The work of a step notebook's button is stopped by a second one, and by an interrupt of the kernel."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import ipywidgets
import pytest

from hnskit import runbook
from hnskit.applying.outcomes import Event
from hnskit.errors import StoppedError
from hnskit.runbook.button_work import ButtonWork
from hnskit.runbook.widgets import action_button
from hnskit.views.progress import Progress
from tests.host_process import emulated_host
from tests.waiting import wait_for

PARAMS = Path(__file__).parents[2] / "params" / "emulator.yaml"


@pytest.fixture(autouse=True)
def _new_kernel(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing was typed or opened yet."""
    monkeypatch.setattr(runbook, "_selections", {})
    monkeypatch.setattr(runbook, "_open", None)


@pytest.fixture
def slow_lab(tmp_path: Path) -> Iterator[list[str]]:
    with emulated_host(tmp_path) as overrides:
        yield [*overrides[:1], "emulator.cut_seconds=6"]  # time to press, on a busy machine too


def found(widget: Any, kind: Any) -> list[Any]:
    inner = [item for child in getattr(widget, "children", ()) for item in found(child, kind)]
    return [widget, *inner] if isinstance(widget, kind) else inner


def the_button(widget: Any, *words: str) -> Any:
    return next(one for one in found(widget, ipywidgets.Button) if one.description.startswith(words))


def log(widget: Any) -> str:
    return str(found(widget, ipywidgets.HTML)[-1].value)


class TwoSteps:
    """Work of two steps, the first of which lasts until it may end."""

    def __init__(self) -> None:
        self.may_end, self.begun = threading.Event(), 0

    def __call__(self, progress: Progress) -> None:
        for text in ("one", "two"):
            progress.on_event(Event("start", text))
            self.begun += 1
            self.may_end.wait()


def test_stop_ends_the_work_where_its_next_step_begins() -> None:
    """And not in the middle of one, of which nobody would know what came of it."""
    steps = TwoSteps()
    work = ButtonWork(steps)
    widget = action_button("Go", "", work)
    button, stop = the_button(widget, "Go"), the_button(widget, "Stop")
    assert stop.layout.display == "none"
    button.click()
    wait_for(lambda: steps.begun == 1)
    assert (button.disabled, stop.disabled, stop.layout.display) == (True, False, "")
    stop.click()
    assert stop.description == "Stopping …"
    steps.may_end.set()
    work.wait()
    assert steps.begun == 1
    assert (button.disabled, button.description, stop.layout.display) == (False, "Try again", "none")


def test_work_that_nobody_stops_comes_to_its_end() -> None:
    steps = TwoSteps()
    steps.may_end.set()
    work = ButtonWork(steps)
    widget = action_button("Go", "", work)
    the_button(widget, "Go").click()
    work.wait()
    assert steps.begun == 2
    assert the_button(widget, "Done").disabled


def test_a_cell_that_is_interrupted_while_it_waits_stops_the_work(monkeypatch: pytest.MonkeyPatch) -> None:
    """It waits on, so that it shows what came of it."""
    steps = TwoSteps()
    work = ButtonWork(steps)
    the_button(action_button("Go", "", work), "Go").click()
    wait_for(lambda: steps.begun == 1)
    join = threading.Thread.join
    pressed: list[bool] = []

    def interrupted(self: threading.Thread, timeout: float | None = None) -> None:
        if self.name == "button" and not pressed:
            pressed.append(True)
            steps.may_end.set()
            raise KeyboardInterrupt
        join(self, timeout)

    monkeypatch.setattr(threading.Thread, "join", interrupted)
    work.wait()
    assert steps.begun == 1


def test_a_stopped_step_notebook_says_so_and_goes_on_when_it_is_pressed_again(
    slow_lab: list[str], tmp_path: Path
) -> None:
    """The network is made, its endpoint not begun; nothing is done twice."""
    session = runbook.choose(PARAMS, slow_lab, tmp_path / "run", interactive=True).open("network")
    session.plan()
    widget = session.apply_button("Create the network")
    the_button(widget, "Create").click()
    wait_for(lambda: "▸ create network" in log(widget))
    the_button(widget, "Stop").click()
    with pytest.raises(StoppedError):
        session.result()
    assert "hnskit-l2bridge" in session.show("networks").to_text()
    assert "hnskit-gateway" not in session.show("endpoints").to_text()
    the_button(widget, "Try again").click()
    session.result()
    assert "hnskit-gateway" in session.show("endpoints").to_text()
    written = (tmp_path / "run" / "journal.jsonl").read_text(encoding="utf-8")
    assert written.count('"done"') == 4
