"""A real sshd on loopback, of a test's own: keys and configuration in a folder, no service of the system."""

from __future__ import annotations

import os
import pwd
import shlex
import shutil
import stat
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Self

import pytest

from tests.ports import free_port, is_answered
from tests.waiting import LONG, wait_for

SERVER = shutil.which("sshd") or next((path for path in ("/usr/sbin/sshd",) if Path(path).exists()), "")
CLIENT = shutil.which("ssh")
REQUIRED = bool(os.environ.get("HNSKIT_NEEDS_SSHD"))
"""Set by .ci/run: then a missing sshd is a failure, no skip."""
needs_sshd = pytest.mark.skipif(
    not (SERVER and CLIENT) and not REQUIRED,
    reason="there is no sshd or ssh here (Debian: openssh-server, openssh-client)",
)
_SEPARATION = Path("/run/sshd")
"""sshd as root leaves its privileges in it; a service of the system would have made it."""


class Sshd:
    """It listens as long as the context lasts.

    Args:
        place: an empty folder.
        subsystem: the command of the subsystem `powershell`; "" for none.
        environment: what its sessions get.
    """

    def __init__(self, place: Path, subsystem: str, environment: Mapping[str, str], *, keys: bool = True) -> None:
        self.place = place
        self.user = pwd.getpwuid(os.getuid()).pw_name
        self.port = free_port()
        place.mkdir(parents=True, exist_ok=True)
        for name in ("host_key", "user_key"):
            self.new_key(name)
        (place / "authorized_keys").write_text((place / "user_key.pub").read_text() if keys else "")
        given = " ".join(f'"{name}={value}"' for name, value in environment.items())
        lines = [
            f"Port {self.port}", "ListenAddress 127.0.0.1", f"HostKey {place}/host_key", "PidFile none", "UsePAM no",
            f"AuthorizedKeysFile {place}/authorized_keys", "StrictModes no", "PermitRootLogin yes",
            "KbdInteractiveAuthentication no", "MaxStartups 100", "UseDNS no",
            *([f"SetEnv {given}"] if given else []),
            *([f"Subsystem powershell {subsystem}"] if subsystem else []),
        ]  # fmt: skip
        (place / "sshd_config").write_text("\n".join(lines) + "\n")
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        if os.getuid() == 0:
            _SEPARATION.mkdir(mode=0o755, exist_ok=True)
        log = (self.place / "sshd.log").open("wb")
        self._process = subprocess.Popen(
            [SERVER, "-D", "-e", "-f", str(self.place / "sshd_config")], stdin=subprocess.DEVNULL, stderr=log
        )
        wait_for(lambda: is_answered(self.port), f"sshd does not answer, see {self.place / 'sshd.log'}")
        return self

    def __exit__(self, *_: object) -> None:
        assert self._process is not None
        self._process.terminate()
        self._process.wait(LONG)

    def new_key(self, name: str) -> None:
        """Make a key of this name, in place of another."""
        for path in (self.place / name, self.place / f"{name}.pub"):
            path.unlink(missing_ok=True)
        subprocess.run(
            ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(self.place / name)], check=True, timeout=LONG
        )

    def know_host(self, port: int) -> None:
        """Let the client know the host's key at this port."""
        key = (self.place / "host_key.pub").read_text()
        (self.place / "known_hosts").write_text(f"[127.0.0.1]:{port} {key}")

    def client(self, port: int = 0, lines: str = "") -> Path:
        """A folder with a program `ssh`: the real one, with a configuration of its own in place of the user's."""
        port = port or self.port
        self.know_host(port)
        folder = self.place / "bin"
        folder.mkdir(exist_ok=True)
        config = self.place / "ssh_config"
        config.write_text(
            f"Host lab\n HostName 127.0.0.1\n HostKeyAlias [127.0.0.1]:{port}\n Port {port}\n"
            f"Host *\n User {self.user}\n IdentityFile {self.place}/user_key\n IdentitiesOnly yes\n"
            f" UserKnownHostsFile {self.place}/known_hosts\n GlobalKnownHostsFile none\n{lines}\n"
        )
        program = folder / "ssh"
        program.write_text(f'#!/bin/sh\nexec {shlex.quote(str(CLIENT))} -F {shlex.quote(str(config))} "$@"\n')
        program.chmod(program.stat().st_mode | stat.S_IXUSR)
        return folder
