"""One worker a host."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from hnskit import busy
from hnskit.applying.writer import apply, destroy
from hnskit.emulator.host import create_host
from hnskit.errors import BusyError, HnskitError
from hnskit.statedir import STATE_VARIABLE
from tests.hosts import desired
from tests.lab import HereSession

TARGET = "emulator://lab"


@pytest.fixture(autouse=True)
def _nobody(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody is at work yet."""
    monkeypatch.setenv(STATE_VARIABLE, str(tmp_path / "state"))


def elsewhere(program: str) -> str:
    """What another process prints."""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    return done.stdout + done.stderr


def claims(run_dir: str = "None") -> str:
    """A program that claims the host, and says who is in its way."""
    return (
        "from pathlib import Path; from hnskit import busy, errors\n"
        f"try:\n  with busy.claim({TARGET!r}, {run_dir}): print('held')\n"
        "except errors.BusyError as error: print(error.paragraph())"
    )


def test_another_process_is_refused_and_told_who_is_at_work(tmp_path: Path) -> None:
    """From whatever folder it comes, nothing is changed by it, and it knows what to do."""
    with busy.claim(TARGET, tmp_path / "run"):
        said = elsewhere(claims())
    assert "another run is at work on it since" in said
    assert f"process {os.getpid()}, {tmp_path / 'run'}" in said
    assert "nothing was changed" in said
    assert "Wait for its end" in said
    assert busy.at_work(TARGET) is None
    assert elsewhere(claims()) == "held\n"


def test_a_notebook_of_the_same_run_goes_on(tmp_path: Path) -> None:
    """The runner holds the claim, its kernel does the work."""
    with busy.claim(TARGET, tmp_path / "run"):
        assert elsewhere(claims(f"Path({str(tmp_path / 'run')!r})")) == "held\n"


def test_who_holds_the_claim_may_go_on_and_another_thread_may_not() -> None:
    """A command claims the host, and what it calls claims it again; two threads of a script are two workers."""
    caught: list[BusyError] = []

    def other() -> None:
        try:
            with busy.claim(TARGET):
                pass
        except BusyError as error:
            caught.append(error)

    with busy.claim(TARGET), busy.claim(TARGET):
        thread = threading.Thread(target=other)
        thread.start()
        thread.join()
    assert caught[0].exit_status == 4


def test_other_hosts_are_other_claims() -> None:
    """Two hosts can be worked on at once; one by another spelling of its name is the same."""
    with busy.claim("winrm://HOST:5985"), busy.claim("emulator://other"):
        assert busy.at_work("emulator://third") is None
        assert busy.at_work("winrm://host:5985") is not None


def test_a_worker_that_was_killed_holds_nothing(tmp_path: Path) -> None:
    """Whatever it left behind."""
    program = (
        "import os; from hnskit import busy\n"
        f"claim = busy.claim({TARGET!r}); claim.__enter__(); print('held', flush=True)\n"
        "os._exit(9)"
    )
    assert elsewhere(program) == "held\n"
    assert list((tmp_path / "state").glob("busy/*.json"))
    assert busy.at_work(TARGET) is None
    with busy.claim(TARGET):
        pass


@pytest.mark.parametrize("change", [apply, destroy])
def test_a_script_that_calls_the_library_is_a_worker_as_well(change: Callable[..., Any]) -> None:
    """`apply` and `destroy` refuse while somebody else is at work, and send nothing."""
    host = create_host("lab")
    session = HereSession(host)
    before = host.snapshot()
    program = f"from hnskit import busy\nwith busy.claim({session.target!r}): print(flush=True); input()"
    holder = subprocess.Popen([sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        assert holder.stdout is not None
        holder.stdout.readline()
        with pytest.raises(BusyError, match=f"process {holder.pid}"):
            change(session, desired())
    finally:
        holder.communicate("\n", timeout=10)
    assert host.snapshot().networks == before.networks


def test_a_state_directory_that_cannot_be_written_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It names the variable that leads elsewhere, and nothing was changed."""
    (tmp_path / "file").write_text("")
    monkeypatch.setenv(STATE_VARIABLE, str(tmp_path / "file" / "below"))
    with pytest.raises(HnskitError, match="cannot be made sure") as caught, busy.claim(TARGET):
        pass
    assert STATE_VARIABLE in caught.value.paragraph()
