"""The walkthrough by clicks, in a real browser, as an operator does it.

Screenshots are kept in `runs/browser` (or HNSKIT_SCREENSHOTS): look at them.
"""

from __future__ import annotations

import urllib.request

import pytest

from tests.browser import TOKEN
from tests.jupyter_fixture import PAGE, Desk, button, pressable
from tests.waiting import LONG


def test_the_start_page_sets_the_redirect_up(desk: Desk) -> None:
    """A wrong value is refused, comments survive a save; connect, run, stop in the middle, go on to the proof."""
    desk.params("walk")
    tab = desk.open(PAGE)
    earlier = len(desk.runs())
    tab.run_all()
    tab.see("3. Run")
    tab.page.get_by_text("All parameters: ").click()
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

    button(tab, "Check the way").click()
    tab.see("The way to emulator://walk is good.").scroll_into_view_if_needed()
    tab.see("is an administrator of the host, elevated")
    tab.picture("3-way")
    pressable(tab, "Connect", True)
    button(tab, "Connect").click()
    tab.see("It is fit for the redirect").scroll_into_view_if_needed()
    tab.picture("3-connected")
    button(tab, "Run").click()
    tab.see("goes away for seconds now")  # of the run: the plan above it names the network, too
    button(tab, "Stop").click()
    tab.see("it was stopped")
    tab.see("not begun").scroll_into_view_if_needed()
    tab.picture("4-stopped")
    button(tab, "Run").click()
    tab.see("in place and proved")
    tab.outputs("pre").last.scroll_into_view_if_needed()
    tab.picture("5-proved")
    tab.see("before the run below. Connect shows what it has now").scroll_into_view_if_needed()
    tab.picture("5-host-before-the-run")
    tab.run_all()
    tab.see("was in place and proved then").scroll_into_view_if_needed()
    tab.picture("5-the-last-run")
    stopped, proved = desk.runs()[earlier:]
    assert (stopped["exit_status"], proved["exit_status"]) == (130, 0)
    made = [one["step"] for run in (stopped, proved) for step in run["steps"] for one in step["done"]]
    assert len(made) == len(set(made))
    link = tab.page.get_by_role("link", name="Report").get_attribute("href")
    with urllib.request.urlopen(f"{desk.address.rstrip('/')}{link}?token={TOKEN}", timeout=LONG) as page:
        assert b"in place and proved" in page.read()
    tab.close()
    tab.leave()


@pytest.mark.slow
def test_a_closed_tab_a_second_one_and_a_host_that_is_cut(desk: Desk) -> None:
    """The run goes on without a tab; whoever opens the page follows it, sees it come back, and begins none."""
    desk.params("tabs")
    count = len(desk.runs())
    first = desk.open(PAGE)
    first.run_all()
    first.see("3. Run")
    button(first, "Run").click()
    first.see("At work on emulator://tabs")
    desk.fault("tabs", "docker_seconds", 5)  # the run is under way until the second page is there
    first.leave()
    second = desk.open(PAGE)
    second.run_all()
    second.see("this page follows it")
    pressable(second, "Run", False)
    desk.fault("tabs", "docker_seconds", 0)
    second.see("the connection was lost and came back")
    second.picture("6-second-tab")
    second.see("in place and proved")
    assert len(desk.runs()) == count + 1

    tab = desk.open("notebooks/50_verify.ipynb", beside=second)
    tab.theme("JupyterLab Dark")
    tab.run_all()
    tab.see("PROVED: 2 of 2")
    tab.outputs("table").nth(1).wait_for(state="attached")
    tab.outputs("svg.hk").first.scroll_into_view_if_needed()
    tab.picture("7-verify-dark")
    tab.save()
    tab.close()
    again = desk.open("notebooks/50_verify.ipynb", beside=second)
    again.see("PROVED: 2 of 2").scroll_into_view_if_needed()
    again.outputs("svg.hk").first.wait_for(state="attached")
    again.picture("8-reopened")
    again.close()

    undo = desk.open("notebooks/90_teardown.ipynb", beside=second)
    undo.theme("JupyterLab Light")
    undo.run_all()
    undo.see("The button above has not been pressed yet")
    button(undo, "Remove what hnskit made").click()
    undo.see("objects from")
    button(undo, "Yes, remove").click()
    undo.see("Remove what hnskit made: 100 %")
    undo.run_below("session.result()")
    undo.see("changes in").scroll_into_view_if_needed()
    undo.picture("9-teardown")
    undo.leave()
