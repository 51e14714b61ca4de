"""Shells of an emulated host on a real PowerShell engine, from an unmodified pypsrp: PSRP, processes, their ends."""

from __future__ import annotations

import asyncio
import ctypes
import json
import os
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pypsrp.complex_objects import PSInvocationState
from pypsrp.exceptions import WinRMError, WSManFaultError
from pypsrp.host import PSHost, PSHostUserInterface
from pypsrp.powershell import PowerShell, RunspacePool

from hnskit.emulator import registry
from hnskit.emulator.engines.engine import EngineError
from hnskit.emulator.engines.pwsh import native_build
from hnskit.emulator.engines.pwsh.locate import find_engine, session_command
from hnskit.errors import ConnectError
from hnskit.remote.stdio_elements import ElementError, parse
from tests.emulator.engines import Served, needs_engine, say
from tests.emulator.host_scenario import NANOSERVER
from tests.waiting import LONG, wait_for

GONE = 2150858843


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with Served("pwsh", tmp_path_factory.mktemp("host")) as host:
        yield host


@pytest.fixture(scope="module")
def pool(served: Served) -> Iterator[RunspacePool]:
    with served.pool() as opened:
        yield opened


def output(pool: RunspacePool, script: str, *inputs: Any) -> list[Any]:
    pipeline = PowerShell(pool)
    pipeline.add_script(script)
    return list(pipeline.invoke(list(inputs) if inputs else None))


def process_of(pool: RunspacePool) -> int:
    (pid,) = output(pool, "$PID")
    return int(pid)


