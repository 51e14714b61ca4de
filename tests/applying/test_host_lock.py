"""One worker a host."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from hnskit.applying import host_lock
from hnskit.applying.api import apply, destroy
from hnskit.emulator.host import create_host
from hnskit.errors import BusyError, HnskitError
from hnskit.local.private_files import write_private
from hnskit.local.state_dir import STATE_VARIABLE
from tests.in_process_host import HereSession
from tests.lock_holder import lock_holder
from tests.sample_facts import desired

TARGET = "emulator://lab"


@pytest.fixture(autouse=True)
def _nobody(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody is at work yet."""
    monkeypatch.setenv(STATE_VARIABLE, str(tmp_path / "state"))


def elsewhere(program: str, environment: Mapping[str, str] | None = None) -> str:
    """What another process prints."""
    given = {**os.environ, **(environment or {})}
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False, env=given)
    return done.stdout + done.stderr


def claims(run_dir: Path | None = None, kind: str = host_lock.SCRIPT) -> str:
    """A program that claims the host, and says who is in its way."""
    place = f"Path({str(run_dir)!r})" if run_dir else None
    return (
        "from pathlib import Path; from hnskit import errors; from hnskit.applying import host_lock\n"
        f"try:\n  with host_lock.claim({TARGET!r}, {place}, {kind!r}): print('held')\n"
        "except errors.BusyError as error: print(error.paragraph())"
    )


def test_another_process_is_refused_and_told_who_is_at_work(tmp_path: Path) -> None:
    """From whatever folder it comes, nothing is changed by it, and it knows what to do."""
    with host_lock.claim(TARGET, tmp_path / "run", host_lock.RUN):
        said = elsewhere(claims())
    assert "another run is at work on it since" in said
    assert f"process {os.getpid()}, {tmp_path / 'run'}" in said
    assert "nothing was changed" in said
    assert "Wait for its end" in said
    assert host_lock.holder_of(TARGET) is None
    assert elsewhere(claims()) == "held\n"


def test_a_notebook_of_the_run_goes_on_and_another_run_does_not(tmp_path: Path) -> None:
    """The runner holds the claim, its kernel does the work: it has the token, while the run folder is not a secret."""
    with host_lock.claim(TARGET, tmp_path / "run", host_lock.RUN) as held:
        assert elsewhere(claims(tmp_path / "run", host_lock.NOTEBOOK), held.environment) == "held\n"
        assert "another run is at work" in elsewhere(claims(tmp_path / "run", host_lock.NOTEBOOK))
        assert "another run is at work" in elsewhere(claims(tmp_path / "run", host_lock.RUN), held.environment)
        assert not set(held.environment) & set(os.environ)
    with host_lock.claim(TARGET, tmp_path / "run", host_lock.RUN):
        assert "another run is at work" in elsewhere(claims(tmp_path / "run"), held.environment), "a token of before"


def test_who_works_for_another_does_not_say_where_that_is_to_be_seen(tmp_path: Path) -> None:
    """A command that a notebook of the run calls has a folder of its own."""
    program = (
        "from pathlib import Path; from hnskit.applying import host_lock\n"
        f"with host_lock.claim({TARGET!r}, kind=host_lock.COMMAND) as held: held.is_kept_in(Path('elsewhere'))"
    )
    with host_lock.claim(TARGET, kind=host_lock.RUN) as held:
        held.is_kept_in(tmp_path / "run")
        assert elsewhere(program, held.environment) == ""
        worker = host_lock.holder_of(TARGET)
    assert worker is not None
    assert (worker.run_dir, worker.kind) == (str(tmp_path / "run"), host_lock.RUN)


@pytest.mark.parametrize(
    ("kind", "said"),
    [(host_lock.COMMAND, "another command"), (host_lock.NOTEBOOK, "a notebook"), (host_lock.SCRIPT, "another script")],
)
def test_it_says_what_kind_of_work_it_is(kind: str, said: str) -> None:
    """Only a run has a log to follow; the token is in nothing that is printed."""
    with host_lock.claim(TARGET, kind=kind) as held:
        worker = host_lock.holder_of(TARGET)
    assert worker is not None
    assert worker.kind == kind
    assert worker.sentence().startswith(f"{said} is at work on it since")
    assert held.environment[host_lock.CLAIM_VARIABLE] not in repr(worker) + worker.sentence()


def test_a_lock_without_a_word_of_whose_it_is_counts(tmp_path: Path) -> None:
    """It is just being written down, or was by another version."""
    with host_lock.claim(TARGET):
        next((tmp_path / "state" / "busy").glob("*.json")).write_text("{")
        worker = host_lock.holder_of(TARGET)
        assert worker is not None
        assert worker.sentence() == "something else is at work on it"
        assert "something else is at work on it; nothing was changed" in elsewhere(claims())


