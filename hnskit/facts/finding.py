"""A finding on a host: preflight's and the doctor's are of one class."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Literal

from hnskit.foreign_text.escaping import join_lines

Severity = Literal["ok", "note", "warning", "error"]
"""error: something does not work, or nothing may be changed; warning: it may not work; note: to be known; ok: fit."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that a check has looked at."""

    check: str
    """Name of the check that found it."""
    severity: Severity
    object: str
    """`endpoint hnskit-client1 (10.0.1.20)`"""
    message: str
    next_step: str = ""
    """Next step: the exact command, where there is one."""
    evidence: str = ""
    """Text of the host that shows it; "" where the message says it all."""
    reference: str = ""
    """`HNS fact 47`, or a public report."""
    confirmed: bool = True
    """False where the reference is UNCONFIRMED, or what is said goes beyond it."""
    name: str = ""
    """The object's own name, by which a plan's steps are known."""

    def to_json(self) -> dict[str, Any]:
        """Its fields, as `--json` prints them."""
        return asdict(self)

    def to_text(self) -> str:
        """Describe it for a terminal: a line, and one more for each of evidence, next step and reference."""
        lines = [f"{self.severity}: {self.object}: {self.message}"]
        if self.evidence:
            lines.append(f"    seen: {self.evidence}")
        if self.next_step:
            lines.append(f"    do:   {self.next_step}")
        if self.reference:
            mark = "" if self.confirmed else ", UNCONFIRMED"
            lines.append(f"    see:  {self.reference}{mark} ({self.check})")
        return join_lines(lines)
