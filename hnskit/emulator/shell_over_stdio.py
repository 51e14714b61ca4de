"""`python -m hnskit.emulator.shell_over_stdio NAME`: a PowerShell of an emulated host on standard input and output.

It stands for the subsystem `powershell` of Windows' sshd, and for the PowerShell that `local:` starts on the machine
itself. The host's engine must be pwsh: this process becomes the engine, as `pwsh -s` is one. A cut of the host's
network does not touch it: what carries it (sshd, a pipe) is not the host's.
"""

from __future__ import annotations

import os
import sys

from hnskit.emulator import registry
from hnskit.errors import HnskitError


def main() -> None:
    """Become the engine."""
    name = sys.argv[1] if len(sys.argv) > 1 else "lab"
    try:
        shell = registry.get(name).ask({"do": "shell"})
        os.chdir(shell["directory"])
        os.execve(shell["command"][0], shell["command"], shell["environment"])  # noqa: S606 - as the host names it
    except HnskitError as error:
        sys.exit(error.paragraph())


if __name__ == "__main__":
    main()
