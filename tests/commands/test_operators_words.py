"""Near words, examples, completion, comparison and past runs on the command line."""

from __future__ import annotations

import importlib.util
import json
import shlex
import socket
from dataclasses import replace
from pathlib import Path

import click
import pytest
from click.shell_completion import ShellComplete

from hnskit.commands.cli import hnskit as group
from hnskit.commands.examples import EXAMPLES
from hnskit.facts.differences import differences
from hnskit.facts.snapshot import save_facts
from hnskit.local.state_dir import STATE_VARIABLE
from tests import sample_facts
from tests.host_process import emulated_host
from tests.terminal import commands_of, hnskit, sets

ROOT = Path(__file__).parents[2]
PARAMS = str(ROOT / "params" / "emulator.yaml")


def completed(*words: str) -> list[str]:
    """Completions of the last of some words."""
    found = ShellComplete(group, {}, "hnskit", "_HNSKIT_COMPLETE").get_completions(list(words[:-1]), words[-1])
    return [item.value if item.type == "plain" else f"<{item.type}>" for item in found]


@pytest.mark.parametrize(
    ("words", "meant"),
    [
        (("shwo",), "did you mean show?"),
        (("policy", "lst"), "did you mean list?"),
        (("emulator", "strat"), "did you mean start?"),
        (("export", "cny"), "did you mean cni?"),
        (("show", "endpont"), "Did you mean endpoints?"),
        (("plan", "--destory"), "Did you mean '--destroy'?"),
        (("plan", PARAMS, "--set", "network.subnt=1"), "did you mean subnet?"),
        (("explain", "SAVED", "--from", "hnskit-clinet1", "--to", "10.0.1.1:80"), "did you mean hnskit-client1?"),
        (("policy", "lookup", "hnskit-clinet1", "SAVED"), "did you mean hnskit-client1?"),
        (("policy", "list", "SAVED", "--endpoint", "hnskit-porxy"), "did you mean hnskit-proxy?"),
        (("policy", "list", "SAVED", "--network", "hnskit-l2brigde"), "did you mean hnskit-l2bridge?"),
        (("doctor", "SAVED", "--check", "policy-kye"), "did you mean policy-key?"),
    ],
)
def test_a_misspelt_word_is_told_with_the_nearest_one(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, words: tuple[str, ...], meant: str
) -> None:
    saved = str(save_facts(sample_facts.complete(), tmp_path / "host.json"))
    ended = hnskit(capsys, *(word.replace("SAVED", saved) for word in words))
    assert (ended.status, ended.out) == (2, "")
    assert meant in " ".join(ended.err.split())


def test_a_word_that_is_like_none_is_told_with_all_of_them(capsys: pytest.CaptureFixture[str]) -> None:
    ended = hnskit(capsys, "frobnicate")
    assert ended.status == 2
    assert "did you mean" not in ended.err.lower()
    assert "There are: app, apply, compare" in ended.err


def test_every_command_has_an_example_in_its_help() -> None:
    assert {path for path, _ in commands_of()} == set(EXAMPLES)


@pytest.mark.parametrize("path", EXAMPLES)
def test_examples_are_in_the_help_and_are_right(capsys: pytest.CaptureFixture[str], path: str) -> None:
    shown = hnskit(capsys, *path.split(), "--help").out
    for line in EXAMPLES[path]:
        assert f"    {line}\n" in shown
        words = shlex.split(line.rpartition("| ")[2])[1:]
        command: click.Command = group
        context = click.Context(group)
        while isinstance(command, click.Group):
            _, found, words = command.resolve_command(context, words)
            assert found is not None
            command = found
        command.make_context(path, words)  # it raises what the command line would say of it


