"""Ansible's psrp connection, run in an environment of its own: test_ansible_client.py.

It reads where the host is from standard input and prints what it saw, as JSON.
"""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any


def main() -> None:
    """Do what `cases` names, one thing after the other; what fails is in place of its result."""
    where = json.load(sys.stdin)
    done: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as place:
        os.environ |= {"ANSIBLE_LOCAL_TEMP": place, "ANSIBLE_HOME": place, "ANSIBLE_LOCALHOST_WARNING": "0"}
        for name in where["cases"]:
            try:
                done[name] = CASES[name](where, Path(place))
            except Exception as problem:
                done[name] = f"{type(problem).__name__}: {problem}"
    sys.stdout.write(json.dumps(done))


def connection(where: dict[str, Any], auth: str = "negotiate", **changes: Any) -> Any:
    """The plug-in, connected to the host."""
    from ansible.playbook.play_context import PlayContext  # type: ignore[import-not-found]
    from ansible.plugins.loader import connection_loader  # type: ignore[import-not-found]

    tls = auth in ("basic", "certificate")
    values = {
        "ansible_host": "127.0.0.1",
        "ansible_port": where["https" if tls else "http"],
        "ansible_user": where["username"],
        "ansible_password": where["password"],
        "ansible_psrp_protocol": "https" if tls else "http",
        "ansible_psrp_auth": auth,
        "ansible_psrp_ca_cert": where["ca"],
        "ansible_psrp_operation_timeout": 15,
        "ansible_psrp_read_timeout": 30,
        "ansible_psrp_ignore_proxy": True,
        **changes,
    }
    play = PlayContext()
    play.remote_addr = "127.0.0.1"
    plugin = connection_loader.get("psrp", play, "/dev/null")
    plugin.set_options(var_options=values, direct={"remote_addr": "127.0.0.1"})
    return plugin


def raw(where: dict[str, Any], place: Path, auth: str = "negotiate", **changes: Any) -> Any:
    """A command, its exit status and what it printed."""
    del place
    plugin = connection(where, auth, **changes)
    try:
        status, output, _ = plugin.exec_command("hostname; exit 3", sudoable=False)
        return [status, output.decode().strip()]
    finally:
        plugin.close()


def certificate(where: dict[str, Any], place: Path) -> Any:
    """Log in with a client certificate."""
    files = {"ansible_psrp_certificate_pem": where["client"], "ansible_psrp_certificate_key_pem": where["client"]}
    return raw(where, place, "certificate", **files)


def several(where: dict[str, Any], place: Path) -> Any:
    """Commands one after the other: before the next one, the plug-in closes the last."""
    del place
    plugin = connection(where)
    try:
        return [
            plugin.exec_command(f"'{word}'", sudoable=False)[1].decode().strip() for word in ("one", "two", "three")
        ]
    finally:
        plugin.close()


def files(where: dict[str, Any], place: Path) -> Any:
    """A file there and back: whether it is the same there, how many bytes came back, whether they are its first."""
    sent, back = place / "sent", place / "back"
    sent.write_bytes(bytes(range(256)) * 2048)
    plugin = connection(where)

    def say(text: str) -> str:
        said: str = plugin.exec_command(text, sudoable=False)[1].decode().strip()
        return said

    try:
        target = say("[IO.Path]::GetTempPath() + 'from-ansible'")
        plugin.put_file(str(sent), target)
        digest = say(
            "[BitConverter]::ToString([Security.Cryptography.SHA256]::Create().ComputeHash("
            f"[IO.File]::ReadAllBytes('{target}')))"
        )
        plugin.fetch_file(target, str(back))
        say(f"Remove-Item '{target}'")
    finally:
        plugin.close()
    arrived = digest.replace("-", "").lower() == hashlib.sha256(sent.read_bytes()).hexdigest()
    return [arrived, back.stat().st_size, sent.read_bytes().startswith(back.read_bytes())]


def script(where: dict[str, Any], place: Path) -> Any:
    """`ansible -m script`: put, run, remove."""
    (place / "hello.ps1").write_text('param($Name)\n"hello $Name from $(hostname)"\n')
    inventory = place / "inventory.json"
    names = {
        "ansible_connection": "psrp",
        "ansible_shell_type": "powershell",
        "ansible_host": "127.0.0.1",
        "ansible_port": where["http"],
        "ansible_user": where["username"],
        "ansible_password": where["password"],
        "ansible_psrp_protocol": "http",
        "ansible_psrp_auth": "negotiate",
        "ansible_psrp_ignore_proxy": True,
    }
    inventory.write_text(json.dumps({"all": {"hosts": {"lab": names}}}))
    program = Path(sys.executable).with_name("ansible")
    command = [
        sys.executable,
        str(program),
        "lab",
        "-i",
        str(inventory),
        "-m",
        "script",
        "-a",
        f"{place}/hello.ps1 you",
    ]
    ran = subprocess.run(command, capture_output=True, text=True, check=False, timeout=110)
    return [ran.returncode, ran.stdout + ran.stderr]


CASES = {
    "raw negotiate": raw,
    "raw basic": lambda where, place: raw(where, place, "basic"),
    "raw ntlm": lambda where, place: raw(where, place, "ntlm"),
    "raw certificate": certificate,
    "wrong password": lambda where, place: raw(where, place, ansible_password="wrong"),
    "several": several,
    "files": files,
    "script": script,
}


if __name__ == "__main__":
    main()
