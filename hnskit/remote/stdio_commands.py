"""`local:` and `ssh://[user@]host[:port]`: from a target to the programs that carry a session of it."""

from __future__ import annotations

import os
import re
import shutil
import sys
from typing import NamedTuple

from hnskit.errors import ConnectError
from hnskit.remote.stdio_settings import StdioSettings
from hnskit.remote.targets import LOCAL

VARIABLE = "HNSKIT_PWSH"
"""Names the PowerShell executable, where it is not the one that is found."""
SUBSYSTEM = "powershell"
"""Name in a host's sshd_config: `Subsystem powershell c:/progra~1/powershell/7/pwsh.exe -sshs -nologo`."""
_WINDOWS_POWERSHELL = ("powershell.exe", "-Version", "5.1", "-NoLogo", "-NoProfile", "-s")
"""Without -Version it runs as 2.0 (reach facts 4)."""
_PLACE = re.compile(
    r"(?:(?P<user>[A-Za-z0-9_][A-Za-z0-9_.\\-]*)@)?"
    r"(?:(?P<name>[A-Za-z0-9_][A-Za-z0-9_.-]*)|\[(?P<v6>[0-9A-Fa-f:.]+)\])(?::(?P<port>\d{1,5}))?"
)


class Place(NamedTuple):
    """Destination of ssh."""

    user: str
    host: str
    port: int
    """0: ssh's own, or what its configuration says."""


def ssh_place(target: str) -> Place:
    """Take `ssh://[user@]host[:port]` apart.

    Raises:
        ValueError: it is not of this form.
    """
    match = _PLACE.fullmatch(target.partition("://")[2])
    port = int(match["port"] or 0) if match else 0
    if match is None or port > 65535 or match["port"] == "0":
        raise ValueError("ssh://[USER@]HOST[:PORT], with a port of 1 to 65535")
    return Place(match["user"] or "", match["name"] or match["v6"], port)


def local_settings(*, start_timeout: float = 60.0, recovery_timeout: float = 90.0) -> StdioSettings:
    """PowerShell on this machine: Windows PowerShell 5.1 on Windows, elsewhere HNSKIT_PWSH or pwsh.

    Raises:
        ConnectError: there is none.
    """
    return StdioSettings(
        target=LOCAL,
        commands=(_local_command(),),
        environment={"POWERSHELL_TELEMETRY_OPTOUT": "1", "POWERSHELL_UPDATECHECK": "Off"},
        start_timeout=start_timeout,
        recovery_timeout=recovery_timeout,
    )


def _local_command() -> tuple[str, ...]:
    named = os.environ.get(VARIABLE, "")
    if sys.platform == "win32" and not named:
        return _WINDOWS_POWERSHELL
    found = shutil.which(named or "pwsh")
    if found is None:
        why = f"{VARIABLE} names {named}, which is not a program" if named else "there is no pwsh on PATH"
        raise ConnectError(
            f"no PowerShell was found on this machine: {why}",
            host=LOCAL,
            next_step=f"Install PowerShell 7.4 or later, or let {VARIABLE} name its executable; a Windows host is "
            "reached from elsewhere by winrm://HOST or ssh://HOST.",
        )
    return (found, "-s", "-NoLogo", "-NoProfile")


def ssh_settings(
    target: str,
    *,
    username: str = "",
    configuration: str = "",
    connect_timeout: float = 10.0,
    recovery_timeout: float = 90.0,
) -> StdioSettings:
    """A session by the ssh program, with the user's own configuration, keys, agent, jump hosts.

    Args:
        target: `ssh://[user@]host[:port]`.
        username: used where the target names none.
        configuration: a subsystem of the host that has hnskit's commands already; "" sends them.
        connect_timeout: seconds until a host that does not answer is called unreachable.
        recovery_timeout: seconds of silence after which ssh gives a connection up: longer than a cut lasts.

    Raises:
        ConnectError: there is no ssh program.
        ValueError: the target is not of this form.
    """
    place = ssh_place(target)
    program = shutil.which("ssh")
    if program is None:
        raise ConnectError(
            "there is no ssh program on PATH",
            host=target,
            next_step="Install OpenSSH's client (on Debian: apt install openssh-client; on Windows: the optional "
            "feature OpenSSH Client), or reach the host by winrm://HOST.",
        )
    user = place.user or username
    options = [
        "-T",
        # It has no terminal to ask at. All other choices are the user's own, by ssh_config.
        "-oBatchMode=yes",
        # For a terminal (`RemoteCommand tmux`); with it ssh refuses any other command.
        "-oRemoteCommand=none",
        f"-oConnectTimeout={max(round(connect_timeout), 1)}",
        # Longer than the host's network is away, or a stalled connection that comes back would be given up.
        f"-oServerAliveInterval={max(round(recovery_timeout / 3), 1)}",
        "-oServerAliveCountMax=3",
        *(["-p", str(place.port)] if place.port else []),
        *(["-l", user] if user else []),
    ]
    by_subsystem = (program, *options, "-s", "--", place.host, configuration or SUBSYSTEM)
    by_command = (program, *options, "--", place.host, "pwsh", "-sshs", "-NoLogo", "-NoProfile")
    return StdioSettings(
        target=target,
        commands=(by_subsystem,) if configuration else (by_subsystem, by_command),
        host=place.host,
        loaded=bool(configuration),
        start_timeout=connect_timeout + 50.0,
        recovery_timeout=recovery_timeout,
    )
