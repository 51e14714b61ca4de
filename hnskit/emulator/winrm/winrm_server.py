"""The door of one emulated host: WinRM on two ports of 127.0.0.1, HTTP and HTTPS, in front of a host."""

from __future__ import annotations

import asyncio
import hashlib
import ssl
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import trustme

from hnskit.emulator.constants import ADDRESS, LIMITED, RESTRICTED
from hnskit.emulator.engines.engine import Engine, Sink
from hnskit.emulator.engines.pwsh.sessions import Sessions
from hnskit.emulator.engines.pwsh_engine import PwshEngine
from hnskit.emulator.engines.python_engine import PythonEngine
from hnskit.emulator.powershell.command import Cut
from hnskit.emulator.powershell.expressions import Expressions, system_of, version_table
from hnskit.emulator.winrm.auth import Account, Authority
from hnskit.emulator.winrm.http_connection import Limits
from hnskit.emulator.winrm.listener import Listener
from hnskit.emulator.winrm.service import WinRM
from hnskit.emulator.winrm.service_settings import ServiceSettings
from hnskit.emulator.winrm.shells import DEFAULT_CONFIGURATION, Shells
from hnskit.emulator.winrm.wsman_operations import Identity, Operations
from hnskit.local.private_files import private_directory, write_private


class WinrmServer:
    """WinRM in front of a host, until closed."""

    def __init__(
        self,
        host: Any,
        *,
        directory: Path,
        username: str,
        password: str,
        limits: Limits | None = None,
        settings: ServiceSettings | None = None,
        minimum_idle: float = 60.0,
        engine: str = "python",
        restricted: bool = False,
        certificate: Certificate | None = None,
        limited_password: str = "",
        round_trip: float = 0.0,
    ) -> None:
        """`engine` is `python` or `pwsh`; each shell of a `restricted` host has hnskit's commands and nothing else."""
        private_directory(directory)
        self.host = host
        self.username = username
        self.ca = directory / "ca.pem"
        self._directory = directory
        self._password = password
        self._limited_password = limited_password
        self._settings = settings or ServiceSettings()
        self._limits = limits or Limits(idle_seconds=self._settings.idle_connection_seconds, round_trip=round_trip)
        self._engine = engine
        self._restricted = restricted
        self._sessions: Sessions | None = None
        self._forgetting: asyncio.Task[None] | None = None
        self._system: Mapping[str, Any] = {}
        self._certificate = certificate or Certificate()
        self.shells = Shells(
            self._new_engine, self._has_configuration, minimum_idle=minimum_idle, settings=self._settings
        )
        self._http: Listener
        self._https: Listener

    async def open(self) -> None:
        """Listen on free ports."""
        self._system = await system_of(self.host)
        machine = str(self._system["ComputerName"])
        if self._engine == "pwsh":
            self._sessions = Sessions(self.host, computer=machine, user=self.username)
            await self._sessions.open()
        accounts = [Account(self.username, self._password)]
        if self._limited_password:
            accounts.append(Account(LIMITED, self._limited_password, administrator=False))
        authority = Authority(
            accounts,
            computer=machine,
            directory=self._directory,
            binding=self._certificate.end_point,
            hardening=self._settings.channel_binding,
            keytab=self._settings.keytab,
            offers_credssp=self._settings.credssp,
        )
        operations = Operations(
            self.shells,
            Identity(machine, int(self._system["Build"])),
            owner=self.username,
            settings=self._settings,
            ports=lambda: (self._http.port, self._https.port),
        )
        self._certificate.write_authority(self.ca)
        write_private(self._directory / "client.pem", self._certificate.of_client(self.username))
        service = WinRM(authority, operations, machine=machine, keeps=self._keeps_answers)
        self._http = Listener(service.handle, limits=self._limits)
        self._https = Listener(service.handle, context=self._certificate.context, limits=self._limits)
        await self._http.open()
        await self._https.open()
        self.host.on_cut.append(self.cut)

    async def close(self) -> None:
        """End every connection and every shell."""
        if self.cut in self.host.on_cut:
            self.host.on_cut.remove(self.cut)
        await self._http.close()
        await self._https.close()
        await self.shells.close()
        if self._sessions is not None:
            await self._sessions.close()

    def cut(self, cut: Cut) -> None:
        """Take the host's network away for a while; what runs goes on, but for a cut that forgets the shells."""
        self._http.cut(cut)
        self._https.cut(cut)
        if cut.mode == "forget":
            # After the call that this comes from, which may be one of a shell's own.
            self._forgetting = asyncio.get_running_loop().create_task(self.shells.clear())

    @property
    def http(self) -> str:
        """The URL of the plain port."""
        return f"http://{ADDRESS}:{self._http.port}/wsman"

    @property
    def https(self) -> str:
        """The URL of the TLS port."""
        return f"https://{ADDRESS}:{self._https.port}/wsman"

    def _keeps_answers(self) -> bool:
        faults = getattr(self.host, "faults", None)  # a host of tests may have none
        return not getattr(faults, "answers_not_kept", False)

    def shell_program(self) -> dict[str, Any]:
        """Return program, environment and directory of a shell over standard input and output.

        Raises:
            ValueError: the shells of this host are not programs.
        """
        if self._sessions is None:
            raise ValueError("a shell over standard input and output needs the engine pwsh, and this host has another")
        return {
            "command": self._sessions.command(restricted=self._restricted),
            "environment": self._sessions.environment(),
            "directory": str(self._sessions.directory),
        }

    def _has_configuration(self, name: str) -> bool:
        return name.lower() in {DEFAULT_CONFIGURATION.lower(), RESTRICTED}

    def _new_engine(self, sink: Sink, *, configuration: str, user: str) -> Engine:
        restricted = self._restricted or configuration.lower() == RESTRICTED
        if self._sessions is not None:
            return PwshEngine(sink, self._sessions.starter(restricted=restricted))
        return PythonEngine(
            sink,
            self.host,
            Expressions(self.host, user),
            version_table=version_table(self._system),
            restricted=restricted,
        )


class Certificate:
    """A certificate for the loopback address, signed by an authority of its own; hosts of one process may share it."""

    def __init__(self) -> None:
        self._authority = trustme.CA(organization_name="hnskit emulated host")
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        mine = self._authority.issue_cert(ADDRESS, "localhost")
        mine.configure_cert(self.context)
        # Clients may have one of the same authority: WinRM maps it to an account.
        self.context.verify_mode = ssl.CERT_OPTIONAL
        self._authority.configure_trust(self.context)
        binary = ssl.PEM_cert_to_DER_cert(mine.cert_chain_pems[0].bytes().decode())
        self.end_point = b"tls-server-end-point:" + hashlib.sha256(binary).digest()
        """Channel bindings of a login over TLS (RFC 5929)."""

    def write_authority(self, path: Path) -> None:
        """The authority's own certificate, for clients."""
        self._authority.cert_pem.write_to_path(path)

    def of_client(self, username: str) -> str:
        """A client's certificate and its key, as PEM."""
        issued = self._authority.issue_cert(f"{username}@localhost", common_name=username)
        return issued.private_key_and_cert_chain_pem.bytes().decode()
