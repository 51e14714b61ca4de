"""What goes wrong before an operator's eyes, step notebooks by hand, large tables and paper, in a real browser.

Screenshots are kept where those of tests/runbook/test_browser.py are: look at them.
"""

from __future__ import annotations

import os
import re
import signal
import socket
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from hnskit import frames
from hnskit.applying import host_lock
from hnskit.facts.snapshot import save_facts
from tests.browser import Notebook
from tests.jupyter_fixture import PAGE, PARAMS, Desk, button, pressable
from tests.views.test_topology import crowd
from tests.waiting import wait_for

pytestmark = pytest.mark.slow
"""It takes longer than `make test` may; test_browser.py has the walkthrough."""

CANARY = "canary-41c7-secret"
NOT_PRESSED = "The button above has not been pressed yet"
A4 = 718  # CSS pixels between margins of 10 mm


def press(tab: Notebook, name: str, below: str = "session.result()") -> None:
    """Press a step's button, and run the cells below it when it is done."""
    button(tab, name).click()
    tab.see("Done: the cells below show it")
    tab.run_below(below)
    tab.see("changes in").scroll_into_view_if_needed()


def test_a_run_outlives_its_page_and_the_page_its_run(desk: Desk) -> None:
    """The kernel ends, then the run's process: a sentence each, and the next run does only what is missing."""
    from playwright.sync_api import expect

    desk.params("killed", cut_seconds="8.0")  # the run is still there when the page is back
    with desk.notebook(PAGE) as tab:
        tab.run_all()
        button(tab, "Run").click()
        tab.see("create network hnskit-l2bridge …")
        tab.lose_kernel()
        tab.see("Run all cells again (menu Run)").scroll_into_view_if_needed()
        tab.outputs(".jupyter-widgets-disconnected").first.wait_for(state="attached")
        tab.picture("10-kernel-gone")
        tab.run_all()
        tab.see("this page follows it").scroll_into_view_if_needed()
        expect(tab.outputs(".hk-farewell").first).not_to_be_visible()
        pressable(tab, "Run", False)
        worker = host_lock.holder_of("emulator://killed")
        assert worker is not None
        assert ".." not in worker.run_dir
        os.kill(worker.pid, signal.SIGKILL)
        tab.see("The run ended without a word").scroll_into_view_if_needed()
        tab.see("not finished")
        tab.picture("11-run-killed")
        pressable(tab, "Run", True)
        desk.wait_for("killed")
        button(tab, "Run").click()
        tab.see("in place and proved").scroll_into_view_if_needed()
        tab.picture("12-second-run")
    (proved,) = (run for run in desk.runs() if run["target"] == "emulator://killed")
    done = desk.done("killed")
    assert len(done) == len(set(done)), "something was applied twice"
    # The network was made by the run that was killed, whether it still wrote that down or not: the second one found it.
    assert any(reason.startswith("network hnskit-l2bridge: it is there") for reason in proved["steps"][1]["kept"])


