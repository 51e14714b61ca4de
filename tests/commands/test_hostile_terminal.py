"""A host whose every text means harm, at a terminal: what comes there is text and hnskit's own colours."""

from __future__ import annotations

import csv
import io
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from hnskit.foreign_text.escaping import one_line
from tests.host_process import emulated_host
from tests.terminal import at_a_pty

PARAMS = str(Path(__file__).parent.parent.parent / "params" / "emulator.yaml")
COLOURS = re.compile(r"\x1b\[[0-9;]*m|\r\x1b\[2K")
pytest.importorskip("pty", reason="no terminals of this kind here")


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[str]]:
    with emulated_host(tmp_path_factory.mktemp("state")) as overrides:
        yield [word for one in (*overrides, "emulator.faults.hostile=true") for word in ("--set", one)]


@pytest.mark.parametrize(
    "words",
    [
        ("facts",), ("facts", "--json"), ("show", "endpoints"), ("doctor",), ("apply",),
    ],
    ids=" ".join,
)  # fmt: skip
def test_a_terminal_gets_text_and_hnskits_own_colours(lab: list[str], words: tuple[str, ...], tmp_path: Path) -> None:
    runs = ("--runs", str(tmp_path)) if words[0] == "apply" else ()
    command, *more = words
    place = (*more, PARAMS) if command == "show" else (PARAMS, *more)
    said = at_a_pty([command, *place, *lab, *runs])[1]
    plain = COLOURS.sub("", said)
    assert plain
    bad = next((char for char in plain if char != "\n" and one_line(char) != char), "")
    assert not bad, f"a raw {bad!r} in {plain[max(0, plain.index(bad) - 80) :][:200]!r}"
    forged = [line for line in plain.split("\n") if line.lstrip().startswith(("PROVED: 2 of 2", "error: forged"))]
    assert forged == []


def test_no_cell_of_a_csv_file_is_a_formula(lab: list[str]) -> None:
    command = [sys.executable, "-m", "hnskit", "show", "endpoints", PARAMS, *lab, "--format", "csv"]
    done = subprocess.run(command, capture_output=True, check=True)
    rows = list(csv.DictReader(io.StringIO(done.stdout.decode("utf-8"))))
    names = {row["name"] for row in rows}
    assert {"'+1+1", "'@SUM(1)", "'\t=1+1"} <= names
    assert not [cell for row in rows for cell in row.values() if cell.startswith(("=", "+", "-", "@", "\t", "\r"))]
