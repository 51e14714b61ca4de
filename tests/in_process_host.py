"""An emulated host in this process: behind the real door in a thread, or without any door."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

from hnskit.applying.journal import Journal
from hnskit.applying.polling import RetryPolicy
from hnskit.emulator.host import EmulatedHost, create_host
from hnskit.emulator.host.commands import answer_call
from hnskit.facts.host_facts import Facts
from hnskit.planning.provenance import Provenance, provenance_from
from hnskit.remote.connection import ConnectionSettings
from hnskit.remote.psrp import PsrpSession
from tests.door_thread import DoorThread

T = TypeVar("T")

USER, PASSWORD = "Administrator", "correct-horse-battery"
TARGET = "emulator://lab"
NANO_SERVER = "mcr.microsoft.com/windows/nanoserver:ltsc2022"
QUICK = RetryPolicy(patience=3.0, pause=0.02, longest_pause=0.2)


class HereSession:
    """A session without a wire: the host's commands are called in this thread."""

    target = TARGET
    seconds_lost = 0.0
    survives_cuts = True

    def __init__(self, host: EmulatedHost) -> None:
        self.host = host
        self.before_call: Callable[[Mapping[str, Any]], None] | None = None
        """Told of each call right before it is made; may change the host, as another operator does."""
        self.answered: Callable[[dict[str, Any]], str | None] | None = None
        """Told of each answer; may put another text in its place."""
        self.pipelines: list[list[str]] = []
        """Ids of the calls of each pipeline."""

    def invoke(
        self, command: str, parameters: Mapping[str, Any] | None = None, inputs: Sequence[str] = ()
    ) -> Iterator[str]:
        assert command == "Invoke-HnskitCall"
        texts = (parameters or {})["Call"]
        self.pipelines.append([json.loads(text)["id"] for text in texts])
        for text in texts:
            if self.before_call is not None:
                self.before_call(json.loads(text))
            answer, _ = answer_call(self.host, text)
            instead = self.answered(answer) if self.answered is not None else None
            yield json.dumps(answer) if instead is None else instead

    def close(self) -> None:
        """There is nothing to close."""


def host_here(**options: Any) -> EmulatedHost:
    """A host without a door."""
    return create_host("lab", options={"cut_seconds": 0, **options})


class MemoryJournal(Journal):
    """A journal that is not written to a disk."""

    def __init__(self, target: str = TARGET) -> None:
        self.target = target
        self.records: list[dict[str, Any]] = []

    def write(self, event: str, **fields: Any) -> None:
        self.records.append(json.loads(json.dumps({"event": event, "target": self.target, **fields}, default=str)))

    @property
    def made(self) -> Provenance:
        """What it says was made and found."""
        return provenance_from(self.records)


class Lab(DoorThread):
    """A host behind its door, in a thread."""

    def __init__(
        self,
        directory: Path,
        *,
        profile: str = "",
        engine: str = "python",
        kept: bool = True,
        way: str = "docker",
        **options: Any,
    ) -> None:
        """Make the host.

        Args:
            directory: of its own.
            profile: which Windows it is; by default ws2019, a node of containerd ws2022.
            engine: what runs its PowerShell.
            kept: WinRM keeps answers that the client did not get.
            way: of `sample_facts.desired_by`: what the host's containers are run by, or are.
            options: the host's.
        """
        self.way = way
        if way != "docker":
            options = {"runtime": "containerd", "pods": 4 if way == "pods" else 0, **options}
        profile = profile or ("ws2019" if way == "docker" else "ws2022")
        if not kept:
            options["faults"] = {**options.get("faults", {}), "answers_not_kept": True}
        self.host = create_host("lab", profile, {"cut_seconds": 0, **options})
        super().__init__(self.host, directory / "door", USER, PASSWORD, engine=engine)
        self._create_timeout = 0.5 if engine == "python" else 8.0
        self._password = directory / "password"
        self._password.write_text(PASSWORD)
        self._password.chmod(0o600)

    @property
    def port(self) -> int:
        """Of WinRM over HTTP."""
        return self.port_of("http")

    @property
    def tls_port(self) -> int:
        """Of WinRM over HTTPS."""
        return self.port_of("https")

    def settings(self, port: int = 0, *, tls: bool = False, **changes: Any) -> ConnectionSettings:
        """How to reach it, impatiently; `port` is that of a proxy in front of it."""
        fields: dict[str, Any] = {
            "target": TARGET,
            "server": "127.0.0.1",
            "port": port or (self.tls_port if tls else self.port),
            "ssl": tls,
            "auth": "basic" if tls else "negotiate",
            "username": USER,
            "credential": f"file:{self._password}",
            "ca": str(self.door.ca) if tls else "",
            "connect_timeout": 2.0,
            "operation_timeout": 0.3,
            "read_timeout": 0.6,
            "create_timeout": self._create_timeout,
            "recovery_timeout": 10.0,
        }
        return ConnectionSettings(**{**fields, **changes})

    def session(self, port: int = 0, **changes: Any) -> PsrpSession:
        """A session over the wire."""
        return PsrpSession(self.settings(port, **changes))

    def do(self, act: Callable[[EmulatedHost], T]) -> T:
        """Do something with the host in its own thread."""

        async def now() -> T:
            return act(self.host)

        done: T = self.run(now())
        return done

    def facts(self) -> Facts:
        """The host now, without the wire."""
        return self.do(lambda host: host.snapshot())

    def here(self, act: Callable[[HereSession], T]) -> T:
        """Do something with a session without a wire."""
        return self.do(lambda host: act(HereSession(host)))

    def _nat_is_there(self) -> None:
        """As nerdctl leaves a host: it makes nat with its first container, and keeps it."""
        for words in (["run", "--detach", "--name", "first", NANO_SERVER, "ping.exe"], ["rm", "--force", "first"]):
            assert self.host.containerd is not None
            ran = self.host.containerd.run("nerdctl", ["--namespace", "default", *words])
            assert ran.exit_code == 0, ran.stderr

    def fresh(self) -> Facts:
        """End every shell, whatever runs in it, and put the host back to how it was made."""

        async def now() -> Facts:
            for shell in self.door.shells.all():
                await self.door.shells.delete(shell)
            self.host.reset()
            if self.way == "nerdctl":
                self._nat_is_there()
            return self.host.snapshot()

        made: Facts = self.run(now())
        return made
