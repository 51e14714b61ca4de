"""Another user of this machine: a folder above mine, a prepared state directory, a link in the place of a file."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from hnskit.applying import host_lock
from hnskit.errors import FileError, HnskitError
from hnskit.local import project
from hnskit.local.ownership import TRUSTED_VARIABLE, require_ours, why_not_ours
from hnskit.local.private_files import private_directory
from hnskit.local.state_dir import STATE_VARIABLE

SOMEBODY = 12_345
pytestmark = pytest.mark.skipif(os.name != "posix", reason="on Windows the rights of the profile do this")
as_root = pytest.mark.skipif(os.name != "posix" or os.geteuid() != 0, reason="only root can give a file away")


@as_root
def test_a_project_of_another_user_above_is_refused_and_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As git refuses a repository; the next step says how to allow it."""
    for name in ("notebooks", "params"):
        (tmp_path / "theirs" / name).mkdir(parents=True)
    mine = tmp_path / "theirs" / "mine"
    mine.mkdir()
    monkeypatch.chdir(mine)
    assert project.project_root() == tmp_path / "theirs"
    os.chown(tmp_path / "theirs", SOMEBODY, SOMEBODY)
    with pytest.raises(FileError, match=f"user {SOMEBODY}") as caught:
        project.default_runs()
    assert caught.value.object == str(tmp_path / "theirs")
    assert TRUSTED_VARIABLE in caught.value.next_step
    monkeypatch.setenv(TRUSTED_VARIABLE, str(tmp_path))
    assert project.project_root() == tmp_path / "theirs"


@as_root
@pytest.mark.parametrize("name", ["notebooks", "params"])
def test_so_are_its_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    for one in ("notebooks", "params"):
        (tmp_path / one).mkdir()
    os.chown(tmp_path / name, SOMEBODY, SOMEBODY)
    monkeypatch.chdir(tmp_path)
    with pytest.raises(FileError, match="not obeyed"):
        project.project_root()


def test_a_folder_that_everybody_can_write_to_is_nobodys(tmp_path: Path) -> None:
    tmp_path.chmod(0o777)
    assert why_not_ours(tmp_path) == "everybody can write to it"
    tmp_path.chmod(0o1777)
    assert why_not_ours(tmp_path) == ""
    tmp_path.chmod(0o755)


def test_a_link_in_the_place_of_a_claim_is_not_written_through(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """busy/HASH.json leads to a file of mine: it is as it was, and the link is gone."""
    monkeypatch.setenv(STATE_VARIABLE, str(tmp_path / "state"))
    lock, who = host_lock._files("winrm://host")
    who.parent.mkdir(parents=True)
    precious = tmp_path / "precious"
    precious.write_text("mine")
    who.symlink_to(precious)
    with host_lock.claim("winrm://host"):
        assert precious.read_text() == "mine"
        assert not who.is_symlink()
    lock.unlink()
    lock.symlink_to(precious)
    with pytest.raises(HnskitError, match="link"), host_lock.claim("winrm://host"):
        pass
    assert precious.read_text() == "mine"


@as_root
def test_a_state_directory_that_somebody_else_prepared_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    state = tmp_path / "state"
    state.mkdir()
    os.chown(state, SOMEBODY, SOMEBODY)
    monkeypatch.setenv(STATE_VARIABLE, str(state))
    with pytest.raises(FileError, match="not obeyed"), host_lock.claim("winrm://host"):
        pass
    with pytest.raises(FileError, match="not obeyed"):
        private_directory(state)


def test_a_link_is_no_place_for_private_files(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(FileError, match="it is a link"):
        require_ours(tmp_path / "link", follow=False)


def test_a_module_planted_in_a_hosts_folder_is_not_run(tmp_path: Path) -> None:
    """The process of an emulated host starts there."""
    state = tmp_path / "state"
    place = state / "emulator" / "planted"
    for folder in (place, state / "emulators" / "planted", state / "hosts" / "planted"):
        folder.mkdir(parents=True)
        (folder / "psrpcore.py").write_text(f"open({str(tmp_path / 'ran')!r}, 'w')\nraise SystemExit(7)\n")
    program = "from hnskit.emulator import registry\nregistry.start('planted', options={'cut_seconds': 0})\n"
    program += "print(registry.find('planted').name)\nregistry.stop('planted')\n"
    done = subprocess.run(
        [sys.executable, "-P", "-c", program], env={**os.environ, STATE_VARIABLE: str(state)}, capture_output=True,
        text=True, check=False,
    )  # fmt: skip
    assert done.stdout.strip() == "planted", done.stderr
    assert not (tmp_path / "ran").exists()
