"""Commands, parameters and records: the interface between an emulated host and its engines.

The door (HTTP, authentication, WinRM, PSRP) carries; an engine runs commands; the host has the state. A
command declares its parameters as PowerShell would, so that the engine's binder can refuse what
PowerShell's own refuses, and then runs against the host.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

CutMode = Literal["reset", "refuse", "stall", "blackhole", "forget"]
"""Appearance of a lost network to a client: connections reset at once; the same and new ones refused while it
lasts (reset and refuse differ only in that); open connections silent and then served; silent and never served;
refused, and every shell is gone when it is back, so that the response of what ran never arrives."""


@dataclass(frozen=True, slots=True)
class Cut:
    """The host's network is away for a while."""

    seconds: float
    mode: CutMode = "refuse"


class Int64(int):
    """A number that PowerShell has as [long]."""


class UInt32(int):
    """A number that PowerShell has as [uint32]."""


class PSError(Exception):
    """A terminating error of a command, with the fields of PowerShell's ErrorRecord."""

    def __init__(
        self,
        message: str,
        *,
        error_id: str,
        category: str,
        target: str | int = "",
        origin: str | None = None,
        activity: str | None = None,
        reason: str = "InvalidOperationException",
        stops: bool = False,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.error_id = error_id
        """Without what PowerShell appends to it: see `origin`."""
        self.category = category
        self.target = target
        self.origin = origin
        """Part that PowerShell appends to the id: the name of the command that ended itself (None: of the one that was
        called), the class of a cmdlet; nothing ("") after `throw`."""
        self.activity = origin if activity is None else activity
        """The command that the record names; None: the one that was called."""
        self.reason = reason
        """Type of the exception."""
        self.stops = stops
        """It was written with -ErrorAction Stop: that ends all, a batch of statements too."""

    def full_id(self, command: str) -> str:
        """FullyQualifiedErrorId, where `command` was called."""
        origin = command if self.origin is None else self.origin
        return f"{self.error_id},{origin}" if origin else self.error_id


Stream = Literal["warning", "verbose", "debug", "information", "progress"]


@dataclass(frozen=True, slots=True)
class StreamRecord:
    """A record on another stream than the output; a non-terminating error is a PSError that the command yields."""

    stream: Stream
    text: str


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter of a command, as its param block declares it."""

    name: str
    type: Literal["string", "string[]", "int"]
    mandatory: bool = False
    allow_empty: bool = False
    default: Any = None
    one_of: tuple[str, ...] = ()
    """ValidateSet."""
    between: tuple[int, int] | None = None
    """ValidateRange."""
    pattern: str = ""
    """ValidatePattern."""


@dataclass(frozen=True, slots=True)
class Command:
    """A command that a runspace offers.

    `run` gets the host and the bound parameters and yields output: a dict is a PSCustomObject with these
    properties in this order, a str is a string.
    """

    name: str
    parameters: tuple[Parameter, ...]
    run: Callable[[Any, Mapping[str, Any]], AsyncIterator[dict[str, Any] | str | StreamRecord | PSError]]
