"""A service of Windows, as far as the network of containers needs it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Service:
    """A service of Windows that the network of containers needs."""

    name: str
    status: str
    """As Get-Service says it: Running, Stopped, StartPending, …"""
    start: str = ""
    """Automatic, Manual, Disabled; "" where it was not printed."""
