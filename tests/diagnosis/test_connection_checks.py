"""The way to a host, step by step."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from hnskit.commands.cli import hnskit
from hnskit.diagnosis.connection_checks import check_connection
from hnskit.emulator import registry
from hnskit.emulator.engines.pwsh.locate import find_engine
from hnskit.facts.finding import Finding
from hnskit.params.loading import load_params
from hnskit.remote.stdio_commands import VARIABLE
from tests.emulator.engines import needs_engine
from tests.host_process import emulated_host


@pytest.fixture(scope="module")
def host(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with emulated_host(tmp_path_factory.mktemp("state")) as overrides:
        yield overrides[0]


def way(*overrides: str) -> list[Finding]:
    return list(check_connection(load_params("params/emulator.yaml", overrides=list(overrides))))


def last(findings: list[Finding]) -> Finding:
    """The step that fails: nothing is looked at after it."""
    assert [one.severity for one in findings[:-1]].count("error") == 0
    return findings[-1]


def test_each_step_of_a_good_way_is_said(host: str) -> None:
    """Over http, with NTLM."""
    findings = way(host)
    assert {one.severity for one in findings} <= {"ok", "note"}
    assert [one.check for one in findings if one.severity == "ok"] == [
        "name", "port", "transport", "login", "session", "commands", "elevation",
    ]  # fmt: skip


def test_over_https_the_certificate_is_looked_at(host: str) -> None:
    findings = {one.check: one for one in way(host, "connection.transport=https")}
    assert findings["certificate"].severity == "ok"
    assert "signed by" in findings["certificate"].message
    assert findings["elevation"].severity == "ok"


def test_an_account_without_rights_is_named(host: str) -> None:
    assert last(way(host, "connection.username=User")).severity == "error"


def test_a_name_that_is_not_known_is_the_end() -> None:
    found = last(way("target=winrm://no-such-host.invalid"))
    assert found.check == "name"
    assert found.next_step


def test_a_port_that_nobody_listens_on_is_the_end() -> None:
    found = last(way("target=winrm://127.0.0.1:1"))
    assert (found.check, found.object) == ("port", "port 1")


def test_a_port_that_is_no_winrm_is_told_from_one_that_is_away() -> None:
    """It takes connections and says nothing of HTTP."""
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        found = last(
            way(f"target=winrm://127.0.0.1:{port}", "connection.connect_timeout=1.0", "connection.transport=http")
        )
    assert found.check == "login"
    assert found.message == "was not offered: nothing came within 1 s"


def test_a_proxy_that_is_not_there_is_the_end() -> None:
    found = last(way("target=winrm://host", "connection.proxy=http://127.0.0.1:1"))
    assert found.check == "proxy"


def test_a_proxy_of_the_environment_is_said_not_to_be_used(host: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:1")
    findings = {one.check: one for one in way(host)}
    assert findings["proxy"].severity == "note"
    assert findings["elevation"].severity == "ok"


def test_an_environment_that_names_no_proxy_leaves_the_port_to_be_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    """Through a proxy it could not be; NO_PROXY counts, too."""
    asked = ("target=winrm://127.0.0.1:9", "connection.proxy=environment")
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    findings = way(*asked)
    assert findings[0].message.endswith("names none for this host")
    assert last(findings).check == "port"


def test_a_missing_kerberos_is_found_before_any_login(host: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    from hnskit.diagnosis.connection_checks import _kerberos_package
    from hnskit.remote.connection import ConnectionSettings

    found = _kerberos_package(ConnectionSettings("winrm://host", "host", 5985, False, auth="kerberos"))
    assert "libkrb5-dev" in found.next_step


def test_a_missing_credssp_is_found_before_any_login(host: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    from hnskit.diagnosis.connection_checks import _credssp_package
    from hnskit.remote.connection import ConnectionSettings

    found = _credssp_package(ConnectionSettings("winrm://host", "host", 5985, False, auth="credssp"))
    assert (found.severity, "pip install pypsrp[credssp]" in found.next_step) == ("error", True)


def test_a_session_configuration_that_has_the_commands_is_named(tmp_path: Path) -> None:
    """An emulated host that has none but restricted sessions is reached by theirs."""
    with emulated_host(tmp_path) as overrides:
        registry.start(overrides[0].rpartition("/")[2], None, {"restricted": True})
        findings = {one.check: one for one in way(overrides[0])}
    assert findings["session"].message == "is open; session configuration: hnskit"
    assert "as hnskit has them" in findings["commands"].message


def test_the_command_ends_with_3_where_the_way_does() -> None:
    """And prints each step, as JSON too."""
    result = CliRunner().invoke(hnskit, ["preflight", "--connection", "--json", "--set", "target=winrm://127.0.0.1:1"])
    assert result.exit_code == 3
    assert [one["check"] for one in json.loads(result.stdout)["items"]] == ["name", "port"]


@needs_engine
def test_a_host_in_constrained_language_is_told_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """On a real engine: no command of hnskit can run there."""
    engine = find_engine()
    startup = tmp_path / "constrained.ps1"
    startup.write_text("$ExecutionContext.SessionState.LanguageMode = 'ConstrainedLanguage'\n")
    given = f"-Command \". '{startup}'\"" if engine.name.startswith("pwsh") else f"-StartupScript '{startup}'"
    program = tmp_path / "locked"
    program.write_text(f"#!/bin/sh\nexec '{engine}' -s -NoLogo -NoProfile {given}\n")
    program.chmod(0o755)
    monkeypatch.setenv(VARIABLE, str(program))
    found = last(way("target=local"))
    assert found.check == "commands"
    assert "ConstrainedLanguage" in found.message
    assert "docs/jea.md" in found.next_step
