"""The whole redirect over a real PowerShell engine: open and restricted sessions, the library, the notebooks."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from pypsrp.powershell import RunspacePool

import hnskit
from hnskit.emulator import registry
from hnskit.emulator.emulator_commands import emulator
from hnskit.running import runner
from tests.emulator.engines import Served, StreamRecord, needs_engine, say
from tests.host_process import emulated_host
from tests.sample_facts import PARAMS

pytestmark = needs_engine

PUBLIC = (
    "Get-HnskitAdapter", "Get-HnskitAddress", "Get-HnskitCompartment", "Get-HnskitContainer", "Get-HnskitInterface",
    "Get-HnskitRoute", "Get-HnskitSystem",
)  # fmt: skip


@pytest.mark.parametrize("restricted", [False, True], ids=["open", "restricted"])
def test_the_redirect_is_set_up_found_proved_and_taken_away(restricted: bool, tmp_path: Path) -> None:
    """With the host's network gone for a moment while a script runs, twice."""
    with emulated_host(tmp_path / "state") as overrides:
        name = overrides[0].rpartition("/")[2]
        started = CliRunner().invoke(
            emulator, ["start", name, "--engine", "pwsh", "--json", *(["--restricted"] if restricted else [])]
        )
        entry = json.loads(started.stdout)
        assert (entry["engine"], entry["restricted"]) == ("pwsh", restricted)
        assert "engine pwsh" in CliRunner().invoke(emulator, ["status", name]).stdout
        assert "pwsh" in CliRunner().invoke(emulator, ["list"]).stdout
        registry.get(name).ask({"do": "fault", "name": "cut", "value": {"seconds": 0.3}})
        params = hnskit.load_params(PARAMS, overrides=[overrides[0]])
        desired = hnskit.desired_from(params)
        journal = hnskit.Journal(tmp_path / "runs" / "1" / "journal.jsonl", params.target)
        with hnskit.connect(params) as session:
            before = hnskit.gather_facts(session)
            assert before.problems == ()
            assert before.system is not None
            assert before.system.administrator
            first = hnskit.apply(session, desired, journal=journal)
            assert first.changed == 17
            assert any("came back" in note for note in first.notes)
            assert hnskit.verify(session, desired).ok
            assert hnskit.apply(session, desired).changed == 0
            hnskit.destroy(
                session, desired, made=hnskit.made_on(params.target, runs=tmp_path / "runs"), journal=journal
            )
            after = hnskit.gather_facts(session)
        assert without_clock(after) == without_clock(before)


def without_clock(facts: Any) -> Any:
    return dataclasses.replace(facts, system=dataclasses.replace(facts.system, clock=""))


@pytest.mark.slow
def test_the_notebooks_run_on_it(tmp_path: Path) -> None:
    """All of a run, in order."""
    with emulated_host(tmp_path / "state") as overrides:
        summary = runner.run(PARAMS, overrides=[*overrides, "emulator.engine=pwsh"], runs=tmp_path / "runs")
        assert summary.ok, summary
        assert [step.changed for step in summary.steps][1:5] == [4, 5, 6, 2]
        assert registry.get(overrides[0].rpartition("/")[2]).engine == "pwsh"


@pytest.mark.parametrize(
    ("fault", "command"),
    [
        ("docker_missing", ("Invoke-HnskitDocker", {"ArgumentList": ["ps"]})),
        ("docker_stopped", ("Invoke-HnskitDocker", {"ArgumentList": ["ps"]})),
        ("docker_stopped", ("Get-HnskitContainer", {})),
    ],
)
def test_what_is_missing_is_told_as_the_double_tells_it(fault: str, command: Any, tmp_path: Path) -> None:
    """By the same record, or the same error."""
    told = []
    for engine in ("python", "pwsh"):
        with Served(engine, tmp_path / engine) as served:
            served.call(partial(served.host.set_fault, fault, True))
            with served.pool() as pool:
                (first, *_) = say(pool, command).messages
            keep = ("FullyQualifiedErrorId", "TargetObject", "ExitCode", "StdErr")
            told.append({key: value for key, value in first.fields.items() if key.rpartition("/")[2] in keep})
    assert told[0] == told[1]
    assert told[0]


