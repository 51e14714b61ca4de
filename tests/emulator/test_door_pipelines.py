"""What an unmodified pypsrp gets through the door: pools, pipelines, output and errors."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pypsrp.complex_objects import ObjectMeta, PSInvocationState
from pypsrp.exceptions import WSManFaultError
from pypsrp.powershell import PowerShell, RunspacePool

from hnskit.remote.module_source import module_text
from tests.emulator.door_host import Served, command, invoke
from tests.waiting import wait_for

LARGE = 3 * 1024 * 1024
STOP = "powershell/signal/crtl_c"
SCHEMES = pytest.mark.parametrize("scheme", ["http", "https"])


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with Served(tmp_path_factory.mktemp("door")) as door:
        yield door


@pytest.fixture(scope="module")
def pool(served: Served) -> Iterator[RunspacePool]:
    with served.pool() as opened:
        yield opened


def failure(script: PowerShell) -> Any:
    script.invoke()
    assert script.state == PSInvocationState.FAILED
    return script.streams.error[-1]


@SCHEMES
def test_a_command_runs_over_http_with_encryption_and_over_https(served: Served, scheme: str) -> None:
    with served.pool(scheme) as pool:
        (record,) = invoke(pool, "Invoke-HnskitHns", Method="GET", Path="/networks")
    assert list(record.adapted_properties) + list(record.extended_properties) == ["HResult", "Response"]
    assert record.extended_properties == {"HResult": 0, "Response": "/networks"}


@SCHEMES
def test_three_megabytes_come_back(served: Served, scheme: str) -> None:
    with served.pool(scheme) as pool:
        (text,) = invoke(pool, "Invoke-HnskitDocker", ArgumentList=["big", str(LARGE)])
    assert text == "x" * LARGE


@SCHEMES
def test_three_megabytes_arrive(served: Served, scheme: str) -> None:
    body = ("x" * 1000 + "é𝄞\r\n_x000A_\"'$()") * (LARGE // 1000)
    with served.pool(scheme) as pool:
        (record,) = invoke(pool, "Invoke-HnskitHns", Method="POST", Path="/endpoints/", Body=body)
    assert record.extended_properties["Response"] == body


def test_output_streams_while_the_pipeline_runs(pool: RunspacePool) -> None:
    """The first record is there before the pipeline ends."""
    script = command(pool, "Invoke-HnskitDocker", ArgumentList=["sleep", "0.5"])
    script.begin_invoke()
    while not script.output:
        script.poll_invoke()
    assert (script.output, script.state) == (["asleep"], PSInvocationState.RUNNING)
    assert script.end_invoke() == ["asleep", "awake"]


def test_a_long_poll_that_finds_nothing_is_asked_again(served: Served) -> None:
    with served.pool(operation_timeout=1) as pool:
        assert invoke(pool, "Invoke-HnskitDocker", ArgumentList=["sleep", "1.5"]) == ["asleep", "awake"]


def test_a_running_pipeline_is_stopped_and_the_pool_goes_on(pool: RunspacePool) -> None:
    """pypsrp's own signal, `ctrl_c`, is not the one that PowerShell knows: the command is closed by it."""
    script = command(pool, "Invoke-HnskitDocker", ArgumentList=["sleep", "60"])
    script.begin_invoke()
    script.stop()
    with pytest.raises(WSManFaultError) as caught:
        script.close()
    assert caught.value.code == 2150858843
    assert invoke(pool, "hostname") == ["STANDIN"]


def test_a_pipeline_that_waits_for_a_runspace_is_stopped_too(served: Served) -> None:
    with served.pool() as pool:
        first = command(pool, "Invoke-HnskitDocker", ArgumentList=["sleep", "60"])
        waiting = command(pool, "hostname")
        first.begin_invoke()
        waiting.begin_invoke()
        pool.shell.signal(STOP, waiting.id)
        assert waiting.end_invoke() == []
        assert waiting.state == PSInvocationState.STOPPED
        first.stop()


def test_the_pipeline_itself_says_that_it_was_stopped(served: Served) -> None:
    with served.pool() as pool:
        script = command(pool, "Invoke-HnskitDocker", ArgumentList=["sleep", "60"])
        script.begin_invoke()
        pool.shell.signal(STOP, script.id)
        while script.state == PSInvocationState.RUNNING:
            script.poll_invoke()
        assert script.state == PSInvocationState.STOPPED
        assert script.streams.error[0].fq_error == "PipelineStopped"


def test_several_pipelines_of_a_pool_run_side_by_side(served: Served) -> None:
    wsman = served.wsman()
    with wsman, RunspacePool(wsman, configuration_name="hnskit", max_runspaces=3) as pool:
        scripts = [command(pool, "Invoke-HnskitDocker", ArgumentList=["sleep", "60"]) for _ in range(3)]
        for script in scripts:
            script.begin_invoke()
        assert pool.get_available_runspaces() == 0
        for script in scripts:
            while not script.output:
                script.poll_invoke()
        assert [list(script.output) for script in scripts] == [["asleep"]] * 3, "no later one waits for the first"
        for script in scripts:
            script.stop()


