"""`hnskit run`: the notebooks through papermill, to an emulated host over the real wire."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbformat
import pytest

from hnskit.applying import host_lock
from hnskit.errors import HnskitError
from hnskit.local import project
from hnskit.running import run_folder as runfolder
from hnskit.running import runner
from hnskit.running.log import Patience
from hnskit.running.notebook_sequence import notebook_sequence
from hnskit.running.report import write_report
from hnskit.running.summary import StepSummary, Summary
from hnskit.running.terminal_lines import RunLines
from tests.host_process import emulated_host
from tests.notebook_html import escaped_twice
from tests.waiting import LONG, wait_for

ROOT = Path(__file__).parents[2]
PARAMS = ROOT / "params" / "emulator.yaml"
SEQUENCE = [
    "00_preflight",
    "10_l2bridge_network",
    "20_proxy_container",
    "30_client_containers",
    "40_proxy_policy",
    "50_verify",
]


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[list[str]]:
    with emulated_host(tmp_path / "state") as overrides:
        yield overrides


class Heard:
    """A watcher that keeps what it hears."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def begins(self, notebook: str) -> None:
        self.lines.append(f"begin {notebook}")

    def happens(self, line: str, lasting: bool) -> None:
        self.lines.append(line)

    def ends(self, step: StepSummary) -> None:
        self.lines.append(f"end {step.notebook}")


def saved(summary: Summary) -> dict[str, Any]:
    data: dict[str, Any] = json.loads((Path(summary.run_dir) / "summary.json").read_text(encoding="utf-8"))
    return data


def only(folder: Path, *names: str) -> Path:
    """A folder with some of the notebooks."""
    folder.mkdir()
    for name in names:
        shutil.copy(ROOT / "notebooks" / f"{name}.ipynb", folder)
    return folder


def test_a_run_sets_the_redirect_up_and_a_second_one_says_why_nothing_is_to_do(lab: list[str], tmp_path: Path) -> None:
    """The whole sequence, twice, against one host."""
    heard = Heard()
    first = runner.run(PARAMS, overrides=lab, runs=tmp_path / "runs", watcher=heard)
    assert (first.ok, first.exit_status, first.error) == (True, 0, None)
    assert [step.notebook for step in first.steps] == SEQUENCE
    assert [step.changed for step in first.steps] == [0, 4, 5, 6, 2, 0]
    assert first.verification is not None
    assert [client["ok"] for client in first.verification["clients"]] == [True, True]
    assert heard.lines.index("begin 10_l2bridge_network") < heard.lines.index("create endpoint hnskit-gateway …")
    assert saved(first) == first.to_json()

    run_dir = Path(first.run_dir)
    for step in first.steps:
        outputs = [cell.get("outputs", []) for cell in nbformat.read(run_dir / step.file, as_version=4).cells]
        assert any(outputs)
        assert escaped_twice(run_dir / step.file) == []
        assert not [one for cell in outputs for one in cell if one.output_type == "error"]
    page = (run_dir / "report.html").read_text(encoding="utf-8")
    assert "in place and proved" in page
    assert page.count("<svg ") == 2
    assert 'href="40_proxy_policy.ipynb"' in page
    assert not re.search(r'(?:href|src)="(?:https?:)?//|url\(', page)

    second = runner.run(PARAMS, overrides=lab, runs=tmp_path / "runs")
    assert second.ok
    assert second.changed == 0
    assert all(step.kept for step in second.steps[1:5])
    assert second.run_dir != first.run_dir


def test_progress_in_the_executed_notebook_ends_at_100_percent(lab: list[str], tmp_path: Path) -> None:
    """What papermill keeps is the last state of the display."""
    summary = runner.run(
        PARAMS, overrides=lab, runs=tmp_path / "runs", notebooks=only(tmp_path / "some", "10_l2bridge_network")
    )
    text = (Path(summary.run_dir) / "10_l2bridge_network.ipynb").read_text(encoding="utf-8")
    assert summary.ok
    assert "Create the network: 100 % (done" in text


def test_a_host_that_is_not_fit_ends_the_run_with_status_4(lab: list[str], tmp_path: Path) -> None:
    """The failed notebook is kept, the rest is not begun, and nothing was changed."""
    summary = runner.run(PARAMS, overrides=[*lab, "proxy.image=nowhere:1", 'proxy.import=""'], runs=tmp_path / "runs")
    assert (summary.ok, summary.exit_status, summary.stopped_at) == (False, 4, "00_preflight")
    assert summary.error is not None
    assert "nowhere:1" in summary.error["paragraph"]
    assert [(step.notebook, step.ok) for step in summary.steps] == [("00_preflight", False)]
    run_dir = Path(summary.run_dir)
    assert "PreflightError" in (run_dir / "00_preflight.ipynb").read_text(encoding="utf-8")
    assert "The run stopped at 00_preflight" in (run_dir / "report.html").read_text(encoding="utf-8")
    assert not (run_dir / "journal.jsonl").exists()


