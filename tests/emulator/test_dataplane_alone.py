"""The emulated host's data plane shares no code with what it judges."""

from __future__ import annotations

import ast
from pathlib import Path

import hnskit

PACKAGE = Path(hnskit.__file__).parent
PLANE = PACKAGE / "emulator" / "host" / "dataplane"
JUDGED = ("hnskit.diagnosis", "hnskit.model.policies", "hnskit.model.hns_json", "hnskit.facts", "hnskit.doctor")


def imported(path: Path) -> set[str]:
    """Modules of hnskit that a file imports, at the top, in a function or for types alone."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {item.name for item in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, path
            found |= {node.module or "", *(f"{node.module}.{item.name}" for item in node.names)}
    return {name for name in found if name.split(".")[0] == "hnskit"}


def reached(start: Path) -> dict[str, str]:
    """Module -> a file that imports it, for a folder's files and whatever they import."""
    todo = sorted(start.rglob("*.py"))
    found: dict[str, str] = {}
    while todo:
        path = todo.pop()
        for name in imported(path) - found.keys():
            found[name] = path.name
            place = PACKAGE.parent.joinpath(*name.split("."))
            todo += [item for item in (place.with_suffix(".py"), place / "__init__.py") if item.is_file()]
    return found


def test_the_data_plane_reaches_neither_explain_nor_the_matching_of_policies() -> None:
    """Not over what it imports, either."""
    assert PLANE.is_dir()
    wrong = {name: by for name, by in reached(PLANE).items() if name.startswith(JUDGED)}
    assert wrong == {}


def test_the_host_asks_no_explanation_for_a_request() -> None:
    files = sorted((PACKAGE / "emulator").rglob("*.py"))
    assert [path.name for path in files if any(name.startswith("hnskit.diagnosis") for name in imported(path))] == []
