"""The standard streams of a command: closed, full, or no terminal."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from hnskit.facts.snapshot import save_facts
from tests import sample_facts
from tests.host_process import emulated_host
from tests.terminal import hnskit

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="a shell of POSIX closes and fills the streams")
FULL = Path("/dev/full")


def in_shell(words: str, *programs: str) -> subprocess.CompletedProcess[str]:
    """A line of a shell; `$1` and on are the programs' own words."""
    return subprocess.run(["sh", "-c", words, "sh", *programs], capture_output=True, text=True, check=False)


@pytest.mark.skipif(not FULL.exists(), reason="no device that is full")
@pytest.mark.parametrize("option", ["", "--json"])
def test_an_output_that_cannot_be_written_is_a_sentence_and_status_1(option: str, tmp_path: Path) -> None:
    saved = str(save_facts(sample_facts.complete(), tmp_path / "host.json"))
    ended = in_shell(f'"$1" -m hnskit facts "$2" {option} > {FULL}', sys.executable, saved)
    assert ended.returncode == 1
    assert ended.stderr.splitlines()[-1].startswith(
        "A file or the output could not be written: No space left on device."
    )
    assert "Traceback" not in ended.stderr


def test_a_closed_standard_input_is_an_empty_one() -> None:
    ended = in_shell('"$1" -m hnskit facts - <&-', sys.executable)
    assert (ended.returncode, ended.stdout) == (3, "")
    assert ended.stderr.startswith("snapshot standard input: there is nothing of HNS in it.")


def test_closed_streams_are_the_null_device_for_what_is_started_too() -> None:
    """A kernel does not start without them, and a socket with the number 2 would get its errors."""
    inner = "import os; [os.fstat(number) for number in (0, 1, 2)]"
    outer = (
        "import subprocess, sys; from hnskit.commands import cli; cli._open_standard_streams();"
        f"sys.exit(subprocess.call([sys.executable, '-c', {inner!r}]))"
    )
    assert in_shell('"$1" -c "$2" <&- >&- 2>&-', sys.executable, outer).returncode == 0


def test_docker_on_an_emulated_host_ends_with_docker_s_own_status(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    with emulated_host(tmp_path / "state") as overrides:
        name = overrides[0].rpartition("/")[2]
        assert hnskit(capsys, "emulator", "start", name).status == 0
        assert hnskit(capsys, "emulator", "docker", name, "ps", "-q").status == 0
        refused = hnskit(capsys, "emulator", "docker", name, "ps", "--jsno")
        assert (refused.status, "unknown flag" in refused.err) == (125, True)
