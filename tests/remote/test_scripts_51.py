"""The PowerShell that runs on Windows hosts is Windows PowerShell 5.1's: syntax, commands, parameters, types."""

from __future__ import annotations

import json
import os
import re
import subprocess
import tempfile
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

import pytest

from hnskit.emulator.engines.pwsh.locate import find_engine
from hnskit.remote.module_source import PARTS, module_text
from tests.emulator.engines import needs_engine
from tests.waiting import LONG

pytestmark = needs_engine

ROOT = Path(__file__).parents[2]
DATA = ROOT / "tests" / "data"
SCRIPTS = Path(str(resources.files("hnskit.remote").joinpath("scripts")))
STAND_INS = Path(str(resources.files("hnskit.emulator.engines.pwsh").joinpath("windows")))
SOURCES = sorted(path for path in SCRIPTS.rglob("*.ps*") if path.is_file())
COMMON = {
    "Verbose", "Debug", "ErrorAction", "WarningAction", "InformationAction", "ErrorVariable", "WarningVariable",
    "InformationVariable", "OutVariable", "OutBuffer", "PipelineVariable",
}  # fmt: skip
TYPES = {
    "AllowEmptyCollection", "AllowEmptyString", "bool", "char[]", "CmdletBinding", "int", "long", "ordered",
    "Parameter", "pscustomobject", "ref", "regex", "scriptblock", "string", "string[]",
    "System.ComponentModel.Win32Exception", "System.Convert", "System.DateTime", "System.Diagnostics.Process",
    "System.Diagnostics.Stopwatch", "System.DllNotFoundException", "System.Environment",
    "System.Globalization.CultureInfo", "System.Guid", "System.IntPtr", "System.IO.Compression.CompressionMode",
    "System.IO.Directory", "System.IO.File", "System.IO.Path", "System.Management.Automation.ErrorCategory",
    "System.Math", "System.Reflection.CallingConventions", "System.Reflection.Emit.AssemblyBuilder",
    "System.Reflection.Emit.AssemblyBuilderAccess", "System.Reflection.MethodAttributes",
    "System.Reflection.MethodImplAttributes", "System.Reflection.ParameterAttributes",
    "System.Reflection.TypeAttributes", "System.Runtime.InteropServices.CallingConvention",
    "System.Runtime.InteropServices.CharSet", "System.Security.Principal.WindowsBuiltInRole",
    "System.Security.Principal.WindowsIdentity", "System.Text.Encoding", "System.Threading.Thread", "type",
    "type[]", "ValidatePattern", "ValidateRange", "ValidateSet",
}  # fmt: skip
"""What PowerShell 5.1 and .NET Framework 4.5 have (Reflection.Emit as of .NET Framework 4.5)."""


NEWER = (
    "$x ? 1 : 2",
    "$x ?? 1",
    "$x ??= 1",
    "${x}?.Name",
    "${x}?[0]",
    "Get-Item a && Get-Item b",
    "Get-Item a || Get-Item b",
    "Get-Item a &",
    "function f { clean { } }",
    "0b11",
    "5n",
    "5us",
    '"`e[0m"',
)
NEWER_COMMANDS = (
    "1 | ForEach-Object -Parallel { $_ }\nGet-Uptime\nConvertFrom-Json -InputObject x -AsHashtable -Depth 3\n"
)


@cache
def all_facts() -> dict[str, dict[str, Any]]:
    """What stands in each script and snippet, found by the engine's own parser in one run."""
    with tempfile.TemporaryDirectory() as place:
        paths = {str(path): path for path in (*SOURCES, *sorted(STAND_INS.rglob("*.ps*1")))}
        recipe = re.findall(
            r"```powershell\n(.*?)```", (ROOT / "docs" / "jea.md").read_text(encoding="utf-8"), re.DOTALL
        )
        snippets = {**{snippet: snippet for snippet in (*NEWER, NEWER_COMMANDS)}, "docs/jea.md": "\n".join(recipe)}
        for number, (name, snippet) in enumerate(snippets.items()):
            paths[name] = Path(place) / f"{number}.ps1"
            paths[name].write_text(snippet)
        run = subprocess.run(
            [str(find_engine()), "-NoProfile", "-File", str(DATA / "script-facts.ps1"), *map(str, paths.values())],
            capture_output=True,
            text=True,
            check=True,
            timeout=LONG,
            env={**os.environ, "POWERSHELL_TELEMETRY_OPTOUT": "1"},
        )
    return dict(zip(paths, map(json.loads, run.stdout.splitlines()), strict=True))


def facts(path: Path | str) -> dict[str, Any]:
    """Of one script."""
    return all_facts()[str(path)]


def windows_commands() -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = json.loads((DATA / "ps51-commands.json").read_text())["commands"]
    return found


def not_of_51(found: dict[str, Any]) -> list[str]:
    """Commands and parameters that 5.1 has not."""
    known, own = windows_commands(), {name for path in SOURCES for name in facts(path)["functions"]}
    wrong = []
    for command in found["commands"]:
        if command["name"] in {*found["functions"], *own}:
            continue
        if command["name"] not in known:
            wrong.append(command["name"])
            continue
        allowed = {*known[command["name"]]["parameters"], *COMMON}
        wrong += [f"{command['name']} -{name}" for name in command["parameters"] if name not in allowed]
    return wrong


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.name)
def test_a_script_has_nothing_that_came_after_51(path: Path) -> None:
    found = facts(path)
    assert found["errors"] == []
    assert found["newer"] == []
    assert not_of_51(found) == []
    assert set(found["types"]) <= TYPES


