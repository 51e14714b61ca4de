"""The result of a command of remote/scripts/ on the emulated host."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from hnskit.emulator.powershell.command import PSError

Row = dict[str, Any]


@dataclass(slots=True)
class Done:
    """The result of a command: rows or an error, and the seconds it took here."""

    rows: list[Row] = field(default_factory=list)
    seconds: float = 0.0
    error: PSError | None = None