def test_the_step_notebooks_by_hand(desk: Desk) -> None:
    """A wrong value is refused beside its field, a stopped step is a sentence and is finished; four steps."""
    desk.params("hand", cut_seconds="2.0")
    with desk.notebook("notebooks/10_l2bridge_network.ipynb") as tab:
        tab.run_all()
        tab.see(NOT_PRESSED)
        row = tab.outputs(".widget-hbox").filter(has_text="network.subnet")
        row.locator("input").fill("10.0.9.0/99")
        row.locator("input").press("Enter")
        row.get_by_text("a subnet such as 10.0.1.0/24 is wanted").wait_for()
        tab.run_below('choice.open("network")')
        tab.go_to('choice.open("network")')
        tab.see("network.subnet: a subnet such as 10.0.1.0/24 is wanted (it is '10.0.9.0/99')")
        tab.picture("13-step-wrong-value")
        row.locator("input").fill("10.0.1.0/24")
        row.locator("input").press("Enter")
        tab.see("These parameters are in order.")
        tab.run_below('choice.open("network")')
        tab.see(NOT_PRESSED)
        button(tab, "Create the network").click()
        tab.see("▸ create network hnskit-l2bridge")
        button(tab, "Stop").click()  # the network's step is under way: the next one is not begun
        button(tab, "Try again").wait_for()
        tab.go_to("session.apply_button")
        tab.picture("14-step-stopped")
        tab.see("it was stopped")
        press(tab, "Try again")
        tab.picture("15-step-finished")
        _shows(tab, "hnskit-gateway")
        tab.picture("16-network")
    for number, (name, action, shown) in enumerate(STEPS, 17):
        with desk.notebook(f"notebooks/{name}.ipynb") as tab:
            tab.run_all()
            tab.see(NOT_PRESSED)
            press(tab, action)
            _shows(tab, shown)
            tab.picture(f"{number}-{name}")
    done = desk.done("hand")
    assert len(done) == len(set(done)), "something was applied twice"
    assert {"attach endpoint hnskit-gateway", "update policy hnskit-client2"} <= set(done)


STEPS = (
    ("20_proxy_container", "Start the proxy", "hnskit-proxy"),
    ("30_client_containers", "Start the clients", "hnskit-client2"),
    ("40_proxy_policy", "Redirect the clients", "PROXY 169.254.169.254:80"),
)


def _shows(tab: Notebook, text: str) -> None:
    """The last table has rows, and no cell reaches into the next; the last drawing has a text."""
    tab.outputs("table").last.locator("tbody tr").nth(1).wait_for(state="attached")
    assert (
        tab.outputs("td").evaluate_all(
            "cells => cells.filter(cell => cell.scrollWidth > cell.clientWidth + 1).map(cell => cell.textContent)"
        )
        == []
    )
    drawing = tab.outputs("svg.hk").last
    drawing.scroll_into_view_if_needed()
    drawing.locator("text").filter(has_text=text).first.wait_for()


def test_a_host_that_is_gone(desk: Desk) -> None:
    """Connect, and a step notebook, say in a sentence that nothing answers, and what to look at."""
    from playwright.sync_api import expect

    secret = desk.folder / "secret"
    secret.write_text("never sent: nothing answers")
    secret.chmod(0o600)
    held = socket.socket()  # bound and not listening: nobody else gets the port, and nothing answers
    held.bind(("127.0.0.1", 0))
    port = held.getsockname()[1]
    account = f"ntlm\n  username: operator\n  credential: file:{secret}"
    desk.params(f"winrm://127.0.0.1:{port}", into="params/gone.yaml", auth=account)
    desk.params("there")
    with desk.notebook(PAGE) as tab:
        tab.run_all()
        tab.front().get_by_label("Parameter file").select_option(label="../params/gone.yaml")
        button(tab, "Connect").click()
        said = tab.see(f"nothing answers at 127.0.0.1:{port}")
        said.scroll_into_view_if_needed()
        expect(said).to_contain_text("that WinRM listens there")
        pressable(tab, "Connect", True)
        tab.picture("20-host-gone")
        button(tab, "Check the way").click()
        tab.see(f"The way to winrm://127.0.0.1:{port} ends at the last of these steps.").scroll_into_view_if_needed()
        expect(tab.see("does not take connections")).to_contain_text("no firewall is between")
        tab.picture("20-way-ends")
    with desk.notebook("notebooks/50_verify.ipynb") as tab:
        tab.run_all()
        tab.front().get_by_label("params_file").select_option(label="../params/gone.yaml")
        tab.see("These parameters are in order.")
        tab.run_below('choice.open("verify")')
        tab.go_to('choice.open("verify")')
        said = tab.see(f"HostUnreachableError: winrm://127.0.0.1:{port}: nothing answers")
        said.scroll_into_view_if_needed()
        expect(said).not_to_contain_text("Traceback")
        tab.picture("21-step-host-gone")
    held.close()


