"""One shell of a host: what WinRM keeps of a runspace pool between two requests."""

from __future__ import annotations

import time
import uuid
from dataclasses import dataclass, field
from uuid import UUID

from hnskit.emulator.engines.engine import (
    PIPELINE_HOST_CALL,
    Engine,
    EngineError,
    Fragment,
    fragments_of,
    pipeline_of,
)
from hnskit.emulator.winrm import wsman_faults
from hnskit.emulator.winrm.output_queue import Batch, OutputQueue
from hnskit.emulator.winrm.service_settings import ServiceSettings

_NO_ANSWER = b'<I64 N="ci">-100</I64>'
"""A host call that is not answered (MS-PSRP 2.2.2.15: a method without a value)."""
CONNECTED, DISCONNECTED = "Connected", "Disconnected"


@dataclass(slots=True)
class ServedPipeline:
    """A command of a shell."""

    id: UUID
    psrp: UUID
    """As its PSRP messages name it: pypsrp up to 0.3.0 sends another CommandId."""
    queue: OutputQueue = field(default_factory=OutputQueue)
    asks_client: bool = False
    """It waits for the client's answer to a host call."""


class ServedShell:
    """One runspace pool: an engine, and the output that waits for the client."""

    def __init__(
        self,
        identity: str,
        resource: str,
        owner: str,
        client: str,
        *,
        idle: float,
        locales: tuple[str, str] = ("en-US", "en-US"),
    ) -> None:
        self.id = (identity or str(uuid.uuid4())).upper()
        self.resource = resource
        self.owner = owner
        self.client = client
        self.idle = idle
        self.locales = locales
        self.connected = True
        """The client has not said that it disconnects."""
        self.opened = False
        """Its engine has taken the creationXml: a real one may need a while for it."""
        self.created = self._used = time.monotonic()
        self.pool = OutputQueue()
        self.pipelines: dict[UUID, ServedPipeline] = {}
        self.settings = ServiceSettings()
        self.engine: Engine
        self._retired: dict[UUID, UUID] = {}
        """Commands of which the client has the end, and which no signal has closed: their PSRP ids."""
        self._by_psrp: dict[UUID, ServedPipeline] = {}
        self._last_of_pool: list[Fragment] = []
        """Answer of the pool's last Receive, as long as the engine said nothing after it."""

    # What the engine says (it is the engine's Sink).

    def put(self, pipeline: UUID | None, fragments: bytes) -> None:
        """Output for a pipeline, or for the pool."""
        self._last_of_pool = []
        command = None if pipeline is None else self._by_psrp.get(pipeline)
        if pipeline is not None and command is None:
            return
        for fragment in fragments_of(fragments):
            if command is None:
                self.pool.put(fragment)
                continue
            if fragment.message_type == PIPELINE_HOST_CALL and _NO_ANSWER not in fragment.data:
                command.asks_client = True
            command.queue.put(fragment)

    def finished(self, pipeline: UUID) -> None:
        """Note that this pipeline has ended."""
        if (command := self._by_psrp.get(pipeline)) is not None:
            command.asks_client = False
            command.queue.finish()

    def refused(self, pipeline: UUID, reason: str) -> None:
        """Tell each client that waits for this pipeline, or asks for it later, why nothing comes."""
        if (command := self._by_psrp.get(pipeline)) is not None:
            command.asks_client = False
            command.queue.fail(wsman_faults.bad_data(reason))

    def broken(self, reason: str) -> None:
        """The engine is gone."""
        self.fail(wsman_faults.bad_data(reason))

    # What the client asks.

    @property
    def idle_for(self) -> float:
        """Seconds since the client last asked for something."""
        if not self.opened:
            return 0.0
        polled = self.pool.polled or any(pipeline.queue.polled for pipeline in self.pipelines.values())
        return 0.0 if polled else time.monotonic() - self._used

    @property
    def state(self) -> str:
        """Connected, or Disconnected: because the client said so, or because it has asked for nothing for a while."""
        quiet = self.idle_for >= self.settings.quiet_shell_seconds
        return CONNECTED if self.connected and not quiet else DISCONNECTED

    def touch(self) -> None:
        """The client is there."""
        self._used = time.monotonic()

    async def begin(self, command: UUID, fragments: bytes) -> None:
        """Start a pipeline."""
        if command in self.pipelines or command in self._retired:
            raise wsman_faults.already_exists(f"command {command}")
        if len(self.pipelines) + len(self._retired) >= self.settings.commands_per_shell:
            raise wsman_faults.too_many_commands()
        pipeline = ServedPipeline(command, pipeline_of(fragments) or command)
        self.pipelines[command] = self._by_psrp[pipeline.psrp] = pipeline
        try:
            await self.engine.begin(pipeline.psrp, fragments)
        except EngineError:
            self._forget(pipeline)
            raise

    def find(self, command: UUID) -> ServedPipeline:
        """A pipeline whose end was not delivered yet.

        Raises:
            wsman_faults.Fault: there is none.
        """
        try:
            return self.pipelines[command]
        except KeyError:
            raise wsman_faults.no_such_command() from None

    def asks_client(self, command: UUID) -> bool:
        """Tell whether a pipeline waits for the client's answer to a host call."""
        pipeline = self.pipelines.get(command)
        return pipeline is not None and pipeline.asks_client

    async def send(self, command: UUID | None, fragments: bytes, *, prompt: bool) -> None:
        """More for a pipeline or the pool; `prompt` are answers to host calls."""
        pipeline = None if command is None else self.find(command)
        if prompt:
            # pypsrp names the pipeline in the message only, and no command beside it.
            answered = pipeline or self._by_psrp.get(pipeline_of(fragments) or UUID(int=0))
            if answered is not None:
                answered.asks_client = False
        await self.engine.send(None if pipeline is None else pipeline.psrp, fragments, prompt=prompt)

    async def receive(self, command: UUID | None, budget: int, timeout: float) -> Batch:
        """Output of a pipeline or of the pool."""
        if not self.connected:
            raise wsman_faults.disconnected()
        queue = self.pool if command is None else self.find(command).queue
        try:
            batch = await queue.poll(budget, timeout)
        finally:
            self.touch()
        if command is None:
            self._last_of_pool = list(batch.fragments)
        return batch

    def forget_last_of_pool(self) -> None:
        """It did not arrive, and is in the queue again."""
        self._last_of_pool = []

    def retire(self, command: UUID) -> None:
        """The client has the end of this pipeline; it is a command of the shell until a signal closes it."""
        if (pipeline := self.pipelines.get(command)) is not None:
            self._forget(pipeline)
            self._retired[command] = pipeline.psrp

    async def stop(self, command: UUID) -> None:
        """Ctrl+C: the pipeline says itself that it was stopped; one that ended has nothing to say any more."""
        if command not in self._retired:
            await self.engine.stop(self.find(command).psrp)

    async def terminate(self, command: UUID) -> None:
        """Close a command: the client is done with a pipeline, which may still run."""
        psrp = self._retired.pop(command, None)
        if psrp is None:
            pipeline = self.find(command)
            pipeline.queue.fail(wsman_faults.no_such_command())
            self._forget(pipeline)
            psrp = pipeline.psrp
        await self.engine.end(psrp)

    def _forget(self, pipeline: ServedPipeline) -> None:
        del self.pipelines[pipeline.id]
        self._by_psrp.pop(pipeline.psrp, None)

    async def connect(self, fragments: bytes, client: str) -> bytes:
        """Another client takes over: its connectXml in, the connectResponseXml out.

        Where the engine has said nothing since, the pool's last answer comes once more, as recorded hosts do it.
        """
        again = self._last_of_pool
        response = await self.engine.connect(fragments)
        self.pool.put_back(again)
        self.connected = True
        self.client = client
        self.touch()
        return response

    def disconnect(self) -> None:
        """The client goes away, and means to come back; output is kept."""
        self.connected = False
        for queue in self._queues():
            queue.interrupt()

    def reconnect(self) -> None:
        """The client is there again."""
        self.connected = True

    def fail(self, fault: wsman_faults.Fault) -> None:
        """Answer every Receive with this from now on."""
        for queue in self._queues():
            queue.fail(fault)

    def _queues(self) -> list[OutputQueue]:
        return [self.pool, *(pipeline.queue for pipeline in self.pipelines.values())]
