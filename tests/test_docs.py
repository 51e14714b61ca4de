"""What the documents say is so."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import pytest
import yaml

from hnskit.commands import cli
from hnskit.params.loading import Params
from tests import sample_facts
from tests.host_process import emulated_host
from tests.present import present
from tests.waiting import LONG

ROOT = Path(__file__).parent.parent
SOURCES = [*ROOT.glob("hnskit/**/*.py"), *ROOT.glob("hnskit/**/*.ps*1"), *ROOT.glob("notebooks/*.ipynb")]


def test_every_fact_that_is_cited_is_in_the_list_of_facts() -> None:
    """A reader who sees "HNS fact 44" finds it, with its source, in docs/facts.md."""
    listed = set(re.findall(r"^\*\*(\d+b?)\.\*\*", (ROOT / "docs/facts.md").read_text(), flags=re.M))
    cited = {
        number
        for path in SOURCES
        for group in re.findall(r"HNS facts? ((?:\d+b?(?:, | and |-)?)+)", path.read_text())
        for number in re.findall(r"\d+b?", group)
    }
    assert len(cited) > 20
    assert cited <= listed


def leaves(model: Any, path: str = "") -> Iterator[str]:
    for name, field in model.model_fields.items():
        if field.exclude:
            continue
        key = field.alias or name
        inner = [
            part
            for part in (field.annotation, *getattr(field.annotation, "__args__", ()))
            if hasattr(part, "model_fields")
        ]
        if inner:
            yield from leaves(inner[0], f"{path}{key}.")
        else:
            yield f"{path}{key}"


def flat(data: Any, path: str = "") -> Iterator[str]:
    if isinstance(data, list):
        for item in data:
            yield from flat(item, path)
    elif isinstance(data, dict) and data:
        for key, value in data.items():
            yield f"{path}{key}"
            yield from flat(value, f"{path}{key}.")


def test_every_key_stands_in_a_shipped_parameter_file() -> None:
    """A user finds each parameter, with a comment, in one of the two files."""
    shown = set()
    for path in sample_facts.PARAMS.parent.glob("*.yaml"):
        shown |= set(flat(yaml.safe_load(path.read_text())))
    assert set(leaves(Params)) <= shown


def test_every_line_of_the_example_for_a_real_host_is_commented() -> None:
    """Whoever fills it in needs no other page."""
    text = (ROOT / "params/windows-host.example.yaml").read_text()
    assert text.count("#") > 25


def test_the_readme_s_program_runs(tmp_path: Path) -> None:
    """The dozen lines of the README do the whole job as they stand, on any target."""
    readme = (ROOT / "README.md").read_text()
    program = present(re.search(r"```python\n(import hnskit.*?)```", readme, flags=re.S))[1]
    assert len([line for line in program.splitlines() if line.strip()]) <= 13
    shutil.copytree(ROOT / "params", tmp_path / "params")
    with emulated_host(tmp_path / "state") as overrides:
        texts = ", ".join(map(repr, overrides))
        program = program.replace(
            'load_params("params/emulator.yaml")', f'load_params("params/emulator.yaml", overrides=[{texts}])'
        )
        printed = subprocess.run(
            [sys.executable, "-c", program], capture_output=True, text=True, check=False, timeout=LONG, cwd=tmp_path
        )
    assert printed.returncode == 0, printed.stderr
    assert printed.stdout.endswith("()\n")  # also the network, since the journal knows of it
    assert "PROVED: 2 of 2" in printed.stdout
    assert re.search(r"name +address +state", printed.stdout)
    assert "..." not in printed.stdout


def test_the_list_of_documents_has_every_one_and_the_readme_every_notebook_and_command() -> None:
    """What nobody is told of is not there."""
    readme, index = (ROOT / "README.md").read_text(), (ROOT / "docs/index.md").read_text()
    assert "(docs/index.md)" in readme
    for path in (ROOT / "docs").glob("*.md"):
        assert path.name == "index.md" or f"({path.name})" in index, path.name
    for path in (ROOT / "notebooks").glob("[0-9]*.ipynb"):
        assert f"`{path.stem}`" in readme
    context = click.Context(cli.hnskit)
    for name in cli.hnskit.list_commands(context):
        assert re.search(rf"hnskit [a-z| ]*\b{name}\b", readme), name
    assert "HNSKIT_STATE_DIR" in readme


def test_the_length_of_the_cut_is_told_in_one_way() -> None:
    """HNS fact 64 has the numbers; nothing says "6 to 47"."""
    places = ["README.md", "params/windows-host.example.yaml", "notebooks/10_l2bridge_network.ipynb"]
    for name in places:
        text = " ".join((ROOT / name).read_text().replace("#", "").split())
        assert re.search(r"1\.8 to 20 .*47", text), name
        assert "6 to" not in text, name


@pytest.mark.parametrize(
    "pattern", [r"py" r"pi\.org", r"python" r"hosted", r"npm" r"js\.org", r"/wo" r"rk/", r"/tmp" r"/dev/"]
)
def test_no_file_names_an_index_host_or_a_path_of_one_machine(pattern: str) -> None:
    """The project can be cloned and installed anywhere, from any index."""
    files = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split()
    named = [
        name
        for name in files
        if (ROOT / name).is_file() and re.search(pattern, (ROOT / name).read_text(errors="replace"))
    ]
    assert named == []