def test_what_windows_refuses_while_somebody_reads_is_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """There a file that is open for reading can be neither replaced nor taken away."""
    refusals = [PermissionError("is being used by another process")] * 3

    def write(path: Path, text: str) -> None:
        if refusals:
            raise refusals.pop()
        write_private(path, text)

    monkeypatch.setattr(host_lock, "write_private", write)
    with host_lock.claim(TARGET, kind=host_lock.COMMAND):
        worker = host_lock.holder_of(TARGET)
    assert worker is not None
    assert worker.kind == host_lock.COMMAND


def test_a_full_disk_is_said_and_leaves_the_host_free(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the file nobody could be told, and the run's own notebooks would be refused."""

    def full(path: Path, text: str) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(host_lock, "write_private", full)
    with (
        pytest.raises(HnskitError, match="cannot take the host lock: No space left on device"),
        host_lock.claim(TARGET),
    ):
        pass
    assert elsewhere(claims()) == "held\n"


def test_what_cannot_be_taken_away_at_the_end_is_no_error(tmp_path: Path) -> None:
    """The work is done; the lock says that nobody is at work."""
    with host_lock.claim(TARGET):
        who = next((tmp_path / "state" / "busy").glob("*.json"))
        who.unlink()
        who.mkdir()  # a file that cannot be unlinked
    assert host_lock.holder_of(TARGET) is None


def test_who_holds_the_claim_may_go_on_and_another_thread_may_not() -> None:
    """A command claims the host, and what it calls claims it again; two threads of a script are two workers."""
    caught: list[BusyError] = []

    def other() -> None:
        try:
            with host_lock.claim(TARGET):
                pass
        except BusyError as error:
            caught.append(error)

    with host_lock.claim(TARGET), host_lock.claim(TARGET):
        thread = threading.Thread(target=other)
        thread.start()
        thread.join()
    assert caught[0].exit_status == 4


def test_other_hosts_are_other_claims() -> None:
    """Two hosts can be worked on at once; one by another spelling of its name is the same."""
    with host_lock.claim("winrm://HOST:5985"), host_lock.claim("emulator://other"):
        assert host_lock.holder_of("emulator://third") is None
        for spelling in ("winrm://host:5985", "winrm://host", "winrm://Host:5986"):
            assert host_lock.holder_of(spelling) is not None
        assert host_lock.holder_of("winrm://host:8443") is None


def test_a_worker_that_was_killed_holds_nothing(tmp_path: Path) -> None:
    """Whatever it left behind."""
    program = (
        "import os; from hnskit.applying import host_lock\n"
        f"claim = host_lock.claim({TARGET!r}); claim.__enter__(); print('held', flush=True)\n"
        "os._exit(9)"
    )
    assert elsewhere(program) == "held\n"
    assert list((tmp_path / "state").glob("busy/*.json"))
    assert host_lock.holder_of(TARGET) is None
    with host_lock.claim(TARGET):
        pass


@pytest.mark.parametrize("change", [apply, destroy])
def test_a_script_that_calls_the_library_is_a_worker_as_well(change: Callable[..., Any]) -> None:
    """`apply` and `destroy` refuse while somebody else is at work, and send nothing."""
    host = create_host("lab")
    session = HereSession(host)
    before = host.snapshot()
    with lock_holder(session.target) as pid, pytest.raises(BusyError, match=f"process {pid}"):
        change(session, desired())
    assert host.snapshot().networks == before.networks


def test_a_state_directory_that_cannot_be_written_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It names the variable that leads elsewhere, and nothing was changed."""
    (tmp_path / "file").write_text("")
    monkeypatch.setenv(STATE_VARIABLE, str(tmp_path / "file" / "below"))
    with pytest.raises(HnskitError, match="cannot take the host lock") as caught, host_lock.claim(TARGET):
        pass
    assert STATE_VARIABLE in caught.value.paragraph()


def test_somebody_else_is_neither_the_caller_nor_its_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who only asks is told of another process, and not of the claim that it holds or was handed."""
    look = f"from hnskit.applying import host_lock; print(host_lock.other_holder({TARGET!r}))"
    with host_lock.claim(TARGET, tmp_path / "run", host_lock.RUN) as held:
        assert host_lock.other_holder(TARGET) is None
        assert f"pid={os.getpid()}" in elsewhere(look)
        for name, value in held.environment.items():
            monkeypatch.setenv(name, value)
        assert elsewhere(look) == "None\n"
