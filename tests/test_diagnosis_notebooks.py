"""The notebooks that only look, executed on a snapshot, as somebody would with a dump that was sent to them."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import Any

import nbformat
import pytest

from hnskit.snapshot import save_facts
from tests import hosts

ROOT = Path(__file__).parent.parent


def shown(name: str, overrides: list[str]) -> str:
    """What the cells show as plain text; a kernel executes them in the same way, and takes seconds to start."""
    notebook = nbformat.read(ROOT / "notebooks" / f"{name}.ipynb", as_version=4)
    names: dict[str, Any] = {}
    texts = []
    for number, cell in enumerate(cell for cell in notebook.cells if cell.cell_type == "code"):
        tree = ast.parse(cell.source)
        last = tree.body.pop() if isinstance(tree.body[-1], ast.Expr) else None
        exec(compile(tree, name, "exec"), names)
        if number == 0:
            names |= {"params_file": str(hosts.PARAMS), "overrides": overrides, "interactive": False}
        if isinstance(last, ast.Expr):
            value = eval(compile(ast.Expression(last.value), name, "eval"), names)
            bundle = getattr(value, "_repr_mimebundle_", None)
            texts.append(bundle()["text/plain"] if bundle else repr(value))
    return "\n".join(texts)


@pytest.mark.parametrize(("name", "says"), [
    ("60_explain", ("OutbountNat (was OutboundNat meant?)", "does not arrive", "every container against")),
    ("61_doctor", ("OutboundNat was probably meant", "1 to do", "update", "HCN_E_PORT_ALREADY_EXISTS")),
])  # fmt: skip
def test_a_diagnosis_notebook_says_what_is_wrong_on_a_snapshot(
    name: str, says: tuple[str, ...], tmp_path: Path
) -> None:
    """The misspelt key; nothing is written beside the notebook."""
    facts = hosts.with_endpoint(
        hosts.complete(), "hnskit-client1", policies=(*hosts.MADE_WITH, hosts.misspelt_policy())
    )
    path = save_facts(facts, tmp_path / "host.json")
    said = shown(name, [f"target=snapshot:{path}"])
    for words in says:
        assert words in said
    assert "Nothing is changed by this notebook" in said
    assert sorted(item.name for item in tmp_path.iterdir()) == ["host.json"]
