"""Settings to reach a host by a program's standard input and output, without a secret in them."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class StdioSettings:
    """Everything `remote.stdio` needs to open a session."""

    target: str
    """As the operator named it; errors and files carry this."""
    commands: tuple[tuple[str, ...], ...]
    """Programs with their arguments. The next is tried where one is there and offers no PowerShell."""
    host: str = ""
    """The name that ssh is given; "" for this machine."""
    loaded: bool = False
    """True if the session has hnskit's commands already; else they are sent."""
    environment: dict[str, str] = field(default_factory=dict)
    """Environment of the program, besides this process's own."""
    start_timeout: float = 60.0
    """Seconds until PowerShell must have opened its session: a first start of it on a busy host takes long."""
    quiet_timeout: float = 10.0
    """Seconds without any answer until it is tried whether the host takes another connection."""
    recovery_timeout: float = 90.0
    """Seconds to get a lost connection back, as of `ConnectionSettings`."""
