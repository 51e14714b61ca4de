"""Shells of an emulated host on a real PowerShell engine, from an unmodified pypsrp: PSRP, processes, their ends."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from pypsrp.complex_objects import PSInvocationState
from pypsrp.host import PSHost, PSHostUserInterface
from pypsrp.powershell import PowerShell, RunspacePool

from tests.emulator.engine_processes import children_of, output, process_of_shell, wait_until_gone
from tests.emulator.engines import Served, needs_engine, say
from tests.emulator.host_scenario import NANOSERVER
from tests.waiting import wait_for


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with Served("pwsh", tmp_path_factory.mktemp("host")) as host:
        yield host


@pytest.fixture(scope="module")
def pool(served: Served) -> Iterator[RunspacePool]:
    with served.pool() as opened:
        yield opened


@needs_engine
def test_a_plain_client_gets_the_engines_version_table(served: Served, pool: RunspacePool) -> None:
    """Nothing of the double answers here."""
    (table,) = output(pool, "$PSVersionTable")
    assert table["PSEdition"] == "Core"
    assert output(pool, "$env:COMPUTERNAME; hostname; whoami") == ["LAB", "LAB", "lab\\administrator"]


@needs_engine
def test_every_stream_arrives(pool: RunspacePool) -> None:
    pipeline = PowerShell(pool)
    pipeline.add_script(
        "$ErrorActionPreference = $WarningPreference = 'Continue'; 1; Write-Error e; Write-Warning w; "
        "Write-Verbose v -Verbose; Write-Debug d -Debug; Write-Information i; Write-Progress -Activity p"
    )
    assert pipeline.invoke() == [1]
    streams = pipeline.streams
    seen = [str(streams.error[0]), str(streams.warning[0]), str(streams.verbose[0]), str(streams.debug[0])]
    assert seen == ["e", "w", "v", "d"]
    assert str(streams.information[0].message_data) == "i"
    assert streams.progress[0].activity == "p"


@needs_engine
def test_input_is_piped_in(pool: RunspacePool) -> None:
    assert output(pool, "process { $_ * 2 }", 1, 2, 3) == [2, 4, 6]


@needs_engine
def test_the_engine_can_ask_the_clients_host(served: Served) -> None:
    """A host call goes out, and its answer comes in on the stream for it."""

    class Screen(PSHostUserInterface):  # type: ignore[misc]
        def ReadLine(self, runspace: Any, pipeline: Any) -> str:  # noqa: N802
            return "typed in"

    host = PSHost(None, None, False, "tests", None, Screen(), "1.0")
    with served.wsman() as wsman, RunspacePool(wsman, host=host) as pool:
        assert output(pool, "$Host.UI.ReadLine()") == ["typed in"]


@needs_engine
def test_a_pipeline_that_waits_for_docker_can_be_stopped(served: Served, pool: RunspacePool) -> None:
    """And docker with it."""
    forever = ["ping", "-t", "localhost"]
    container = f"docker run --detach --network none --name endless {NANOSERVER} {' '.join(forever)}"
    assert output(pool, f"$null = {container}; $LASTEXITCODE") == [0]
    pipeline = PowerShell(pool)
    pipeline.add_cmdlet("Invoke-HnskitDocker").add_parameter("ArgumentList", ["exec", "endless", *forever])
    pipeline.begin_invoke()
    engine = process_of_shell(served, pool)
    wait_for(lambda: children_of(engine))
    children = children_of(engine)
    pipeline.stop()
    assert pipeline.state == PSInvocationState.STOPPED
    wait_until_gone(*children)
    assert output(pool, "docker rm --force endless") == ["endless"]


@needs_engine
def test_under_strict_mode_and_stop_every_reading_command_is_clean(pool: RunspacePool) -> None:
    """No error, no warning, nothing verbose."""
    names = sorted(name for name in registry_of_commands() if name.startswith("Get-"))
    assert len(names) == 8
    strict = "$Error.Clear(); Set-StrictMode -Version Latest; $ErrorActionPreference = $WarningPreference = 'Stop'"
    said = say(pool, "; ".join((strict, *(f"$null = {name}" for name in names), "$Error.Count", "'done'")))
    assert [message.fields["/"] for message in said.of("PIPELINE_OUTPUT")] == ["I32:0", "S:done"]
    assert [message.type for message in said.messages] == ["PIPELINE_OUTPUT", "PIPELINE_OUTPUT", "PIPELINE_STATE"]


def registry_of_commands() -> list[str]:
    from hnskit.emulator.host import create_host

    return list(create_host("names").commands)


@needs_engine
def test_a_command_that_fails_ends_even_where_the_preference_is_another(pool: RunspacePool, served: Served) -> None:
    """In a module's scope the preference of hnskit does not reach the commands of Windows."""
    with served.pool(module=False, configuration_name="hnskit") as restricted:
        said = say(restricted, ("Set-HnskitForwarding", {"InterfaceIndex": 999, "State": "Enabled"}))
        assert said.of("PIPELINE_OUTPUT") == []
        (state,) = said.of("PIPELINE_STATE")
        assert state.fields["/ExceptionAsErrorRecord/FullyQualifiedErrorId"].startswith("S:CmdletizationQuery_NotFound")
