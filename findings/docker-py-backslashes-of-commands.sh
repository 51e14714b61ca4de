#!/usr/bin/env bash
# 2026-11-28, CPython 3.11.7 with docker 7.2.0 (the Docker SDK for Python).
# Guess: a command that is given as one text reaches a Windows container as it is (`docker run IMAGE cmd /c dir C:\Users` works in
# each shell of Windows), or is split as Windows splits it.
# So it is: it is split by the rules of a POSIX shell, whatever the daemon's OS: backslashes outside of quotes are taken away.
# `cmd /c dir C:\Users` asks for C:Users (which is a path, relative to the drive's folder), \\server\share becomes \servershare, and
# an entrypoint C:\app\start.cmd becomes C:appstart.cmd. The container is created, and fails or lists another folder. Inside
# double quotes most backslashes stay, so that half of the commands work. A healthcheck's text is not touched; nor are lists.
# It matters to a tool that starts Windows containers or runs commands in them: always give lists.
set -euo pipefail
place="$(mktemp -d)"
trap 'rm -rf "$place"' EXIT
python3 -m venv "$place/venv"
"$place/venv/bin/pip" --disable-pip-version-check install --quiet docker==7.2.0
cat > "$place/try.py" <<'PY'
import sys

import docker
from docker.types import ContainerConfig

print("docker", docker.__version__)


def sent(command=None, **more):
    """What is posted to /containers/create."""
    return ContainerConfig("1.44", "servercore", command, **more)


expected = {
    r"cmd /c dir C:\Users": ["cmd", "/c", "dir", "C:Users"],
    r"cmd /c type \\server\share\a.txt": ["cmd", "/c", "type", r"\serversharea.txt"],
    r'powershell -Command "Get-Content C:\logs\new.txt"': ["powershell", "-Command", r"Get-Content C:\logs\new.txt"],
}
as_seen = True
for text, words in expected.items():
    seen = sent(text)["Cmd"]
    print(f"{text}\n    {seen}")
    as_seen = as_seen and seen == words
entrypoint = sent(entrypoint=r"C:\app\start.cmd -x")["Entrypoint"]
health = sent(healthcheck={"test": r"C:\app\ok.cmd"})["Healthcheck"]["Test"]
listed = sent(["cmd", "/c", r"dir C:\Users"])["Cmd"]
print("entrypoint ", entrypoint, "\nhealthcheck", health, "\nas a list  ", listed)
as_seen = as_seen and entrypoint == ["C:appstart.cmd", "-x"] and health == ["CMD-SHELL", r"C:\app\ok.cmd"]
sys.exit(0 if as_seen and listed == ["cmd", "/c", r"dir C:\Users"] else "this has changed")
PY
"$place/venv/bin/python" "$place/try.py"