def test_a_parameter_file_that_is_changed_meanwhile_ends_the_run_before_the_next_notebook(
    lab: list[str], tmp_path: Path
) -> None:
    """The notebooks that are left would work on another host, which this run has no lock of."""
    params = tmp_path / "redirect.yaml"
    params.write_text(PARAMS.read_text())

    class Edits(Heard):
        def ends(self, step: StepSummary) -> None:
            super().ends(step)
            if step.notebook.startswith("10_"):
                params.write_text(params.read_text().replace("target: emulator://lab", "target: emulator://another"))

    summary = runner.run(params, overrides=lab, notebooks=ROOT / "notebooks", runs=tmp_path / "runs",
                         watcher=Edits())  # fmt: skip
    assert [(step.notebook[:2], step.ok) for step in summary.steps] == [("00", True), ("10", True), ("20", False)]
    assert summary.error is not None
    assert "was changed while the run was at work" in summary.error["paragraph"]
    assert summary.steps[2].changed == 0


def test_a_redirect_that_is_not_there_fails_the_verification(lab: list[str], tmp_path: Path) -> None:
    """Exit status 1, and the summary has what was seen."""
    summary = runner.run(PARAMS, overrides=lab, runs=tmp_path / "runs", notebooks=only(tmp_path / "some", "50_verify"))
    assert (summary.ok, summary.exit_status) == (False, 1)
    assert summary.error is not None
    assert summary.error["error"] == "VerificationError"
    assert summary.verification is not None
    assert summary.verification["ok"] is False


def test_wrong_parameters_leave_a_run_folder_too(tmp_path: Path) -> None:
    """Every mistake is in it; no host was contacted."""
    summary = runner.run(PARAMS, overrides=["network.subnet=nonsense", "nope=1"], runs=tmp_path / "runs")
    assert (summary.ok, summary.exit_status, summary.steps) == (False, 2, [])
    error = saved(summary)["error"]
    assert {mistake["path"] for mistake in error["mistakes"]} == {"network.subnet", "nope"}
    assert (Path(summary.run_dir) / "report.html").is_file()


def test_an_unreachable_host_ends_the_run_with_status_3(tmp_path: Path) -> None:
    """Port 1 of this machine: nobody listens there."""
    overrides = ["target=winrm://127.0.0.1:1", "connection.username=x", "connection.credential=env:HOME"]
    summary = runner.run(PARAMS, overrides=overrides, runs=tmp_path / "runs")
    assert (summary.exit_status, summary.stopped_at) == (3, "00_preflight")


def test_a_cell_that_breaks_without_an_error_of_ours_is_named(tmp_path: Path) -> None:
    """A broken notebook is not a traceback for the operator."""
    folder = only(tmp_path / "some", "00_preflight")
    notebook = nbformat.read(folder / "00_preflight.ipynb", as_version=4)
    notebook.cells = [*notebook.cells[:2], nbformat.v4.new_code_cell("1 / 0")]
    nbformat.write(notebook, folder / "00_preflight.ipynb")
    summary = runner.run(PARAMS, runs=tmp_path / "runs", notebooks=folder)
    assert summary.exit_status == 1
    assert summary.error is not None
    assert summary.error["paragraph"].startswith("00_preflight: ZeroDivisionError: division by zero")


def test_a_folder_without_notebooks_is_an_error_before_anything_is_made(tmp_path: Path) -> None:
    """Not an empty run that is called a success."""
    with pytest.raises(HnskitError, match="no step notebooks"):
        runner.run(PARAMS, runs=tmp_path / "runs", notebooks=tmp_path)
    assert not (tmp_path / "runs").exists()


def test_the_teardown_is_no_part_of_a_run() -> None:
    """It would take away what the run has made."""
    assert [path.stem for path, _ in notebook_sequence(ROOT / "notebooks")] == SEQUENCE


def test_a_report_needs_a_summary(tmp_path: Path) -> None:
    """A folder that is not a run's is named."""
    with pytest.raises(HnskitError, match="no summary"):
        write_report(tmp_path)


