"""The workflows for GitHub, held by linters, and by what they run as far as that runs here. None has run there yet."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from hnskit.params.desired import desired_from
from hnskit.params.loading import load_params
from tests.in_process_host import PASSWORD, USER, Lab

ROOT = Path(__file__).parents[1]
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
HOSTED = ROOT / "tests" / "contract" / "hosted-windows.yaml"
BIN = Path(sys.executable).parent
NO_BASH = re.compile(r"\bmake\b|\bbash\b|\bsudo\b|\.ci/")


def jobs(name: str) -> dict[str, Any]:
    file = ROOT / ".github" / "workflows" / f"{name}.yml"
    return dict(yaml.safe_load(file.read_text(encoding="utf-8"))["jobs"])


def commands(job: dict[str, Any]) -> list[str]:
    """What its steps run."""
    return [step["run"] for step in job["steps"] if "run" in step]


def run(*words: str | Path, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        list(map(str, words)), cwd=ROOT, capture_output=True, text=True, encoding="utf-8", check=False,
        env={**os.environ, **environment},
    )  # fmt: skip


def test_there_are_the_two_workflows() -> None:
    assert [path.stem for path in WORKFLOWS] == ["ci", "windows-host"]


def test_they_are_of_github_s_schema() -> None:
    """Keys, events, types of inputs."""
    ran = run(BIN / "check-jsonschema", "--builtin-schema", "vendor.github-workflows", *WORKFLOWS)
    assert ran.returncode == 0, ran.stdout


def test_zizmor_finds_nothing_unsafe_in_them() -> None:
    """Actions pinned by commit, no inputs in scripts, no credentials kept, no rights that are not needed."""
    ran = run(BIN / "zizmor", "--offline", "--no-progress", *WORKFLOWS)
    assert ran.returncode == 0, ran.stdout + ran.stderr


def test_linux_runs_what_ci_runs() -> None:
    (command,) = commands(jobs("ci")["linux"])
    assert command.split()[-1] == ".ci/run"
    assert os.access(ROOT / ".ci" / "run", os.X_OK)


@pytest.mark.parametrize(("name", "job"), [("ci", "elsewhere"), ("windows-host", "contract")])
def test_what_runs_on_windows_needs_no_bash(name: str, job: str) -> None:
    for command in commands(jobs(name)[job]):
        assert not NO_BASH.search(command), command
        assert "\n" not in command.strip(), "a script of more than a line is another in each shell"


def test_the_host_is_changed_only_where_somebody_ticked_that() -> None:
    changing = [step for step in jobs("windows-host")["contract"]["steps"] if "--change-host" in step.get("run", "")]
    assert changing
    assert all("inputs.change_host" in step["if"] for step in changing)


def test_each_python_command_is_of_a_module_that_is_here() -> None:
    """`python -m pytest --collect-only` of each selection, `--help` of each command of hnskit."""
    places = (("ci", "elsewhere"), ("windows-host", "contract"))
    for command in (one for name, job in places for one in commands(jobs(name)[job])):
        words = shlex.split(command)
        if words[:3] == ["python", "-m", "hnskit"]:
            assert run(sys.executable, "-m", "hnskit", words[3], "--help").returncode == 0
            assert (ROOT / words[4]).is_file()
        elif words[:3] == ["python", "-m", "pytest"]:
            paths = [word for word in words[3:] if word.startswith("tests/")]
            assert all((ROOT / path).exists() for path in paths), command


def test_the_hosted_parameters_are_whole_and_of_the_machine_itself() -> None:
    params = load_params(HOSTED)
    assert params.target == "local"
    assert desired_from(params).proxy.endpoint.name == "hnskit-proxy"


def test_the_read_only_step_runs_here_against_an_emulated_host(tmp_path: Path) -> None:
    """Its own command line, with the target in place of `local`; the transcript and the answers are written."""
    step = next(one for one in jobs("windows-host")["contract"]["steps"] if one.get("id") == "read")
    with Lab(tmp_path, profile="ws2022") as lab:
        params = yaml.safe_load(HOSTED.read_text(encoding="utf-8"))
        password = tmp_path / "secret"
        password.write_text(PASSWORD)
        password.chmod(0o600)
        params["target"] = f"winrm://127.0.0.1:{lab.port}"
        params["connection"] = {"transport": "http", "username": USER, "credential": f"file:{password}"}
        file = tmp_path / "hosted.yaml"
        file.write_text(yaml.safe_dump(params), encoding="utf-8")
        words = shlex.split(step["run"])[1:]
        there = [str(tmp_path / word) if word.endswith((".json", ".xml")) else word for word in words]
        ran = run(sys.executable, *there, "-n", "0", HNSKIT_TEST_TARGET=str(file))
    assert ran.returncode == 0, ran.stdout[-3000:]
    assert {path.name for path in tmp_path.glob("*.json")} == {"transcript.json", "seen.json"}
    assert (tmp_path / "contract.xml").is_file()
