"""What removes objects asks on a terminal, and refuses without one: nothing is changed by a no, or by silence."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.fleet.fleet_hosts import emulated_fleet, inventory_file
from tests.host_process import emulated_host
from tests.terminal import at_a_pty, hnskit, sets

pytest.importorskip("pty", reason="no terminals of this kind here")
PARAMS = str(Path(__file__).parents[2] / "params" / "emulator.yaml")
OTHER_COMMAND = ("--set", "clients[0].command=[ping, -t, 127.0.0.1]")


@contextmanager
def redirected_host(place: Path) -> Iterator[list[str]]:
    """Arguments of a new host with the redirect, and the place of its journals."""
    with emulated_host(place / "state") as overrides:
        words = [PARAMS, *sets(overrides), "--runs", str(place / "runs")]
        subprocess.run([sys.executable, "-m", "hnskit", "apply", *words], check=True, capture_output=True)
        yield words


@pytest.fixture(scope="module")
def set_up(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[str]]:
    """The same for all tests that change nothing."""
    with redirected_host(tmp_path_factory.mktemp("asked")) as words:
        yield words


def containers(capsys: pytest.CaptureFixture[str], words: list[str]) -> set[str]:
    shown = hnskit(capsys, "show", "containers", *words[:-2], "--json").json()["items"]
    return {item["id"] for item in shown}


@pytest.mark.parametrize(
    ("command", "question"),
    [
        (("destroy",), "Remove 9 objects from "),
        (("apply", *OTHER_COMMAND), "Remove 1 object from "),
        (("run", "--only", "30_client_containers", *OTHER_COMMAND), "Remove 1 object from "),
        (("run", "--only", "90_teardown"), "Remove 9 objects from "),
    ],
    ids=["destroy", "apply", "run of a part", "run of the teardown"],
)
def test_a_no_at_the_terminal_changes_nothing(
    set_up: list[str], capsys: pytest.CaptureFixture[str], command: tuple[str, ...], question: str
) -> None:
    before = containers(capsys, set_up)
    status, said = at_a_pty([command[0], *set_up, *command[1:]], "n")
    assert (status, question in said) == (2, True), said
    assert said.splitlines()[-1].endswith("the answer was no: nothing was changed.")  # and no advice to say --yes
    assert containers(capsys, set_up) == before


@pytest.mark.parametrize("key", ["\x03", "\x04"], ids=["Ctrl-C", "Ctrl-D"])
def test_a_question_that_is_not_answered_changes_nothing_and_says_so_on_a_line_of_its_own(
    set_up: list[str], capsys: pytest.CaptureFixture[str], key: str
) -> None:
    before = containers(capsys, set_up)
    status, said = at_a_pty(["destroy", *set_up], key, after="[y/N]: ")
    assert status == 130
    assert said.splitlines()[-1].endswith("it was stopped at the question: nothing was changed.")
    assert said.splitlines()[-1].startswith("emulator://")
    assert containers(capsys, set_up) == before


@pytest.mark.parametrize(
    "command",
    [
        ("destroy",), ("apply", *OTHER_COMMAND), ("run", "--only", "30_client_containers", *OTHER_COMMAND),
        ("run", "--only", "90_teardown"),
        ("policy", "clear", "--endpoint", "hnskit-client1"),
        ("policy", "remove", "--endpoint", "hnskit-client1", "--number", "2"),
    ],
    ids=lambda words: " ".join(words[:3]),
)  # fmt: skip
def test_without_a_terminal_and_without_yes_it_is_refused_with_2(
    set_up: list[str], capsys: pytest.CaptureFixture[str], command: tuple[str, ...]
) -> None:
    before = containers(capsys, set_up)
    words = command[:2] if command[0] == "policy" else command[:1]
    ended = subprocess.run(
        [sys.executable, "-m", "hnskit", *words, *set_up, *command[len(words) :]],
        stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert ended.returncode == 2, ended.stderr
    assert "--yes" in ended.stderr or "confirmed" in ended.stderr
    assert containers(capsys, set_up) == before
    assert hnskit(capsys, "verify", *set_up[:-2]).status == 0


def test_a_yes_at_the_terminal_replaces_the_container(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    with redirected_host(tmp_path) as words:
        before = containers(capsys, words)
        status, said = at_a_pty(["run", *words, "--only", "30_client_containers", *OTHER_COMMAND], "y")
        assert status == 0, said
        assert len(containers(capsys, words) - before) == 1


def test_a_repair_shows_its_plan_and_is_refused_without_a_terminal_and_without_yes(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    with emulated_host(tmp_path / "state") as overrides:
        words = [sys.executable, "-m", "hnskit", "doctor", PARAMS, *sets(overrides), "--fix"]
        ended = subprocess.run(words, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
        assert (ended.returncode, "Make 17 changes on" in ended.stderr) == (2, True), ended.stderr
        shown = hnskit(capsys, "doctor", PARAMS, *sets(overrides), "--fix", "--dry-run", "--json").json()
        assert (shown["plan"]["pending"], "outcome" in shown) == (17, False)
        assert hnskit(capsys, "show", "containers", PARAMS, *sets(overrides), "--json").json()["items"] == []
        assert hnskit(capsys, "doctor", PARAMS, *sets(overrides), "--dry-run").status == 2


@pytest.mark.parametrize("verb", ["apply", "destroy", "run"])
def test_a_dry_run_of_a_fleet_changes_no_host(verb: str, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    with emulated_fleet(tmp_path, 1) as (name,):
        inventory = str(inventory_file(tmp_path, [f"emulator://{name}"]))
        words = ("fleet", verb, inventory, "--runs", str(tmp_path / "runs"), "--dry-run", "--json")
        shown = hnskit(capsys, *words).json()
        assert shown["verb"] == "plan"
        assert [host["changed"] for host in shown["hosts"]] == [0]
        assert hnskit(capsys, "show", "containers", f"emulator://{name}", "--json").json()["items"] == []
