"""The shape of every notebook; `test_runner` executes them."""

from __future__ import annotations

import ast
import json
import re
from pathlib import Path
from typing import Any

import nbformat
import pytest

from hnskit.runbook import PARTS
from tests.host_process import emulated_host

FOLDER = Path(__file__).parents[2] / "notebooks"
NOTEBOOKS = sorted(FOLDER.glob("*.ipynb"))
STEPS = [path for path in NOTEBOOKS if "part" in json.loads(path.read_text(encoding="utf-8"))["metadata"]["hnskit"]]
README = (FOLDER / "README.md").read_text(encoding="utf-8")
LONGEST_CELL = 10  # lines, comments and blank ones not counted

each = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
each_step = pytest.mark.parametrize("path", STEPS, ids=lambda path: path.stem)


def read(path: Path) -> Any:
    return nbformat.read(path, as_version=nbformat.NO_CONVERT)


def code(path: Path) -> list[Any]:
    return [cell for cell in read(path).cells if cell.cell_type == "code"]


def test_there_is_one_for_each_part() -> None:
    """In the order of the parts."""
    assert tuple(read(path).metadata.hnskit.part for path in STEPS) == PARTS


@each
def test_it_is_valid_and_of_format_4_5_with_ids(path: Path) -> None:
    """Ids keep the diffs of two versions readable."""
    notebook = read(path)
    nbformat.validate(notebook)
    assert (notebook.nbformat, notebook.nbformat_minor) == (4, 5)
    assert all(cell.id for cell in notebook.cells)


@each
def test_it_has_no_outputs(path: Path) -> None:
    """Outputs belong to a run's folder; and there may be a host's names in them."""
    assert all(not cell.outputs and cell.execution_count is None for cell in code(path))


@each
def test_its_first_cell_of_code_is_the_one_with_the_parameters(path: Path) -> None:
    """papermill puts what it is given behind the cell with this tag."""
    tagged = [cell for cell in code(path) if "parameters" in cell.metadata.get("tags", ())]
    assert tagged == code(path)[:1]


@each
def test_papermill_can_read_its_parameters(path: Path) -> None:
    """Name, type and help of each."""
    from papermill.inspection import inspect_notebook

    found = inspect_notebook(path)
    assert found
    assert all(entry["help"] and entry["inferred_type_name"] not in ("", "None") for entry in found.values())


@each_step
def test_all_steps_have_the_same_parameters(path: Path) -> None:
    """The runner gives them to each."""
    from papermill.inspection import inspect_notebook

    found = inspect_notebook(path)
    wanted = {"params_file": "str", "overrides": "list", "run_dir": "str", "interactive": "bool"}
    assert {name: found[name]["inferred_type_name"] for name in wanted} == wanted


@each
def test_its_cells_are_short_plain_calls(path: Path) -> None:
    """No def, class, try, loop or condition: helpers live in the library."""
    kinds = (ast.FunctionDef, ast.ClassDef, ast.Try, ast.For, ast.While, ast.If, ast.With, ast.Lambda)
    for cell in code(path):
        lines = [line for line in cell.source.splitlines() if line.strip() and not line.startswith("#")]
        assert len(lines) <= LONGEST_CELL
        assert not [node for node in ast.walk(ast.parse(cell.source)) if isinstance(node, kinds)]


@each
def test_every_cell_of_code_follows_prose(path: Path) -> None:
    """A notebook is prose with short cells; at most three calls stand without a word between them."""
    kinds = "".join(cell.cell_type[0] for cell in read(path).cells)
    assert kinds.startswith("mc")
    assert "cccc" not in kinds


@each_step
def test_it_has_the_sections_of_all(path: Path) -> None:
    """One shape for all notebooks."""
    text = "\n".join(cell.source for cell in read(path).cells if cell.cell_type == "markdown")
    assert text.startswith("# ")
    assert "**It needs**" in text or path.stem.startswith("90")
    for title in ("## What the host has now", "## What can go wrong here, and what to do", "## Close the session"):
        assert title in text


@each
def test_it_begins_with_what_it_does_and_says_what_can_go_wrong(path: Path) -> None:
    """The first thing that a reader wants to know, and the last."""
    text = "\n".join(cell.source for cell in read(path).cells if cell.cell_type == "markdown")
    assert text.startswith("# ")
    assert "## What can go wrong here, and what to do" in text


@each
def test_the_table_says_its_side_effects(path: Path) -> None:
    """Metadata and README agree."""
    effects = read(path).metadata.hnskit.side_effects
    assert re.search(rf"^\| \[{path.stem}\]\({path.name}\) \|.*\| {re.escape(effects)} \|$", README, re.MULTILINE)


@each
def test_a_notebook_with_side_effects_shows_the_plan_before_it_changes_anything(path: Path) -> None:
    """And says what came of it in the next cell."""
    sources = [cell.source for cell in code(path)]
    buttons = [number for number, source in enumerate(sources) if "apply_button" in source]
    if read(path).metadata.hnskit.side_effects.startswith("none"):
        assert not buttons
        return
    (button,) = buttons
    assert "session.plan()" in sources[:button]
    assert sources[button + 1] == "session.result()"


def test_papermill_takes_a_file_of_hnskit_as_its_own_parameters(tmp_path: Path) -> None:
    """`papermill -f my-host.yaml -p overrides …` works on that host, and a mistake in it is named."""
    import papermill
    import yaml

    given = yaml.safe_load((FOLDER.parent / "params" / "emulator.yaml").read_text())
    with emulated_host(tmp_path / "state") as overrides:
        out, name = tmp_path / "out.ipynb", overrides[0].partition("=")[2]
        given |= {"target": name, "overrides": overrides[1:]}
        papermill.execute_notebook(FOLDER / "00_preflight.ipynb", out, given, progress_bar=False)
        assert f"{name} is fit for the redirect" in out.read_text()
        assert "Parameters: what papermill was given, with emulator.cut_seconds=0.2." in out.read_text()
        given["network"] = {"subnet": "10.0.1.0/99"}
        with pytest.raises(papermill.PapermillExecutionError, match="what papermill was given") as caught:
            papermill.execute_notebook(FOLDER / "00_preflight.ipynb", out, given, progress_bar=False)
    assert "network.subnet" in str(caught.value)


@pytest.mark.parametrize("name", ["10", "20", "30", "40", "50", "90"])
def test_a_notebook_of_the_redirect_tells_what_it_does_about_pods(name: str) -> None:
    """It is the same notebook for Docker, for ctr and for pods that are there."""
    (path,) = FOLDER.glob(f"{name}_*.ipynb")
    before_the_form = "\n".join(cell.source for cell in read(path).cells[:2])
    assert re.search(r"(?i)\bpods?\b", before_the_form)


@each_step
def test_a_notebook_does_not_say_that_it_reads_docker_alone(path: Path) -> None:
    text = "\n".join(cell.source for cell in read(path).cells)
    assert "Windows, HNS, Docker, " not in text


def test_the_teardown_shows_the_endpoints_that_stay() -> None:
    """Those of pods do, and their policies are what has changed."""
    (path,) = FOLDER.glob("90_*.ipynb")
    sources = [cell.source for cell in code(path)]
    assert 'session.show("endpoints")' in sources[sources.index("session.result()") :]


def test_the_notebook_of_a_host_shows_every_table_of_its_containers() -> None:
    """Pods and namespaces, too: "everything that hnskit reads"."""
    (path,) = FOLDER.glob("62_*.ipynb")
    shown = {cell.source for cell in code(path)}
    assert {f'session.show("{name}")' for name in ("containers", "pods", "namespaces", "compartments")} <= shown
