"""`hnskit run --resume`, `hnskit drift` and `apply --rollback-on-failure`: exit statuses, JSON, and what is skipped."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from hnskit.errors import HnskitError
from hnskit.running import runner
from hnskit.running.resuming import KEPT, unfinished_run
from tests.labs import emulated_host
from tests.terminal import hnskit, sets

ROOT = Path(__file__).parent.parent
PARAMS = str(ROOT / "params" / "emulator.yaml")


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[list[str]]:
    with emulated_host(tmp_path / "state") as overrides:
        yield overrides


def test_a_stopped_run_goes_on_in_its_folder_and_keeps_what_is_still_true(lab: list[str], tmp_path: Path) -> None:
    """Notebooks that are done are not run again, unless the host no longer shows what they did."""
    runs = tmp_path / "runs"
    broken = [*lab, "clients[1].image=nobody:1"]
    first = runner.run(PARAMS, broken, runs=runs)
    assert not first.ok
    assert first.stopped_at in ("00_preflight", "30_client_containers")
    stopped = runner.run(PARAMS, lab, runs=runs, only=["00_preflight", "10_l2bridge_network", "20_proxy_container"])
    (Path(stopped.run_dir) / "summary.json").unlink()  # as after kill -9
    assert unfinished_run(runs, stopped.target) == Path(stopped.run_dir)
    again = runner.run(PARAMS, lab, runs=runs, resume=True)
    assert again.ok, again.error
    assert again.run_dir == stopped.run_dir
    kept = [step.notebook for step in again.steps if step.kept == [KEPT]]
    assert kept == ["00_preflight", "10_l2bridge_network", "20_proxy_container"]
    assert again.verification
    with pytest.raises(HnskitError, match="came to its end"):
        runner.run(PARAMS, lab, runs=runs, resume=True)


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
    status, out, _ = hnskit(capsys, "destroy", *here)
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
