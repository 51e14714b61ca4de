"""The change record: who, from where, with what; the host before and after; what failed; a report that stands alone."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from hnskit import __version__
from hnskit.applying.journal import FILE, Journal
from hnskit.facts.differences import differences
from hnskit.facts.snapshot import save_facts
from hnskit.local import originator as who
from hnskit.running import runner
from hnskit.running.change_record import change_record
from hnskit.running.report import render, write_report
from tests import sample_facts
from tests.running.test_report import summary

PARAMS = sample_facts.PARAMS


@pytest.fixture(autouse=True)
def _alice(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A user whose name is known, on a machine of a known name, in no pipeline."""
    who.originator.cache_clear()
    for names, _ in who._JOBS:
        for name in names:
            monkeypatch.delenv(name, raising=False)
    monkeypatch.delenv("SUDO_USER", raising=False)
    monkeypatch.setenv("LOGNAME", "alice")
    monkeypatch.setattr("platform.node", lambda: "ws1")
    yield
    who.originator.cache_clear()


def test_the_record_has_user_machine_versions_and_every_parameter() -> None:
    record = change_record(PARAMS, ["network.name=other"])
    assert (record["user"], record["machine"], record["hnskit"]) == ("alice", "ws1", __version__)
    assert record["params_sha256"] == hashlib.sha256(PARAMS.read_bytes()).hexdigest()
    assert record["overrides"] == ["network.name=other"]
    assert record["params"]["network"]["name"] == "other"
    assert record["params"]["network"]["subnet"] == "10.0.1.0/24"


def test_a_pipeline_s_job_and_sudo_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SUDO_USER", "bob")
    for name, value in {
        "GITHUB_SERVER_URL": "https://github.com", "GITHUB_REPOSITORY": "o/r", "GITHUB_RUN_ID": "7",
    }.items():  # fmt: skip
        monkeypatch.setenv(name, value)
    record = change_record(PARAMS, [])
    assert (record["user"], record["job"]) == ("alice (sudo by bob)", "https://github.com/o/r/actions/runs/7")


def test_a_user_whom_the_system_does_not_know_stops_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown() -> str:
        raise KeyError("uid not found")

    monkeypatch.setattr("getpass.getuser", unknown)
    assert change_record(PARAMS, [])["machine"] == "ws1"


def test_a_credential_is_a_reference_and_a_secret_is_masked(tmp_path: Path) -> None:
    file = tmp_path / "host.yaml"
    example = (PARAMS.parent / "windows-host.example.yaml").read_text()
    file.write_text(example)
    record = change_record(file, ["clients[0].command=[app, --password, CANARY]"])
    assert record["params"]["connection"]["credential"] == "env:HNSKIT_PASSWORD"
    assert "emulator" not in record["params"]
    assert "CANARY" not in json.dumps(record)


def test_wrong_parameters_leave_a_record_without_values(tmp_path: Path) -> None:
    record = change_record(tmp_path / "none.yaml", [])
    assert (record["user"], record["params"], record["params_sha256"]) == ("alice", {}, "")


def test_each_line_of_a_journal_says_who_and_with_which_version(tmp_path: Path) -> None:
    Journal(tmp_path / FILE, "emulator://lab").write("note", text="x")
    line = json.loads((tmp_path / FILE).read_text())
    assert (line["by"], line["hnskit"]) == ("alice@ws1", __version__)


def test_the_report_shows_the_record_and_the_differences() -> None:
    found = differences(sample_facts.fresh(), sample_facts.complete())
    record = {**change_record(PARAMS, ["network.name=other"]), "machine": "<b>"}
    page = render(summary(record=record), {}, found)
    assert "<td>alice</td>" in page
    assert "network.subnet</td><td>10.0.1.0/24" in page
    assert "<td>network.name=other</td>" in page
    assert "<td>&lt;b&gt; (" in page
    assert "<td>new</td><td>endpoint hnskit-proxy</td>" in page


def test_a_failed_step_stands_under_what_changed() -> None:
    step = {**summary()["steps"][0], "ok": False, "done": []}
    error = {"paragraph": "it failed.", "message": "HNS said no", "step": "create endpoint c1"}
    page = render(summary(steps=[step], ok=False, stopped_at="40_proxy_policy", error=error), {})
    changed = page.partition("<h2>What changed</h2>")[2].partition("<h2>")[0]
    assert '<li class="bad">create endpoint c1 failed: HNS said no</li>' in changed


def test_only_notebooks_that_are_there_are_links(tmp_path: Path) -> None:
    (tmp_path / "summary.json").write_text(json.dumps(summary()))
    (tmp_path / "50_verify.ipynb").write_text("{}")
    page = write_report(tmp_path).read_text(encoding="utf-8")
    assert 'href="50_verify.ipynb"' in page
    assert 'href="40_proxy_policy.ipynb"' not in page
    assert "a copy of this file alone has everything else" in page


def test_a_run_leaves_its_record_though_it_did_not_begin(tmp_path: Path) -> None:
    file = tmp_path / "wrong.yaml"
    file.write_text("target: emulator://lab\nnope: 1\n")
    run = runner.run(file, runs=tmp_path / "runs")
    saved = json.loads((Path(run.run_dir) / "summary.json").read_text())
    assert (saved["ok"], saved["record"]["user"]) == (False, "alice")
    assert "Who, from where, with what" in (Path(run.run_dir) / "report.html").read_text(encoding="utf-8")


def test_the_host_before_and_after_is_told_object_by_object(tmp_path: Path) -> None:
    (tmp_path / "summary.json").write_text(json.dumps(summary()))
    (tmp_path / "snapshots").mkdir()
    save_facts(sample_facts.fresh(), tmp_path / "snapshots" / "policy-before.json")
    save_facts(sample_facts.complete(), tmp_path / "snapshots" / "verify-after.json")
    page = write_report(tmp_path).read_text(encoding="utf-8")
    assert "<h2>Before and after</h2>" in page
    assert "container hnskit-client1" in page