def runs(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state != "Z"


def wait_until_gone(*pids: int) -> None:
    wait_for(lambda: not any(map(runs, pids)), "an engine's process is still there")


# What runs.


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


def process_of_shell(served: Served, pool: RunspacePool) -> int:
    def now() -> int:
        engine: Any = served.door.shells.find(pool.id).engine
        return int(engine.process.pid)

    return int(served.call(now))


def children_of(pid: int) -> list[int]:
    found = Path(f"/proc/{pid}/task").glob("*/children")
    return [int(child) for path in found for child in path.read_text().split()]


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


# Its process.


@needs_engine
def test_a_shell_is_a_process_and_ends_it(served: Served) -> None:
    with served.pool(module=False) as first, served.pool(module=False) as second:
        pids = process_of(first), process_of(second)
        assert len({*pids, os.getpid()}) == 3
    wait_until_gone(*pids)


@needs_engine
def test_a_shell_ends_with_whatever_it_was_doing(served: Served) -> None:
    with served.pool(module=False) as pool:
        pid = process_of(pool)
        pipeline = PowerShell(pool)
        pipeline.add_script("Start-Sleep -Seconds 600")
        pipeline.begin_invoke()
    wait_until_gone(pid)


@needs_engine
def test_a_crash_is_a_fault_to_its_own_client_only(served: Served, pool: RunspacePool) -> None:
    with served.pool(module=False) as crashing:
        pipeline = PowerShell(crashing)
        pipeline.add_script("Start-Sleep -Seconds 600")
        pipeline.begin_invoke()
        os.kill(process_of_shell(served, crashing), signal.SIGKILL)
        with pytest.raises(WinRMError, match="ended by signal 9"):
            pipeline.end_invoke()
        with pytest.raises(WSManFaultError):
            output(crashing, "1")
    assert output(pool, "'still here'") == ["still here"]


@needs_engine
def test_what_is_no_psrp_is_refused_and_ends_nothing(served: Served, pool: RunspacePool) -> None:
    engine = served.call(lambda: served.door.shells.find(pool.id).engine)
    for garbage in (b"", b"garbage", b"\0" * 21 + b"<Data"):
        with pytest.raises(EngineError):
            served.run(engine.send(None, garbage, prompt=False))
    assert output(pool, "1") == [1]


@needs_engine
def test_an_idle_shell_is_ended(tmp_path: Path) -> None:
    with Served("pwsh", tmp_path / "host", minimum_idle=0.4) as served, served.wsman() as wsman:
        pool = RunspacePool(wsman, idle_timeout=2)
        pool.open()
        pid = process_of_shell(served, pool)
        wait_until_gone(pid)
        with pytest.raises(WSManFaultError) as fault:
            output(pool, "1")
        assert fault.value.code == GONE


@needs_engine
def test_output_waits_for_a_client_that_went_away_and_comes_back(served: Served) -> None:
    """Disconnect and Reconnect are the door's; a second client is refused, for the engine takes none."""
    with served.pool(module=False) as pool:
        pipeline = PowerShell(pool)
        pipeline.add_script("1; Start-Sleep -Milliseconds 300; 2")
        pipeline.begin_invoke()
        pool.disconnect()
        time.sleep(0.4)
        with served.wsman() as wsman:
            (other,) = [found for found in RunspacePool.get_runspace_pools(wsman) if found.id == pool.id]
            with pytest.raises(WinRMError, match="no second client"):
                other.connect()
        pool.connect()
        assert pipeline.connect() == [1, 2]


@needs_engine
def test_the_process_ends_with_its_host_however_that_ends(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Even if nobody is left to end it."""
    monkeypatch.setenv("HNSKIT_STATE_DIR", str(tmp_path))
    entry, _ = registry.start("killed", None, {"engine": "pwsh"})
    try:
        password = Path(entry.password_file).read_text(encoding="utf-8")
        port = int(entry.http.rsplit(":", 1)[1].partition("/")[0])
        from pypsrp.wsman import WSMan

        wsman = WSMan(
            "127.0.0.1",
            port=port,
            username=entry.username,
            password=password,
            ssl=False,
            auth="negotiate",
            no_proxy=True,
        )
        pool = RunspacePool(wsman)
        pool.open()
        pid = process_of(pool)
    finally:
        os.kill(entry.pid, signal.SIGKILL)
    wait_until_gone(pid)


# Where there is no engine, or none that is one.


def test_no_engine_is_one_sentence(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HNSKIT_PWSH", "")
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ConnectError, match=r"no PowerShell engine was found: there is no pwsh on PATH") as error:
        find_engine()
    assert "HNSKIT_PWSH" in error.value.paragraph()
    monkeypatch.setenv("HNSKIT_PWSH", str(tmp_path / "missing"))
    with pytest.raises(ConnectError, match=r"HNSKIT_PWSH names .*missing, which is no program"):
        registry.start("none", None, {"engine": "pwsh"})


def test_powershell_itself_is_started_as_its_documentation_says(tmp_path: Path) -> None:
    assert session_command(Path("/usr/bin/pwsh"), tmp_path / "it's.ps1") == [
        "/usr/bin/pwsh", "-s", "-NoLogo", "-NoProfile", "-Command", f". '{tmp_path}/it''s.ps1'",
    ]  # fmt: skip


@needs_engine
@pytest.mark.parametrize("program", ["exit 3", "echo hello; read line; read line", "kill -9 $$"])
def test_what_is_no_engine_is_a_fault(program: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of the shell, and not of the host."""
    fake = tmp_path / "fake"
    fake.write_text(f"#!/bin/sh\n{program}\n")
    fake.chmod(0o755)
    monkeypatch.setenv("HNSKIT_PWSH", str(fake))
    with Served("pwsh", tmp_path / "host") as served, served.wsman() as wsman:
        for _ in range(2):
            with pytest.raises(WinRMError):
                RunspacePool(wsman).open()


def test_only_elements_are_read() -> None:
    guid = "00000000-0000-0000-0000-000000000001"
    assert parse(f"<Data Stream='Default' PSGuid='{guid}'>aGk=</Data>\n".encode()).data == b"hi"
    assert parse(f"<DataAck PSGuid='{guid}' />".encode()).name == "DataAck"
    for line in (b"", b"hello", f"<Data Stream='Default' PSGuid='{guid}'>a</Data>".encode()):
        with pytest.raises(ElementError):
            parse(line)


# The library and the programs beside the engine, without one.


@pytest.fixture(scope="module")
def built() -> tuple[Path, Path]:
    return native_build.build()


def test_the_library_hands_a_call_to_the_host(built: tuple[Path, Path], tmp_path: Path) -> None:
    """With any text in it; with no host it says what Windows says while the service is down."""
    program = tmp_path / "call.py"
    program.write_text(
        "import ctypes, json, sys\n"
        "library = ctypes.CDLL(sys.argv[1])\n"
        "wide = lambda text: ctypes.create_string_buffer((text + chr(0)).encode('utf-16-le'))\n"
        "texts = [wide(text) for text in json.loads(sys.argv[2])]\n"
        "answer = ctypes.c_void_p()\n"
        "print(library.HNSCall(*texts, ctypes.byref(answer)))\n"
    )
    call = json.dumps(["POST", "/networks", '\U0001f600 " $(x) \n'])
    command = ["python3", str(program), str(built[0] / native_build.LIBRARIES[0]), call]
    missing = {**os.environ, "VMCOMPUTE_SOCKET": str(tmp_path / "nobody")}
    assert ctypes.c_uint32(int(run(command, missing)[1])).value == 0x800706BA
    with listening(tmp_path) as (path, questions):
        assert run(command, {**os.environ, "VMCOMPUTE_SOCKET": path})[1] == "42\n"
    assert [text.decode("utf-16-le") for text in questions[0]] == json.loads(call)


def test_a_program_hands_its_arguments_to_the_host(built: tuple[Path, Path], tmp_path: Path) -> None:
    """Each as it is, and what the host answers comes out as it is."""
    programs = built[1] / native_build.folder_of(("docker",))
    words = ["run", "", "a b", '"$(x)"', "\n", "\U0001f600", "x" * 50_000]
    with listening(tmp_path) as (path, questions):
        result = run(
            [str(programs / "docker"), *words],
            {**os.environ, "VMCOMPUTE_SOCKET": path},
        )
    assert result == (42, "out", "err")
    verb, nothing, arguments = questions[0]
    assert (verb.decode("utf-16-le"), nothing) == ("docker", b"")
    assert arguments.decode().split("\0")[:-1] == words
    assert (
        run(
            [str(programs / "hostname")],
            {"VMCOMPUTE_SOCKET": str(tmp_path / "nobody")},
        )[0]
        == 1
    )


def run(command: list[str], environment: dict[str, str]) -> tuple[int, str, str]:
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=LONG, check=False)
    return done.returncode, done.stdout, done.stderr


class listening:  # noqa: N801 - reads as what it is for
    """Answers 42 with `out` and `err`, and keeps what was asked."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def __enter__(self) -> tuple[str, list[list[bytes]]]:
        import socket
        import tempfile
        import threading

        self._place = tempfile.TemporaryDirectory(prefix="hnskit-")
        path = f"{self._place.name}/host"
        questions: list[list[bytes]] = []
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.bind(path)
        self._socket.listen()

        def answer() -> None:
            connection, _ = self._socket.accept()
            stream = connection.makefile("rwb")
            questions.append([stream.read(int.from_bytes(stream.read(4), "little")) for _ in range(3)])
            text = (3).to_bytes(4, "little") + b"outerr"
            stream.write((42).to_bytes(4, "little") + len(text).to_bytes(4, "little") + text)
            stream.flush()
            connection.close()

        self._thread = threading.Thread(target=answer, daemon=True)
        self._thread.start()
        return path, questions

    def __exit__(self, *reason: object) -> None:
        self._thread.join(10)
        self._socket.close()
        self._place.cleanup()


def test_without_a_compiler_it_is_one_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HNSKIT_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ConnectError, match="no cc is on PATH"):
        native_build.build()


def test_the_compilers_first_words_are_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "cc").write_text("#!/bin/sh\necho 'stdio.h: no such file' >&2\nexit 1\n")
    (tmp_path / "cc").chmod(0o755)
    monkeypatch.setenv("HNSKIT_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setenv("PATH", f"{tmp_path}:/bin:/usr/bin")
    with pytest.raises(ConnectError, match=r"stdio\.h: no such file"):
        native_build.build()


def test_an_engine_that_does_not_start_is_an_error_of_the_shell(tmp_path: Path) -> None:
    from hnskit.emulator.engines.pwsh_engine import PwshEngine

    async def missing() -> Any:
        raise FileNotFoundError(2, "No such file or directory")

    class Nowhere:
        def put(self, *_: object) -> None: ...
        def finished(self, *_: object) -> None: ...
        def refused(self, *_: object) -> None: ...
        def broken(self, *_: object) -> None: ...

    fragment = (1).to_bytes(8, "big") + bytes(8) + bytes([3]) + (0).to_bytes(4, "big")
    with pytest.raises(EngineError, match="cannot be started: No such file"):
        asyncio.run(PwshEngine(Nowhere(), missing).open(fragment))
