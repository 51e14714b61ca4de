"""Run folders are handed round as change records: no artefact has a secret of anybody's, and nobody else reads them."""

from __future__ import annotations

import json
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from hnskit.applying.journal import Journal
from hnskit.foreign_text import masking
from hnskit.params.desired import LABEL
from hnskit.params.hidden_overrides import VARIABLE, hide, reveal
from hnskit.running.executed_notebook import mask_file
from hnskit.running.run_folder import new_run_folder, write_json
from tests.host_process import emulated_host

PARAMS = Path(__file__).parent.parent.parent / "params" / "emulator.yaml"
CANARY = "Canary-7f3e91-secret"
IMAGE = "mcr.microsoft.com/windows/nanoserver:1809"


@pytest.fixture(autouse=True)
def _fresh() -> Iterator[None]:
    masking.forget()
    yield
    masking.forget()


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[list[str]]:
    with emulated_host(tmp_path / "state") as overrides:
        yield overrides


def hnskit(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-m", "hnskit", *words], capture_output=True, text=True, check=False)


def with_set(lab: list[str]) -> list[str]:
    return [word for override in lab for word in ("--set", override)]


def stranger(lab: list[str]) -> None:
    """Run the redirect's own client and a stranger's container, both with secrets in their commands."""
    from hnskit.facts.source import connect
    from hnskit.params.loading import load_params
    from hnskit.remote import docker
    from hnskit.remote.session import invoke_calls

    words = (
        "ping.exe",
        "-t",
        "localhost",
        "--password",
        CANARY,
        f"--token={CANARY}",
        f"https://u:{CANARY}@h/",
        "-p",
        CANARY,
        CANARY,
    )
    with connect(load_params(PARAMS, overrides=lab)) as session:
        calls = [
            docker.run_container("a", "hnskit-client1", IMAGE, words, labels={LABEL: "hnskit-l2bridge"}),
            docker.run_container("b", "theirs", IMAGE, words, labels={"api-key": CANARY}),
        ]
        for result in invoke_calls(session, calls):
            docker.output(result)


def test_no_secret_of_other_peoples_containers_is_in_any_artefact_or_output(lab: list[str], tmp_path: Path) -> None:
    """`hnskit-client1` runs another command, so that plans, drift, errors and reports speak of it."""
    stranger(lab)
    runs = tmp_path / "runs"
    asked = [("plan",), ("plan", "--json"), ("drift",), ("drift", "--json"), ("doctor", "--json"), ("facts", "--json")]
    said = [
        hnskit("run", str(PARAMS), *with_set(lab), "--runs", str(runs)),
        *(hnskit(command, str(PARAMS), *with_set(lab), *more) for command, *more in asked),
        hnskit("show", "containers", str(PARAMS), *with_set(lab), "--format", "csv"),
        hnskit("apply", str(PARAMS), *with_set(lab), "--runs", str(runs)),
    ]
    printed = "".join(one.stdout + one.stderr for one in said)
    assert "--password *** --token=*** https://u:***@h/ -p *** ***" in printed
    assert CANARY not in printed
    files = [path for path in runs.rglob("*") if path.is_file()]
    assert {path.name for path in files} >= {"summary.json", "report.html", "junit.xml", "run.jsonl"}
    assert [path for path in files if CANARY.encode() in path.read_bytes()] == []


def test_what_is_set_by_a_secret_key_is_used_and_in_no_artefact(lab: list[str], tmp_path: Path) -> None:
    """Authorization of the proof's request: sent to the proxy, written nowhere; and nobody else reads the run."""
    runs = tmp_path / "runs"
    asked = (*with_set(lab), "--set", f"verify.headers.Authorization=Bearer {CANARY}")
    done = hnskit("run", str(PARAMS), *asked, "--runs", str(runs))
    assert done.returncode == 0, done.stderr
    assert CANARY not in done.stdout + done.stderr
    files = [path for path in runs.rglob("*") if path.is_file()]
    assert [path for path in files if CANARY.encode() in path.read_bytes()] == []
    executed = next(path for path in files if path.name == "50_verify.ipynb").read_text(encoding="utf-8")
    assert "verify.headers.Authorization=***" in executed
    (folder,) = runs.iterdir()
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert {path.name: oct(stat.S_IMODE(path.stat().st_mode)) for path in files} == dict.fromkeys(
        (path.name for path in files), "0o600"
    )


def test_a_hidden_override_is_revealed_where_its_value_is_known(monkeypatch: pytest.MonkeyPatch) -> None:
    given = (f"verify.headers.Authorization={CANARY}", "clients[0].address=10.0.1.7", "connection.credential=env:X")
    shown, environment = hide(given)
    assert shown == ("verify.headers.Authorization=***", *given[1:])
    assert reveal(shown) == shown
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert reveal(shown) == given
    monkeypatch.setenv(VARIABLE, "no JSON")
    assert reveal(shown) == shown


def test_an_executed_notebook_has_its_parameters_and_outputs_masked(tmp_path: Path) -> None:
    path = tmp_path / "50_verify.ipynb"
    outputs = [
        {"output_type": "stream", "name": "stdout", "text": [f"--password {CANARY}\n"]},
        {"output_type": "error", "ename": "E", "evalue": f"token={CANARY}", "traceback": [f"token={CANARY}"]},
        {"output_type": "display_data", "data": {"text/html": f"Authorization: {CANARY}", "image/png": "AA=="}},
    ]
    given = {"overrides": [f"verify.headers.Authorization={CANARY}"]}
    cells = [
        {
            "cell_type": "code",
            "metadata": {"tags": ["injected-parameters"]},
            "source": json.dumps(given),
            "outputs": [],
        },
        {"cell_type": "code", "metadata": {}, "source": "print()", "outputs": outputs},
    ]
    path.write_text(json.dumps({"metadata": {"papermill": {"parameters": given}}, "cells": cells}))
    mask_file(path)
    assert CANARY not in path.read_text()
    assert json.loads(path.read_text())["cells"][1]["outputs"][2]["data"]["image/png"] == "AA=="


def test_files_of_a_run_are_their_owners_only(tmp_path: Path) -> None:
    folder = new_run_folder(tmp_path / "runs", "winrm://host")
    write_json(folder / "results" / "x.json", {"password": CANARY, "said": f"--token {CANARY}"})
    Journal(folder / "journal.jsonl", "winrm://host").write("note", text=f"--token {CANARY}", name="token=x")
    for path in (folder, folder / "results"):
        assert stat.S_IMODE(path.stat().st_mode) == 0o700
    for path in (folder / "results" / "x.json", folder / "journal.jsonl"):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert CANARY not in path.read_text()
    assert '"name": "token=x"' in (folder / "journal.jsonl").read_text(), "an identity is never masked"
