"""The one line of each shell, as docs/command-line.md has it."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from hnskit.emulator.engines.pwsh.locate import find_engine
from tests.emulator.engines import needs_engine

ROOT = Path(__file__).parents[2]
LINES = (ROOT / "docs" / "command-line.md").read_text()
VARIABLE = "_HNSKIT_COMPLETE"


def run(command: list[str], state: Path, **more: str) -> str:
    """Run a program with hnskit on its PATH, in the project's folder; what it printed."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    environment = {
        **os.environ,
        "PATH": path,
        "HNSKIT_STATE_DIR": str(state),
        "POWERSHELL_TELEMETRY_OPTOUT": "1",
        **more,
    }
    ended = subprocess.run(command, capture_output=True, text=True, check=True, env=environment, cwd=ROOT)
    return ended.stdout


def line_of(shell: str) -> str:
    """The documented line of a shell, without its comment."""
    (found,) = re.findall(rf"^    (.*?{VARIABLE}='?{shell}_source.*?)\s+# ", LINES, re.MULTILINE)
    return str(found)


@pytest.mark.skipif(shutil.which("bash") is None, reason="there is no bash here")
def test_bash_completes_after_its_line(tmp_path: Path) -> None:
    asks = "COMP_WORDS=(hnskit show end) COMP_CWORD=2; _hnskit_completion hnskit; echo ${COMPREPLY[@]}"
    assert run(["bash", "--norc", "-c", f"{line_of('bash')}\n{asks}"], tmp_path).split() == ["endpoints"]


@pytest.mark.skipif(shutil.which("bash") is None, reason="there is no bash here")
@pytest.mark.parametrize(("typed", "found"), [("emu", ["emulator://lab"]), ("''", [])])
def test_bash_completes_a_target_where_a_file_may_stand_and_leaves_an_empty_word_to_files(
    typed: str, found: list[str], tmp_path: Path
) -> None:
    host = tmp_path / "emulators" / "lab" / "host.json"
    host.parent.mkdir(parents=True)
    host.write_text("{}")
    asks = f"COMP_WORDS=(hnskit plan {typed}) COMP_CWORD=2; _hnskit_completion hnskit; echo ${{COMPREPLY[@]}}"
    assert run(["bash", "--norc", "-c", f"{line_of('bash')}\n{asks}"], tmp_path).split() == found


@pytest.mark.parametrize("shell", ["zsh", "fish"])
def test_the_line_of_a_shell_gives_its_script_and_the_script_s_question_is_answered(shell: str, tmp_path: Path) -> None:
    assert f"{VARIABLE}={shell}_source hnskit" in line_of(shell)
    assert f"{shell}_complete" in run(["hnskit"], tmp_path, **{VARIABLE: f"{shell}_source"})
    words: Mapping[str, str] = {"COMP_WORDS": "hnskit show end", "COMP_CWORD": "2" if shell == "zsh" else "end"}
    assert "endpoints" in run(["hnskit"], tmp_path, **{VARIABLE: f"{shell}_complete"}, **words)


@needs_engine
@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("hnskit show end", ["endpoints"]),
        ("hnskit run --on", ["--only"]),
        ("hnskit run --only 4", ["40_proxy_policy"]),
        ("hnskit emulator fault lab wif", ["wifi"]),
        ("hnskit apply --set image.p", ["image.pull="]),
        ("hnskit apply params/em", ["params/emulator.yaml"]),
        ("hnskit nothing-of-it x", []),
    ],
)
def test_powershell_completes_after_its_line(typed: str, found: list[str], tmp_path: Path) -> None:
    script = tmp_path / "asks.ps1"
    script.write_text(
        f"{line_of('powershell')}\n$found = [System.Management.Automation.CommandCompletion]::CompleteInput("
        f"'{typed}', {len(typed)}, $null)\n$found.CompletionMatches | ForEach-Object {{ $_.CompletionText }}\n"
    )
    lines = run([str(find_engine()), "-File", str(script)], tmp_path / "state").splitlines()
    assert sorted(line.removeprefix("./") for line in lines) == sorted(found)
