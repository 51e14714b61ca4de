"""What the two engines say over the wire for the same things, message by message and field by field.

    python -m tests.emulator.protocol            prints the comparison
    python -m tests.emulator.protocol --write    puts it into docs/engines.md

Commands that a behaviour needs beyond the kit's own are defined twice: as functions sent to the real engine,
and as commands of a host for the double.
"""

from __future__ import annotations

import re
import sys
import tempfile
import threading
import time
import uuid
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import psrpcore.types as ps
from pypsrp.powershell import PowerShell, RunspacePool

from hnskit.emulator.host import create_host
from hnskit.emulator.interface import Command, Int64, Parameter, PSError, UInt32
from hnskit.remote.psrp import module_text
from tests.emulator.engines import Message, Served, recorded, say, steady

PAGE = Path(__file__).parents[2] / "docs" / "engines.md"
MARK = "<!-- the tables of python -m tests.emulator.protocol -->"
MEGABYTES = "x" * 3 * 1024 * 1024

# Values: how the double puts them out, and how PowerShell does.


@dataclass(frozen=True)
class Value:
    """One value on both sides."""

    name: str
    double: Callable[[], Any]
    expression: str


def _typed(kind: str, value: Any, *names: str) -> Any:
    made = getattr(ps, kind)(value)
    if names:
        made.PSObject.type_names = list(names)
    return made


VALUES = (
    Value("string", lambda: "text", "'text'"),
    Value("empty string", lambda: "", "''"),
    Value("string with control characters", lambda: "a\tb\r\nc\x01_x0041_\U0001f600", '"a`tb`r`nc$([char]1)_x0041_$([char]0xD83D)$([char]0xDE00)"'),
    Value("null", lambda: None, "$null"),
    Value("bool", lambda: True, "$true"),
    Value("int", lambda: -5, "-5"),
    Value("long", lambda: Int64(2**40), "[long] 1099511627776"),
    Value("small long", lambda: Int64(5), "[long] 5"),
    Value("uint32", lambda: UInt32(5), "[uint32] 5"),
    Value("double", lambda: 1.5, "1.5"),
    Value("array", lambda: [[1, "a", None]], "@(, @(1, 'a', $null))"),
    Value("empty array", lambda: [[]], "@(, @())"),
    Value("custom object", lambda: {"A": 1, "B": "x", "C": None}, "[pscustomobject] @{ A = 1; B = 'x'; C = $null }"),
    Value("nested objects", lambda: {"A": {"B": [{"C": 1}]}}, "[pscustomobject] @{ A = [pscustomobject] @{ B = @([pscustomobject] @{ C = 1 }) } }"),
    Value("hashtable", lambda: ps.PSDict({"k": 1}), "@{ k = 1 }"),
    Value("byte", lambda: _typed("PSByte", 5), "[byte] 5"),
    Value("sbyte", lambda: _typed("PSSByte", -5), "[sbyte] -5"),
    Value("int16", lambda: _typed("PSInt16", -5), "[int16] -5"),
    Value("uint16", lambda: _typed("PSUInt16", 5), "[uint16] 5"),
    Value("uint64", lambda: _typed("PSUInt64", 5), "[uint64] 5"),
    Value("single", lambda: _typed("PSSingle", 1.5), "[single] 1.5"),
    Value("decimal", lambda: ps.PSDecimal(Decimal("1.50")), "1.50d"),
    Value("char", lambda: ps.PSChar("a"), "[char] 'a'"),
    Value("date and time", lambda: ps.PSDateTime(2020, 1, 2, 3, 4, 5, tzinfo=UTC), "[datetime]::new(2020, 1, 2, 3, 4, 5, 'Utc')"),
    Value("duration", lambda: ps.PSDuration(seconds=90), "[timespan] '00:01:30'"),
    Value("guid", lambda: ps.PSGuid(str(uuid.UUID(int=1))), "[guid] '00000000-0000-0000-0000-000000000001'"),
    Value("uri", lambda: ps.PSUri("http://host/a%20b"), "[uri] 'http://host/a%20b'"),
    Value("version", lambda: ps.PSVersion("1.2.3.4"), "[version] '1.2.3.4'"),
    Value("xml", lambda: ps.PSXml("<a>b</a>"), "[xml] '<a>b</a>'"),
    Value("script block", lambda: ps.PSScriptBlock("1 + 1"), "{1 + 1}"),
    Value("bytes", lambda: ps.PSByteArray(b"abc"), "@(, [byte[]] (97, 98, 99))"),
    Value("3 MB of text", lambda: MEGABYTES, f"'x' * {len(MEGABYTES)}"),
)  # fmt: skip


