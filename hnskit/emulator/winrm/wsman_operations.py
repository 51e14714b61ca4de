"""What WinRM can be asked for: shells, their commands, the configuration, and who is there."""

from __future__ import annotations

import base64
import time
import uuid
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from uuid import UUID
from xml.etree import ElementTree as ET
from xml.sax.saxutils import escape

from hnskit.emulator.winrm import soap
from hnskit.emulator.winrm.output_queue import Batch
from hnskit.emulator.winrm.shells import DEFAULT_IDLE, Shell, Shells

_SHELL = soap.NAMESPACES["rsp"]
_TRANSFER = soap.NAMESPACES["x"]
_ENUMERATION = soap.NAMESPACES["n"]
_CONFIG = soap.NAMESPACES["cfg"]
_STOP = "powershell/signal/ctrl_c"
_TERMINATE = ("powershell/signal/crtl_c_terminate", "/signal/terminate")
_HEADROOM = 2048  # characters of an envelope around the streams


@dataclass(frozen=True, slots=True)
class Identity:
    """What Identify and a fault say of the host."""

    machine: str
    build: int


@dataclass(frozen=True, slots=True)
class Answer:
    """An envelope to send, and what depends on its delivery."""

    envelope: bytes
    fault: bool = False
    settle: Callable[[bool], None] | None = None


