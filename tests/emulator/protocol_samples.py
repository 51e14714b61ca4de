"""Commands and values that a comparison of the engines needs beyond hnskit's own.

Each is defined twice: as a function sent to the real engine, and as a command of a host for the double.
"""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass
from datetime import UTC
from decimal import Decimal
from typing import Any

import psrpcore.types as ps

from hnskit.emulator.powershell.command import Command, Int64, Parameter, PSError, UInt32

MEGABYTES = "x" * 3 * 1024 * 1024


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
    Value(
        "string with control characters",
        lambda: "a\tb\r\nc\x01_x0041_\U0001f600",
        '"a`tb`r`nc$([char]1)_x0041_$([char]0xD83D)$([char]0xDE00)"',
    ),
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
    Value(
        "nested objects",
        lambda: {"A": {"B": [{"C": 1}]}},
        "[pscustomobject] @{ A = [pscustomobject] @{ B = @([pscustomobject] @{ C = 1 }) } }",
    ),
    Value("hashtable", lambda: ps.PSDict({"k": 1}), "@{ k = 1 }"),
    Value("byte", lambda: _typed("PSByte", 5), "[byte] 5"),
    Value("sbyte", lambda: _typed("PSSByte", -5), "[sbyte] -5"),
    Value("int16", lambda: _typed("PSInt16", -5), "[int16] -5"),
    Value("uint16", lambda: _typed("PSUInt16", 5), "[uint16] 5"),
    Value("uint64", lambda: _typed("PSUInt64", 5), "[uint64] 5"),
    Value("single", lambda: _typed("PSSingle", 1.5), "[single] 1.5"),
    Value("decimal", lambda: ps.PSDecimal(Decimal("1.50")), "1.50d"),
    Value("char", lambda: ps.PSChar("a"), "[char] 'a'"),
    Value(
        "date and time",
        lambda: ps.PSDateTime(2020, 1, 2, 3, 4, 5, tzinfo=UTC),
        "[datetime]::SpecifyKind([datetime] '2020-01-02T03:04:05', 'Utc')",
    ),
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
