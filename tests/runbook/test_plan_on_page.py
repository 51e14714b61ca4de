"""The plan and the question on the start page, before anything is changed."""

from __future__ import annotations

import html
import shutil
from pathlib import Path

import pytest
import yaml

from hnskit.local.state_dir import STATE_VARIABLE
from hnskit.planning.setup import plan
from hnskit.runbook.widgets import StartPage, host_look
from hnskit.runbook.widgets import start_page as page_module
from hnskit.runbook.widgets.host_look import look_at
from tests import hand_made, sample_facts
from tests.host_process import emulated_host
from tests.in_process_host import host_here
from tests.waiting import wait_for

ROOT = Path(__file__).parents[2]


def test_the_teardown_is_asked_about_in_words_and_number_before_it_begins(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A no leaves it all; a yes begins a run that has the consent."""
    monkeypatch.setenv(STATE_VARIABLE, str(tmp_path / "state"))
    params = tmp_path / "lab.yaml"
    shutil.copy(ROOT / "params" / "emulator.yaml", params)
    begun: list[bool] = []
    monkeypatch.setattr(page_module, "teardown_question", lambda *_: ("Remove 3 objects from emulator://lab?", "plan"))
    monkeypatch.setattr(page_module, "launch", lambda *_, confirmed, **__: begun.append(confirmed))
    monkeypatch.setattr(StartPage, "_follow", lambda *_: None)
    page = StartPage(params, tmp_path / "runs", ROOT / "notebooks")
    page._step.value = "90_teardown"
    for answer, expected in ((1, []), (0, [True])):
        page._on_run()
        wait_for(lambda: page._asking.children)
        said, buttons = page._asking.children
        assert "Remove 3 objects from emulator://lab?" in said.value
        buttons.children[answer].click()
        assert begun == expected


def test_connect_shows_the_plan_of_a_run(tmp_path: Path) -> None:
    """Between Connect and Run: on a host that has nothing yet, and on one where all is in place."""
    with emulated_host(tmp_path / "state") as overrides:
        params = tmp_path / "lab.yaml"
        wanted = yaml.safe_load((ROOT / "params" / "emulator.yaml").read_text(encoding="utf-8"))
        wanted["target"] = overrides[0].partition("=")[2]
        params.write_text(yaml.safe_dump(wanted), encoding="utf-8")
        shown = look_at(params, tmp_path / "runs", lambda _: None)
    assert "A run would make 17 changes (10 to add, 7 to change, 0 to remove)" in shown
    assert "when the bridge appears\n    the host's own network goes away" in html.unescape(shown)
    now, _, after = shown.partition("After the run, as planned")
    assert "hnskit-client1" not in now.partition("<svg")[2]
    assert "hnskit-client1" in after
    assert "chosen by HNS, attached" in after


@pytest.mark.parametrize("ticked", [False, True])
def test_a_run_takes_over_what_was_made_by_hand_where_the_box_is_ticked(
    ticked: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(STATE_VARIABLE, str(tmp_path / "state"))
    params = tmp_path / "lab.yaml"
    shutil.copy(ROOT / "params" / "emulator.yaml", params)
    begun: list[bool] = []
    monkeypatch.setattr(page_module, "launch", lambda *_, adopt, **__: begun.append(adopt))
    monkeypatch.setattr(StartPage, "_follow", lambda *_: None)
    page = StartPage(params, tmp_path / "runs", ROOT / "notebooks")
    page._adopt.value = ticked
    page._on_run()
    assert begun == [ticked]


def test_the_plan_on_the_page_asks_about_what_was_made_by_hand() -> None:
    """Also where nothing else is to do, which is not "in place already"."""
    host, desired = host_here(), sample_facts.desired()
    hand_made.make(host, desired)
    shown = host_look._plan_html(plan(desired, host.snapshot()))
    assert "Take over 9 objects on emulator://lab made by hand" in shown
    assert "adopt endpoint hnskit-client1" in shown


@pytest.mark.parametrize(("name", "warned"), [("containerd", True), ("pods", False)])
def test_a_cut_is_announced_where_a_bridge_is_made_and_not_for_pods(
    name: str, warned: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Pods have the network of their CNI, whichever step is chosen."""
    monkeypatch.setenv(STATE_VARIABLE, str(tmp_path / "state"))
    params = tmp_path / "node.yaml"
    shutil.copy(ROOT / "params" / f"{name}.example.yaml", params)
    page = StartPage(params, tmp_path / "runs", ROOT / "notebooks")
    for step in ("", "90_teardown"):
        page._step.value = step
        assert ("network goes away for seconds" in page._note.value) == warned
