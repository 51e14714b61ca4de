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


PARTS = (
    "error_records", "native_functions", "hns_calls", "host_programs", "container_tools", "runtime_events",
    "host_windows", "detached_calls", "batches",
)  # fmt: skip
"""The files beside hnskit.psm1 that it loads where it lies on the host."""


@functools.cache
def module_text() -> str:
    """The PowerShell that runs on the host: hnskit.psm1, and its parts behind it."""
    scripts = resources.files("hnskit.remote").joinpath("scripts")
    names = ("hnskit.psm1", *(f"{part}.ps1" for part in PARTS))
    return "\n".join(scripts.joinpath(name).read_text(encoding="utf-8") for name in names)


@functools.cache
def module_digest() -> str:
    """Identify the text: sixteen hexadecimal digits."""
    return hashlib.sha256(module_text().encode()).hexdigest()[:16]