class Operations:
    """WinRM's actions on the shells of a host."""

    def __init__(self, shells: Shells, identity: Identity, *, owner: str) -> None:
        self._shells = shells
        self._identity = identity
        self._owner = owner
        self._actions: dict[str, Callable[[soap.Message, str], Awaitable[Answer]]] = {
            f"{_TRANSFER}/Create": self._create,
            f"{_TRANSFER}/Delete": self._delete,
            f"{_TRANSFER}/Get": self._get,
            f"{_ENUMERATION}/Enumerate": self._enumerate,
            f"{_SHELL}/Command": self._command,
            f"{_SHELL}/Send": self._send,
            f"{_SHELL}/Receive": self._receive,
            f"{_SHELL}/Signal": self._signal,
            f"{_SHELL}/Disconnect": self._disconnect,
            f"{_SHELL}/Reconnect": self._reconnect,
            f"{_SHELL}/Connect": self._connect,
        }

    async def perform(self, message: soap.Message, client: str) -> Answer:
        """Carry out a request of `client` (its address).

        Raises:
            soap.Fault: the request is refused.
            EngineError: the PSRP in it is.
        """
        if self.identifies(message):
            return self._identify(message)
        if not message.message_id:
            raise soap.schema_error("no MessageID")
        try:
            action = self._actions[message.action]
        except KeyError:
            raise soap.action_not_supported(message.action) from None
        return await action(message, client)

    @staticmethod
    def identifies(message: soap.Message) -> bool:
        """Whether it only asks who is there, which every account may."""
        return message.body is not None and message.body.tag == _tag("wsmid", "Identify")

    def _identify(self, message: soap.Message) -> Answer:
        version = f"OS: 10.0.{self._identity.build} SP: 0.0 Stack: 3.0"
        body = (
            "<wsmid:IdentifyResponse>"
            + _element("wsmid:ProtocolVersion", soap.NAMESPACES["w"])
            + _element("wsmid:ProductVendor", "Microsoft Corporation")
            + _element("wsmid:ProductVersion", version)
            + "</wsmid:IdentifyResponse>"
        )
        return Answer(soap.respond(message.action, message.message_id, body))

    async def _create(self, message: soap.Message, client: str) -> Answer:
        request = _body(message, "rsp", "Shell")
        idle = soap.seconds(request.findtext("rsp:IdleTimeOut", "", soap.NAMESPACES), DEFAULT_IDLE)
        fragments = _decode(request.findtext("ps:creationXml", "", soap.NAMESPACES))
        shell = await self._shells.create(
            request.get("ShellId", ""), message.resource, fragments, owner=self._owner, client=client, idle=idle
        )
        selector = f'<w:SelectorSet><w:Selector Name="ShellId">{escape(shell.id)}</w:Selector></w:SelectorSet>'
        created = (
            "<x:ResourceCreated><a:Address>http://schemas.xmlsoap.org/ws/2004/08/addressing/role/anonymous</a:Address>"
            f"<a:ReferenceParameters>{_element('w:ResourceURI', shell.resource)}{selector}</a:ReferenceParameters>"
            "</x:ResourceCreated>"
        )
        return _answer(message, created + _describe(shell))

    async def _delete(self, message: soap.Message, client: str) -> Answer:
        del client
        await self._shells.delete(self._shells.find(message.require("ShellId")))
        return _answer(message, "")

    async def _get(self, message: soap.Message, client: str) -> Answer:
        del client
        if message.resource == _SHELL:
            return _answer(message, _describe(self._shells.find(message.require("ShellId"))))
        if message.resource == _CONFIG:
            size = soap.MAX_ENVELOPE // 1024
            body = (
                f"<cfg:Config><cfg:MaxEnvelopeSizekb>{size}</cfg:MaxEnvelopeSizekb>"
                "<cfg:MaxTimeoutms>60000</cfg:MaxTimeoutms><cfg:MaxBatchItems>32000</cfg:MaxBatchItems></cfg:Config>"
            )
            return _answer(message, body)
        raise soap.no_such_resource(message.resource)

    async def _enumerate(self, message: soap.Message, client: str) -> Answer:
        del client
        if message.resource == _SHELL:
            items = "".join(_describe(shell) for shell in self._shells.all())
        elif message.resource == f"{_SHELL}/Command":
            request = _body(message, "n", "Enumerate")
            selector = request.findtext("w:Filter/w:SelectorSet/w:Selector", "", soap.NAMESPACES)
            shell = self._shells.find(selector.strip())
            items = "".join(
                f"<rsp:Command>{_element('rsp:ShellId', shell.id)}{_element('rsp:CommandId', _upper(pipeline))}"
                f"{_element('rsp:State', _state(shell))}<rsp:CommandLine/></rsp:Command>"
                for pipeline in shell.pipelines
            )
        else:
            raise soap.no_such_resource(message.resource)
        listed = f"<n:EnumerationContext/><w:Items>{items}</w:Items><w:EndOfSequence/>"
        return _answer(message, f"<n:EnumerateResponse>{listed}</n:EnumerateResponse>")

    async def _command(self, message: soap.Message, client: str) -> Answer:
        del client
        shell = self._shells.find(message.require("ShellId"))
        request = _body(message, "rsp", "CommandLine")
        pipeline = _identifier(request.get("CommandId") or str(uuid.uuid4()))
        await shell.begin(pipeline, _decode(request.findtext("rsp:Arguments", "", soap.NAMESPACES)))
        return _answer(
            message, f"<rsp:CommandResponse>{_element('rsp:CommandId', _upper(pipeline))}</rsp:CommandResponse>"
        )

    async def _send(self, message: soap.Message, client: str) -> Answer:
        del client
        shell = self._shells.find(message.require("ShellId"))
        for stream in _body(message, "rsp", "Send").iterfind("rsp:Stream", soap.NAMESPACES):
            command = stream.get("CommandId")
            pipeline = shell.find(_identifier(command)).id if command else None
            await shell.engine.send(pipeline, _decode(stream.text), prompt=stream.get("Name") == "pr")
        return _answer(message, "<rsp:SendResponse/>")

    async def _receive(self, message: soap.Message, client: str) -> Answer:
        del client
        shell = self._shells.find(message.require("ShellId"))
        wanted = _body(message, "rsp", "Receive").find("rsp:DesiredStream", soap.NAMESPACES)
        command = wanted.get("CommandId") if wanted is not None else None
        pipeline = _identifier(command) if command else None
        batch = await shell.receive(pipeline, message.max_envelope - _HEADROOM, message.timeout)

        def settle(delivered: bool) -> None:
            batch.settle(delivered)
            if delivered and batch.last and pipeline is not None:
                shell.retire(pipeline)

        return Answer(_respond(message, _streams(batch, pipeline)), settle=settle)

    async def _signal(self, message: soap.Message, client: str) -> Answer:
        del client
        shell = self._shells.find(message.require("ShellId"))
        request = _body(message, "rsp", "Signal")
        pipeline = _identifier(request.get("CommandId"))
        code = request.findtext("rsp:Code", "", soap.NAMESPACES).strip().lower()
        if code.endswith(_TERMINATE):
            await shell.terminate(pipeline)
        elif code.endswith(("/signal/ctrl_c", _STOP)):
            await shell.engine.stop(shell.find(pipeline).id)
        else:
            raise soap.schema_error(f"signal {code}")
        return _answer(message, "<rsp:SignalResponse/>")

    async def _disconnect(self, message: soap.Message, client: str) -> Answer:
        del client
        shell = self._shells.find(message.require("ShellId"))
        if not shell.connected:
            raise soap.disconnected()
        shell.disconnect()
        return _answer(message, "<rsp:DisconnectResponse/>")

    async def _reconnect(self, message: soap.Message, client: str) -> Answer:
        del client
        self._shells.find(message.require("ShellId")).connected = True
        return _answer(message, "<rsp:ReconnectResponse/>")

    async def _connect(self, message: soap.Message, client: str) -> Answer:
        shell = self._shells.find(message.require("ShellId"))
        request = _body(message, "rsp", "Connect")
        command = request.get("CommandId")
        if command:
            shell.find(_identifier(command))
            return _answer(message, "<rsp:ConnectResponse/>")
        if shell.connected:
            raise soap.in_use(f"shell {shell.id} has a client")
        fragments = _decode(request.findtext("ps:connectXml", "", soap.NAMESPACES))
        answer = base64.b64encode(await shell.engine.connect(fragments)).decode()
        shell.connected = True
        shell.client = client
        return _answer(
            message,
            f"<rsp:ConnectResponse><ps:connectResponseXml>{answer}</ps:connectResponseXml></rsp:ConnectResponse>",
        )


