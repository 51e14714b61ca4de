"""At the screen the cells below a button, a form, a box or a list follow it, without being run again."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import ipywidgets
import pytest

from hnskit import runbook
from hnskit.errors import SnapshotError
from hnskit.facts.snapshot import save_facts
from hnskit.runbook.kept_snapshots import snapshots
from hnskit.runbook.live_output import LiveOutput, LiveOutputs
from hnskit.runbook.looked_at import LookedAt
from hnskit.runbook.widgets.forms import params_form
from tests.host_process import emulated_host
from tests.sample_facts import complete, fresh

PARAMS = Path(__file__).parents[2] / "params" / "emulator.yaml"


@pytest.fixture(autouse=True)
def _new_kernel(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing was typed, pasted or opened yet."""
    for name in ("_selections", "_pastes"):
        monkeypatch.setattr(runbook, name, {})
    monkeypatch.setattr(runbook, "_open", None)


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[list[str]]:
    with emulated_host(tmp_path) as overrides:
        yield overrides


class Cell:
    """A cell whose last line is a live output."""

    def __init__(self, output: Any) -> None:
        assert isinstance(output, LiveOutput)
        output._ipython_display_()
        self._box = output._box

    @property
    def text(self) -> str:
        (shown,) = self._box.outputs
        return str(shown["data"].get("text/html", "")) + str(shown["data"]["text/plain"])


def controls(output: Any) -> dict[str, Any]:
    return {field.description: field for field in output._controls}


def looked_at(file: Path) -> LookedAt:
    choice = runbook.choose(PARAMS, [f"target=snapshot:{file}"], interactive=True)
    found = choice.look("explain", paste=runbook.paste("", interactive=True))
    assert isinstance(found, LookedAt)
    return found


def test_the_cells_below_a_button_show_what_it_has_done(lab: list[str], tmp_path: Path) -> None:
    """Run All has run them before it was pressed."""
    session = runbook.choose(PARAMS, lab, tmp_path / "run", interactive=True).open("network")
    session.plan()
    widget = session.apply_button("Create the network")
    result, table, end = Cell(session.result()), Cell(session.show("networks")), Cell(session.finish())
    assert "not been pressed" in result.text
    assert "hnskit-l2bridge" not in table.text
    next(child for child in widget.children if isinstance(child, ipywidgets.HBox)).children[0].click()
    session.picture()  # which waits for the work
    assert "network hnskit-l2bridge" in result.text
    assert "hnskit-l2bridge" in table.text
    assert "4 changes" in end.text


def test_a_later_failure_stands_in_the_cell(tmp_path: Path) -> None:
    """No cell is run that could fail."""
    drawn: list[Exception] = []

    def draw() -> str:
        if drawn:
            raise drawn[0]
        return "all is well"

    outputs = LiveOutputs()
    cell = Cell(outputs.show(draw))
    drawn.append(SnapshotError(str(tmp_path), "it is gone"))
    outputs.redraw()
    assert "it is gone" in cell.text


def test_the_one_who_asks_is_chosen_from_what_the_host_has(tmp_path: Path) -> None:
    """The explanation follows; a name that nobody has is told in a sentence."""
    looked = looked_at(save_facts(complete(), tmp_path / "now.json"))
    explanation = looked.diagnosis.explain("", "")
    cell, asker = Cell(explanation), controls(explanation)["Who asks"]
    assert {"hnskit-client1", "hnskit-client2", "hnskit-proxy"} <= set(asker.options)
    asker.value = "hnskit-client2"
    assert "hnskit-client2" in cell.text
    asker.value = "nobody"
    assert "nobody" in cell.text


def test_an_earlier_snapshot_is_chosen_from_those_of_the_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The newest run's first; the comparison follows."""
    for name in ("1-lab", "2-lab"):
        folder = tmp_path / "runs" / name / "snapshots"
        folder.mkdir(parents=True)
        save_facts(fresh(), folder / "network-before.json")
    (tmp_path / "params").mkdir()
    (tmp_path / "notebooks").mkdir()
    monkeypatch.chdir(tmp_path)
    assert [Path(one).parts[1] for one in snapshots(Path("runs"))] == ["2-lab", "1-lab"]
    looked = looked_at(save_facts(complete(), tmp_path / "now.json"))
    comparison = looked.diagnosis.compare("")
    cell, earlier = Cell(comparison), controls(comparison)["Earlier snapshot"]
    assert "hnskit-proxy" not in cell.text
    earlier.value = earlier.options[0]
    assert "hnskit-proxy" in cell.text


def test_a_paste_that_is_read_is_what_the_cells_show(tmp_path: Path) -> None:
    """And what is pasted next, and the host again."""
    paste = runbook.paste("", interactive=True)
    looked = runbook.choose(PARAMS, [f"target=snapshot:{save_facts(complete(), tmp_path / 'a.json')}"],
                            interactive=True).look("doctor", paste=paste)  # fmt: skip
    cell = Cell(looked.show("endpoints"))
    assert "hnskit-proxy" in cell.text
    paste.read('[{"ID": "E-1", "Name": "pasted-endpoint", "IPAddress": "10.0.1.20", "VirtualNetwork": "N-1"}]')
    assert paste.look_again()
    assert "pasted-endpoint" in cell.text
    paste.forget()
    paste.look_again()
    assert "pasted-endpoint" not in cell.text


def test_the_form_s_button_looks_at_what_was_chosen(tmp_path: Path) -> None:
    """It is there only where the notebook looks; a file that is not there leaves what is shown."""
    choice = runbook.choose(PARAMS, [], interactive=True)
    choice.selection.edits["target"] = f"snapshot:{save_facts(fresh(), tmp_path / 'empty.json')}"
    looked = choice.look("host")
    row = params_form(choice.selection, [PARAMS]).children[-1]
    assert row.layout.display != "none"
    cell = Cell(looked.show("endpoints"))
    choice.selection.edits["target"] = f"snapshot:{save_facts(complete(), tmp_path / 'full.json')}"
    row.children[0].click()
    assert "hnskit-proxy" in cell.text
    choice.selection.edits["target"] = f"snapshot:{tmp_path / 'nowhere.json'}"
    row.children[0].click()
    assert "nowhere.json" in row.children[2].value
    assert "hnskit-proxy" in cell.text


def test_a_snapshot_of_a_run_is_chosen_from_a_list(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Named by its run and moment; the target says what is looked at, and the cells follow."""
    for name in ("params", "notebooks", "runs/20260101-120000-lab/snapshots"):
        (tmp_path / name).mkdir(parents=True)
    monkeypatch.chdir(tmp_path)
    save_facts(complete(), tmp_path / "runs/20260101-120000-lab/snapshots/policy-after.json")
    choice = runbook.choose(PARAMS, [], interactive=True)
    choice.selection.edits["target"] = f"snapshot:{save_facts(fresh(), tmp_path / 'empty.json')}"
    cell = Cell(choice.look("host").show("endpoints"))
    form = params_form(choice.selection, [PARAMS])
    listed = form.children[-1].children[1]
    assert [words for words, _ in listed.options][1:] == ["20260101-120000-lab: policy-after"]
    listed.value = listed.options[1][1]
    assert choice.selection.edits["target"].endswith("policy-after.json")
    assert "hnskit-proxy" in cell.text


def test_a_step_notebook_s_form_has_no_such_button() -> None:
    """There the button below the plan decides when."""
    assert (
        params_form(runbook.choose(PARAMS, interactive=True).selection, [PARAMS]).children[-1].layout.display == "none"
    )
