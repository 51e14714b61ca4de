"""The notebooks that only look, executed on a snapshot, as somebody would with a dump that was sent to them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient

from hnskit.snapshot import save_facts
from tests import hosts

ROOT = Path(__file__).parent.parent


def executed(name: str, overrides: list[str], **parameters: Any) -> Any:
    """The notebook with its outputs."""
    notebook = nbformat.read(ROOT / "notebooks" / f"{name}.ipynb", as_version=4)
    cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
    given = {"params_file": str(hosts.PARAMS), "overrides": overrides, **parameters}
    cells[0].source += "".join(f"\n{key} = {value!r}" for key, value in given.items())
    NotebookClient(notebook, timeout=60, kernel_name="python3").execute()
    return notebook


def texts(notebook: Any) -> str:
    """What its cells show, as plain text."""
    outputs = [output for cell in notebook.cells if cell.cell_type == "code" for output in cell.outputs]
    return "\n".join(str(output.get("data", {}).get("text/plain", output.get("text", ""))) for output in outputs)


@pytest.mark.parametrize(("name", "says"), [
    ("60_explain", ("OutbountNat (was OutboundNat meant?)", "does not arrive", "every container against every destination")),
    ("61_doctor", ("OutboundNat was probably meant", "1 to do", "update", "HCN_E_PORT_ALREADY_EXISTS")),
])  # fmt: skip
def test_a_diagnosis_notebook_says_what_is_wrong_on_a_snapshot(name: str, says: tuple[str, ...], tmp_path: Path) -> None:
    """The misspelt key; nothing is written beside the notebook."""
    facts = hosts.with_endpoint(
        hosts.complete(), "hnskit-client1", policies=(*hosts.MADE_WITH, hosts.misspelt_policy())
    )
    path = save_facts(facts, tmp_path / "host.json")
    shown = texts(executed(name, [f"target=snapshot:{path}"]))
    for words in says:
        assert words in shown
    assert "Nothing is changed by this notebook" in shown
    assert sorted(item.name for item in tmp_path.iterdir()) == ["host.json"]
