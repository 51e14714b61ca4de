"""Editing a parameter file, and the rows of its form."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from hnskit.errors import HnskitError, ParamsError
from hnskit.params.form_fields import sections
from hnskit.params.loading import load_params
from hnskit.params.params_file import ParamsFile

FOLDER = Path(__file__).parents[2] / "params"
SHIPPED = sorted(FOLDER.glob("*.yaml"))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    copy = tmp_path / "lab.yaml"
    copy.write_text((FOLDER / "emulator.yaml").read_text(encoding="utf-8"), encoding="utf-8")
    return copy


@pytest.mark.parametrize("shipped", SHIPPED, ids=lambda path: path.stem)
def test_what_is_not_changed_stays_byte_for_byte(shipped: Path) -> None:
    """Comments, blank lines, quotes and all."""
    assert ParamsFile(shipped).text() == shipped.read_text(encoding="utf-8")


def test_one_value_changes_one_line(path: Path) -> None:
    """A reviewer sees what was changed and nothing else."""
    before = path.read_text(encoding="utf-8")
    file = ParamsFile(path)
    file.set("network.subnet", "10.0.1.0/25")
    assert file.changed
    file.save()
    assert path.read_text(encoding="utf-8") == before.replace("subnet: 10.0.1.0/24", "subnet: 10.0.1.0/25")
    assert not file.changed
    assert load_params(path).network.subnet == "10.0.1.0/25"


@settings(deadline=None, max_examples=40)
@given(st.text(st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"]), max_size=30))
def test_any_text_reads_back_as_it_was_typed(text: str) -> None:
    """YAML 1.1 takes `yes`, `1e3` and `null` for no text, if they are not quoted."""
    file = ParamsFile(FOLDER / "emulator.yaml")
    file.set("verify.proof.body", text)
    file.set("proxy.command", [text, "x"])
    data = yaml.safe_load(file.text())
    assert (data["verify"]["proof"]["body"], data["proxy"]["command"]) == (text, [text, "x"])


def test_a_wrong_value_is_named_and_cannot_be_saved(path: Path) -> None:
    """The file on the disk stays as it is."""
    before = path.read_text(encoding="utf-8")
    file = ParamsFile(path)
    file.set("proxy.port", 99999)
    assert list(file.mistakes()) == ["proxy.port"]
    with pytest.raises(ParamsError):
        file.save()
    assert path.read_text(encoding="utf-8") == before


def test_a_file_that_somebody_else_changed_is_not_written_over(path: Path) -> None:
    """Two tabs on one file."""
    file = ParamsFile(path)
    file.set("proxy.port", 8080)
    path.write_text(path.read_text(encoding="utf-8") + "# mine\n", encoding="utf-8")
    with pytest.raises(HnskitError, match="another user or program changed it"):
        file.save()
    with pytest.raises(HnskitError, match="such a file already"):
        ParamsFile(FOLDER / "emulator.yaml").save(path)
    assert file.save(path.with_name("other.yaml")).is_file()


def test_a_file_behind_a_link_is_saved_where_it_lies_and_keeps_its_mode(path: Path, tmp_path: Path) -> None:
    """Nobody else can read it afterwards who could not before, and the link still leads to it."""
    path.chmod(0o640)
    link = tmp_path / "current.yaml"
    link.symlink_to(path)
    file = ParamsFile(link)
    file.set("proxy.port", 8081)
    file.save()
    assert link.is_symlink()
    assert load_params(path).proxy.port == 8081
    assert path.stat().st_mode & 0o777 == 0o640


def test_a_client_comes_under_a_name_of_its_own_and_goes(path: Path) -> None:
    """And its address is not taken along."""
    file = ParamsFile(path)
    file.set("clients[1].address", "10.0.1.30")
    file.add_client()
    assert file.clients == 3
    assert (file.get("clients[2].name"), file.get("clients[2].address")) == ("hnskit-client3", "")
    assert file.mistakes() == {}
    file.remove_client(0)
    assert [file.get(f"clients[{number}].name") for number in range(2)] == ["hnskit-client2", "hnskit-client3"]


def test_no_file_is_the_error_that_it_is_everywhere(tmp_path: Path) -> None:
    """With its name."""
    with pytest.raises(ParamsError, match="cannot be read"):
        ParamsFile(tmp_path / "none.yaml")
    (tmp_path / "broken.yaml").write_text("a: [1", encoding="utf-8")
    with pytest.raises(ParamsError):
        ParamsFile(tmp_path / "broken.yaml")


def test_the_form_has_a_row_for_each_key_of_the_shipped_file() -> None:
    """Nothing can be set in a file that cannot be set on the page; each row says what it is."""
    rows = {f"{section.name}.{row.path}".strip("."): row for section in sections() for row in section.rows}
    file = ParamsFile(FOLDER / "emulator.yaml")
    paths = set(_leaves(file.plain()))
    covered = {path for path in paths if any(path == row or path.startswith((f"{row}.",)) for row in rows)}
    assert paths == covered
    assert [path for path, row in rows.items() if not row.meaning] == []


def test_limits_and_units_stand_in_the_meaning() -> None:
    """Beside the field, before anything wrong is typed."""
    rows = {f"{section.name}.{row.path}": row for section in sections() for row in section.rows}
    assert rows["verify.timeout"].meaning == "seconds; a whole number, at least 1 and at most 300"
    assert rows["connection.transport"].choices == ("http", "https")


def _leaves(data: object, path: str = "") -> list[str]:
    if isinstance(data, dict) and data:
        return [leaf for key, value in data.items() for leaf in _leaves(value, f"{path}.{key}".strip("."))]
    if isinstance(data, list) and data and isinstance(data[0], dict):
        return [leaf for item in data for leaf in _leaves(item, path)]
    return [path]
