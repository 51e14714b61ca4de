"""How the functions of vmcompute.dll and computenetwork.dll are reached from PowerShell: two ways, one behaviour."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from hnskit.emulator.engines.pwsh import native_build
from hnskit.emulator.engines.pwsh.locate import find_engine
from hnskit.remote.module_source import module_text
from tests.emulator.engines import needs_engine
from tests.waiting import LONG

pytestmark = needs_engine

EMIT = "[System.Reflection.Emit.AssemblyBuilder]::DefineDynamicAssembly("
ASK = """
$hns = Invoke-HnskitHns -Method GET -Path /networks/
'{0:X8}' -f $hns.HResult
$hcn = Invoke-HnskitHcn -Operation QueryNetwork -Id aaaaaaaa-0000-0000-0000-000000000000 -Settings '{}'
'{0:X8}' -f $hcn.HResult
$script:HnskitNative.Values | ForEach-Object { $_.Assembly.IsDynamic } | Sort-Object -Unique
"""
ADD_TYPE = "\nfunction Add-Type { throw 'a compiler was run' }\n"


def said(module: str, script: str, tmp_path: Path) -> list[str]:
    """The lines that a script prints after the module, in a process whose libraries reach no host."""
    libraries, _ = native_build.build()
    path = tmp_path / "ask.ps1"
    path.write_text(module + script)
    environment = {**os.environ, "POWERSHELL_TELEMETRY_OPTOUT": "1", "LD_LIBRARY_PATH": str(libraries)}
    environment["VMCOMPUTE_SOCKET"] = str(tmp_path / "nobody")
    run = subprocess.run(
        [str(find_engine()), "-NoProfile", "-File", str(path)],
        check=False,
        capture_output=True,
        text=True,
        timeout=LONG,
        env=environment,
    )
    return [*run.stdout.splitlines(), *run.stderr.splitlines()]


def test_the_functions_are_called_without_a_compiler(tmp_path: Path) -> None:
    """Add-Type is not touched: on 5.1 it runs csc.exe, writes files, and may be refused."""
    assert said(module_text() + ADD_TYPE, ASK, tmp_path) == ["800706BA", "800706BA", "True"]


def test_a_host_that_makes_no_type_in_memory_compiles_it(tmp_path: Path) -> None:
    """The same answers come by Add-Type."""
    module = module_text().replace(EMIT, "[System.Missing]::DefineDynamicAssembly(")
    assert "[System.Missing]" in module
    assert said(module, ASK, tmp_path) == ["800706BA", "800706BA", "False"]