def _answer(message: soap.Message, body: str) -> Answer:
    return Answer(_respond(message, body))


def _respond(message: soap.Message, body: str) -> bytes:
    return soap.respond(f"{message.action}Response", message.message_id, body)


def _streams(batch: Batch, pipeline: UUID | None) -> str:
    command = f' CommandId="{_upper(pipeline)}"' if pipeline is not None else ""
    streams = "".join(
        f'<rsp:Stream Name="stdout"{command}>{base64.b64encode(fragment.raw).decode()}</rsp:Stream>'
        for fragment in batch.fragments
    )
    state = ""
    if pipeline is not None:
        name = "Done" if batch.last else "Running"
        code = "<rsp:ExitCode>0</rsp:ExitCode>" if batch.last else ""
        state = f'<rsp:CommandState{command} State="{_SHELL}/CommandState/{name}">{code}</rsp:CommandState>'
    return f"<rsp:ReceiveResponse>{streams}{state}</rsp:ReceiveResponse>"


def _state(shell: Shell) -> str:
    return "Connected" if shell.connected else "Disconnected"


def _describe(shell: Shell) -> str:
    run = int(time.monotonic() - shell.created)
    return (
        "<rsp:Shell>"
        + _element("rsp:ShellId", shell.id)
        + _element("rsp:ResourceUri", shell.resource)
        + _element("rsp:Owner", shell.owner)
        + _element("rsp:ClientIP", shell.client)
        + _element("rsp:IdleTimeOut", f"PT{shell.idle:.3f}S")
        + "<rsp:InputStreams>stdin pr</rsp:InputStreams><rsp:OutputStreams>stdout</rsp:OutputStreams>"
        + _element("rsp:State", _state(shell))
        + _element("rsp:ShellRunTime", f"P0DT0H0M{run}S")
        + _element("rsp:ShellInactivity", f"P0DT0H0M{int(shell.idle_for)}S")
        + "</rsp:Shell>"
    )


def _body(message: soap.Message, prefix: str, name: str) -> ET.Element:
    if message.body is None or message.body.tag != _tag(prefix, name):
        raise soap.schema_error(f"{name} is missing")
    return message.body


def _tag(prefix: str, name: str) -> str:
    return f"{{{soap.NAMESPACES[prefix]}}}{name}"


def _decode(text: str | None) -> bytes:
    try:
        return base64.b64decode((text or "").strip(), validate=True)
    except ValueError:
        raise soap.schema_error("not base64") from None


def _identifier(text: str | None) -> UUID:
    try:
        return UUID((text or "").strip())
    except ValueError:
        raise soap.schema_error("not a UUID") from None


def _upper(identity: UUID) -> str:
    return str(identity).upper()


def _element(name: str, text: object) -> str:
    return f"<{name}>{escape(str(text))}</{name}>"
