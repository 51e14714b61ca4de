"""The behaviours in which the engines are compared: each gives the messages that an engine sends."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pypsrp.complex_objects import ObjectMeta
from pypsrp.powershell import PowerShell, RunspacePool

from hnskit.emulator.host import create_host
from tests.emulator.engines import Message, Served, recorded, say
from tests.emulator.protocol_samples import COMMANDS, FUNCTIONS, MEGABYTES, VALUES


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
