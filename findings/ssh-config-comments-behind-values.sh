#!/usr/bin/env bash
# 2026-11-28, OpenSSH 9.2p1 (ssh -G), CPython 3.11.7 with paramiko 5.1.0 and asyncssh 2.24.1.
# Guess: paramiko's SSHConfig finds in a user's ssh_config what ssh finds there, comments behind values included; or it raises
# an error, as asyncssh does.
# So it is: ssh takes "HostName web1.example # main office" and "Host web1 # behind jump1" with the comments (its manual names
# only lines of comment). paramiko takes the comment for a part of the value, so that the host's name is "web1.example # main
# office"; and the words behind Host for patterns, so that a lookup of jump1 gives the address and the user of web1.
# It matters to whoever lets ssh make one connection and a library the other: what works in a terminal goes to another machine.
set -euo pipefail
command -v ssh >/dev/null || { echo "this needs ssh"; exit 1; }
place="$(mktemp -d)"
trap 'rm -rf "$place"' EXIT
python3 -m venv "$place/venv"
"$place/venv/bin/pip" --disable-pip-version-check install --quiet paramiko==5.1.0 asyncssh==2.24.1
cat > "$place/config" <<'CONF'
Host web1 # behind jump1
    HostName web1.example # main office
    User alice

Host jump1
    HostName jump1.example

Host *
    User everybody
CONF
cat > "$place/try.py" <<'PY'
import subprocess
import sys

import asyncssh
import paramiko

FILE = sys.argv[1]


def by_ssh(host):
    text = subprocess.run(["ssh", "-F", FILE, "-G", host], capture_output=True, text=True, check=True).stdout
    found = dict(line.partition(" ")[::2] for line in text.splitlines())
    return found["hostname"], found["user"]


def by_paramiko(host):
    found = paramiko.SSHConfig.from_path(FILE).lookup(host)
    return found["hostname"], found["user"]


def by_asyncssh(host):
    try:
        options = asyncssh.SSHClientConnectionOptions(config=FILE, host=host)
    except asyncssh.ConfigParseError as problem:
        return "ConfigParseError", str(problem).partition("line")[2]
    return options.host, options.username


print("paramiko", paramiko.__version__, "asyncssh", asyncssh.__version__)
seen = {}
for host in ("web1", "jump1"):
    for reader in (by_ssh, by_paramiko, by_asyncssh):
        seen[host, reader.__name__] = reader(host)
        print(f"{host}: {reader.__name__.removeprefix('by_'):8} {seen[host, reader.__name__]}")
as_seen = seen["web1", "by_ssh"] == ("web1.example", "alice") and seen["jump1", "by_ssh"] == ("jump1.example", "everybody")
wrong = ("web1.example # main office", "alice")
as_seen = as_seen and seen["web1", "by_paramiko"] == wrong and seen["jump1", "by_paramiko"] == wrong
sys.exit(0 if as_seen and seen["web1", "by_asyncssh"][0] == "ConfigParseError" else "this has changed")
PY
"$place/venv/bin/python" "$place/try.py" "$place/config"
