"""`hnskit run --resume`, `hnskit drift` and `apply --rollback-on-failure`: exit statuses, JSON, and what is skipped."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import nbformat
import pytest

from hnskit.applying import host_lock
from hnskit.errors import BusyError, HnskitError
from hnskit.local.state_dir import STATE_VARIABLE
from hnskit.params.loading import load_params
from hnskit.running import runner
from hnskit.running.resuming import KEPT, unfinished_run
from tests.host_process import emulated_host
from tests.lock_holder import lock_holder
from tests.terminal import hnskit, sets

ROOT = Path(__file__).parents[2]
PARAMS = str(ROOT / "params" / "emulator.yaml")


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[list[str]]:
    with emulated_host(tmp_path / "state") as overrides:
        yield overrides


def test_a_stopped_run_goes_on_in_its_folder_and_keeps_what_is_still_true(lab: list[str], tmp_path: Path) -> None:
    """Notebooks that are done are not run again, unless the host no longer shows what they did."""
    runs = tmp_path / "runs"
    broken = [*lab, "clients[1].image=nobody:1"]
    first = runner.run(PARAMS, overrides=broken, runs=runs)
    assert not first.ok
    assert first.stopped_at in ("00_preflight", "30_client_containers")
    stopped = runner.run(
        PARAMS, overrides=lab, runs=runs, only=["00_preflight", "10_l2bridge_network", "20_proxy_container"]
    )
    (Path(stopped.run_dir) / "summary.json").unlink()  # as after kill -9
    assert unfinished_run(runs, stopped.target) == Path(stopped.run_dir)
    again = runner.run(PARAMS, overrides=lab, runs=runs, resume=True)
    assert again.ok, again.error
    assert again.run_dir == stopped.run_dir
    kept = [step.notebook for step in again.steps if step.kept == [KEPT]]
    assert kept == ["00_preflight", "10_l2bridge_network", "20_proxy_container"]
    assert again.verification
    with pytest.raises(HnskitError, match="came to its end"):
        runner.run(PARAMS, overrides=lab, runs=runs, resume=True)


def unfinished(runs: Path, target: str) -> Path:
    """The folder of a run that was killed in its second notebook, after a first attempt that had failed there."""
    run_dir = runs / "20260101-000000-lab"
    (run_dir / "results").mkdir(parents=True)
    (run_dir / "run.jsonl").write_text(json.dumps({"event": "run", "target": target, "todo": []}) + "\n")
    (run_dir / "stop").touch()
    result = {
        "part": "network", "ok": False, "changed": 3, "seconds": 1.0, "kept": [], "notes": [], "findings": [],
        "done": [{"step": "create network x", "seconds": 1.0}], "verification": {"ok": True, "clients": []},
        "error": {"paragraph": "It was an old failure.", "exit_status": 3},
    }  # fmt: skip
    (run_dir / "results" / "network.json").write_text(json.dumps(result))
    (run_dir / "10_l2bridge_network.ipynb").write_text("{}")
    return run_dir


def contents(folder: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_a_run_that_is_at_work_is_not_gone_on_with(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever is refused has not touched its folder, and a wish that it stop still stands there."""
    monkeypatch.setenv(STATE_VARIABLE, str(tmp_path / "state"))
    target = load_params(PARAMS).target
    run_dir = unfinished(tmp_path / "runs", target)
    before = contents(tmp_path / "runs")
    with lock_holder(target, host_lock.RUN, run_dir) as pid:
        for resume in (True, False):
            with pytest.raises(BusyError, match=f"another run is at work on it since .*process {pid}"):
                runner.run(PARAMS, runs=tmp_path / "runs", resume=resume)
    assert contents(tmp_path / "runs") == before
    assert list((tmp_path / "runs").iterdir()) == [run_dir]


def test_what_an_earlier_attempt_came_to_is_not_what_this_one_did(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A notebook that dies before it writes anything has changed and proved nothing."""
    monkeypatch.setenv(STATE_VARIABLE, str(tmp_path / "state"))
    unfinished(tmp_path / "runs", load_params(PARAMS).target)
    (tmp_path / "notebooks").mkdir()
    book = nbformat.read(ROOT / "notebooks" / "10_l2bridge_network.ipynb", as_version=4)
    book.cells = [*book.cells[:2], nbformat.v4.new_code_cell("import os; os._exit(7)")]
    nbformat.write(book, tmp_path / "notebooks" / "10_l2bridge_network.ipynb")
    summary = runner.run(PARAMS, runs=tmp_path / "runs", notebooks=tmp_path / "notebooks", resume=True)
    assert summary.error is not None
    assert "the kernel that ran it ended" in summary.error["paragraph"]
    assert (summary.exit_status, summary.changed, summary.verification) == (1, 0, None)
    assert summary.steps[0].done == []


def test_drift_says_it_all_with_its_exit_status_and_json(
    lab: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """1 and each difference before apply, 0 after it; `verify` proves it; destroy says that nothing is left."""
    here = [PARAMS, *sets(lab), "--runs", str(tmp_path / "runs"), "--json"]
    status, out, _ = hnskit(capsys, "drift", *here)
    found = json.loads(out)
    assert status == 1
    assert not found["ok"]
    assert "network hnskit-l2bridge" in [row["object"] for row in found["differences"]]
    assert hnskit(capsys, "apply", *here, "--rollback-on-failure")[0] == 0
    status, out, _ = hnskit(capsys, "drift", *here)
    assert (status, json.loads(out)["differences"]) == (0, [])
    status, out, _ = hnskit(capsys, "destroy", "--yes", *here)
    assert (status, json.loads(out)["nothing_left"], json.loads(out)["left"]) == (0, True, [])


def test_a_failed_apply_with_rollback_tells_what_was_undone(
    lab: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The JSON has the outcome and what was undone; afterwards nothing is there."""
    here = [PARAMS, *sets(lab), "--runs", str(tmp_path / "runs"), "--json"]
    broken = [*here, "--set", "proxy.command=[nothing.exe]", "--rollback-on-failure"]
    status, out, _ = hnskit(capsys, "apply", *broken)
    said = json.loads(out)
    assert status == 1
    assert "was undone" in said["message"]
    assert said["undone"]["changed"] > 0
    _, out, _ = hnskit(capsys, "show", "networks", PARAMS, *sets(lab), "--json")
    assert "hnskit-l2bridge" not in out