# Restricted sessions.


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with Served("pwsh", tmp_path_factory.mktemp("host"), restricted=True) as host:
        yield host


@pytest.fixture(scope="module", params=["hnskit", "Microsoft.PowerShell"])
def pool(served: Served, request: pytest.FixtureRequest) -> Iterator[RunspacePool]:
    with served.pool(module=False, configuration_name=request.param) as opened:
        yield opened


def refused_with(said: StreamRecord) -> str:
    (state,) = said.messages
    return state.fields["/ExceptionAsErrorRecord/FullyQualifiedErrorId"]


@pytest.mark.parametrize("name", PUBLIC)
def test_a_restricted_session_has_the_kits_functions(pool: RunspacePool, name: str) -> None:
    said = say(pool, (name, {}))
    assert said.of("PIPELINE_OUTPUT")
    assert said.of("ERROR_RECORD") == []


@pytest.mark.parametrize(
    "name",
    [
        "Get-Command", "Get-Date", "New-Object", "Add-Type", "Invoke-Expression", "ConvertFrom-Json", "Import-Module",
        "Get-NetAdapter", "Set-NetIPInterface", "Get-ItemProperty", "Get-EmulatedInstance", "Invoke-EmulatedHost",
        "New-HnskitError", "Assert-HnskitGuard", "ConvertTo-HnskitArgument", "ConvertTo-HnskitJson", "ForEach-Object",
        "cd..", "docker", "hostname", "/bin/sh", "sh",
        "hnskit\\New-HnskitError", "Microsoft.PowerShell.Utility\\Add-Type", "Get-Content", "Get-ChildItem",
    ],
)  # fmt: skip
def test_a_restricted_session_has_nothing_else(pool: RunspacePool, name: str) -> None:
    assert refused_with(say(pool, (name, {}))) == "S:CommandNotFoundException"


@pytest.mark.parametrize(
    "script", ["1", "$PSVersionTable", "Get-HnskitSystem", "& { 1 }", "[System.IO.File]::Delete('x')"]
)
def test_a_restricted_session_takes_no_script(pool: RunspacePool, script: str) -> None:
    assert refused_with(say(pool, script)) == "S:ScriptsNotAllowed"


def test_a_restricted_session_checks_parameters(pool: RunspacePool) -> None:
    for method, path in (("PUT", "/networks"), ("GET", "/networks\n")):
        wrong = ("Invoke-HnskitHns", {"Method": method, "Path": path})
        assert refused_with(say(pool, wrong)) == "S:ParameterArgumentValidationError,Invoke-HnskitHns"
    injected = ("Invoke-HnskitDocker", {"ArgumentList": ["$(whoami)"]})
    assert refused_with(say(pool, injected)) == "S:Hnskit.DockerCommandNotAllowed,Invoke-HnskitDocker"


def test_docker_that_cannot_be_started_is_not_called_missing(pool: RunspacePool) -> None:
    """Here since its command line is too long."""
    said = say(pool, ("Invoke-HnskitDocker", {"ArgumentList": ["version", "x" * 200_000]}))
    assert refused_with(said) == "S:Hnskit.DockerNotStarted,Invoke-HnskitDocker"


def test_the_double_is_restricted_alike(tmp_path: Path) -> None:
    """Whatever session configuration is asked for."""
    with Served("python", tmp_path / "host", restricted=True) as served, served.pool(module=False) as pool:
        assert refused_with(say(pool, "1")) == "S:ScriptsNotAllowed"
        assert refused_with(say(pool, ("hostname", {}))) == "S:CommandNotFoundException"
        assert say(pool, ("Get-HnskitAdapter", {})).of("PIPELINE_OUTPUT")
