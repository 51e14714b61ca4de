"""The text of the PowerShell module that is sent to a host."""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources


@dataclass(frozen=True, slots=True)
class Statement:
    """A command that is named, with its parameters bound."""

    command: str
    parameters: Mapping[str, str]


FIRST = Statement("Set-StrictMode", {"Version": "Latest"})
"""The statement before the text. Of a batch the first statement is sent twice: as the pipeline itself, for hosts that
know no batches, and as the batch's first. So it is a short one, of which the text does the same again."""


@functools.cache
def module_text() -> str:
    """The PowerShell that runs on the host."""
    return resources.files("hnskit.remote").joinpath("scripts/hnskit.psm1").read_text(encoding="utf-8")


@functools.cache
def module_digest() -> str:
    """Identify the text: sixteen hexadecimal digits."""
    return hashlib.sha256(module_text().encode()).hexdigest()[:16]