def test_a_pool_of_one_runs_one_pipeline_after_the_other(served: Served) -> None:
    with served.pool() as pool:
        first = command(pool, "Invoke-HnskitDocker", ArgumentList=["sleep", "0.3"])
        second = command(pool, "hostname")
        first.begin_invoke()
        second.begin_invoke()
        assert second.end_invoke() == ["STANDIN"]
        first.poll_invoke()
        assert first.end_invoke() == ["asleep", "awake"]


def test_the_statements_of_a_batch_take_any_free_runspace(served: Served) -> None:
    """Where a pool has several, as on a real engine: what one statement loaded, the next may not find."""
    wsman = served.wsman()
    with wsman, RunspacePool(wsman, max_runspaces=2) as pool:
        first = PowerShell(pool)
        first.add_script(module_text(), use_local_scope=False)
        first.add_statement()
        first.add_cmdlet("Invoke-HnskitDocker").add_parameter("ArgumentList", ["sleep", "0.3"])
        first.begin_invoke()
        invoke(pool, "hostname")  # in the second runspace, since the first is busy
        assert first.end_invoke() == ["asleep", "awake"]
        batch = command(pool, "Get-HnskitSystem")
        batch.add_statement()
        batch.add_cmdlet("Get-HnskitSystem")
        assert failure(batch).fq_error == "CommandNotFoundException"
        assert len(batch.output) == 1


def test_runspace_counts_are_set_and_refused(served: Served) -> None:
    with served.pool() as pool:
        pool.max_runspaces = 4
        pool.min_runspaces = 2
        assert pool.get_available_runspaces() == 4
        with pytest.raises(Exception, match="Failed to set minimum runspaces"):
            pool.min_runspaces = 9


def test_keys_are_exchanged_and_a_secure_string_arrives(served: Served) -> None:
    with served.pool() as pool:
        pool.exchange_keys()
        value = pool.serialize("s3cret", ObjectMeta("SS"))
        (record,) = invoke(pool, "Invoke-HnskitHns", Method="GET", Path="/x", Body=value)
        assert record.extended_properties["Response"] == "System.Security.SecureString"


def test_a_reset_keeps_functions(served: Served) -> None:
    with served.pool() as pool:
        pool.reset_runspace_state()
        assert invoke(pool, "Get-HnskitSystem")


def test_piped_input_is_taken_and_the_command_runs_when_it_ends(pool: RunspacePool) -> None:
    script = command(pool, "Invoke-HnskitHns", Method="GET", Path="/x")
    assert len(script.invoke(["a", "b"])) == 1


def test_statements_of_one_pipeline_run_in_order(pool: RunspacePool) -> None:
    script = command(pool, "hostname")
    script.add_statement()
    script.add_cmdlet("whoami")
    assert script.invoke() == ["STANDIN", "standin\\operator"]


def test_the_version_table_is_windows_powershell(served: Served) -> None:
    with served.pool(module=False) as pool:
        script = PowerShell(pool)
        script.add_script("$PSVersionTable")
        (table,) = script.invoke()
    assert (str(table["PSVersion"]), table["PSEdition"]) == ("5.1.17763.1", "Desktop")


def test_a_terminating_error_carries_the_fields_of_its_record(pool: RunspacePool) -> None:
    error = failure(command(pool, "Invoke-HnskitDocker", ArgumentList=["frob"]))
    assert error.fq_error == "Hnskit.DockerCommandNotAllowed,Invoke-HnskitDocker"
    assert (error.category, error.reason, error.activity) == (18, "InvalidOperationException", "Invoke-HnskitDocker")
    assert (error.target_name, error.target_type, error.target_object) == ("frob", "String", "frob")
    assert str(error) == "docker frob is not allowed."


def test_the_commands_are_unknown_before_the_module_was_sent(served: Served) -> None:
    with served.pool(module=False) as pool:
        error = failure(command(pool, "Invoke-HnskitHns", Method="GET", Path="/x"))
    assert (error.fq_error, error.category, error.target_name) == ("CommandNotFoundException", 13, "Invoke-HnskitHns")


def test_an_unknown_command_is_not_found(pool: RunspacePool) -> None:
    assert failure(command(pool, "Get-Process")).fq_error == "CommandNotFoundException"


def test_a_script_that_is_not_the_kits_is_refused_by_name(pool: RunspacePool) -> None:
    script = PowerShell(pool)
    script.add_script("Remove-Item C:\\ -Recurse")
    error = failure(script)
    assert error.fq_error == "HnskitEmulator.NotEmulated"
    assert "Remove-Item C:\\ -Recurse" in str(error)


def test_a_changed_module_text_is_refused(served: Served) -> None:
    with served.pool(module=False) as pool:
        script = PowerShell(pool)
        script.add_script(module_text().replace("Stop", "Continue", 1), use_local_scope=False)
        assert failure(script).fq_error == "HnskitEmulator.NotEmulated"
        assert failure(command(pool, "Invoke-HnskitHns", Method="GET", Path="/x")).category == 13


