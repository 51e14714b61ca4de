"""Shells and commands as WinRM describes them to a client, element by element as recorded hosts do."""

from __future__ import annotations

import time
from pathlib import Path
from xml.sax.saxutils import escape

from hnskit.emulator.winrm.shell import ServedShell

_LONGEST_IDLE = "PT2147483.647S"
"""MaxIdleTimeOut: MaxShellRunTime of Windows, in milliseconds the largest whole number of 32 bits."""


def element(name: str, text: object) -> str:
    """An element with a text."""
    return f"<{name}>{escape(str(text))}</{name}>"


def describe(shell: ServedShell, *, measured: bool) -> str:
    """A shell as rsp:Shell; `measured`: with what Get and Enumerate say besides, and Create does not."""
    pid = shell.engine.process_id
    texts = {
        "ShellId": shell.id,
        "ResourceUri": shell.resource,
        "Owner": shell.owner,
        "ClientIP": shell.client,
        "ProcessId": pid,
        "IdleTimeOut": f"PT{shell.idle:.3f}S",
        "InputStreams": "stdin pr",
        "OutputStreams": "stdout",
        "MaxIdleTimeOut": _LONGEST_IDLE,
        "Locale": shell.locales[0],
        "DataLocale": shell.locales[1],
        "CompressionMode": "NoCompression",
        "ProfileLoaded": "Yes",
        "Encoding": "UTF8",
        "BufferMode": "Block",
        "State": shell.state,
        "ShellRunTime": _days(time.monotonic() - shell.created),
        "ShellInactivity": _days(shell.idle_for),
    }
    if measured:
        texts |= {"MemoryUsed": f"{_megabytes(pid)}MB", "ChildProcesses": 0}
    return "<rsp:Shell>" + "".join(element(f"rsp:{name}", text) for name, text in texts.items()) + "</rsp:Shell>"


def describe_commands(shell: ServedShell) -> str:
    """The commands of a shell that run, as rsp:Command."""
    return "".join(
        f"<rsp:Command>{element('rsp:CommandId', str(identity).upper())}<rsp:CommandLine></rsp:CommandLine>"
        "<rsp:CommandState>Running</rsp:CommandState></rsp:Command>"
        for identity in shell.pipelines
    )


def _days(seconds: float) -> str:
    """A time in days, hours, minutes and whole seconds, each of them named."""
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    return f"P{days}DT{hours}H{minutes}M{rest}S"


def _megabytes(pid: int) -> int:
    """Return a process's memory in bytes; 0 where the system does not say (only Linux has this file)."""
    try:
        pages = int(Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1])
    except (OSError, ValueError, IndexError):
        return 0
    return pages * 4096 // 2**20
