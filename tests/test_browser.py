"""The walkthrough by clicks, in a real browser, as an operator does it.

Screenshots are kept in `runs/browser` (or HNSKIT_SCREENSHOTS): look at them.
"""

from __future__ import annotations

import json
import os
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.browser import ROOT, TOKEN, Notebook, browser, jupyter_lab, require_browser

PAGE = "notebooks/index.ipynb"


class Desk:
    """A JupyterLab, a browser, and the folder that both work on."""

    def __init__(self, folder: Path, address: str, running: Any, artefacts: Path) -> None:
        self.folder, self.address, self._running, self._artefacts = folder, address, running, artefacts

    def open(self, path: str, *, beside: Notebook | None = None) -> Notebook:
        return Notebook(self._running, self.address, path, self._artefacts, beside=beside)

    def params(self, name: str, **changes: str) -> None:
        """Lead the shipped parameters to an emulated host of a test's own."""
        text = (ROOT / "params" / "emulator.yaml").read_text()
        for old, new in {"emulator://lab": f"emulator://{name}", "cut_seconds: 3.0": "cut_seconds: 1.0"}.items():
            text = text.replace(old, new)
        (self.folder / "params" / "emulator.yaml").write_text(text)

    def runs(self) -> list[dict[str, Any]]:
        """The summaries of all runs, the oldest first."""
        found = sorted((self.folder / "runs").glob("*/summary.json"))
        return [json.loads(path.read_text()) for path in found]


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    require_browser()
    artefacts = Path(os.environ.get("HNSKIT_SCREENSHOTS") or ROOT / "runs" / "browser")
    artefacts.mkdir(parents=True, exist_ok=True)
    folder, state = tmp_path_factory.mktemp("desk"), tmp_path_factory.mktemp("state")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HNSKIT_STATE_DIR", str(state))
        from hnskit.emulator import registry

        try:
            with jupyter_lab(folder, state) as address, browser() as running:
                yield Desk(folder, address, running, artefacts)
        finally:
            for entry in registry.running():
                registry.stop(entry.name)


def button(tab: Notebook, name: str) -> Any:
    return tab.page.locator(".jp-NotebookPanel:not(.lm-mod-hidden)").get_by_role("button", name=name, exact=True)


def pressable(tab: Notebook, name: str, wanted: bool) -> None:
    """Wait until a button can, or cannot, be pressed."""
    from playwright.sync_api import expect

    expect(button(tab, name)).to_be_enabled(enabled=wanted)


def test_the_start_page(desk: Desk) -> None:
    """A wrong value is refused, comments survive a save; connect, run, stop in the middle, go on to the proof."""
    desk.params("walk")
    tab = desk.open(PAGE)
    tab.run_all()
    tab.see("3. Run")
    tab.page.get_by_text("network: The L2Bridge network").click()
    field = tab.page.get_by_label("subnet")
    field.fill("10.0.9.0/99")
    field.press("Enter")
    tab.see("to correct before it can be saved")
    pressable(tab, "Run", False)
    tab.picture("1-wrong-value")
    file = desk.folder / "params" / "emulator.yaml"
    before = file.read_text()
    field.fill("10.0.1.0/25")
    field.press("Enter")
    tab.see("There are changes to save")
    button(tab, "Save").click()
    tab.see("Saved:")
    tab.picture("2-saved")
    assert file.read_text() == before.replace("subnet: 10.0.1.0/24", "subnet: 10.0.1.0/25")

    button(tab, "Connect").click()
    tab.see("It is fit for the redirect").scroll_into_view_if_needed()
    tab.picture("3-connected")
    button(tab, "Run").click()
    tab.see("create network hnskit-l2bridge")
    button(tab, "Stop").click()
    tab.see("it was stopped")
    tab.see("not begun").scroll_into_view_if_needed()
    tab.picture("4-stopped")
    button(tab, "Run").click()
    tab.see("in place and proved", seconds=60)
    tab.outputs("pre").last.scroll_into_view_if_needed()
    tab.picture("5-proved")
    stopped, proved = desk.runs()
    assert (stopped["exit_status"], proved["exit_status"]) == (130, 0)
    made = [one["step"] for run in (stopped, proved) for step in run["steps"] for one in step["done"]]
    assert len(made) == len(set(made))
    link = tab.page.get_by_role("link", name="Report").get_attribute("href")
    with urllib.request.urlopen(f"{desk.address.rstrip('/')}{link}?token={TOKEN}", timeout=10) as page:
        assert b"in place and proved" in page.read()
    tab.close()
    tab.leave()


def test_a_closed_tab_a_second_one_and_a_host_that_is_cut(desk: Desk) -> None:
    """The run goes on without a tab; whoever opens the page follows it, sees it come back, and begins none."""
    desk.params("tabs")
    count = len(desk.runs())
    first = desk.open(PAGE)
    first.run_all()
    first.see("3. Run")
    button(first, "Run").click()
    first.see("At work on emulator://tabs")
    first.leave()
    second = desk.open(PAGE)
    second.run_all()
    second.see("this page follows it")
    pressable(second, "Run", False)
    second.see("the connection was lost and came back")
    second.picture("6-second-tab")
    second.see("in place and proved", seconds=60)
    assert len(desk.runs()) == count + 1

    tab = desk.open("notebooks/50_verify.ipynb", beside=second)
    tab.theme("JupyterLab Dark")
    tab.run_all()
    tab.see("PROVED: 2 of 2")
    assert tab.outputs("table").count() >= 2
    tab.outputs("svg.hk").first.scroll_into_view_if_needed()
    tab.picture("7-verify-dark")
    tab.save()
    tab.close()
    again = desk.open("notebooks/50_verify.ipynb", beside=second)
    again.see("PROVED: 2 of 2").scroll_into_view_if_needed()
    assert again.outputs("svg.hk").count() >= 1
    again.picture("8-reopened")
    again.close()

    undo = desk.open("notebooks/90_teardown.ipynb", beside=second)
    undo.theme("JupyterLab Light")
    undo.run_all()
    undo.see("The button above has not been pressed yet")
    button(undo, "Remove what hnskit made").click()
    undo.see("Remove what hnskit made: 100 %")
    undo.run_below("book.result()")
    undo.see("changed in").scroll_into_view_if_needed()
    undo.picture("9-teardown")
    undo.leave()
