"""What the two engines say over the wire for the same things, message by message and field by field.

    python -m tests.emulator.protocol            prints the comparison
    python -m tests.emulator.protocol --write    puts it into docs/engines.md

Commands that a behaviour needs beyond hnskit's own are defined twice: as functions sent to the real engine,
and as commands of a host for the double.
"""

from __future__ import annotations

import re
import tempfile
import uuid
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC
from decimal import Decimal
from pathlib import Path
from typing import Any

import psrpcore.types as ps
from pypsrp.complex_objects import ObjectMeta
from pypsrp.powershell import PowerShell, RunspacePool

from hnskit.emulator.host import create_host
from hnskit.emulator.powershell.command import Command, Int64, Parameter, PSError, UInt32
from tests.emulator.engines import Message, Served, recorded, say, steady
from tests.pages import print_or_write

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


class _SampleHost:
    """The emulated host, with commands besides its own."""

    def __init__(self, host: Any) -> None:
        self._host = host
        self.commands = {**host.commands, **{command.name: command for command in COMMANDS}}

    def __getattr__(self, name: str) -> Any:
        return getattr(self._host, name)


@dataclass(frozen=True)
class Side:
    """One engine, with two pools: one has the commands above, the other hnskit's text and no more."""

    engine: str
    served: Served
    samples: RunspacePool
    plain: RunspacePool


@contextmanager
def sides(directory: Path) -> Iterator[tuple[Side, Side]]:
    """Both engines."""
    with ExitStack() as stack:
        made = []
        for engine in ("python", "pwsh"):
            host = _SampleHost(create_host("lab", "ws2019", {"cut_seconds": 0, "seed": 7}))
            served = stack.enter_context(Served(engine, directory / engine, host=host))
            # The double shows all commands of its host in the session configuration that needs no text.
            settings = {"configuration_name": "hnskit"} if engine == "python" else {}
            samples = stack.enter_context(served.pool(module=False, **settings))
            if engine == "pwsh":
                script = PowerShell(samples)
                script.add_script(FUNCTIONS, use_local_scope=False)
                script.invoke()
            made.append(Side(engine, served, samples, stack.enter_context(served.pool())))
        yield made[0], made[1]


# Behaviours: each gives the messages that an engine sends.

Behaviour = Callable[[Side], list[Message]]


def _value(name: str) -> Behaviour:
    return lambda side: say(side.samples, ("Write-Sample", {"Name": name})).messages


def _sample(name: str, **parameters: Any) -> Behaviour:
    return lambda side: say(side.samples, (name, parameters)).messages


def _plain(*commands: Any) -> Behaviour:
    return lambda side: say(side.plain, *commands).messages


def _opened(side: Side) -> list[Message]:
    with recorded() as messages, side.served.pool(module=False, max_runspaces=2):
        pass
    return messages


def _stopped(side: Side) -> list[Message]:
    pipeline = PowerShell(side.samples)
    pipeline.add_cmdlet("Wait-Sample")
    with recorded() as messages:
        pipeline.begin_invoke()
        while not pipeline.output:
            pipeline.poll_invoke()
        pipeline.stop()
    return messages


def _runspaces(side: Side) -> list[Message]:
    with side.served.pool(module=False, max_runspaces=3) as pool, recorded() as messages:
        pool.get_available_runspaces()
        pool.min_runspaces = 2
        pool.max_runspaces = 5
        pool.get_available_runspaces()
    return messages


def _reset(side: Side) -> list[Message]:
    with side.served.pool(module=False) as pool, recorded() as messages:
        pool.reset_runspace_state()
    return messages


def _keys(side: Side) -> list[Message]:
    with side.served.pool(module=False) as pool, recorded() as messages:
        pool.exchange_keys()
    return messages


def _secret(side: Side) -> list[Message]:
    with side.served.pool() as pool:
        pool.exchange_keys()
        secret = pool.serialize("nobody reads this", ObjectMeta("SS"))
        return say(pool, ("Invoke-HnskitDocker", {"ArgumentList": "ps", "TimeoutSeconds": secret})).messages


