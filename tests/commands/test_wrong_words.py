"""What is named and is not there, or is of another kind than is wanted: a sentence that blames what was typed."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.terminal import hnskit


@pytest.fixture(autouse=True)
def _elsewhere(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No parameter file and no run is near."""
    monkeypatch.chdir(tmp_path)


def test_several_codes_are_explained_each(capsys: pytest.CaptureFixture[str]) -> None:
    """Words that are not codes stay one sentence."""
    ended = hnskit(capsys, "errors", "0x57", "HCN_E_PORT_ALREADY_EXISTS", "1722")
    assert ended.status == 0
    assert all(name in ended.out for name in ("ERROR_INVALID_PARAMETER", "HCN_E_PORT", "RPC_S_SERVER_UNAVAILABLE"))
    ended = hnskit(capsys, "errors", "Element", "not", "found")
    assert ended.out.startswith("ERROR_NOT_FOUND")
    assert "ERROR_OBJECT_NOT_FOUND" not in ended.out


@pytest.mark.parametrize("words", [("doctor", "no.txt"), ("facts", "no.json"), ("errors", "no.log"), ("doctor", "no")])
def test_a_dump_that_is_not_there_is_not_called_a_parameter_file(
    capsys: pytest.CaptureFixture[str], words: tuple[str, ...]
) -> None:
    """And what could be named is said."""
    ended = hnskit(capsys, *words)
    assert ended.status == 2
    assert f"{words[1]}: there is no such file" in ended.err
    assert "mistake" not in ended.err


def test_a_parameter_file_that_is_not_there_leaves_no_run_folder(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """A name that was mistyped is not a run."""
    ended = hnskit(capsys, "run", "nope.yaml")
    assert (ended.status, "nope.yaml" in ended.err) == (2, True)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("verb", ["plan", "run", "drift", "verify", "destroy"])
def test_a_target_in_the_place_of_parameters_is_told_with_the_command_that_has_both(
    capsys: pytest.CaptureFixture[str], verb: str
) -> None:
    """It was told as a file that cannot be read."""
    ended = hnskit(capsys, verb, "emulator://lab")
    assert ended.status == 2
    assert f"`hnskit {verb} params/emulator.yaml --set target=emulator://lab`" in ended.err


def test_a_snapshot_in_the_place_of_parameters_is_no_parameter_file(capsys: pytest.CaptureFixture[str]) -> None:
    """It is told with the command that has both, whether the file is there or not."""
    ended = hnskit(capsys, "drift", "snapshot:nofile.json")
    assert ended.status == 2
    assert "`hnskit drift params/emulator.yaml --set target=snapshot:nofile.json`" in ended.err


@pytest.mark.parametrize("words", ["local", "local:"])
def test_the_machine_itself_is_a_target_of_what_reads(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, words: str
) -> None:
    """Without PowerShell it says what to install; it is not a file."""
    monkeypatch.setenv("HNSKIT_PWSH", "")
    monkeypatch.setenv("PATH", "")
    ended = hnskit(capsys, "facts", words)
    assert ended.status == 3
    assert "PowerShell" in ended.err


@pytest.mark.parametrize(
    "words",
    [("doctor", "foo://x"), ("doctor", "emulator://lab", "--set", "network.prefix=x")],
)
def test_what_was_typed_is_blamed_and_no_file(capsys: pytest.CaptureFixture[str], words: tuple[str, ...]) -> None:
    """There is none."""
    ended = hnskit(capsys, *words)
    assert ended.status == 2
    assert "Correct the file" not in ended.err
    assert "did you mean network?" not in ended.err


def test_a_pipe_that_nobody_reads_ends_a_command_like_any_other_program() -> None:
    """1 would mean that something was found."""
    with subprocess.Popen(
        [sys.executable, "-m", "hnskit", "errors", "--json"], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        said = process.stderr.read()
    assert process.returncode == 141, said
    assert said == b""


@pytest.mark.parametrize(
    "words",
    [
        ("compare", "LONG", "LONG"), ("report", "LONG"), ("runs", "--runs", "LONG"), ("init", "LONG"),
        ("run", "--notebooks", "LONG"), ("plan", "LONG"), ("facts", "LONG"), ("fleet", "plan", "LONG"),
    ],
    ids=lambda words: words[0],
)  # fmt: skip
def test_a_path_that_no_system_takes_is_a_mistake_of_the_command(
    capsys: pytest.CaptureFixture[str], words: tuple[str, ...]
) -> None:
    ended = hnskit(capsys, *(word.replace("LONG", "a" * 3000) for word in words))
    assert ended.status == 2
    assert "did not expect" not in ended.err


def test_a_file_is_told_with_the_nearest_one(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "params").mkdir()
    (tmp_path / "params" / "host.yaml").write_text("")
    (tmp_path / "dump.json").write_text("{}")
    assert "did you mean params/host.yaml?" in hnskit(capsys, "plan", "params/hots.yaml").err
    assert "did you mean dump.json?" in hnskit(capsys, "doctor", "dunp.json").err
    assert "no blank is part of it" in hnskit(capsys, "facts", "emulator://My Lab").err
    assert "did you mean emulator?" in hnskit(capsys, "facts", "emulater://lab").err


def test_a_mistake_repeats_what_was_typed_harmlessly(capsys: pytest.CaptureFixture[str]) -> None:
    for words in (("show", "\x1b[31mred"), ("doctor", "--check", "\x1b[31mred"), ("\x07x",)):
        ended = hnskit(capsys, *words)
        assert ended.status == 2
        assert "\x1b" not in ended.err
        assert "\x07" not in ended.err


@pytest.mark.parametrize(
    "words",
    [("runs", "--runs", ""), ("report", " "), ("init", ""), ("run", "--notebooks", ""), ("facts", "--save", "")],
    ids=" ".join,
)
def test_a_variable_that_is_not_set_is_no_path(capsys: pytest.CaptureFixture[str], words: tuple[str, ...]) -> None:
    ended = hnskit(capsys, *words)
    assert (ended.status, "an empty text names no file or folder" in ended.err) == (2, True)
