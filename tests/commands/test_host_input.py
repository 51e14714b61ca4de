"""One mouth: what the commands that read are given, and what they say that they took it for."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path

import pytest

from hnskit.commands.host_input import read_input
from hnskit.errors import HnskitError
from hnskit.facts.snapshot import save_facts
from tests import sample_facts
from tests.host_process import emulated_host
from tests.terminal import hnskit, sets

ENDPOINTS = '[{"ID": "A", "Name": "x", "VirtualNetwork": "N", "IPAddress": "10.0.1.9", "State": 2, "Policies": []}]'
READS = (("facts",), ("show", "endpoints"), ("doctor",), ("explain", "--all", "--to", "8.8.8.8"))


@pytest.fixture
def dump(tmp_path: Path) -> Path:
    path = tmp_path / "endpoints.txt"
    path.write_text(ENDPOINTS)
    return path


@pytest.mark.parametrize("verb", READS, ids=lambda verb: verb[0])
def test_every_verb_that_reads_takes_a_file_a_folder_a_zip_and_standard_input(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, dump: Path, verb: tuple[str, ...]
) -> None:
    """With `snapshot:` before it or not; what it was taken for is on stderr."""
    archive = dump.parent / "logs" / "collected.zip"
    archive.parent.mkdir()
    with zipfile.ZipFile(archive, "w") as into:
        into.writestr("a/endpoint.txt", ENDPOINTS)
    for words in (str(dump), f"snapshot:{dump}", str(archive), str(archive.parent), "-"):
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(ENDPOINTS.encode("utf-16"))))
        status, out, err = hnskit(capsys, verb[0], *verb[1:2], words, *verb[2:]) if verb[0] == "show" else hnskit(
            capsys, verb[0], words, *verb[1:])  # fmt: skip
        assert status == 0, (words, err)
        assert "taken for 1 endpoint" in err, words
        assert "10.0.1.9" in out or verb[0] == "doctor", words


def test_a_target_by_itself_is_a_host(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It needs no parameter file; `--set` says how to reach it."""
    monkeypatch.chdir(tmp_path)
    with emulated_host(tmp_path / "state") as overrides:
        target = next(text.partition("=")[2] for text in overrides if text.startswith("target="))
        rest = [text for text in overrides if not text.startswith("target=") and text.startswith("emulator.")]
        status, out, err = hnskit(capsys, "show", "adapters", target, *sets(rest), "--json")
        assert (status, "taken for a host that answers" in err) == (0, True), err
        assert json.loads(out)
        assert hnskit(capsys, "errors", target)[0] == 1
        status, _, err = hnskit(capsys, "facts", target, "--set", "network.prefix=x")
        assert (status, "network" in err) == (2, True)


def test_a_parameter_file_is_known_by_its_suffix_or_its_key_target(tmp_path: Path) -> None:
    """And says of which host it is; it brings its parameters."""
    saved = save_facts(sample_facts.complete(), tmp_path / "host.json")
    for name in ("mine.yaml", "lab2"):
        path = tmp_path / name
        path.write_text(sample_facts.PARAMS.read_text(encoding="utf-8"), encoding="utf-8")
        found = read_input(str(path), (f"target=snapshot:{saved}",))
        assert found.params is not None
        assert found.taken_for == f"the target of the parameter file {path}"
    assert read_input(str(saved)).params is None


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "empty"),
        (b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 9, "no text"),
        (b"nothing of a host\n" * 9, "nothing of"),
        (b"PK\x03\x04 broken", "zip"),
    ],
    ids=["empty", "binary", "foreign", "broken zip"],
)
@pytest.mark.parametrize("verb", ["facts", "doctor"])
def test_what_says_nothing_of_a_host_is_a_sentence(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, verb: str, data: bytes, said: str
) -> None:
    """From standard input; a file is read by the same door."""
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(data)))
    status, out, err = hnskit(capsys, verb, "-")
    assert (status, out) == (3, "")
    assert said in err or "nothing of" in err
    assert len(err.strip().splitlines()) == 1


@pytest.mark.parametrize("words", ["emulator://My Lab", "nothing/there.json", "ftp://host", "winrm://user@host"])
def test_what_is_not_there_or_no_target_is_named(words: str) -> None:
    """Nothing is contacted."""
    with pytest.raises(HnskitError) as refused:
        read_input(words)
    assert refused.value.exit_status in (2, 3)
    assert len(refused.value.paragraph()) < 600


def test_a_table_of_a_dump_is_never_refused_for_what_was_lost(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """One network alone, and a list that breaks off: the table, with the loss beside it."""
    one = tmp_path / "one.json"
    one.write_text('{"ID": "N", "Name": "nat", "Type": "nat", "Subnets": [{"AddressPrefix": "172.17.0.0/16"}]}')
    status, out, err = hnskit(capsys, "show", "networks", str(one))
    assert (status, "nat" in out, "networks: " in err) == (0, True, True)
    cut = tmp_path / "cut.json"
    cut.write_text('[{"ID": "N", "Name": "nat", "Type": "nat", "Subnets": []}, {"ID": "M", "Na')
    status, out, err = hnskit(capsys, "show", "networks", str(cut))
    assert (status, "nat" in out, "cut off" in err) == (0, True, True)


def test_a_hostile_log_does_nothing_to_a_terminal(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Escapes are shown, in what is quoted of it."""
    monkeypatch.setattr(
        "sys.stdin", io.TextIOWrapper(io.BytesIO(b"\x1b[31mfailed\x1b]0;x\x07 Element not found. (0x490)"))
    )
    _, out, err = hnskit(capsys, "errors", "-")
    assert "Element not found" in out
    assert not {"\x1b", "\x07"} & set(out + err)


def test_words_longer_than_a_path_may_be_are_a_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    """Not an error of the operating system."""
    said = hnskit(capsys, "doctor", "x" * 300)
    assert said.status == 2
    assert "OSError" not in said.err


def test_an_empty_argument_is_not_the_working_directory(capsys: pytest.CaptureFixture[str]) -> None:
    """As a shell's unset variable gives it."""
    said = hnskit(capsys, "doctor", "")
    assert said.status == 2
    assert "an empty text names no input" in said.err
