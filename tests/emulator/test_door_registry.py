"""Emulated hosts by name: processes that are found again, stopped, and not confused with others."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from pypsrp.powershell import RunspacePool
from pypsrp.wsman import WSMan

from hnskit.emulator import registry
from hnskit.emulator.emulator_commands import emulator
from hnskit.emulator.target import resolve
from hnskit.errors import ConnectError, HostUnreachableError, ParamsError
from hnskit.facts.source import open_host
from hnskit.params.loading import parse_target
from hnskit.remote.psrp import PsrpSession
from tests.emulator.engines import needs_engine


@pytest.fixture(scope="module", autouse=True)
def state(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    place = tmp_path_factory.mktemp("state")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HNSKIT_STATE_DIR", str(place))
        yield place
        for entry in registry.running():
            registry.stop(entry.name)


@pytest.fixture(scope="module")
def lab(state: Path) -> registry.RegistryEntry:
    return registry.start("lab")[0]


def run(*arguments: str) -> Result:
    return CliRunner().invoke(emulator, arguments)


def test_a_started_host_is_found_again(lab: registry.RegistryEntry) -> None:
    assert registry.get("lab") == lab
    assert registry.start("lab") == (lab, False)
    assert lab in registry.running()


def test_start_prints_what_a_client_needs(lab: registry.RegistryEntry) -> None:
    printed = json.loads(run("start", "lab", "--json").stdout)
    assert printed == {"schema": 1, "target": "emulator://lab", "ok": True, **lab.to_json()}
    assert list(printed)[3:10] == ["name", "pid", "http", "https", "ca", "username", "password_file"]
    wsman = WSMan(
        "127.0.0.1",
        port=int(printed["https"].rsplit(":", 1)[1].partition("/")[0]),
        username=printed["username"],
        password=Path(printed["password_file"]).read_text(encoding="utf-8"),
        auth="basic",
        cert_validation=printed["ca"],
        no_proxy=True,
    )
    with wsman, RunspacePool(wsman) as pool:
        assert pool.get_available_runspaces() == 1


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no mode bits")
def test_what_the_host_keeps_is_the_owners_only(lab: registry.RegistryEntry) -> None:
    place = Path(lab.ca).parent
    assert stat.S_IMODE(place.stat().st_mode) == 0o700
    assert {stat.S_IMODE((place / name).stat().st_mode) for name in ("password", "control-token", "ntlm-users")} == {
        0o600
    }
    password = Path(lab.password_file).read_text(encoding="utf-8")
    assert password not in (place / "log").read_text(encoding="utf-8")
    assert len(password) >= 20


def test_two_starts_at_once_make_one_host(state: Path) -> None:
    with ThreadPoolExecutor(2) as executor:
        results = list(executor.map(registry.start, ["twice", "twice"]))
    assert results[0][0] == results[1][0]
    assert sorted(started for _, started in results) == [False, True]
    registry.stop("twice")


def test_stop_ends_that_host_only(lab: registry.RegistryEntry) -> None:
    other, _ = registry.start("other")
    assert json.loads(run("stop", "other", "--json").stdout) == {
        "schema": 1, "target": "emulator://other", "ok": True, "name": "other", "pid": other.pid, "stopped": True,
    }  # fmt: skip
    assert registry.find("other") is None
    assert not Path(other.password_file).exists()
    assert registry.get("lab") == lab


@needs_engine
def test_a_host_that_stopped_has_ended_with_all_its_shells(state: Path) -> None:
    """When stop comes back, no process of it is left."""
    entry, _ = registry.start("engines", options={"engine": "pwsh"})
    settings = resolve("emulator://engines", {})
    sessions = [PsrpSession(settings) for _ in range(3)]
    for session in sessions:
        session.open()
    engines = [int(line) for line in children_of(entry.pid)]
    assert len(engines) >= 3
    registry.stop("engines")
    assert [pid for pid in engines if Path(f"/proc/{pid}").exists()] == []


def children_of(pid: int) -> list[str]:
    found = subprocess.run(["ps", "-o", "pid=", "--ppid", str(pid)], capture_output=True, text=True, check=True)
    return found.stdout.split()


def test_an_entry_of_a_process_that_is_gone_is_stale(lab: registry.RegistryEntry) -> None:
    """Its port may be anybody's by now: here it is this test's own process that has the id."""
    place = registry.directory("ghost")
    place.mkdir(parents=True, mode=0o700)
    entry = lab.to_json() | {"name": "ghost", "pid": os.getpid(), "instance": "x", "control": lab.control}
    (place / "host.json").write_text(json.dumps(entry), encoding="utf-8")
    (place / "control-token").write_text("0" * 64, encoding="utf-8")
    assert registry.find("ghost") is None
    assert [found.name for found in registry.running()] == ["lab"]
    assert run("stop", "ghost").exit_code == 3
    assert registry.start("ghost")[1]
    registry.stop("ghost")


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"name": 1}'])
def test_a_garbled_entry_is_stale(state: Path, content: str) -> None:
    place = registry.directory("garbled")
    place.mkdir(parents=True, exist_ok=True)
    (place / "host.json").write_text(content, encoding="utf-8")
    assert registry.find("garbled") is None


@pytest.mark.parametrize("verb", ["status", "stop", "reset"])
def test_a_host_that_is_not_there_is_one_sentence_and_exit_status_3(verb: str) -> None:
    result = run(verb, "nowhere")
    assert (result.exit_code, result.stdout) == (3, "")
    step = "Start it: hnskit emulator start nowhere"
    if verb == "stop":
        step = "There is nothing to stop; `hnskit emulator list` names the hosts that run."
    assert result.stderr == f"emulator://nowhere: it does not run. {step}\n"


@pytest.mark.parametrize("name", ["", "..", "a/b", "a b", "-x", "x" * 80])
def test_a_name_that_is_no_directory_is_refused(name: str) -> None:
    with pytest.raises(ConnectError, match="is not a name"):
        registry.start(name)


def test_a_running_host_of_another_profile_is_not_taken_for_it(lab: registry.RegistryEntry) -> None:
    with pytest.raises(ConnectError, match="runs already, with profile ws2019 and not ws2022"):
        registry.start("lab", "ws2022")


def test_a_running_host_of_another_runtime_is_not_taken_for_it(lab: registry.RegistryEntry) -> None:
    with pytest.raises(ConnectError, match="runs already, with runtime docker and not containerd"):
        registry.start("lab", options={"runtime": "containerd"})


def test_containerd_on_a_windows_without_namespaces_is_a_mistake_of_the_command() -> None:
    """Exit status 2, before a process is started."""
    refused = run("start", "old", "--profile", "rs4", "--runtime", "containerd")
    assert refused.exit_code == 2
    assert "namespaces, which rs4 has not" in refused.stderr
    assert registry.find("old") is None


def test_a_host_of_another_hnskit_is_told(lab: registry.RegistryEntry, state: Path) -> None:
    """It would answer that it does not know hnskit's commands."""
    place = registry.directory("lab") / "host.json"
    before = place.read_text()
    place.write_text(before.replace(lab.module, "0" * 16))
    try:
        with pytest.raises(ConnectError, match="another version of hnskit started it") as caught:
            resolve("emulator://lab", {})
    finally:
        place.write_text(before)
    assert "hnskit emulator stop lab" in caught.value.next_step


