"""The clients of a parameter file in the form: a line each, with duplicate and remove."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import ipywidgets
import pytest
import yaml

from hnskit.runbook.widgets.editor import ParamsEditor

ROOT = Path(__file__).parents[2]


@pytest.fixture
def editor(tmp_path: Path) -> ParamsEditor:
    """Of a file with twenty clients."""
    text = (ROOT / "params" / "emulator.yaml").read_text(encoding="utf-8")
    data = yaml.safe_load(text)
    first = data["clients"][0]
    data["clients"] = [{**first, "name": f"client-{number:02}", "address": ""} for number in range(1, 21)]
    (tmp_path / "twenty.yaml").write_text(yaml.safe_dump(data), encoding="utf-8")
    return ParamsEditor(tmp_path / "twenty.yaml", lambda: None)


def buttons(widget: Any, name: str) -> list[Any]:
    """All buttons of a description below a widget, in their order."""
    found = [widget] if isinstance(widget, ipywidgets.Button) and widget.description == name else []
    return [*found, *(one for child in getattr(widget, "children", ()) for one in buttons(child, name))]


def names(editor: ParamsEditor) -> list[str]:
    return [str(editor.file.get(f"clients[{number}].name")) for number in range(editor.file.clients)]


def test_twenty_clients_are_twenty_lines(editor: ParamsEditor) -> None:
    """Three fields each; the other keys are made when somebody asks for them, for one client at a time."""
    fields = [path for path in editor._fields if path.startswith("clients[")]
    assert len(fields) == 60
    more = buttons(editor.widget, "More")
    more[4].click()
    assert "clients[4].isolation" in editor._fields
    assert "clients[5].isolation" not in editor._fields
    shown = editor._table._details.children
    assert len(shown) > 3
    more[4].click()
    assert editor._table._details.children == ()


def test_a_duplicate_stands_below_its_pattern_under_a_name_of_its_own(editor: ParamsEditor) -> None:
    """With the image of that client, and without its address."""
    editor.file.set("clients[2].address", "10.0.1.77")
    editor.file.set("clients[2].image", "another:1")
    buttons(editor.widget, "Duplicate")[2].click()
    assert len(set(names(editor))) == 21
    assert editor.file.get("clients[3].image") == "another:1"
    assert not editor.file.get("clients[3].address")
    assert names(editor)[4] == "client-04"


def test_a_removed_client_is_gone_and_the_last_one_cannot_be(editor: ParamsEditor) -> None:
    """A redirect without a client is none."""
    buttons(editor.widget, "Remove")[0].click()
    assert names(editor)[0] == "client-02"
    for _ in range(18):
        buttons(editor.widget, "Remove")[0].click()
    (last,) = buttons(editor.widget, "Remove")
    assert last.disabled


def test_a_mistake_in_a_line_names_its_key_beside_it(editor: ParamsEditor) -> None:
    """And the button of the part counts it."""
    editor._fields["clients[7].address"].value = "10.0.1"
    assert "address: an IPv4 address" in editor._told["clients[7]"].value
    assert editor._told["clients[8]"].value.count("IPv4") == 0
    assert any("(1 to correct)" in one.description for one in buttons_of_parts(editor))


def buttons_of_parts(editor: ParamsEditor) -> list[Any]:
    return [one for one in editor._folds.widget.children if isinstance(one, ipywidgets.Button)]


def test_a_part_opens_by_its_button_and_closes_the_one_before(editor: ParamsEditor) -> None:
    """A button is reached by the keyboard; it says whether it opens or closes."""
    first, second = buttons_of_parts(editor)[:2]
    assert first.tooltip.startswith("Open")
    first.click()
    assert first.tooltip.startswith("Close")
    second.click()
    assert first.tooltip.startswith("Open")
    assert second.description.startswith("▾")


def test_all_parts_are_folded_behind_one_button_until_it_is_pressed(editor: ParamsEditor) -> None:
    """So that Connect and Run are in sight; the mistakes below it are counted, and an edit leaves it open."""
    parts, button = editor._folds.widget, editor._all
    assert (parts.layout.display, button.tooltip) == ("none", "Open all parameters")
    button.click()
    assert (parts.layout.display, button.tooltip) == ("", "Close all parameters")
    editor._fields["clients[7].address"].value = "10.0.1"
    assert "(1 to correct)" in button.description
    buttons(editor.widget, "Duplicate")[2].click()
    assert parts.layout.display == ""


def test_a_file_with_a_mistake_opens_at_once(tmp_path: Path) -> None:
    file = tmp_path / "wrong.yaml"
    text = (ROOT / "params" / "emulator.yaml").read_text(encoding="utf-8")
    file.write_text(text.replace("10.0.1.0/24", "10.0.1.0/99"), encoding="utf-8")
    assert ParamsEditor(file, lambda: None)._folds.widget.layout.display == ""


def test_blanks_that_were_pasted_are_no_part_of_a_value(editor: ParamsEditor) -> None:
    """Nobody sees them, and an address with one is refused."""
    field = editor._fields["gateway_endpoint.address"]
    field.value = " 10.0.1.3 \t"
    assert field.value == "10.0.1.3"
    assert editor.file.get("gateway_endpoint.address") == "10.0.1.3"
    assert editor.file.mistakes() == {}
    assert "10.0.1.3" in field.tooltip


def test_pods_are_a_list_in_one_field(editor: ParamsEditor) -> None:
    """A mapping in their place would be refused when the file is read."""
    editor._fields["pods"].value = "[{namespace: web, labels: {app: client}}]"
    assert editor.file.get("pods[0].namespace") == "web"
    assert not any(where.startswith("pods") and "list" in words for where, words in editor.file.mistakes().items())
