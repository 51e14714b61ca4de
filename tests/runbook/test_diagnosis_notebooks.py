"""The notebooks that only look, through plain papermill, on a snapshot of a host."""

from __future__ import annotations

from pathlib import Path

import papermill
import pytest

from hnskit.facts.snapshot import save_facts
from hnskit.running.papermill_engine import SharedKernelEngine
from tests.sample_facts import complete, fresh

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("62_host", "hnskit-l2bridge"),
        ("63_stale_endpoints", "left behind"),
        ("64_compare_snapshots", "new endpoint hnskit-proxy"),
    ],
)
def test_it_runs_on_a_snapshot_and_changes_nothing(name: str, wanted: str, tmp_path: Path) -> None:
    """A host that cannot be reached is looked at all the same."""
    file = save_facts(complete(), tmp_path / "now.json")
    parameters = {"params_file": str(ROOT / "params" / "emulator.yaml"), "overrides": [f"target=snapshot:{file}"]}
    if name == "64_compare_snapshots":
        parameters["earlier"] = str(save_facts(fresh(), tmp_path / "then.json"))
    try:
        papermill.execute_notebook(
            ROOT / "notebooks" / f"{name}.ipynb", tmp_path / "out.ipynb", parameters, engine_name="hnskit",
            progress_bar=False, cwd=tmp_path,
        )  # fmt: skip
    finally:
        SharedKernelEngine.close(now=True)
    text = (tmp_path / "out.ipynb").read_text(encoding="utf-8")
    assert wanted in text
    assert not (tmp_path / "runs").exists()