def test_a_table_of_thousands_is_searched_and_turned_by_clicks(desk: Desk) -> None:
    """In the notebook of a host, from a snapshot."""
    from playwright.sync_api import expect

    facts = crowd(4000)
    names = list(frames.endpoints(facts)["name"])
    save_facts(facts, desk.folder / "crowd.json")
    desk.params(f"snapshot:{desk.folder / 'crowd.json'}")
    with desk.notebook("notebooks/62_host.ipynb") as tab:
        tab.run_above('session.show("policies")')
        tab.go_to('session.show("endpoints")')
        table = tab.outputs(".hkt")
        status, rows = table.get_by_role("status"), table.locator("tbody tr")
        expect(status).to_have_text("1 to 25 of 4002")
        expect(rows.first.get_by_role("cell", name=names[0], exact=True).first).to_be_visible()
        table.get_by_role("button", name="next").click()
        expect(status).to_have_text("26 to 50 of 4002")
        expect(rows.first.get_by_role("cell", name=names[25], exact=True).first).to_be_visible()
        expect(rows.first.locator("td").first).to_have_css("text-align", "left")
        tab.picture("22-large-table")
        table.get_by_role("searchbox").fill("client3999 ATTACHED")
        expect(status).to_have_text("1 to 1 of 1 (all: 4002)")
        expect(rows.first).to_contain_text("hnskit-client3999")
        table.get_by_role("searchbox").fill("")
        table.get_by_role("button", name="name", exact=True).click(click_count=2)
        expect(rows.first).to_contain_text("hnskit-proxy")
        table.get_by_role("searchbox").fill("client399")
        tab.picture("23-large-table-searched")


CONTRAST = """one => {
    const rgb = text => text.match(/[\\d.]+/g).map(Number);
    const light = ([red, green, blue]) => [red, green, blue].map(part => part / 255)
        .map(part => part <= .03928 ? part / 12.92 : ((part + .055) / 1.055) ** 2.4)
        .reduce((sum, part, at) => sum + part * [.2126, .7152, .0722][at], 0);
    const style = getComputedStyle(one);
    const [front, back] = [light(rgb(style.color)), light(rgb(style.backgroundColor))].sort();
    return Number(style.opacity) * (back + .05) / (front + .05);
}"""
"""How well a caption is to be read (WCAG 2, relative luminance): from 1, not at all, to 21."""


def readable(caption: Any) -> bool:
    """By WCAG's level AA."""
    return float(caption.evaluate(CONTRAST)) >= 4.5


@pytest.mark.parametrize("theme", ["JupyterLab Dark", "JupyterLab Light"])
def test_a_button_that_cannot_be_pressed_can_be_read_and_says_why(desk: Desk, theme: str) -> None:
    """In either theme; the reason stands beside Connect."""
    from playwright.sync_api import expect

    desk.params("buttons")
    with desk.notebook(PAGE) as tab:
        tab.theme(theme)
        tab.run_all()
        tab.see("3. Run")
        tab.page.get_by_text("All parameters: ").click()
        tab.page.get_by_text("network: The L2Bridge network").click()
        field = tab.page.get_by_label("subnet")
        field.fill("10.0.1.0/25")
        field.press("Enter")
        pressable(tab, "Connect", False)
        for name in ("Connect", "Run", "Stop"):
            wait_for(partial(readable, button(tab, name)), f"{name} cannot be read")
        beside = tab.front().locator(".widget-hbox", has=tab.page.get_by_role("button", name="Connect", exact=True))
        expect(beside).to_contain_text("Save the parameters first")
        button(tab, "Connect").scroll_into_view_if_needed()
        tab.picture(f"26-not-to-be-pressed-{theme.rpartition(' ')[2].lower()}")
        tab.theme("JupyterLab Light")