def _at_once(side: Side) -> list[Message]:
    with side.served.pool(module=False, max_runspaces=3) as pool, recorded() as messages:
        running = []
        for _ in range(3):
            pipeline = PowerShell(pool)
            pipeline.add_script("$PSVersionTable")
            pipeline.begin_invoke()
            running.append(pipeline)
        for pipeline in running:
            pipeline.end_invoke()
    return [Message(message.type) for message in messages]


NOWHERE: tuple[str, dict[str, Any]] = ("Nope-Command", {})
GOOD: tuple[str, dict[str, Any]] = ("Get-HnskitCompartment", {})
WRONG = ("Set-HnskitForwarding", {"InterfaceIndex": "six", "State": "Enabled"})
STOPPED = ("Set-HnskitForwarding", {"InterfaceIndex": 99, "State": "Enabled"})
ENDS = ("Invoke-HnskitDocker", {"ArgumentList": ["login"]})
BEHAVIOURS: Mapping[str, Behaviour] = {
    "a pool is opened": _opened,
    **{f"value: {value.name}": _value(value.name) for value in VALUES},
    "3 MB as a parameter": _sample("Measure-Sample", Text=MEGABYTES),
    "a command throws an error record": _sample("Stop-Sample", How="throw"),
    "a command ends itself with an error": _sample("Stop-Sample", How="end"),
    "an unknown command": _plain(NOWHERE),
    "an unknown command, then another": _plain(NOWHERE, GOOD),
    "an unknown parameter": _plain(("Get-HnskitCompartment", {"Bogus": 1})),
    "an unknown parameter, then another command": _plain(("Get-HnskitCompartment", {"Bogus": 1}), GOOD),
    "a wrong type": _plain(WRONG),
    "a missing parameter": _plain(("Invoke-HnskitHns", {"Method": "GET"})),
    "a command ends itself, then two others": _plain(ENDS, GOOD, GOOD),
    "a command, then one that ends itself, then another": _plain(GOOD, ENDS, GOOD),
    "a command that is stopped by -ErrorAction Stop, then another": _plain(STOPPED, GOOD),
    "three pipelines at once": _at_once,
    "a pipeline is stopped": _stopped,
    "runspaces are counted, more are allowed": _runspaces,
    "a runspace is reset": _reset,
    "keys are exchanged": _keys,
    "a SecureString as a parameter": _secret,
    "$PSVersionTable": _plain("$PSVersionTable"),
    **{
        f"stream: {name}": _plain(script)
        for name, script in (
            ("error", "Write-Error 'x' -ErrorAction Continue"),
            ("warning", "Write-Warning 'x'"),
            ("verbose", "Write-Verbose 'x' -Verbose"),
            ("debug", "Write-Debug 'x' -Debug"),
            ("information", "Write-Information 'x'"),
            ("progress", "Write-Progress -Activity 'x'"),
            ("host", "Write-Host 'x'"),
        )
    },
    "the host is asked": _plain("$Host.UI.ReadLine()"),
    "throw": _plain("throw 'x'"),
}
"""By name, as the page shows them."""

# Differences, and why they are as they are.


@dataclass(frozen=True)
class Reason:
    """A reason, and what it is the reason of: `behaviour | MESSAGE_TYPE | field`, a regular expression."""

    pattern: str
    text: str


_DOUBLE_KNOWS = (
    "the double runs hnskit's commands and none of PowerShell's own; it says so (HnskitEmulator.NotEmulated)"
)
REASONS = (
    Reason(r"^stream: |^throw \||^the host is asked", _DOUBLE_KNOWS),
    Reason(
        r"^\$PSVersionTable|^a pool is opened \| APPLICATION_PRIVATE_DATA",
        "the double is Windows PowerShell 5.1, the engine another version",
    ),
    Reason(
        r"^three pipelines at once \| \(messages\)",
        "Windows PowerShell 5.1 prepares modules in a shell's first pipeline and says so (recorded); 7 does not",
    ),
    Reason(r"^value: duration", "psrpcore 0.3.1 loses a zero at the end; no command of hnskit puts out a duration"),
    Reason(
        r"^value: uri",
        "psrpcore leaves escapes in a URI, .NET's text of it has none; no command of hnskit puts out a URI",
    ),
    Reason(
        r"InvocationInfo|CommandInfo|PipelineIterationInfo|SerializeExten|ScriptStackTrace",
        "where in which script it happened: the double has no script",
    ),
    Reason(
        r"(Exception/(.*/)?Message|ToString)$",
        "the words of errors are Windows PowerShell 5.1's in the double; they differ between versions",
    ),
    Reason(
        r"Exception/(.*/)?(Data|HelpLink|InnerException|Source|StackTrace|TargetSite|CommandName|CommandInvocation|ErrorId"
        r"|ErrorRecord|Line|Offset|ParameterName|ParameterType|TypeSpecified|WasThrownFromThrowStatement)\b",
        "members of .NET's exceptions, which no client of hnskit reads",
    ),
)


