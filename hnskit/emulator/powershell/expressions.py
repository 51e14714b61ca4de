"""The few expressions besides hnskit's commands with which operators try a connection."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from psrpcore.types import PSDateTime, PSDict, PSList, PSVersion

from hnskit.emulator.powershell.command import Command


async def system_of(host: Any) -> Mapping[str, Any]:
    """Return the output of the host's Get-HnskitSystem."""
    command: Command = host.commands["Get-HnskitSystem"]
    async for record in command.run(host, {}):
        if isinstance(record, Mapping):
            return record
    raise RuntimeError("Get-HnskitSystem put nothing out")


def version_table(system: Mapping[str, Any]) -> dict[str, Any]:
    """$PSVersionTable of the Windows PowerShell 5.1 on this host."""
    version = PSVersion(str(system["PSVersion"]))
    compatible = PSList(PSVersion(text) for text in ("1.0", "2.0", "3.0", "4.0", "5.0", str(version)))
    compatible.PSObject.type_names = ["System.Version[]", "System.Array", "System.Object"]
    return {
        "PSVersion": version,
        "PSEdition": "Desktop",
        "PSCompatibleVersions": compatible,
        "CLRVersion": PSVersion("4.0.30319.42000"),
        "BuildVersion": PSVersion(f"10.0.{system['Build']}.{system['Revision']}"),
        "WSManStackVersion": PSVersion("3.0"),
        "PSRemotingProtocolVersion": PSVersion("2.3"),
        "SerializationVersion": PSVersion("1.1.0.1"),
    }


class Expressions:
    """`$PSVersionTable`, `hostname`, `whoami` and `Get-Date`, answered from the host."""

    def __init__(self, host: Any, user: str) -> None:
        self._host = host
        self._user = user

    async def evaluate(self, text: str) -> Any:
        """The value, or None for a text that is none of them."""
        match text.strip().lower():
            case "$psversiontable":
                return PSDict(version_table(await system_of(self._host)))
            case "hostname" | "hostname.exe":
                return str((await system_of(self._host))["ComputerName"])
            case "whoami" | "whoami.exe":
                return f"{(await system_of(self._host))['ComputerName']}\\{self._user}".lower()
            case "get-date":
                now = datetime.now(UTC)
                return PSDateTime(*now.timetuple()[:6], now.microsecond, tzinfo=UTC)
        return None
