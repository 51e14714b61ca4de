"""Find the PowerShell engine and the command that starts a session of it."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

from hnskit.errors import ConnectError

VARIABLE = "HNSKIT_PWSH"


def find_engine() -> Path:
    """The engine's executable: what HNSKIT_PWSH names, else `pwsh` on PATH.

    Raises:
        ConnectError: there is none, or this is not Linux.
    """
    if not sys.platform.startswith("linux"):
        raise ConnectError(
            "the engine pwsh stands Windows in for a PowerShell on Linux, and this is not Linux",
            next_step="Use the engine python: it needs nothing but Python.",
        )
    named = os.environ.get(VARIABLE, "")
    found = shutil.which(named or "pwsh")
    if found is None:
        why = f"{VARIABLE} names {named}, which is not a program" if named else "there is no pwsh on PATH"
        raise ConnectError(
            f"no PowerShell engine was found: {why}",
            next_step=f"Install PowerShell 7.4 or later, or let {VARIABLE} name its executable; "
            "or use the engine python.",
        )
    return Path(found).absolute()


def session_command(engine: Path, startup: Path) -> list[str]:
    """The command of a PSRP server over stdio that runs a script first in each of its runspaces.

    PowerShell itself takes the script's text (`-Command`); other hosts of its engine take a file (`-StartupScript`).
    """
    command = [str(engine), "-s", "-NoLogo", "-NoProfile"]
    if engine.name.startswith("pwsh"):
        return [*command, "-Command", f". '{str(startup).replace(chr(39), chr(39) * 2)}'"]
    return [*command, "-StartupScript", str(startup)]
