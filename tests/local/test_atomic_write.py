"""Files that are written whole or not at all."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest

from hnskit.facts.snapshot import save_facts
from hnskit.local.atomic_write import atomic_write_text
from tests import sample_facts


def test_who_reads_a_file_while_it_is_written_reads_what_was_there(tmp_path: Path) -> None:
    """A snapshot, too: a run that is killed while it writes one leaves none that is cut off."""
    path = save_facts(sample_facts.complete(), tmp_path / "host.json")
    before = path.read_text(encoding="utf-8")
    with path.open(encoding="utf-8") as reader:
        save_facts(replace(sample_facts.complete(), taken_at="later"), path)
        assert reader.read() == before
    assert "later" in path.read_text(encoding="utf-8")


def test_what_cannot_be_written_leaves_what_was_there_and_nothing_else(tmp_path: Path) -> None:
    """No half of a file, and no name that nobody knows."""
    path = tmp_path / "a.json"
    path.write_text("old")
    with pytest.raises(UnicodeEncodeError):
        atomic_write_text(path, "new \ud800")
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_new_file_has_the_mode_of_any_new_file(tmp_path: Path) -> None:
    """A colleague may read a report."""
    (tmp_path / "plain").write_text("")
    atomic_write_text(tmp_path / "whole", "")
    assert (tmp_path / "whole").stat().st_mode == (tmp_path / "plain").stat().st_mode


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are none on Windows")
def test_what_is_no_file_is_written_to_as_it_is(tmp_path: Path) -> None:
    """`hnskit facts --save /dev/stdout` prints it."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with os.fdopen(os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)) as reader:
        atomic_write_text(pipe, "text")
        assert reader.read() == "text"
    assert pipe.is_fifo()