def test_the_module_states_what_it_needs_and_is_strict() -> None:
    """The version by #requires, the rest in words; a mistake in a name or an error must not go by."""
    text = (SCRIPTS / "hnskit.psm1").read_text(encoding="utf-8")
    assert facts(SCRIPTS / "hnskit.psm1")["version"] == "5.1"
    assert re.search(r"^# Needs: ", text, re.MULTILINE)
    assert "Set-StrictMode -Version Latest\n" in text
    assert "$ErrorActionPreference = 'Stop'\n" in text


def test_the_module_has_the_parts_that_are_sent() -> None:
    """On a host it loads them itself, those and no other file; each only defines functions."""
    loaded = re.search(
        r"\$parts = (.*?)\n    foreach", (SCRIPTS / "hnskit.psm1").read_text(encoding="utf-8"), re.DOTALL
    )
    assert loaded is not None
    assert tuple(re.findall(r"'(\w+)'", loaded[1])) == PARTS
    assert sorted(path.name for path in SCRIPTS.glob("*.ps1")) == sorted(f"{part}.ps1" for part in PARTS)
    for part in PARTS:
        outside = re.sub(r"^function [\w-]+ \{\n.*?^\}\n", "", (SCRIPTS / f"{part}.ps1").read_text(), flags=re.M | re.S)
        assert [line for line in outside.splitlines() if line and not line.startswith("#")] == [], part


def test_commands_of_other_modules_are_told_to_stop() -> None:
    """They do not see the preference of hnskit's own module, and would go on after an error."""
    found = [command for path in SOURCES for command in facts(path)["commands"]]
    others = [command for command in found if re.match(r"\w+-(Net|ItemProperty)", command["name"])]
    assert len(others) >= 7
    assert [command["name"] for command in others if "ErrorAction" not in command["parameters"]] == []


def test_the_manifest_exports_what_is_meant_for_clients() -> None:
    """Functions with [CmdletBinding()]; helpers stay hidden."""
    public = set(
        re.findall(r"^function ([\w-]+) \{\n(?:    #.*\n)*    \[CmdletBinding\(\)\]", module_text(), re.MULTILINE)
    )
    manifest = (SCRIPTS / "hnskit.psd1").read_text(encoding="utf-8")
    assert set(re.findall(r"'(\w+-Hnskit\w+)'", manifest)) == public


def test_a_jea_endpoint_shows_what_the_manifest_exports() -> None:
    """And docs/jea.md says how many they are, and names no command or parameter that 5.1 has not."""
    manifest, role = (
        (SCRIPTS / path).read_text(encoding="utf-8") for path in ("hnskit.psd1", "RoleCapabilities/hnskit.psrc")
    )
    exported = re.findall(r"'(\w+-Hnskit\w+)'", manifest)
    assert re.findall(r"'hnskit\\(\w+-Hnskit\w+)'", role) == exported
    assert not_of_51(facts("docs/jea.md")) == []
    words = {12: "twelve", 13: "thirteen", 14: "fourteen", 15: "fifteen", 16: "sixteen"}
    assert f"hnskit's {words[len(exported)]} functions" in (ROOT / "docs" / "jea.md").read_text(encoding="utf-8")
    assert "RestrictedRemoteServer" in (SCRIPTS / "hnskit.pssc").read_text(encoding="utf-8")


@pytest.mark.parametrize("snippet", NEWER)
def test_the_check_finds_what_is_newer(snippet: str) -> None:
    """Otherwise it would prove nothing."""
    found = facts(snippet)
    assert found["newer"] or found["errors"]


def test_the_check_finds_commands_and_parameters_that_51_has_not() -> None:
    assert not_of_51(facts(NEWER_COMMANDS)) == [
        "ForEach-Object -Parallel", "Get-Uptime", "ConvertFrom-Json -AsHashtable", "ConvertFrom-Json -Depth",
    ]  # fmt: skip


def test_stand_ins_have_the_names_and_parameters_of_windows() -> None:
    """A stand-in may have fewer parameters than Windows' command, and no other."""
    declared = {}
    for path in STAND_INS.rglob("*.psm1"):
        for name, body in re.findall(r"^function (\w+-\w+) \{(.*?)^\}", path.read_text(encoding="utf-8"), re.M | re.S):
            if name in windows_commands():
                block = body.partition("    param(\n")[2].partition("\n    )")[0]
                declared[name] = set(re.findall(r"\$([A-Z]\w+),?$", block, re.MULTILINE))
    assert set(declared) == {
        "Get-ItemProperty", "Get-NetAdapter", "Get-NetIPInterface", "Set-NetIPInterface", "Get-NetIPAddress",
        "Get-NetRoute", "Get-NetCompartment", "Test-Path", "Invoke-CimMethod", "Restart-Service",
    }  # fmt: skip
    for name, parameters in declared.items():
        assert parameters
        assert parameters <= set(windows_commands()[name]["parameters"]), name


@pytest.mark.parametrize("path", sorted(STAND_INS.rglob("*.ps*1")), ids=lambda path: path.name)
def test_the_emulators_own_scripts_can_be_parsed(path: Path) -> None:
    assert facts(path)["errors"] == []
