"""The start page without a browser: what it starts, follows and says."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import threading
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import yaml

from hnskit import runbook
from hnskit.applying import host_lock
from hnskit.applying.host_lock import LockHolder
from hnskit.local.state_dir import STATE_VARIABLE
from hnskit.runbook.widgets import StartPage
from hnskit.runbook.widgets import start_page as page_module
from hnskit.runbook.widgets.clock import Clock
from hnskit.runbook.widgets.way_check import way_html
from hnskit.running.background_run import Follower, last_run, launch
from hnskit.running.log import FILE, RunLog, ask_to_stop, asked_to_stop
from hnskit.running.run_state import LOST, RunState
from hnskit.running.server_links import Server, link
from hnskit.running.summary import SilentWatcher
from tests.host_process import emulated_host
from tests.lock_holder import lock_holder
from tests.ports import is_answered
from tests.waiting import LONG, wait_for

ROOT = Path(__file__).parents[2]


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder with params/lab.yaml, that leads to a host of this test's own."""
    with emulated_host(tmp_path / "state") as overrides:
        text = (ROOT / "params" / "emulator.yaml").read_text(encoding="utf-8")
        text = text.replace("emulator://lab", overrides[0].partition("=")[2]).replace("seconds: 3.0", "seconds: 5.0")
        (tmp_path / "params").mkdir()
        (tmp_path / "params" / "lab.yaml").write_text(text, encoding="utf-8")
        (tmp_path / "notebooks").symlink_to(ROOT / "notebooks")
        monkeypatch.chdir(tmp_path)
        monkeypatch.setenv("PYTHONPATH", str(ROOT))
        yield tmp_path


def started(desk: Path) -> tuple[Follower, list[RunState], list[str], int]:
    states: list[RunState] = []
    refused: list[str] = []
    holders: list[LockHolder | None] = []
    target = yaml.safe_load((desk / "params" / "lab.yaml").read_text())["target"]
    runs = desk / "runs"
    launched = launch(Path("params/lab.yaml"), runs, ["00_preflight", "10_l2bridge_network"])
    follower = Follower(target, states.append, refused.append, holders.append, launched)
    follower.start()
    return follower, states, refused, launched.process.pid


def answers(desk: Path) -> bool:
    """Whether the host's door is open."""
    from hnskit.emulator import registry

    target = yaml.safe_load((desk / "params" / "lab.yaml").read_text())["target"]
    entry = registry.find(target.removeprefix("emulator://"))
    assert entry is not None
    port = urlsplit(entry.http).port
    assert port is not None
    return is_answered(port)


def test_a_second_page_follows_a_second_run_is_refused_and_stop_stops(desk: Path) -> None:
    """One run, two that look at it; it ends with a sentence, a summary and status 130."""
    follower, states, _, _ = started(desk)
    wait_for(lambda: follower.run_dir is not None)
    assert follower.run_dir is not None
    seen: list[RunState] = []
    said: list[str] = []
    holders: list[LockHolder | None] = []
    other = Follower(follower._target, seen.append, said.append, holders.append)
    other.start()
    second, _, refused, _ = started(desk)
    second.join(LONG)
    assert "another run is at work on it since" in refused[0]
    wait_for(lambda: states and "10_l2bridge_network" in states[-1].verdict)
    ask_to_stop(follower.run_dir)
    follower.join(LONG)
    other.join(LONG)
    assert "stopped" in states[-1].verdict
    assert seen[-1].verdict == states[-1].verdict
    summary = json.loads((follower.run_dir / "summary.json").read_text())
    assert summary["exit_status"] == 130
    assert host_lock.holder_of(follower._target) is None
    assert "</span> stopped</td>" in states[-1].html(lambda _, text: text)


def test_a_run_that_is_killed_is_one_sentence_and_the_next_one_goes_on(desk: Path) -> None:
    """Nothing has to be tidied up, and nothing is made twice."""
    follower, states, _, pid = started(desk)
    wait_for(lambda: states and any("create network" in line for line in [*states[-1].lines, states[-1].passing]))
    os.kill(pid, signal.SIGKILL)
    follower.join(LONG)
    assert states[-1].verdict == LOST
    last = last_run(desk / "runs", follower._target)
    assert last is not None
    assert last.lost
    wait_for(lambda: answers(desk))  # the killed run had cut the host's network
    again, states, _, _ = started(desk)
    again.join(LONG)
    assert states[-1].percent == 100
    records = [
        json.loads(line) for path in (desk / "runs").glob("*/journal.jsonl") for line in path.read_text().splitlines()
    ]
    made = [record["step"] for record in records if record["event"] == "done"]
    assert len(made) == len(set(made))