def test_two_runs_of_one_second_have_two_folders(tmp_path: Path) -> None:
    """Neither writes over the other's."""
    folders = {runfolder.new_run_folder(tmp_path, "winrm://10.0.0.4:5986") for _ in range(3)}
    assert len(folders) == 3
    assert all("-10.0.0.4-5986" in folder.name for folder in folders)


def test_half_a_journal_line_is_told_when_it_is_whole(tmp_path: Path) -> None:
    """A writer may be in the middle of it."""
    journal, heard = tmp_path / "journal.jsonl", Heard()
    journal.write_text('{"event": "note", "text": "one"}\n{"event": "no')
    place = runner._tell(journal, 0, heard.happens)
    with journal.open("a") as file:
        file.write('te", "text": "two"}\n')
    runner._tell(journal, place, heard.happens)
    assert heard.lines == ["one", "two"]


def test_the_notebooks_are_also_found_around_the_parameter_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever stands elsewhere and names a project's file means that project."""
    monkeypatch.chdir(tmp_path)
    assert project.find_notebooks(PARAMS) == ROOT / "notebooks"


def test_no_notebooks_anywhere_is_exit_status_2(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The command line is wrong, no host was contacted; it says what would do."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(project, "shipped", lambda: None)
    shutil.copy(PARAMS, tmp_path / "mine.yaml")
    with pytest.raises(HnskitError, match="--notebooks") as caught:
        runner.run("mine.yaml", runs=tmp_path / "runs")
    assert caught.value.exit_status == 2


def test_notebooks_in_a_kernel_each_may_change_the_host_as_well(lab: list[str], tmp_path: Path) -> None:
    """papermill's own kernels are of the run, too; this process itself has nothing that others could be let in by."""
    few = only(tmp_path / "some", "10_l2bridge_network")
    summary = runner.run(PARAMS, overrides=lab, runs=tmp_path / "runs", notebooks=few, share_kernel=False)
    assert (summary.ok, summary.changed, summary.error) == (True, 4, None)
    assert host_lock.CLAIM_VARIABLE not in os.environ


def test_a_report_that_cannot_be_written_is_the_end_of_the_run_and_no_traceback(tmp_path: Path) -> None:
    """A page that follows it learns that it is over, and why."""
    folder = only(tmp_path / "some", "00_preflight")
    notebook = nbformat.read(folder / "00_preflight.ipynb", as_version=4)
    in_the_way = "import pathlib; (pathlib.Path(run_dir) / 'report.html').mkdir()"
    notebook.cells = [*notebook.cells[:2], nbformat.v4.new_code_cell(in_the_way)]
    nbformat.write(notebook, folder / "00_preflight.ipynb")
    summary = runner.run(PARAMS, runs=tmp_path / "runs", notebooks=folder)
    assert (summary.ok, summary.exit_status, summary.stopped_at) == (False, 1, "its report")
    assert saved(summary) == summary.to_json()
    last = json.loads((Path(summary.run_dir) / "run.jsonl").read_text(encoding="utf-8").splitlines()[-1])
    assert (last["event"], last["ok"]) == ("finish", False)
    assert "cannot be written down" in last["error"]["paragraph"]


def test_what_a_run_did_not_expect_is_in_its_summary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No run folder is left empty."""

    def broken(*_: Any, **__: Any) -> None:
        raise ModuleNotFoundError("No module named 'papermill'")

    monkeypatch.setattr(runner, "Execution", broken)
    summary = runner.run(PARAMS, runs=tmp_path / "runs")
    assert summary.exit_status == 1
    assert "No module named 'papermill'" in saved(summary)["error"]["paragraph"]


def test_without_a_terminal_the_heading_comes_first_and_nothing_twice(capsys: pytest.CaptureFixture[str]) -> None:
    """A log is read from the top."""
    lines = RunLines(live=False)
    lines.begins("10_l2bridge_network")
    lines.happens("create network x (4.00 s)", True)
    lines.happens("the connection came back", True)
    step = StepSummary("10_l2bridge_network", "network", ok=True, changed=1, notes=["the connection came back"])
    lines.ends(step)
    said = [line.strip() for line in capsys.readouterr().err.splitlines()]
    assert said[:3] == ["10_l2bridge_network …", "create network x (4.00 s)", "the connection came back"]
    assert len(said) == 4


def test_a_stop_is_not_called_a_failure(capsys: pytest.CaptureFixture[str]) -> None:
    """With what had been changed by then."""
    RunLines(live=False).ends(StepSummary("10_l2bridge_network", "network", stopped=True, changed=4))
    said = capsys.readouterr().err
    assert "STOPPED 10_l2bridge_network" in said
    assert "4 changed, then stopped" in said
    assert "fail" not in said.lower()


def test_many_kept_objects_are_counted(capsys: pytest.CaptureFixture[str]) -> None:
    """A few are listed; notes always are."""
    kept = [f"endpoint c{number}: it is there" for number in range(9)]
    RunLines(live=False).ends(StepSummary("x", "clients", ok=True, kept=kept, notes=["lost and came back"]))
    said = capsys.readouterr().err
    assert "9 objects are as they should be already" in said
    assert "c1" not in said
    assert "lost and came back" in said
    RunLines(live=False).ends(StepSummary("x", "clients", ok=True, kept=kept[:8]))
    assert "endpoint c7: it is there" in capsys.readouterr().err


@pytest.mark.skipif(os.name != "posix", reason="Ctrl-C for one group of processes is POSIX's")
@pytest.mark.parametrize("option", [[], ["--kernel-each"]], ids=["shared", "one each"])
def test_ctrl_c_keeps_what_was_changed_and_a_resumed_run_counts_it(
    option: list[str], lab: list[str], tmp_path: Path
) -> None:
    """Between two steps that were done and the end of their cell; no trace of asyncio, and no word of a failure."""
    folder = only(tmp_path / "some", "10_l2bridge_network")
    notebook = nbformat.read(folder / "10_l2bridge_network.ipynb", as_version=4)
    at = next(number for number, cell in enumerate(notebook.cells) if "apply_button" in cell.source)
    notebook.cells.insert(at + 1, nbformat.v4.new_code_cell("import time; print('here'); time.sleep(60)"))
    nbformat.write(notebook, folder / "10_l2bridge_network.ipynb")
    runs, err = tmp_path / "runs", tmp_path / "err.txt"
    sets = [word for text in lab for word in ("--set", text)]
    # A shell's background job, as this test may be, hands on that SIGINT is ignored.
    program = "import signal, sys; signal.signal(signal.SIGINT, signal.default_int_handler)\n"
    program += "from hnskit.commands import cli; cli.main(sys.argv[1:])"
    command = [sys.executable, "-c", program, "run", str(PARAMS), *sets, "--runs", str(runs), *option]
    with err.open("wb") as stream:
        process = subprocess.Popen(
            [*command, "--notebooks", str(folder)], start_new_session=True, stdout=subprocess.PIPE, stderr=stream
        )
    wait_for(lambda: "update forwarding hnskit-gateway" in err.read_text(encoding="utf-8"))
    os.killpg(process.pid, signal.SIGINT)
    out, _ = process.communicate(timeout=LONG)
    said = err.read_text(encoding="utf-8")
    assert process.returncode == 130
    assert "STOPPED 10_l2bridge_network" in said
    assert "4 changed, then stopped" in said
    assert "10_l2bridge_network, on emulator://" in said
    assert not re.search("Traceback|FAIL|failed|never|Error", said)
    assert b"Stopped at 10_l2bridge_network: 4 changes" in out
    (run_dir,) = runs.iterdir()
    result = json.loads((run_dir / "results" / "network.json").read_text(encoding="utf-8"))
    assert (result["ok"], result["changed"], len(result["done"])) == (False, 4, 4)
    assert "4 changes were made." in (run_dir / "report.html").read_text(encoding="utf-8")
    if not option:
        again = runner.run(PARAMS, overrides=lab, runs=runs, resume=True)
        assert (again.ok, again.changed, len(again.earlier)) == (True, 13, 4)
        assert "17 changes were made: 13 now, 4 before it stopped." in (run_dir / "report.html").read_text()


def test_silence_is_broken_by_what_is_waited_for() -> None:
    """A host that is away for a minute does not look like a run that hangs."""
    heard = Heard()
    patience = Patience(heard.happens, pause=15)
    patience.happens("create network x …", False)
    begin = time.monotonic()
    for seconds in (5, 16, 20, 32):
        patience.remind(begin + seconds)
    assert heard.lines == ["create network x …", "waiting for the host, 16 s now", "waiting for the host, 32 s now"]


def test_the_cut_is_told_from_the_journal() -> None:
    """Before the silence, not after it."""
    said = runner._journal_line({"event": "cut", "step": "create network x", "addresses": []})
    assert said == "create network x: the host's own network goes away for seconds now, and the host is waited for"
    assert runner._journal_line({"event": "done", "step": "a", "seconds": 0.01}) == "a"
