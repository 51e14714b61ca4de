"""A host with a real engine where there is none, or a program that is not one."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
from pypsrp.exceptions import WinRMError
from pypsrp.powershell import RunspacePool

from hnskit.emulator import registry
from hnskit.emulator.engines.engine import EngineError
from hnskit.emulator.engines.pwsh.locate import find_engine, session_command
from hnskit.errors import ConnectError
from hnskit.remote.stdio_elements import ElementError, parse
from tests.emulator.engines import Served, needs_engine


def test_no_engine_is_one_sentence(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HNSKIT_PWSH", "")
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ConnectError, match=r"no PowerShell engine was found: there is no pwsh on PATH") as error:
        find_engine()
    assert "HNSKIT_PWSH" in error.value.paragraph()
    monkeypatch.setenv("HNSKIT_PWSH", str(tmp_path / "missing"))
    with pytest.raises(ConnectError, match=r"HNSKIT_PWSH names .*missing, which is not a program"):
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
