"""What an operator is told where no session over stdio can be opened: the real culprit, one paragraph, status 3."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from hnskit.errors import CertificateError, ConnectError, HostUnreachableError, LoginRefusedError, ParamsError
from hnskit.params.loading import load_params
from hnskit.remote.stdio import StdioSession
from hnskit.remote.stdio_commands import VARIABLE, local_settings, ssh_settings
from tests.emulator.engines import needs_engine
from tests.remote.sshd import Sshd, needs_sshd
from tests.remote.stdio_lab import shell_program, stdio_host


def refusal(settings: object = None) -> ConnectError:
    """Why a session cannot be opened; the error is one paragraph, and ends a command line with 3."""
    with pytest.raises(ConnectError) as caught:
        StdioSession(settings or ssh_settings("ssh://lab", connect_timeout=5)).open()  # type: ignore[arg-type]
    assert caught.value.exit_status == 3
    assert caught.value.next_step
    assert "\n" not in caught.value.paragraph()
    return caught.value


def script(folder: Path, text: str) -> Path:
    """A program that prints, or does, this."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "program"
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return path


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Sshd]:
    """An sshd without a subsystem, on a machine without pwsh; `ssh` on PATH finds it by the name `lab`."""
    with Sshd(tmp_path / "ssh", "", {}) as made:
        monkeypatch.setenv("PATH", f"{made.client()}{os.pathsep}{os.environ['PATH']}")
        yield made


@needs_sshd
def test_a_host_without_powershell_is_told_how_to_get_one(server: Sshd) -> None:
    """Neither a subsystem nor a program pwsh."""
    error = refusal()
    assert "offers no PowerShell over ssh" in error.message
    assert "Subsystem powershell" in error.next_step


@needs_sshd
def test_a_changed_host_key_is_no_passing_trouble(server: Sshd) -> None:
    """Another host may answer in its place."""
    known = server.place / "known_hosts"
    server.new_key("other")
    known.write_text(f"{known.read_text().split()[0]} {(server.place / 'other.pub').read_text()}")
    error = refusal()
    assert isinstance(error, CertificateError)
    assert "host key of lab is another one" in error.message
    assert "ssh-keygen -R" in error.next_step


@needs_sshd
def test_an_unknown_host_key_is_to_be_looked_at_first(server: Sshd) -> None:
    (server.place / "known_hosts").write_text("")
    error = refusal()
    assert isinstance(error, CertificateError)
    assert "does not know the host key" in error.message


@needs_sshd
def test_a_login_that_wants_a_password_is_refused_at_once(server: Sshd) -> None:
    """There is no terminal to ask at."""
    (server.place / "authorized_keys").write_text("")
    error = refusal()
    assert isinstance(error, LoginRefusedError)
    assert "Permission denied" in error.message
    assert "ssh-add" in error.next_step


@needs_sshd
def test_a_port_where_no_sshd_is(server: Sshd) -> None:
    error = refusal(ssh_settings("ssh://127.0.0.1:1", connect_timeout=5))
    assert isinstance(error, HostUnreachableError)
    assert "Connection refused" in error.message


@needs_sshd
def test_a_revoked_host_key_is_not_to_be_accepted(server: Sshd) -> None:
    known = server.place / "known_hosts"
    known.write_text(f"@revoked {known.read_text()}")
    error = refusal()
    assert isinstance(error, CertificateError)
    assert "revoked" in error.message
    assert "Do not connect" in error.next_step


@needs_sshd
def test_a_changed_host_key_is_named_by_its_line(server: Sshd) -> None:
    """An alias of ssh_config is not the name under which it is known."""
    server.new_key("host_key")
    known = server.place / "known_hosts"
    known.write_text(f"{known.read_text().rpartition(' ')[0]} {(server.place / 'host_key.pub').read_text().split()[1]}")
    assert f"line 1 of {known}" in refusal().next_step


@needs_sshd
def test_what_closes_a_jump_host_is_told(server: Sshd) -> None:
    """ssh's last line is only that it was closed."""
    # By a shell of its own, which keeps the way open until this is said: `exec` would let it go first.
    server.client(lines=" ProxyCommand sh -c 'echo no way there >&2'")
    error = refusal()
    assert isinstance(error, HostUnreachableError)
    assert "no way there" in error.message
    assert "ProxyJump" in error.next_step


@needs_sshd
def test_a_subsystem_of_ones_own_that_is_not_there_is_named(server: Sshd) -> None:
    error = refusal(ssh_settings("ssh://lab", configuration="hnskit", connect_timeout=5))
    assert "no subsystem hnskit" in error.message
    assert "connection.configuration" in error.next_step


