"""JSON as a PowerShell function reads it: ConvertFrom-Json, and what strict mode says of a member that is not there."""

from __future__ import annotations

import json
import re
from typing import Any

from hnskit.emulator.powershell.command import PSError


def from_json(text: str) -> Any:
    """ConvertFrom-Json, with the error of Windows PowerShell 5.1."""
    if re.fullmatch(r"\s*'(?:[^'\\]|\\.)*'\s*", text, re.DOTALL):
        return text  # it takes a text in single quotes, as JavaScript does
    try:
        return json.loads(text)
    except ValueError as cause:
        raise PSError(
            f"Invalid JSON primitive: {text[:40]}.", category="NotSpecified", error_id="System.ArgumentException",
            origin="Microsoft.PowerShell.Commands.ConvertFromJsonCommand", activity="ConvertFrom-Json",
            reason="ArgumentException",
        ) from cause  # fmt: skip


def no_property(name: str, origin: str | None = None) -> PSError:
    """Return strict mode's error for a missing property; uncaught, its id ends with the command's name."""
    return PSError(
        f"The property '{name}' cannot be found on this object. Verify that the property exists.",
        error_id="PropertyNotFoundStrict", category="NotSpecified", reason="PropertyNotFoundException",
        origin=origin,
    )  # fmt: skip
