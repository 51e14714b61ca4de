"""A folder of dumps from which files go while it is read."""

from __future__ import annotations

from pathlib import Path

from hnskit.facts.dumps.byte_sources import read_sources


def test_files_come_by_name_and_what_cannot_be_looked_into_is_passed_over(tmp_path: Path) -> None:
    for name in ("b/2.txt", "a.txt", "b/1.txt", "b/c/3.txt", ".hidden"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(name)
    (tmp_path / "gone.txt").symlink_to(tmp_path / "nowhere")
    assert [source.name for source in read_sources(tmp_path)] == ["a.txt", "b/1.txt", "b/2.txt", "b/c/3.txt"]


def test_a_folder_that_goes_meanwhile_ends_nothing(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("a")
    (tmp_path / "b").mkdir()
    sources = read_sources(tmp_path)
    assert next(sources).name == "a.txt"
    (tmp_path / "b").rmdir()
    assert list(sources) == []