@pytest.mark.parametrize(("kind", "noun"), [(host_lock.COMMAND, "another command"), (host_lock.NOTEBOOK, "a notebook")])
def test_what_has_no_log_is_named_and_the_page_is_free_at_its_end(
    kind: str, noun: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`hnskit apply`, or a step's button: nothing of it is called a run, killed, or one that could not begin."""
    monkeypatch.setenv(STATE_VARIABLE, str(tmp_path / "state"))
    params = tmp_path / "lab.yaml"
    shutil.copy(ROOT / "params" / "emulator.yaml", params)
    (tmp_path / "runs" / "1").mkdir(parents=True)
    with lock_holder("emulator://lab", kind, tmp_path / "runs" / "1") as pid:
        page = StartPage(params, tmp_path / "runs", ROOT / "notebooks")
        wait_for(lambda: page._view.value)
        assert f"The host is not free: {noun} is at work on it since" in page._view.value
        assert f"process {pid}" in page._view.value
        assert "run was at work" not in page._note.value
        assert (page.running, page._run.disabled, page._stop.disabled) == (True, True, True)
    page.wait(LONG)
    wait_for(lambda: not page._run.disabled)
    assert page._view.value == ""


def test_a_run_that_begins_after_other_work_is_followed_in_its_turn(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And can be stopped from here."""
    monkeypatch.setenv(STATE_VARIABLE, str(tmp_path / "state"))
    params, run_dir = tmp_path / "lab.yaml", tmp_path / "runs" / "20260101-000000-lab"
    shutil.copy(ROOT / "params" / "emulator.yaml", params)
    run_dir.mkdir(parents=True)
    log = RunLog(run_dir, SilentWatcher())
    log.write("run", target="emulator://lab", todo=["00_preflight"])
    with lock_holder("emulator://lab", host_lock.COMMAND):
        page = StartPage(params, tmp_path / "runs", ROOT / "notebooks")
        wait_for(lambda: "not free" in page._view.value)
    with lock_holder("emulator://lab", host_lock.RUN, run_dir):
        page._on_run()  # pressed as soon as it can be, but somebody else was quicker
        wait_for(lambda: "At work on emulator://lab" in page._view.value)
        assert not page._stop.disabled
        page._on_stop()
        assert asked_to_stop(run_dir)
        log.write("finish", ok=False, exit_status=130, seconds=1.0, error=None)
    wait_for(lambda: not page._run.disabled)


def test_what_cannot_begin_says_why(desk: Path) -> None:
    """A file that was broken between the save and the run."""
    (desk / "params" / "lab.yaml").write_text("target: emulator://lab\nnope: 1\n")
    follower, _, refused, _ = started(desk)
    follower.join(LONG)
    last = last_run(desk / "runs", "lab")
    assert refused or last is not None
    said = refused[0] if refused else last.verdict  # type: ignore[union-attr]
    assert "nope" in said


def test_the_last_run_is_found_by_whatever_name_its_host_had(tmp_path: Path) -> None:
    """An older run wrote the target down as its parameter file spelt it."""
    run_dir = tmp_path / "20260101-000000-host"
    run_dir.mkdir()
    RunLog(run_dir, SilentWatcher()).write("run", target="winrm://HOST:5986", todo=[])
    assert last_run(tmp_path, "winrm://host") is not None
    assert last_run(tmp_path, "winrm://other") is None


def proved(runs: Path, target: str) -> None:
    """A run that was proved, in its folder."""
    run_dir = runs / "20260101-000000-lab"
    run_dir.mkdir(parents=True)
    log = RunLog(run_dir, SilentWatcher())
    log.write("run", target=target, todo=["50_verify"])
    log.write("end", notebook="50_verify", ok=True, changed=2, seconds=1.0)
    log.write("finish", ok=True, exit_status=0, seconds=1.0, error=None, achieved="proved")


def test_the_last_run_is_dated_in_the_past_tense_and_goes_with_its_host(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the host has now, the page does not know; and nothing of one host stands below the name of another."""
    monkeypatch.setenv(STATE_VARIABLE, str(tmp_path / "state"))
    params = tmp_path / "lab.yaml"
    shutil.copy(ROOT / "params" / "emulator.yaml", params)
    proved(tmp_path / "runs", "emulator://lab")
    page = StartPage(params, tmp_path / "runs", ROOT / "notebooks")
    assert re.search(r"The last run on this host, \d\d \w+ \d{4}, \d\d:\d\d:\d\d\.", page._view.value)
    assert "was in place and proved then: 2 changes" in page._view.value
    assert "is in place" not in page._view.value
    page._looked = page._host.value = "its picture"
    target = page._editor._fields["target"]
    target.value = "emulator://other"
    assert (page._view.value, page._host.value) == ("", "")
    target.value = "emulator://lab"
    assert "was in place and proved then" in page._view.value


def test_what_was_seen_of_the_host_is_marked_as_old_when_a_run_begins(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the moment at which it was seen."""
    monkeypatch.setenv(STATE_VARIABLE, str(tmp_path / "state"))
    params = tmp_path / "lab.yaml"
    shutil.copy(ROOT / "params" / "emulator.yaml", params)
    monkeypatch.setattr(page_module, "look_at", lambda *_: "<svg>no bridge</svg>")
    page = StartPage(params, tmp_path / "runs", ROOT / "notebooks")
    page._on_connect()
    wait_for(lambda: page._host.value == "<svg>no bridge</svg>" and not page._connect.disabled)
    with lock_holder("emulator://lab", host_lock.COMMAND):
        page._on_run()
        assert re.search(r"As it was on \d\d .*, before the run below\.", page._host.value)
        assert "no bridge" in page._host.value
    page.wait(LONG)


def test_the_way_to_the_host_can_be_checked_by_itself(tmp_path: Path) -> None:
    """Step by step, to the one that fails."""
    params = tmp_path / "away.yaml"
    text = (ROOT / "params" / "emulator.yaml").read_text()
    params.write_text(text.replace("target: emulator://lab", "target: winrm://127.0.0.1:1"))
    page = StartPage(params, tmp_path / "runs", ROOT / "notebooks")
    page._way.click()
    wait_for(lambda: "port 1" in page._host.value and not page._way.disabled)
    assert "ends at the last of these steps" in page._host.value


def test_beside_a_button_that_cannot_be_pressed_stands_why(tmp_path: Path) -> None:
    """Also beside Connect, which is far from the note of Run."""
    params = tmp_path / "lab.yaml"
    shutil.copy(ROOT / "params" / "emulator.yaml", params)
    page = StartPage(params, tmp_path / "runs", ROOT / "notebooks")
    assert (page._connect.disabled, page._connect_note.value) == (False, "")
    page._editor._fields["network.subnet"].value = "10.0.1.0/25"
    assert page._connect.disabled
    assert page._connect_note.value.startswith("Save the parameters first")


def test_headless_the_page_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    """papermill can run it, too."""
    monkeypatch.chdir(ROOT)
    assert "hnskit run params/emulator.yaml" in str(runbook.start_page("params/emulator.yaml"))


def test_a_state_is_folded_from_the_log_and_escaped(tmp_path: Path) -> None:
    """Whatever a host's object is called."""
    state = RunState(tmp_path)
    state.take(
        [
            {"event": "run", "target": "emulator://lab", "todo": ["00_preflight", "50_verify"]},
            {"event": "begin", "notebook": "00_preflight"},
            {"event": "line", "text": "<b>x</b>", "lasting": True},
            {"event": "end", "notebook": "00_preflight", "ok": True, "changed": 0, "seconds": 1.0, "file": ""},
        ]
    )
    assert (state.percent, state.over) == (50, False)
    html = state.html(lambda _, text: text)
    assert "<b>x" not in html
    assert 'aria-valuenow="50"' in html
    state.take([{"event": "finish", "ok": True, "seconds": 2.0, "achieved": "proved"}])
    assert (state.percent, state.over) == (100, True)
    assert state.verdict == "emulator://lab: the redirect is in place and proved: nothing had to be changed, 2.0 s."


def test_links_lead_into_the_server_that_started_the_kernel(tmp_path: Path) -> None:
    """Notebooks open as a tab of JupyterLab; what lies outside the server's root is not a link."""
    (tmp_path / "runs").mkdir()
    notebook, report = tmp_path / "runs" / "a b.ipynb", tmp_path / "runs" / "report.html"
    notebook.touch()
    report.touch()
    server = Server("/user/x/", tmp_path)
    assert 'href="/user/x/files/runs/report.html"' in link(server, report, "Report")
    assert 'href="/user/x/lab/tree/runs/a%20b.ipynb"' in link(server, notebook, "a")
    assert "docmanager:open" in link(server, notebook, "a")
    assert link(Server("/", tmp_path / "runs" / "deeper"), report, "Report") == "Report"
    assert link(None, report, "R&D") == "R&amp;D"


def test_the_log_survives_half_a_line(tmp_path: Path) -> None:
    """A writer may be in the middle of it."""
    (tmp_path / FILE).write_text('{"event": "run", "target": "x", "todo": []}\nnonsense\n{"event": "beg')
    from hnskit.running.log import read_from

    records, place = read_from(tmp_path / FILE, 0)
    assert [record["event"] for record in records] == ["run"]
    assert read_from(tmp_path / FILE, place) == ([], place)


def test_a_name_without_folder_and_ending_is_saved_beside_the_file_and_chosen(desk: Path) -> None:
    """`lab2` is params/lab2.yaml, and the next run takes it: not the one that was read before."""
    page = StartPage(Path("params/lab.yaml"), desk / "runs", desk / "notebooks")
    page._editor._save_as.value = " lab2 "
    page._editor._on_save(None)
    assert (desk / "params" / "lab2.yaml").read_text() == (desk / "params" / "lab.yaml").read_text()
    assert not (desk / "lab2").exists()
    assert page._file.value == Path("params/lab2.yaml")
    assert page._editor.file.path == Path("params/lab2.yaml")
    assert page._editor._save_as.value == "params/lab2.yaml"
    page._file.value = Path("params/lab.yaml")
    assert page._editor.file.path == Path("params/lab.yaml")


def test_a_clock_ticks_while_something_is_waited_for(desk: Path) -> None:
    """And says how long it took the last time, once there was one; it is gone when the host was looked at."""
    page = StartPage(Path("params/lab.yaml"), desk / "runs", desk / "notebooks")
    page._looking.start()
    first = page._looking.widget.value
    assert "last time" not in first
    wait_for(lambda: page._looking.widget.value != first)
    page._looking.stop()
    assert page._looking.widget.value == ""
    page._connect.click()
    wait_for(lambda: "fit for the redirect" in page._host.value)
    wait_for(lambda: page._looking.widget.value == "")
    page._looking.start()
    assert " s the last time" in page._looking.widget.value
    page._looking.stop()


def test_no_tick_is_left_of_a_clock_that_was_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its thread may be about to show one at that moment."""
    monkeypatch.setattr("hnskit.runbook.widgets.clock._TICK", 0.0)
    clock = Clock()
    for _ in range(200):
        clock.start()
        clock.stop()
        for thread in threading.enumerate():
            if thread.name == "clock":
                thread.join()
        assert clock.widget.value == ""


def test_the_way_to_a_host_is_not_shown_below_another_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A check may take longer than the operator stays with its host."""
    monkeypatch.setenv(STATE_VARIABLE, str(tmp_path / "state"))
    text = (ROOT / "params" / "emulator.yaml").read_text(encoding="utf-8")
    for name in ("one", "other"):
        (tmp_path / f"{name}.yaml").write_text(text.replace("emulator://lab", f"emulator://{name}"), encoding="utf-8")
    asked, answered = threading.Event(), threading.Event()

    def slow(path: Path, say: object) -> str:
        asked.set()
        assert answered.wait(30)
        return f"the way of {path.stem}"

    monkeypatch.setattr(page_module, "way_html", slow)
    page = StartPage(tmp_path / "one.yaml", tmp_path / "runs", ROOT / "notebooks")
    page._way.click()
    assert asked.wait(30)
    assert (page._way.description, page._connect.description, page._way.disabled) == ("Checking …", "Connect", True)
    page._file.value = tmp_path / "other.yaml"
    answered.set()
    wait_for(lambda: page._way.description == "Check the way")
    assert page._host.value == ""
    page._way.click()
    wait_for(lambda: page._way.description == "Check the way" and not page._way.disabled)
    assert page._host.value == "the way of other"


def test_the_way_says_to_which_host_it_leads_and_where_it_ends(tmp_path: Path) -> None:
    params = tmp_path / "gone.yaml"
    text = (ROOT / "params" / "emulator.yaml").read_text(encoding="utf-8")
    params.write_text(text.replace("emulator://lab", "winrm://no-such-host.invalid"), encoding="utf-8")
    shown = way_html(params, lambda text: None)
    assert "The way to winrm://no-such-host.invalid ends at the last of these steps." in shown
    assert "cannot be resolved" in shown


def test_a_narrow_page_puts_its_buttons_into_further_lines(tmp_path: Path) -> None:
    """In one line *Run* and *Stop* were a letter wide."""
    params = tmp_path / "lab.yaml"
    shutil.copy(ROOT / "params" / "emulator.yaml", params)
    page = StartPage(params, tmp_path / "runs", ROOT / "notebooks")
    rows = [one for one in page.widget.children if page._run in getattr(one, "children", ())]
    assert [row.layout.flex_flow for row in rows] == ["row wrap"]
