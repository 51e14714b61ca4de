"""The text of the PowerShell module that is sent to a host."""

from __future__ import annotations

import functools
import hashlib
from importlib import resources


@functools.cache
def module_text() -> str:
    """The PowerShell that runs on the host."""
    return resources.files("hnskit.remote").joinpath("scripts/hnskit.psm1").read_text(encoding="utf-8")


@functools.cache
def module_digest() -> str:
    """Identify the text: sixteen hexadecimal digits."""
    return hashlib.sha256(module_text().encode()).hexdigest()[:16]