@needs_sshd
def test_a_remote_command_of_the_configuration_is_for_terminals(server: Sshd) -> None:
    """A host that is there to have `tmux` started is reached all the same."""
    server.client(lines=" RemoteCommand tmux")
    assert "offers no PowerShell over ssh" in refusal().message


@needs_sshd
def test_a_name_that_nobody_knows(server: Sshd) -> None:
    error = refusal(ssh_settings("ssh://no-such-host.invalid", connect_timeout=5))
    assert isinstance(error, HostUnreachableError)
    assert "no-such-host.invalid" in error.message


def test_a_machine_without_ssh(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ConnectError, match="no ssh program") as caught:
        ssh_settings("ssh://lab")
    assert "OpenSSH" in caught.value.next_step


def test_a_machine_without_powershell(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv(VARIABLE, raising=False)
    with pytest.raises(ConnectError, match="no pwsh on PATH") as caught:
        local_settings()
    assert VARIABLE in caught.value.next_step


@pytest.mark.parametrize(
    ("does", "said"),
    [
        ("echo Welcome to the machine", "printed 'Welcome to the machine'"),
        ("echo broken >&2; exit 3", "broken"),
        ("exec sleep 60", "no session was open after 1 s"),
        ("yes banner", "not PSRP"),
        ("cat /dev/zero", "not PSRP"),
        ("echo \"<DataAck PSGuid='00000000-0000-0000-0000-000000000000' />\"; exec sleep 60", "no session was open"),
        ('echo "__NamedPipeError__: it is not allowed here"; exec sleep 60', "it is not allowed here"),
    ],
)
def test_a_program_that_is_no_powershell_is_quoted(
    does: str, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever it does, it is waited for no longer than the limit says."""
    monkeypatch.setenv(VARIABLE, str(script(tmp_path, does)))
    error = refusal(replace(local_settings(), start_timeout=1.0))
    assert said in error.message
    assert "Run by hand" in error.next_step
    assert len(error.message) < 2000


@needs_sshd
def test_a_subsystem_that_ends_is_what_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not the command that would be tried where there is no subsystem; sshd keeps the words of a subsystem's errors."""
    with Sshd(tmp_path / "ssh", str(script(tmp_path / "ends", "echo broken >&2; exit 3")), {}) as server:
        monkeypatch.setenv("PATH", f"{server.client()}{os.pathsep}{os.environ['PATH']}")
        error = refusal()
    assert "it ended before a session was open, with status 3" in error.message
    assert error.next_step.endswith("-s -- lab powershell")


@needs_engine
def test_a_banner_before_the_first_words_does_no_harm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """sshd's AutoRun, a message of the day, a profile that greets."""
    with stdio_host(tmp_path / "state") as host:
        shell = shell_program(host, tmp_path / "shell")
        program = script(tmp_path / "greets", f"echo Welcome; echo; echo '<b>to the host</b>'; exec {shell}")
        monkeypatch.setenv(VARIABLE, str(program))
        with StdioSession(local_settings()) as session:
            records = list(session.invoke("Invoke-HnskitCall", {"Call": ['{"id":"a","command":"x","parameters":{}}']}))
    assert re.search("Hnskit.UnknownCommand", records[0])


@pytest.mark.parametrize(
    "target",
    [
        "ssh://", "ssh://host:0", "ssh://host:70000", "ssh://a b", "ssh://-oProxyCommand=touch/x", "ssh://user@",
        "ssh://-l@host", "ssh://host/path", "ssh://us er@host", "local:x",
    ],
)  # fmt: skip
def test_a_target_of_the_wrong_form_is_refused_before_any_contact(target: str) -> None:
    """No part of it can be an option of ssh."""
    with pytest.raises(ParamsError) as caught:
        load_params("params/emulator.yaml", overrides=[f"target='{target}'"])
    assert caught.value.exit_status == 2


@pytest.mark.parametrize("spelt", ["local", "local:", "'local:'"])
def test_this_machine_may_be_spelt_with_a_colon(spelt: str) -> None:
    """To YAML an unquoted `local:` is a mapping."""
    assert load_params("params/emulator.yaml", overrides=[f"target={spelt}"]).target == "local"


def test_what_ssh_is_given_is_the_host_and_no_option() -> None:
    (first, second) = ssh_settings("ssh://admin@lab:2222").commands
    assert first[first.index("--") :] == ("--", "lab", "powershell")
    assert second[second.index("--") :] == ("--", "lab", "pwsh", "-sshs", "-NoLogo", "-NoProfile")
    assert [first[first.index(option) + 1] for option in ("-p", "-l")] == ["2222", "admin"]
