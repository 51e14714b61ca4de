"""The server's side of PSRP through psrpcore, where it differs from what Windows and pypsrp do.

psrpcore 0.3.1 needs help in these places: it reads `ci` where pypsrp sends `CI`; it never queues its
SessionCapability on Connect and starts its object ids again; it announces a Running pipeline, which no
Windows host does; it has no way to say that a pipeline failed; it sends no byte order mark; and it names the pool
in a session key, which Windows does not.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any
from uuid import UUID

from psrpcore import PSRPPayload, ServerPipeline, ServerRunspacePool, StreamType
from psrpcore.types import (
    EncryptedSessionKey,
    ErrorRecord,
    ProgressRecordType,
    PSDict,
    PSInvocationState,
    PSObject,
    PSPrimitiveDictionary,
    PSRPMessageType,
    RunspaceAvailability,
    RunspacePoolState,
)

from hnskit.emulator.engines.clixml import as_windows
from hnskit.emulator.engines.engine import EngineError, fragments_of
from hnskit.emulator.powershell.command import StreamRecord

FRAGMENT = 32 * 1024
_MARK = b"\xef\xbb\xbf"
_POOL = slice(8, 24)
_MESSAGE_HEADER = 40  # destination, type, pool, pipeline (MS-PSRP 2.2.1)


class Pool(ServerRunspacePool):
    """A runspace pool, as a client of a Windows host meets it."""

    def __init__(self, version_table: Mapping[str, Any]) -> None:
        table = PSDict(version_table)
        # The same type as of the table around it, and so a reference to it.
        table.PSObject.type_names = list(PSPrimitiveDictionary.PSObject.type_names)
        super().__init__({"PSVersionTable": table})

    def events(self, fragments: bytes) -> Iterator[Any]:
        """Turn a client's fragments into events.

        Raises:
            EngineError: they are not PSRP.
        """
        for fragment in list(fragments_of(fragments)):  # all are well formed, or none is taken
            self.receive_data(PSRPPayload(fragment.raw, StreamType.default, None))
        while True:
            # psrpcore raises what its parsers raise: struct.error, ParseError, AttributeError, ...
            try:
                event = self.next_event()
            except Exception as problem:
                self._receive_buffer = bytearray()
                raise EngineError(f"{type(problem).__name__}: {problem}") from problem
            if event is None:
                return
            yield event

    def outgoing(self) -> Iterator[PSRPPayload]:
        """Whole fragments for whom they are."""
        while (payload := self.data_to_send(FRAGMENT)) is not None:
            yield payload

    def accept_connect(self, fragments: bytes) -> tuple[bytes, bytes]:
        """Let another client take over: the two messages of the connectResponseXml, and those that follow."""
        self.disconnect()
        next_object = self._fragment_count
        self.connect()
        self._fragment_count = next_object
        self._incoming_fragments.clear()
        for _ in self.events(fragments):
            pass
        if self.state != RunspacePoolState.Opened:
            self._change_state(RunspacePoolState.Opened, emit=False)
            raise EngineError("no CONNECT_RUNSPACEPOOL message")
        messages = [payload.data for payload in self.outgoing()]
        parts = [fragment.raw for message in messages for fragment in fragments_of(message)]
        return b"".join(parts[:2]), b"".join(parts[2:])

    def resize(self, message: PSObject) -> None:
        """SET_MAX_RUNSPACES or SET_MIN_RUNSPACES."""
        fields = {item.name.lower(): item.get_value(message) for item in message.PSObject.extended_properties}
        low, high = fields.get("minrunspaces", self._min_runspaces), fields.get("maxrunspaces", self._max_runspaces)
        allowed = 1 <= low <= high
        if allowed:
            self._min_runspaces, self._max_runspaces = low, high
        self.prepare_message(RunspaceAvailability(SetMinMaxRunspacesResponse=allowed, ci=fields["ci"]))

    # psrpcore's own hooks.

    def prepare_message(
        self,
        message: PSObject | None,
        message_type: PSRPMessageType | None = None,
        pipeline_id: UUID | None = None,
        stream_type: StreamType = StreamType.default,
    ) -> None:
        """Queue a message as Windows writes it, with a byte order mark before its XML."""
        super().prepare_message(message, message_type, pipeline_id, stream_type)
        queued = self._send_buffer[-1]
        if len(queued) > _MESSAGE_HEADER:
            queued._data[_MESSAGE_HEADER:] = _MARK + as_windows(bytes(queued._data[_MESSAGE_HEADER:]))
        if isinstance(message, EncryptedSessionKey):
            queued._data[_POOL] = bytes(16)

    def _process_message(self, message: Any) -> Any:
        if b"<!" in message.data:
            raise EngineError("a document type declaration, a comment or CDATA in a message")
        return super()._process_message(message)

    def _process_SessionCapability(self, event: Any) -> None:  # noqa: N802
        super()._process_SessionCapability(event)
        if self.state == RunspacePoolState.Connecting:
            self.prepare_message(self.our_capability)

    def _process_SetMaxRunspaces(self, event: Any) -> None:  # noqa: N802
        self.resize(event._ps_object)

    def _process_SetMinRunspaces(self, event: Any) -> None:  # noqa: N802
        self.resize(event._ps_object)


class RemotePipeline(ServerPipeline):
    """A pipeline, as a client of a Windows host meets it."""

    def run(self) -> None:
        """It runs; Windows does not announce that."""
        self._change_state(PSInvocationState.Running, emit=False)

    def say(self, said: StreamRecord) -> None:
        """A record of another stream than output and errors."""
        match said.stream:
            case "progress":
                self.write_progress(said.text, 0, "Processing")
            case "information":
                self.write_information(said.text, "Write-Information")
            case stream:
                getattr(self, f"write_{stream}")(said.text)

    def prepare_modules(self) -> None:
        """Return the records with which Windows PowerShell begins the first pipeline of a shell."""
        self.write_progress("Preparing modules for first use.", 0, " ", record_type=ProgressRecordType.Completed)

    def fail(self, error: ErrorRecord) -> None:
        """It ended with a terminating error."""
        self._change_state(PSInvocationState.Failed, error=error)

    @property
    def running(self) -> bool:
        """Tell whether it has not ended."""
        return bool(self.state == PSInvocationState.Running)
