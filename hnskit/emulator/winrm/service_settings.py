"""Settings of a host's WinRM service: quotas, idle times, channel binding. The defaults are those of Windows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, Literal, Self, get_args

ChannelBinding = Literal["relaxed", "strict", "none"]


@dataclass(frozen=True, slots=True)
class ServiceSettings:
    """Settings of one host's service, as `winrm get winrm/config` has them.

    Raises:
        ValueError: a value is of another kind, or out of range.
    """

    channel_binding: ChannelBinding = "relaxed"
    """CbtHardeningLevel. relaxed: a Negotiate login over TLS that names a channel must name this one; strict: it must
    name it; none: nobody looks. Recorded hosts say Relaxed."""
    shells_per_user: int = 30
    """MaxShellsPerUser; fault 2150859173 beyond it (test-kitchen#656)."""
    commands_per_shell: int = 1000
    """MaxConcurrentCommandsPerShell: commands that no signal has closed, those that ended included (pypsrp#148)."""
    idle_connection_seconds: float = 120.0
    """An HTTP connection on which nothing is asked for so long is ended (pypsrp#21, pypsrp#203)."""
    quiet_shell_seconds: float = 60.0
    """A shell of which nothing is asked for so long says that it is Disconnected; it still answers (recorded on build
    26236: State after 62 s; evil-winrm-py#3)."""
    credssp: bool = False
    """Service/Auth/CredSSP: off, as Windows has it; `Enable-WSManCredSSP -Role Server` switches it on."""
    keytab: str = ""
    """File with the keys of HTTP/NAME, WSMAN/NAME and host/NAME: Kerberos logins of its realm are taken, by this
    system's own Kerberos, and each account of the realm is an administrator. "" means there is no domain."""

    def __post_init__(self) -> None:
        if self.channel_binding not in get_args(ChannelBinding):
            raise ValueError(f"channel_binding is one of {', '.join(get_args(ChannelBinding))}")
        if self.credssp not in (True, False):
            raise ValueError(f"credssp is true or false, not {self.credssp!r}")
        for name in ("shells_per_user", "commands_per_shell"):
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, int) or value < 1:
                raise ValueError(f"{name} is a whole number above 0, not {value!r}")
        for name in ("idle_connection_seconds", "quiet_shell_seconds"):
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value <= 86400:
                raise ValueError(f"{name} is more than 0 and at most 86400 seconds, not {value!r}")

    @classmethod
    def of(cls, wanted: Mapping[str, Any]) -> Self:
        """These settings, and the defaults for all others.

        Raises:
            ValueError: there is no such setting, or it cannot have this value.
        """
        known = {item.name for item in fields(cls)}
        if unknown := sorted(set(wanted) - known):
            raise ValueError(f"no such WinRM settings: {', '.join(unknown)}; there are: {', '.join(sorted(known))}")
        return cls(**wanted)