@dataclass(frozen=True)
class Difference:
    """A field, or a message, that the two have differently."""

    behaviour: str
    message: str
    field: str
    python: str
    pwsh: str

    @property
    def reason(self) -> str | None:
        """Why; None: nobody knows, and it is a mistake."""
        key = f"{self.behaviour} | {self.message} | {self.field}"
        return next((reason.text for reason in REASONS if re.search(reason.pattern, key)), None)


_RANDOM = {"/EncryptedSessionKey"}


def compare(behaviour: str, two: tuple[Side, Side]) -> list[Difference]:
    """What a behaviour looks like on both sides, where it is not the same."""
    python, pwsh = (BEHAVIOURS[behaviour](side) for side in two)
    types = tuple(" ".join(message.type for message in messages) for messages in (python, pwsh))
    if types[0] != types[1]:
        return [Difference(behaviour, "(messages)", "", *types)]
    found = []
    for one, other in zip(python, pwsh, strict=True):
        for field in sorted({*one.fields, *other.fields} - _RANDOM):
            values = tuple(steady(message.fields.get(field, "(absent)")) for message in (one, other))
            if values[0] != values[1]:
                found.append(Difference(behaviour, one.type, field.lstrip("/"), *values))
    return found


def engine_version(side: Side) -> str:
    """Of a real engine."""
    (message,) = say(side.plain, "$PSVersionTable.PSVersion.ToString()").of("PIPELINE_OUTPUT")
    return message.fields["/"][2:]


def all_differences(two: tuple[Side, Side]) -> list[Difference]:
    """Of every behaviour."""
    return [difference for name in BEHAVIOURS for difference in compare(name, two)]


def tables(found: list[Difference], version: str) -> str:
    """The comparison as Markdown: what is the same, and what is not and why."""
    differing = {difference.behaviour for difference in found}
    same = [name for name in BEHAVIOURS if name not in differing]
    lines = [
        f"Compared with PowerShell {version}.",
        "",
        f"The same in every message and field ({len(same)}): {'; '.join(same)}.",
        "",
    ]
    lines += ["| behaviour | what differs | python | pwsh | why |", "|---|---|---|---|---|"]
    rows: dict[tuple[str, str], list[Difference]] = {}
    for difference in found:
        rows.setdefault((difference.behaviour, difference.reason or "**not known**"), []).append(difference)
    for (behaviour, reason), differences in rows.items():
        first = differences[0]
        fields = list(dict.fromkeys(_short(difference) for difference in differences))
        shown = ", ".join(fields[:4]) + (f" and {len(fields) - 4} more" if len(fields) > 4 else "")
        values = ("", "") if len(differences) > 1 else (_cell(first.python), _cell(first.pwsh))
        lines.append(f"| {_cell(behaviour)} | {_cell(shown)} | {values[0]} | {values[1]} | {_cell(reason)} |")
    return "\n".join(lines)


def _short(difference: Difference) -> str:
    if not difference.field:
        return difference.message if difference.message == "(messages)" else f"{difference.message}: the value"
    parts = difference.field.removeprefix("ExceptionAsErrorRecord/").split("/")
    return "/".join(parts[:2] if parts[0] == "Exception" else parts[:1])


def _cell(text: str) -> str:
    short = text if len(text) <= 140 else f"{text[:140]}…"
    return short.replace("|", "\\|").replace("\n", " ")


def main() -> None:
    """Print the comparison, or put it into the page."""
    with tempfile.TemporaryDirectory() as place, sides(Path(place)) as two:
        text = tables(all_differences(two), engine_version(two[1]))
    print_or_write(PAGE, MARK, text)


if __name__ == "__main__":
    main()