def test_completion_knows_commands_options_notebooks_faults_hosts_and_parameters(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(ROOT)
    monkeypatch.setenv(STATE_VARIABLE, str(tmp_path))
    (tmp_path / "emulators" / "mine").mkdir(parents=True)
    (tmp_path / "emulators" / "mine" / "host.json").write_text("{}")
    assert completed("ver") == ["verify"]
    assert completed("plan", "--dest") == ["--destroy"]
    assert completed("plan", "") == ["emulator://mine", "<file>"]
    assert completed("run", "--only", "4") == ["40_proxy_policy"]
    assert "docker_stopped" in completed("emulator", "fault", "mine", "docker_")
    assert completed("emulator", "stop", "m") == ["mine"]
    assert "network.subnet=" in completed("plan", "--set", "network.s")
    assert completed("show", "end") == ["endpoints"]
    assert completed("doctor", "--check", "policy-key") == ["policy-key", "policy-key-near"]
    assert completed("errors", "HCN_E_PORT_AL")[:1] == ["HCN_E_PORT_ALREADY_EXISTS"]


def test_two_moments_of_a_host_are_compared_by_id(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    before = str(save_facts(sample_facts.complete(), tmp_path / "before.json"))
    host = sample_facts.complete()
    bare = tuple(replace(item, policies=()) if item.name == "hnskit-client1" else item for item in host.endpoints)
    after = str(save_facts(replace(host, endpoints=bare), tmp_path / "after.json"))
    ended = hnskit(capsys, "compare", before, after)
    assert ended.status == 1
    assert "changed endpoint hnskit-client1" in ended.out
    assert "0 new, 0 gone, 1 changed (matched by id)" in ended.out
    same = hnskit(capsys, "compare", before, before, "--json")
    assert (same.status, same.json()["ok"], same.json()["differences"]) == (0, True, [])


def test_two_hosts_are_compared_by_name(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """Their ids have nothing in common, so that by id all would be gone and new."""
    host = sample_facts.complete()
    other = replace(
        host,
        networks=tuple(replace(item, id=f"A{item.id[1:-1]}Z") for item in host.networks),
        endpoints=tuple(replace(item, id=f"A{item.id[1:-1]}Z") for item in host.endpoints),
        containers=tuple(replace(item, id=f"A{item.id[1:-1]}Z") for item in host.containers),
    )
    assert differences(host, other, by_name=True) == ()
    files = [str(save_facts(one, tmp_path / f"{name}.json")) for name, one in (("one", host), ("two", other))]
    assert hnskit(capsys, "compare", *files).out == "No difference.\n"
    assert hnskit(capsys, "compare", *files, "--by", "id").status == 1


def run_folder(place: Path, name: str, **summary: object) -> Path:
    """A run's folder, with a summary."""
    folder = place / name
    folder.mkdir(parents=True)
    whole = {"target": "emulator://lab", "started": "2026-11-27T09:00:00+00:00", "steps": [], "seconds": 1.5, **summary}
    (folder / "snapshots").mkdir()
    (folder / "summary.json").write_text(json.dumps(whole))
    return folder


def test_past_runs_are_listed_with_their_verdicts_the_newest_first(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    run_folder(tmp_path, "20261127-090000-lab", ok=True, achieved="proved")
    failed = {"message": "no space", "paragraph": "no space."}
    run_folder(tmp_path, "20261127-100000-lab", ok=False, stopped_at="20_proxy_container", error=failed)
    journal = tmp_path / "20261127-110000-lab"
    journal.mkdir()
    (journal / "journal.jsonl").write_text('{"event": "done", "target": "emulator://lab", "time": "t"}\n{"cut')
    (tmp_path / "notes").mkdir()
    lines = hnskit(capsys, "runs", "--runs", str(tmp_path)).out.splitlines()
    assert [line.split()[1] for line in lines] == [
        "20261127-110000-lab", "20261127-100000-lab", "20261127-090000-lab",
    ]  # fmt: skip
    assert "journal: 1 change" in lines[0]
    assert "FAIL" in lines[1]
    assert "stopped at 20_proxy_container: no space" in lines[1]
    assert "The redirect was in place and proved then" in lines[2]
    shown = hnskit(capsys, "runs", "--runs", str(tmp_path), "--json", "--target", "emulator://lab").json()
    assert [one["ok"] for one in shown["items"]] == [None, False, True]


def test_runs_of_a_target_or_in_a_folder_that_is_not_there_are_a_mistake(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    run_folder(tmp_path, "20261127-090000-lab", ok=True)
    wrong = hnskit(capsys, "runs", "--runs", str(tmp_path), "--target", "emulator://lob")
    assert (wrong.status, "did you mean emulator://lab?" in wrong.err) == (2, True)
    assert hnskit(capsys, "runs", "--runs", str(tmp_path / "none")).status == 2


def test_an_app_that_cannot_be_served_is_a_mistake_of_the_command(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        ended = hnskit(capsys, "app", "--port", str(taken.getsockname()[1]))
    assert (ended.status, "is taken" in ended.err) == (2, True)
    find = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == "voila" else find(name))
    ended = hnskit(capsys, "app")
    assert (ended.status, "requirements-app.lock" in ended.err) == (2, True)


def test_a_run_is_compared_as_it_left_the_host(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    one, two = (run_folder(tmp_path, name, ok=True) for name in ("one", "two"))
    save_facts(sample_facts.fresh(), one / "snapshots" / "verify-after.json")
    save_facts(sample_facts.complete(), two / "snapshots" / "verify-after.json")
    ended = hnskit(capsys, "compare", str(one), str(two))
    assert ended.status == 1
    assert "new endpoint hnskit-proxy" in ended.out


def test_a_dry_run_shows_the_plan_of_its_notebooks_and_changes_nothing(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    runs = tmp_path / "runs"
    with emulated_host(tmp_path / "state") as overrides:
        lab = (PARAMS, *sets(overrides), "--runs", str(runs), "--dry-run")
        whole = hnskit(capsys, "run", *lab)
        assert (whole.status, "to add" in whole.out) == (0, True)
        part = hnskit(capsys, "run", *lab, "--only", "10_l2bridge_network", "--json").json()
        assert {step["part"] for step in part["steps"]} == {"network"}
        reads = hnskit(capsys, "run", *lab, "--only", "50_verify")
        assert (reads.status, reads.out) == (0, "")
        gone = hnskit(capsys, "run", *lab, "--only", "90_teardown")
        assert "nothing to do" in gone.out
    assert not runs.exists()