def test_a_target_by_itself_takes_a_running_host_as_it_is() -> None:
    """Who names no profile means the host that is there."""
    registry.start("newer", "ws2022")
    host = open_host(parse_target("emulator://newer"))
    try:
        system = host.facts().system
    finally:
        host.close()
        registry.stop("newer")
    assert system is not None
    assert system.build == 20348


def test_an_unknown_profile_is_refused_with_those_that_there_are() -> None:
    with pytest.raises(ConnectError, match=r"no Windows profile 'dos'; there are: .*ws2019"):
        registry.start("old", "dos")


def test_a_host_that_does_not_start_is_told_from_the_log() -> None:
    with pytest.raises(ConnectError, match=r"did not start: .*cut_seconds|did not start: .*ValueError"):
        registry.start("old", options={"cut_seconds": "never"})


def test_status_counts_what_the_host_has(lab: registry.RegistryEntry) -> None:
    answer = json.loads(run("status", "lab", "--json").stdout)
    assert (answer["name"], answer["shells"], answer["host"]["containers"]) == ("lab", 0, 0)


def test_a_cut_leaves_the_control_channel_alone(state: Path) -> None:
    """On a host of its own: the other tests' host would refuse whichever of them comes next."""
    registry.start("away")
    try:
        assert run("cut", "away", "60", "--mode", "refuse").exit_code == 0
        assert run("status", "away").exit_code == 0
    finally:
        registry.stop("away")


def test_faults_are_set_and_reset(lab: registry.RegistryEntry) -> None:
    assert run("fault", "lab", "disk_full", "true").exit_code == 0
    refused = run("fault", "lab", "no_such", "true")
    assert refused.exit_code == 2
    assert "no_such is not a fault" in refused.stderr
    assert run("start", "new", "--profile", "dos").exit_code == 2
    assert run("reset", "lab").exit_code == 0


def test_the_list_is_of_objects(lab: registry.RegistryEntry) -> None:
    assert json.loads(run("list", "--json").stdout)["items"] == [lab.to_json()]


@pytest.mark.parametrize(("transport", "auth", "ssl"), [("http", "negotiate", False), ("https", "basic", True)])
def test_a_target_is_resolved_to_settings_without_a_secret(
    lab: registry.RegistryEntry, transport: str, auth: str, ssl: bool
) -> None:
    settings = resolve("emulator://lab", {"transport": transport, "auth": "kerberos", "username": "x"})
    url = lab.https if ssl else lab.http
    assert (settings.server, settings.auth, settings.ssl, settings.username) == ("127.0.0.1", auth, ssl, lab.username)
    assert url == f"{transport}://127.0.0.1:{settings.port}/wsman"
    assert settings.credential == f"file:{lab.password_file}"
    assert settings.ca == lab.ca


def test_a_target_is_started_when_needed_and_says_so() -> None:
    said: list[str] = []
    settings = resolve("emulator://fresh", {"cut_seconds": 0, "recovery_timeout": 5.0}, said.append)
    resolve("emulator://fresh", {}, said.append)
    assert said == ["Starting the emulated host fresh."]
    assert settings.recovery_timeout == 5.0
    registry.stop("fresh")


def test_a_target_that_must_not_be_started_is_unreachable() -> None:
    with pytest.raises(HostUnreachableError):
        resolve("emulator://nowhere", {"start": False})


def test_a_state_directory_that_cannot_be_made_is_one_sentence(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """It names the variable that chose it."""
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("HNSKIT_STATE_DIR", str(tmp_path / "file" / "below"))
    with pytest.raises(ConnectError, match=r"cannot be made.*HNSKIT_STATE_DIR names it"):
        registry.start("lab")


def test_a_profile_of_the_parameters_that_is_none_is_a_mistake_of_theirs() -> None:
    """Exit status 2, and nothing was started."""
    told: list[str] = []
    with pytest.raises(ParamsError, match=r"emulator\.profile: there is no such Windows"):
        resolve("emulator://old", {"profile": "win95"}, told.append)
    assert told == []
