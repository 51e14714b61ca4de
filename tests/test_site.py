"""The documentation's site, its references and its guides."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import click
import pytest
import yaml

from benchmarks import command_reference, parameter_reference, site
from hnskit.commands import cli
from hnskit.params.loading import Params
from tests.host_process import emulated_host
from tests.present import present
from tests.test_docs import leaves
from tests.waiting import LONG

DOCS = site.DOCS
PIPELINES = {"github-actions", "gitlab-ci", "azure-devops"}


def guide(name: str) -> str:
    return (DOCS / f"{name}.md").read_text()


def block(name: str, language: str) -> str:
    return present(re.search(rf"```{language}\n(.*?)```", guide(name), flags=re.S))[1]


def test_a_link_that_leads_nowhere_is_found(tmp_path: Path) -> None:
    """A page that is not there, and a place that the page does not have; others are let alone."""
    (tmp_path / "a.html").write_text(
        '<a href="b.html#there">1</a><a href="b.html#gone">2</a><a href="c.html">3</a><a href="//host/x">4</a>'
        '<a href="http://host/y">5</a><a href="#here">6</a><p id="here">'
    )
    (tmp_path / "b.html").write_text('<h1 id="there">b</h1><img src="gone.png">')
    assert site.dead_links(tmp_path) == ["a.html: b.html#gone", "a.html: c.html", "b.html: gone.png"]


def test_a_link_to_a_file_that_is_no_page_becomes_its_name() -> None:
    """Code stands beside the documents in the repository, and not in the site."""
    text = "[samples](../tests/samples/hns/README.md), [notes](../CHANGELOG.md#unreleased), [far](https://a.example/)"
    assert site.linked(text, DOCS / "facts.md") == (
        "samples (`tests/samples/hns/README.md`), [notes](CHANGELOG.md#unreleased), [far](https://a.example/)"
    )
    assert site.linked("[facts](docs/facts.md)", site.ROOT / "CHANGELOG.md") == "[facts](facts.md)"


def test_every_page_has_one_place_in_the_sidebar(tmp_path: Path) -> None:
    """Sphinx warns of a page that has none; a page with two would be opened in the wrong group."""
    site.gather(tmp_path / "source")
    index = (tmp_path / "source" / "index.md").read_text()
    listed = [line for part in re.findall(r"```\{toctree\}\n(.*?)```", index, flags=re.S)
              for line in part.splitlines() if line and not line.startswith(":")]  # fmt: skip
    assert len(listed) == len(set(listed))
    assert {"parameters", "commands", "api", "tutorial", "notebooks/50_verify", "CHANGELOG"} <= set(listed)
    assert ":caption: More" not in index


def test_every_link_between_the_files_of_the_repository_leads_to_one() -> None:
    """A reader of the checkout follows them as well."""
    dead = []
    for path in [*site.ROOT.glob("*.md"), *DOCS.glob("*.md"), *site.ROOT.glob("notebooks/*.md")]:
        for target in re.findall(r"\]\((?!https?:|#|mailto:)([^)\s#]+)", path.read_text()):
            if not (path.parent / target).exists():
                dead.append(f"{path.name}: {target}")
    assert dead == []


def test_the_reference_of_parameters_has_every_key() -> None:
    """Made from the schema; a key that must be given says so."""
    page = parameter_reference.page()
    for key in leaves(Params):
        written = re.sub(r"^clients\.", "clients[N].", key)
        top = ".".join(written.split(".")[:2])
        assert f"`{written}`" in page or f"`{top}" in page, key
    assert "| `network.name` | text | none: must be given |" in page
    assert '| `connection.transport` | `http`, `https` | `"https"` |' in page


def test_the_reference_of_commands_has_every_command() -> None:
    """With those below a group."""
    page = command_reference.page()
    for name in cli.hnskit.list_commands(click.Context(cli.hnskit)):
        assert f"### hnskit {name}\n" in page
    assert "#### hnskit emulator start\n" in page
    assert "-h, --help" in page


def lines_of_pipeline(name: str) -> list[str]:
    """The shell lines of a guide's job, in their order."""
    found: list[str] = []

    def walk(data: Any) -> None:
        for key, value in data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ():
            if key in ("run", "script", "before_script"):
                found.extend(line for text in ([value] if isinstance(value, str) else value)
                             for line in text.splitlines())  # fmt: skip
            else:
                walk(value)

    walk(yaml.safe_load(block(name, "yaml")))
    return found


@pytest.mark.parametrize("name", sorted(PIPELINES))
def test_a_pipeline_of_a_guide_is_yaml_and_keeps_the_run_folder_whatever_came_of_it(name: str) -> None:
    """The three install and run the same; each keeps `runs/`, also after a failure."""
    assert lines_of_pipeline(name) == lines_of_pipeline("github-actions")
    text = block(name, "yaml")
    assert re.search(r"(path: |- |publish: )runs\b", text)
    assert re.search(r"always\(\)|when: always", text)


def test_the_pipeline_s_command_leaves_what_its_artefacts_name(tmp_path: Path) -> None:
    """junit.xml where GitLab and Azure look for it."""
    (command,) = [line for line in lines_of_pipeline("gitlab-ci") if line.startswith("hnskit")]
    with emulated_host(tmp_path) as overrides:
        sets = [word for item in overrides for word in ("--set", item)]
        done = subprocess.run(
            [sys.executable, "-m", *command.split(), *sets, "--runs", str(tmp_path / "runs")],
            capture_output=True, text=True, check=False, cwd=site.ROOT, timeout=LONG,
        )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert len(list(tmp_path.glob("runs/*/junit.xml"))) == 1


def test_the_script_of_the_guide_sets_up_and_proves(tmp_path: Path) -> None:
    """As it stands, on any target; its exit status is the proof's."""
    program = block("script", "python")
    with emulated_host(tmp_path) as overrides:
        texts = ", ".join(map(repr, overrides))
        program = program.replace('"params/emulator.yaml")', f'"params/emulator.yaml", overrides=[{texts}])')
        printed = subprocess.run(
            [sys.executable, "-c", program], capture_output=True, text=True, check=False, timeout=LONG, cwd=site.ROOT
        )
    assert printed.returncode == 0, printed.stderr
    assert "PROVED: 2 of 2" in printed.stdout