def test_commands_piped_into_each_other_are_refused(pool: RunspacePool) -> None:
    script = command(pool, "hostname")
    script.add_cmdlet("Out-String")
    assert failure(script).fq_error == "HnskitEmulator.NotEmulated"


def test_a_batch_goes_on_after_a_wrong_parameter(pool: RunspacePool) -> None:
    """As PowerShell does: the error comes in the stream, and the pipeline completes."""
    script = command(pool, "Invoke-HnskitHns", Method="PATCH", Path="/x")
    script.add_statement()
    script.add_cmdlet("hostname")
    assert script.invoke() == ["STANDIN"]
    assert script.state == PSInvocationState.COMPLETED
    (error,) = script.streams.error
    assert error.fq_error == "ParameterArgumentValidationError,Invoke-HnskitHns"
    assert error.reason == "ParentContainsErrorRecordException"


def test_a_batch_ends_when_any_statement_but_its_first_fails(pool: RunspacePool) -> None:
    script = command(pool, "hostname")
    script.add_statement()
    script.add_cmdlet("Invoke-HnskitDocker").add_parameter("ArgumentList", ["frob"])
    script.add_statement()
    script.add_cmdlet("hostname")
    assert failure(script).fq_error == "Hnskit.DockerCommandNotAllowed,Invoke-HnskitDocker"
    assert script.output == ["STANDIN"]


def test_after_a_first_statement_that_fails_one_more_is_run(pool: RunspacePool) -> None:
    """A quirk of PowerShell's batches."""
    script = command(pool, "Invoke-HnskitDocker", ArgumentList=["frob"])
    for _ in range(2):
        script.add_statement()
        script.add_cmdlet("hostname")
    assert script.invoke() == ["STANDIN"]
    assert script.streams.error[0].fq_error == "Hnskit.DockerCommandNotAllowed,Invoke-HnskitDocker"


def test_a_mistake_of_the_emulator_tells_the_client_nothing(pool: RunspacePool) -> None:
    error = failure(command(pool, "Invoke-HnskitDocker", ArgumentList=["bug"]))
    assert "secret" not in str(error)
    assert error.fq_error == "HnskitEmulator.NotEmulated"


def test_a_restricted_session_has_the_commands_and_no_scripts(served: Served) -> None:
    with served.pool(module=False, configuration="hnskit") as pool:
        assert len(invoke(pool, "Invoke-HnskitHns", Method="GET", Path="/x")) == 1
        assert failure(command(pool, "hostname")).fq_error == "CommandNotFoundException"
        script = PowerShell(pool)
        script.add_script("1")
        assert failure(script).fq_error == "ScriptsNotAllowed"


def test_an_unknown_session_configuration_is_a_fault(served: Served) -> None:
    with pytest.raises(WSManFaultError) as caught, served.pool(configuration="Contoso"):
        pass
    assert caught.value.code == 0x8033803B


def test_a_closed_pool_is_gone(served: Served) -> None:
    with served.pool() as pool:
        shell, wsman = pool.shell, pool.connection
        pool.close()
        shell.opened = True
        with pytest.raises(WSManFaultError) as caught:
            shell.close()
        assert caught.value.code == 2150858843
        wsman.close()


def test_a_delivered_pipeline_is_gone_but_can_be_closed(pool: RunspacePool) -> None:
    script = command(pool, "hostname")
    script.invoke()
    with pytest.raises(WSManFaultError) as caught:
        script.poll_invoke()
    assert caught.value.code == 2150858843
    script.close()


def test_the_same_command_id_is_not_started_twice(pool: RunspacePool, served: Served) -> None:
    runs = served.host.runs
    first = command(pool, "Invoke-HnskitDocker", ArgumentList=["big", "1"])
    first.invoke()
    second = command(pool, "Invoke-HnskitDocker", ArgumentList=["big", "1"])
    second.id = first.id
    with pytest.raises(WSManFaultError) as caught:
        second.invoke()
    assert caught.value.code == 0x80338033
    assert served.host.runs == runs + 1


def test_shells_and_commands_are_listed(served: Served) -> None:
    with served.pool() as pool:
        script = command(pool, "Invoke-HnskitDocker", ArgumentList=["sleep", "60"])
        script.begin_invoke()
        listed = {found.id: found for found in RunspacePool.get_runspace_pools(served.wsman())}
        assert [uuid.UUID(identity) for identity in listed[pool.id.upper()].pipelines] == [uuid.UUID(script.id)]
        script.stop()


def test_the_configuration_says_how_large_an_envelope_may_be(served: Served) -> None:
    wsman = served.wsman()
    wsman.update_max_payload_size()
    assert wsman.max_envelope_size == 500 * 1024


def test_an_idle_shell_is_closed(tmp_path: Path) -> None:
    with Served(tmp_path, minimum_idle=0.2) as served:
        wsman = served.wsman()
        pool = RunspacePool(wsman)
        pool.shell.idle_time_out = 0
        pool.open()
        wait_for(lambda: not len(served.door.shells))
        with pytest.raises(WSManFaultError) as caught:
            invoke(pool, "hostname")
        assert caught.value.code == 2150858843