CUT_OFF = """() => [...document.querySelectorAll('table, th, td, svg, pre, p, li')].filter(one => {
    const box = one.getBoundingClientRect(), edge = document.documentElement.clientWidth;
    const holder = one.closest('.jp-OutputArea-output, .jp-Editor, body').getBoundingClientRect();
    return box.width && (box.right > edge + 1 || box.right > holder.right + 1);
}).map(one => one.outerHTML.slice(0, 200))"""
PALE = """() => [...document.querySelectorAll('h1, h2, p, th, td, pre, a, svg text')].filter(one => {
    const style = getComputedStyle(one), colour = one.closest('svg') ? style.fill : style.color;
    const [red, green, blue] = colour.match(/[\\d.]+/g).map(Number);
    return one.textContent.trim() && .2126 * red + .7152 * green + .0722 * blue > 140;
}).map(one => one.outerHTML.slice(0, 200))"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_on_paper_nothing_is_cut_off(desk: Desk, scheme: str, printed: dict[str, Path]) -> None:
    """The report and executed notebooks, dark on white whatever the reader's theme is."""
    page = desk.page()
    page.set_viewport_size({"width": A4, "height": 1000})
    page.emulate_media(media="print", color_scheme=scheme)
    for name, path in printed.items():
        page.goto(path.as_uri())
        page.locator("table").nth(1).wait_for(state="attached")
        page.locator("svg").first.wait_for(state="attached")
        assert page.evaluate(CUT_OFF) == []
        assert page.evaluate(PALE) == []
        page.screenshot(path=desk.artefacts / f"24-printed-{name}-{scheme}.png", full_page=True)
        sheet = dict.fromkeys(("top", "right", "bottom", "left"), "10mm")
        page.pdf(path=desk.artefacts / f"24-printed-{name}-{scheme}.pdf", format="A4", margin=sheet)
    page.close()


@pytest.fixture(scope="module")
def printed(desk: Desk) -> dict[str, Path]:
    """What a reader prints: a run's report, and two of its notebooks as nbconvert's offline HTML."""
    from nbconvert import HTMLExporter

    run = desk.proved("paper")
    pages: dict[str, Any] = {"report": run / "report.html"}
    for name in ("10_l2bridge_network", "40_proxy_policy", "50_verify"):
        pages[name] = run / f"{name}.html"
        pages[name].write_text(HTMLExporter().from_filename(str(run / f"{name}.ipynb"))[0])
    return pages


def test_a_typed_password_is_in_no_file(desk: Desk) -> None:
    """In a step notebook and on the start page: it was used, and is in no notebook, widget state, history or log."""
    from playwright.sync_api import expect

    from hnskit.emulator import registry

    entry, _ = registry.start("typed")
    target = f"winrm://{urlsplit(entry.http).netloc}"
    desk.params(target)
    file = desk.folder / PARAMS
    login = f"connection:\n  username: {entry.username}\n  credential: prompt\n"
    file.write_text(file.read_text().replace("connection:\n", login))
    for path in ("notebooks/00_preflight.ipynb", PAGE):
        with desk.notebook(path) as tab:
            tab.run_all()
            box = tab.outputs("input[type=password]")
            box.fill(CANARY)
            box.press("Enter")
            tab.see(re.compile(f"The password of {entry.username} on .* is known to this kernel"))
            expect(box).to_have_value("")
            if path == PAGE:
                button(tab, "Connect").click()
            else:
                tab.run_below("choice.open")
            tab.see(f"the login of {entry.username} with negotiate was refused").scroll_into_view_if_needed()
            if path == PAGE:
                button(tab, "Run").click()
                tab.see("3. Run").scroll_into_view_if_needed()
                tab.see("was refused. Check the user name")
                # Its run, too, which else would read the parameters that the next test writes.
                wait_for(lambda: [run["exit_status"] for run in desk.runs() if run["target"] == target] == [3])
            tab.picture(f"25-password-{Path(path).stem}")
            tab.save()
    written = [place for place in desk.folder.rglob("*") if place.is_file()]
    assert any(place.name == "history.sqlite" for place in written), "no history was written at all"
    assert [str(place) for place in written if CANARY.encode() in place.read_bytes()] == []
