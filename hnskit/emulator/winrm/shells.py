"""The shells of a host: opened within quotas, found, deleted, and closed when nobody uses them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from hnskit.emulator.engines.engine import EngineError, NewEngine
from hnskit.emulator.winrm import wsman_faults
from hnskit.emulator.winrm.service_settings import ServiceSettings
from hnskit.emulator.winrm.shell import ServedShell

POWERSHELL = "http://schemas.microsoft.com/powershell/"
DEFAULT_CONFIGURATION = "Microsoft.PowerShell"
DEFAULT_IDLE = 7200.0
"""IdleTimeout of WinRM's shells, in seconds."""


class Shells:
    """All shells of a host."""

    def __init__(
        self,
        new_engine: NewEngine,
        configurations: Callable[[str], bool],
        *,
        minimum_idle: float = 60.0,
        settings: ServiceSettings | None = None,
    ) -> None:
        self._new_engine = new_engine
        self._has_configuration = configurations
        self._minimum_idle = minimum_idle
        self._settings = settings or ServiceSettings()
        self._shells: dict[str, ServedShell] = {}
        self._reaper: asyncio.Task[None] | None = None

    def __len__(self) -> int:
        return len(self._shells)

    def all(self) -> list[ServedShell]:
        """Every shell, oldest first."""
        return list(self._shells.values())

    def look(self, identity: str) -> ServedShell | None:
        """A shell by its id, in any case, if it is there; it does not count as used."""
        return self._shells.get(identity.upper())

    def find(self, identity: str) -> ServedShell:
        """A shell by its id, in any case; it counts as used.

        Raises:
            wsman_faults.Fault: there is none.
        """
        shell = self.look(identity)
        if shell is None:
            raise wsman_faults.no_such_shell(identity)
        shell.touch()
        return shell

    async def create(self, shell: ServedShell, fragments: bytes, *, user: str) -> None:
        """Open a shell for a user.

        Raises:
            wsman_faults.Fault: there is no such session configuration, the id is taken, or the user has enough.
            EngineError: the creationXml is not PSRP.
        """
        configuration = shell.resource.removeprefix(POWERSHELL)
        if configuration == shell.resource or not self._has_configuration(configuration):
            raise wsman_faults.no_such_resource(shell.resource)
        if shell.id in self._shells:
            raise wsman_faults.already_exists(f"shell {shell.id}")
        if sum(other.owner == shell.owner for other in self.all()) >= self._settings.shells_per_user:
            raise wsman_faults.too_many_shells(self._settings.shells_per_user)
        shell.settings = self._settings
        shell.idle = max(shell.idle, self._minimum_idle)
        shell.engine = self._new_engine(shell, configuration=configuration, user=user)
        self._shells[shell.id] = shell
        if self._reaper is None:
            self._reaper = asyncio.get_running_loop().create_task(self._reap())
        try:
            await shell.engine.open(fragments)
        except EngineError:
            await self.delete(shell)
            raise
        shell.opened = True
        shell.touch()

    async def delete(self, shell: ServedShell) -> None:
        """Close a shell and all that runs in it."""
        self._shells.pop(shell.id, None)
        shell.fail(wsman_faults.no_such_shell(shell.id))
        await shell.engine.close()

    async def close(self) -> None:
        """Close them all."""
        if self._reaper is not None:
            self._reaper.cancel()
        await self.clear()

    async def clear(self) -> None:
        """Delete every shell, as a host does that starts again."""
        await asyncio.gather(*(self.delete(shell) for shell in self.all()))

    async def _reap(self) -> None:
        while True:
            await asyncio.sleep(self._minimum_idle / 4)
            for shell in self.all():
                if shell.idle_for > shell.idle:
                    await self.delete(shell)
