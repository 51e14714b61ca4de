"""The shells of a host: what WinRM keeps between two requests."""

from __future__ import annotations

import asyncio
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from uuid import UUID

from hnskit.emulator.engines.engine import Engine, EngineError, NewEngine, fragments_of
from hnskit.emulator.winrm import soap
from hnskit.emulator.winrm.output_queue import Batch, OutputQueue

POWERSHELL = "http://schemas.microsoft.com/powershell/"
DEFAULT_CONFIGURATION = "Microsoft.PowerShell"
DEFAULT_IDLE = 7200.0
"""IdleTimeout of WinRM's shells, in seconds."""


@dataclass(slots=True)
class Pipeline:
    """A command of a shell."""

    id: UUID
    queue: OutputQueue = field(default_factory=OutputQueue)


class Shell:
    """One runspace pool: an engine, and the output that waits for the client."""

    def __init__(self, identity: str, resource: str, owner: str, client: str, idle: float) -> None:
        self.id = identity
        self.resource = resource
        self.owner = owner
        self.client = client
        self.idle = idle
        self.connected = True
        self.opened = False
        """Its engine has taken the creationXml: a real one may need a while for it."""
        self.created = self._used = time.monotonic()
        self.pool = OutputQueue()
        self.pipelines: dict[UUID, Pipeline] = {}
        self.engine: Engine
        self._retired: set[UUID] = set()

    # What the engine says (it is the engine's Sink).

    def put(self, pipeline: UUID | None, fragments: bytes) -> None:
        """Output for a pipeline, or for the pool."""
        if pipeline is None:
            queue = self.pool
        elif pipeline in self.pipelines:
            queue = self.pipelines[pipeline].queue
        else:
            return
        for fragment in fragments_of(fragments):
            queue.put(fragment)

    def finished(self, pipeline: UUID) -> None:
        """Nothing more comes from this pipeline."""
        if pipeline in self.pipelines:
            self.pipelines[pipeline].queue.finish()

    def broken(self, reason: str) -> None:
        """The engine is gone."""
        self.fail(soap.bad_data(reason))

    # What the client asks.

    @property
    def idle_for(self) -> float:
        """Seconds since the client last asked for something."""
        if not self.opened:
            return 0.0
        polled = self.pool.polled or any(pipeline.queue.polled for pipeline in self.pipelines.values())
        return 0.0 if polled else time.monotonic() - self._used

    def touch(self) -> None:
        """The client is there."""
        self._used = time.monotonic()

    async def begin(self, pipeline: UUID, fragments: bytes) -> None:
        """Start a pipeline."""
        if pipeline in self.pipelines or pipeline in self._retired:
            raise soap.already_exists(f"command {pipeline}")
        self.pipelines[pipeline] = Pipeline(pipeline)
        try:
            await self.engine.begin(pipeline, fragments)
        except EngineError:
            del self.pipelines[pipeline]
            raise

    def find(self, pipeline: UUID) -> Pipeline:
        """A pipeline whose end was not delivered yet.

        Raises:
            soap.Fault: there is none.
        """
        try:
            return self.pipelines[pipeline]
        except KeyError:
            raise soap.no_such_shell(self.id) from None

    async def receive(self, pipeline: UUID | None, budget: int, timeout: float) -> Batch:
        """Output of a pipeline or of the pool."""
        if not self.connected:
            raise soap.disconnected()
        queue = self.pool if pipeline is None else self.find(pipeline).queue
        try:
            return await queue.poll(budget, timeout)
        finally:
            self.touch()

    def retire(self, pipeline: UUID) -> None:
        """The client has the end of this pipeline: only its terminate signal may still come."""
        if self.pipelines.pop(pipeline, None) is not None:
            self._retired.add(pipeline)

    async def terminate(self, pipeline: UUID) -> None:
        """The client is done with a pipeline, which may still run."""
        if pipeline in self._retired:
            self._retired.discard(pipeline)
        else:
            self.find(pipeline).queue.fail(soap.no_such_shell(self.id))
            del self.pipelines[pipeline]
        await self.engine.end(pipeline)

    def disconnect(self) -> None:
        """The client goes away, and means to come back; output is kept."""
        self.connected = False
        for queue in self._queues():
            queue.interrupt()

    def fail(self, fault: soap.Fault) -> None:
        """Answer every Receive with this from now on."""
        for queue in self._queues():
            queue.fail(fault)

    def _queues(self) -> list[OutputQueue]:
        return [self.pool, *(pipeline.queue for pipeline in self.pipelines.values())]


class Shells:
    """All shells of a host."""

    def __init__(
        self, new_engine: NewEngine, configurations: Callable[[str], bool], *, minimum_idle: float = 60.0
    ) -> None:
        self._new_engine = new_engine
        self._has_configuration = configurations
        self._minimum_idle = minimum_idle
        self._shells: dict[str, Shell] = {}
        self._reaper: asyncio.Task[None] | None = None

    def __len__(self) -> int:
        return len(self._shells)

    def all(self) -> list[Shell]:
        """Every shell, oldest first."""
        return list(self._shells.values())

    def find(self, identity: str) -> Shell:
        """A shell by its id, in any case; it counts as used.

        Raises:
            soap.Fault: there is none.
        """
        try:
            shell = self._shells[identity.upper()]
        except KeyError:
            raise soap.no_such_shell(identity) from None
        shell.touch()
        return shell

    async def create(
        self, identity: str, resource: str, fragments: bytes, *, owner: str, client: str, idle: float
    ) -> Shell:
        """Open a shell.

        Raises:
            soap.Fault: there is no such session configuration, or the id is taken.
            EngineError: the creationXml is not PSRP.
        """
        configuration = resource.removeprefix(POWERSHELL)
        if configuration == resource or not self._has_configuration(configuration):
            raise soap.no_such_resource(resource)
        identity = (identity or str(uuid.uuid4())).upper()
        if identity in self._shells:
            raise soap.already_exists(f"shell {identity}")
        shell = Shell(identity, resource, owner, client, max(idle, self._minimum_idle))
        shell.engine = self._new_engine(shell, configuration=configuration, user=owner)
        self._shells[identity] = shell
        if self._reaper is None:
            self._reaper = asyncio.get_running_loop().create_task(self._reap())
        try:
            await shell.engine.open(fragments)
        except EngineError:
            await self.delete(shell)
            raise
        shell.opened = True
        shell.touch()
        return shell

    async def delete(self, shell: Shell) -> None:
        """Close a shell and all that runs in it."""
        self._shells.pop(shell.id, None)
        shell.fail(soap.no_such_shell(shell.id))
        await shell.engine.close()

    async def close(self) -> None:
        """Close them all."""
        if self._reaper is not None:
            self._reaper.cancel()
        await self.clear()

    async def clear(self) -> None:
        """Delete every shell, as a host does that starts again."""
        for shell in self.all():
            await self.delete(shell)

    async def _reap(self) -> None:
        while True:
            await asyncio.sleep(self._minimum_idle / 4)
            for shell in self.all():
                if shell.idle_for > shell.idle:
                    await self.delete(shell)
