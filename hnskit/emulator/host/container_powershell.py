"""powershell.exe inside a container, as far as the steps of the redirect need it: the compartment, and programs.

Everything else is refused by name: no PowerShell runs there.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from hnskit.emulator.host.containers import Ran

_COMPARTMENT = re.compile(
    r"^\(?\s*Get-NetCompartment\s*(\|\s*Select(-Object)?\s+-Expand(Property)?\s+CompartmentId|\)\.CompartmentId)$",
    re.IGNORECASE,
)
_OPTIONS = {"-noprofile": 0, "-nologo": 0, "-noninteractive": 0, "-executionpolicy": 1, "-command": 0, "-c": 0}
"""Options before the command, in lower case, and how many words follow each."""


def run(arguments: list[str], compartment: int, program: Callable[[list[str]], Ran | None]) -> Ran:
    """One run.

    Args:
        compartment: in which it runs.
        program: runs a program of the image; None where there is none of this name.
    """
    words = list(arguments)
    while words and words[0].lower() in _OPTIONS:
        del words[: 1 + _OPTIONS[words[0].lower()]]
    line = " ".join(words).strip().strip('"')
    if _COMPARTMENT.match(line):
        return Ran(stdout=f"{compartment}\r\n")
    if re.fullmatch(r"[\w./:\\ -]+", line) and (ran := program(line.split())) is not None:
        return ran
    return Ran(1, "", f"hnskit emulator: powershell {line} is not emulated\r\n")