async def _write(host: Any, bound: Mapping[str, Any]) -> AsyncIterator[Any]:
    value = next(item for item in VALUES if item.name == bound["Name"]).double()
    yield value[0] if isinstance(value, list) else value


async def _throw(host: Any, bound: Mapping[str, Any]) -> AsyncIterator[Any]:
    del host
    yield "before"
    origin = "" if bound["How"] == "throw" else None
    raise PSError("it failed", error_id="Sample.Id", category="ResourceBusy", target="thing", origin=origin)


async def _sleep(host: Any, bound: Mapping[str, Any]) -> AsyncIterator[Any]:
    import asyncio

    del host, bound
    yield "asleep"
    await asyncio.sleep(600)


async def _length(host: Any, bound: Mapping[str, Any]) -> AsyncIterator[Any]:
    del host
    yield len(bound["Text"])


COMMANDS = (
    Command("Write-Sample", (Parameter("Name", "string", mandatory=True),), _write),
    Command("Stop-Sample", (Parameter("How", "string", mandatory=True, one_of=("throw", "end")),), _throw),
    Command("Wait-Sample", (), _sleep),
    Command("Measure-Sample", (Parameter("Text", "string", mandatory=True),), _length),
)
FUNCTIONS = (
    """
function Write-Sample { [CmdletBinding()] param([Parameter(Mandatory)] [string] $Name)
    switch ($Name) {
"""
    + "".join(f"        '{value.name}' {{ {value.expression} }}\n" for value in VALUES)
    + """    }
}
function Stop-Sample { [CmdletBinding()] param([Parameter(Mandatory)] [ValidateSet('throw', 'end')] [string] $How)
    'before'
    $record = [System.Management.Automation.ErrorRecord]::new(
        [System.InvalidOperationException] 'it failed', 'Sample.Id', 'ResourceBusy', 'thing')
    if ($How -eq 'throw') { throw $record }
    $PSCmdlet.ThrowTerminatingError($record)
}
function Wait-Sample { [CmdletBinding()] param() 'asleep'; Start-Sleep -Seconds 600 }
function Measure-Sample { [CmdletBinding()] param([Parameter(Mandatory)] [string] $Text) $Text.Length }
"""
)


class _SampleHost:
    """The emulated host, with commands besides its own."""

    def __init__(self, host: Any) -> None:
        self._host = host
        self.commands = {**host.commands, **{command.name: command for command in COMMANDS}}

    def __getattr__(self, name: str) -> Any:
        return getattr(self._host, name)


@contextmanager
def pools(directory: Path) -> Iterator[tuple[RunspacePool, RunspacePool]]:
    """A pool on each engine, in which all commands are known."""
    with ExitStack() as stack:
        made = []
        for engine in ("python", "pwsh"):
            host = _SampleHost(create_host("lab", "ws2019", {"cut_seconds": 0, "seed": 7}))
            served = stack.enter_context(Served(engine, directory / engine, host=host))
            pool = stack.enter_context(served.pool(module=False, max_runspaces=3))
            _load(pool, engine)
            made.append(pool)
        yield made[0], made[1]


def _load(pool: RunspacePool, engine: str) -> None:
    # Each runspace of the pool learns the commands: all of them are busy at once for a moment.
    scripts = []
    for _ in range(3):
        script = PowerShell(pool)
        script.add_script(module_text(), use_local_scope=False)
        if engine == "pwsh":
            script.add_statement()
            script.add_script(FUNCTIONS, use_local_scope=False)
            script.add_statement()
            script.add_script("$ErrorActionPreference = 'Continue'; Start-Sleep -Milliseconds 300", use_local_scope=False)
        script.begin_invoke()
        scripts.append(script)
    for script in scripts:
        script.end_invoke()
