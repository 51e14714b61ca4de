"""The words of ssh, and of a PowerShell that does not start, as errors of hnskit; OpenSSH's are English everywhere."""

from __future__ import annotations

import re

from hnskit.errors import CertificateError, ConnectError, HostUnreachableError, LoginRefusedError
from hnskit.remote.stdio_settings import StdioSettings

_SSH_FAILED = 255
_NO_SUBSYSTEM = re.compile(r"subsystem request failed", re.IGNORECASE)
_NO_PROGRAM = re.compile(r"not found|is not recognized|No such file|cannot find", re.IGNORECASE)
_CHANGED_KEY = re.compile(r"REMOTE HOST IDENTIFICATION HAS CHANGED", re.IGNORECASE)
_UNKNOWN_KEY = re.compile(r"Host key verification failed|No \S+ host key is known", re.IGNORECASE)
_REVOKED_KEY = re.compile(r"REVOKED HOST KEY DETECTED|Host key \S+ is revoked|marked as revoked", re.IGNORECASE)
_OFFENDING = re.compile(r"Offending \S+ key in (\S+?):(\d+)")
"""Place of the old key: it may be known by an alias or an address, which `ssh-keygen -R` would need."""
_REFUSED = re.compile(r"Permission denied|Too many authentication failures|no more authentication methods", re.I)
_AWAY = re.compile(
    r"Could not resolve hostname|Connection refused|timed out|No route to host|Network is unreachable|"
    r"Connection closed by|Connection reset|kex_exchange_identification|Broken pipe",
    re.IGNORECASE,
)
_BEHIND = "UNKNOWN port 65535"
"""The words of ssh in place of an address where a jump host or a program (ProxyJump, ProxyCommand) leads there."""
_NOISE = re.compile(r"^(Warning: Permanently added|@|\*\*|It is also possible|Someone could be)", re.IGNORECASE)
_LONGEST_BANNER = 200
_SEEN = 20
"""Letters by which a banner is known to be in a reason already."""
_INSTALL = (
    "Install PowerShell 7 on the host and add this line to its sshd_config, then restart the service sshd: "
    "Subsystem powershell c:/progra~1/powershell/7/pwsh.exe -sshs -nologo (docs/ssh.md)."
)


def offers_no_powershell(errors: str, status: int | None) -> bool:
    """Tell whether somebody is there and logged this user in, and only the PowerShell is missing."""
    return bool(_NO_SUBSYSTEM.search(errors)) or (status not in (None, 0, _SSH_FAILED) and bool(errors.strip()))


def of_ssh(settings: StdioSettings, reason: str, errors: str, status: int | None, banner: str) -> ConnectError:
    """Return the error that says why no session was opened over ssh."""
    host, name = settings.target, settings.host
    said = _last_line(errors)
    if _REVOKED_KEY.search(errors):
        return CertificateError(
            f"the host key of {name} is revoked in a file of known hosts",
            host=host,
            next_step="Do not connect: whoever answers may have a stolen key. Ask who revoked it, and give the host "
            "another one.",
        )
    if _CHANGED_KEY.search(errors):
        place = _OFFENDING.search(errors)
        where = f" (line {place[2]} of {place[1]})" if place else ""
        return CertificateError(
            f"the host key of {name} is another one than ssh knows",
            host=host,
            next_step=f"If the host was installed anew, forget the old key{where}: ssh-keygen -R {name}. If it was "
            "not, another machine may answer there: do not connect.",
        )
    if _UNKNOWN_KEY.search(errors):
        return CertificateError(
            f"ssh does not know the host key of {name}",
            host=host,
            next_step=f"Run `ssh {_by_hand(settings)}` once at a terminal, compare the key with the host's own, "
            "and accept it.",
        )
    if _REFUSED.search(errors):
        return LoginRefusedError(
            f"ssh could not log in without asking for a password: {said}",
            host=host,
            next_step=f"Log in by a key: load it into the agent (ssh-add) or name it in ~/.ssh/config, until "
            f"`ssh -o BatchMode=yes {_by_hand(settings)}` works. On Windows administrators' keys are in "
            "C:\\ProgramData\\ssh\\administrators_authorized_keys.",
        )
    if settings.loaded and _NO_SUBSYSTEM.search(errors):
        asked = settings.commands[-1][-1]
        return ConnectError(
            f"the host's sshd has no subsystem {asked}, which connection.configuration names",
            host=host,
            next_step=f"Add the line `Subsystem {asked} …` to the host's sshd_config (docs/ssh.md), or correct "
            "connection.configuration; empty, hnskit brings its commands itself.",
        )
    if _NO_SUBSYSTEM.search(errors) or (status not in (None, 0, _SSH_FAILED) and _NO_PROGRAM.search(errors)):
        return ConnectError(f"the host offers no PowerShell over ssh: {said}", host=host, next_step=_INSTALL)
    if _AWAY.search(errors):
        behind = "Look at the ProxyJump or ProxyCommand of your ssh_config first. " if _BEHIND in errors else ""
        return HostUnreachableError(
            f"ssh does not reach {name}: {said}",
            host=host,
            next_step=f"{behind}Check the name and the port, that the service sshd runs on the host, and that no "
            "firewall is between (TCP port 22).",
        )
    return _no_powershell(settings, reason, said, banner)


def of_local(settings: StdioSettings, reason: str, errors: str, banner: str) -> ConnectError:
    """Return the error that says why PowerShell opened no session on this machine."""
    return _no_powershell(settings, reason, _last_line(errors), banner)


def not_started(settings: StdioSettings, program: str, cause: OSError) -> ConnectError:
    """The program itself cannot be run."""
    return ConnectError(
        f"{program} cannot be started: {cause.strerror or cause}",
        host=settings.target,
        next_step="Check that it is installed and that this user may run it.",
    )


def _no_powershell(settings: StdioSettings, reason: str, said: str, banner: str) -> ConnectError:
    printed = f"it printed {banner[:_LONGEST_BANNER]!r}" if banner and banner[:_SEEN] not in reason else ""
    words = "; ".join(part for part in (reason[:_LONGEST_BANNER], said, printed) if part)
    return ConnectError(
        f"what was started does not answer as PowerShell does: {words}",
        host=settings.target,
        next_step=f"Run by hand what hnskit runs and look at it: {' '.join(settings.commands[-1])}",
    )


def _by_hand(settings: StdioSettings) -> str:
    return settings.target.removeprefix("ssh://") if ":" not in settings.target[6:] else settings.target


def _last_line(errors: str) -> str:
    """The line that says most: the last one that is not a banner."""
    lines = [line for line in errors.splitlines() if line.strip() and not _NOISE.match(line)]
    # Of a way through a jump host the last line says only that it is closed; what closed it comes before.
    telling = [line for line in lines if _BEHIND not in line and "kex_exchange_identification" not in line] or lines
    return telling[-1].strip()[:300] if telling else ""
