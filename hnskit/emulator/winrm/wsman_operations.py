"""The operations of WinRM: shells, their commands, the configuration, Identify."""

from __future__ import annotations

import base64
import uuid
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from uuid import UUID
from xml.etree import ElementTree as ET
from xml.sax.saxutils import escape, quoteattr

from hnskit.emulator.winrm import soap, wsman_faults
from hnskit.emulator.winrm.output_queue import Batch
from hnskit.emulator.winrm.service_config import configuration
from hnskit.emulator.winrm.service_settings import ServiceSettings
from hnskit.emulator.winrm.shell import CONNECTED, ServedShell
from hnskit.emulator.winrm.shell_objects import describe, describe_commands, element
from hnskit.emulator.winrm.shells import DEFAULT_IDLE, Shells

_SHELL = soap.NAMESPACES["rsp"]
_TRANSFER = soap.NAMESPACES["x"]
_ENUMERATION = soap.NAMESPACES["n"]
_CONFIG = soap.NAMESPACES["cfg"]
_STOP = "powershell/signal/crtl_c"
"""Spelt so in MS-PSRP 3.1.5.3.9 and in PowerShell: it stops the pipeline. Any other code closes the command."""
_CMD = f"{_SHELL}/cmd"
_NO_CMD = (
    "The emulated host has no cmd shells (winrs), only PowerShell's: use a client of PSRP, such as pypsrp or Ansible's "
    "psrp connection. "
)
_IDENTIFY = frozenset(
    f"{{http://schemas.dmtf.org/wbem/wsman/{name}/1/wsmanidentity.xsd}}Identify" for name in ("identity", "identify")
)
"""Identity is what Test-WSMan sends and DSP0226 says; identify is a slip in a table of MS-WSMV."""
_HEADROOM = 2048  # characters of an envelope around the streams


@dataclass(frozen=True, slots=True)
class Identity:
    """The host's name and versions for Identify and faults."""

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

    def __init__(
        self,
        shells: Shells,
        identity: Identity,
        *,
        owner: str,
        settings: ServiceSettings | None = None,
        ports: Callable[[], tuple[int, int]] = lambda: (5985, 5986),
    ) -> None:
        """`ports` gives those of the listeners, HTTP and HTTPS."""
        self._shells = shells
        self._identity = identity
        self._owner = owner
        self._settings = settings or ServiceSettings()
        self._ports = ports
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
            wsman_faults.Fault: the request is refused.
            EngineError: the PSRP in it is.
        """
        if self.identifies(message):
            return self.identify(message)
        if not message.message_id:
            raise wsman_faults.schema_error("no MessageID")
        try:
            action = self._actions[message.action]
        except KeyError:
            raise wsman_faults.action_not_supported(message.action) from None
        return await action(message, client)

    @staticmethod
    def identifies(message: soap.Message) -> bool:
        """Tell whether it only asks who is there, which every account may."""
        return message.body is not None and message.body.tag in _IDENTIFY

    def identify(self, message: soap.Message, *, known: bool = True) -> Answer:
        """Say who is there, in the namespace in which it was asked; the version only to a client that is `known`."""
        version = f"OS: 10.0.{self._identity.build} SP: 0.0 Stack: 3.0" if known else "OS: 0.0.0 SP: 0.0 Stack: 3.0"
        namespace = message.body.tag.partition("}")[0][1:] if message.body is not None else ""
        body = (
            f"<wsmid:IdentifyResponse xmlns:wsmid={quoteattr(namespace)}>"
            + element("wsmid:ProtocolVersion", soap.NAMESPACES["w"])
            + element("wsmid:ProductVendor", "Microsoft Corporation")
            + element("wsmid:ProductVersion", version)
            + "</wsmid:IdentifyResponse>"
        )
        return Answer(soap.respond(message.action, message.message_id, body))

    async def _create(self, message: soap.Message, client: str) -> Answer:
        request = _body(message, "rsp", "Shell")
        idle = soap.seconds(request.findtext("rsp:IdleTimeOut", "", soap.NAMESPACES), DEFAULT_IDLE)
        fragments = _decode(request.findtext("ps:creationXml", "", soap.NAMESPACES))
        if message.resource == _CMD:
            raise wsman_faults.no_such_resource(message.resource, _NO_CMD)
        owner = f"{self._identity.machine}\\{self._owner}"
        shell = ServedShell(
            request.get("ShellId", ""), message.resource, owner, client, idle=idle, locales=message.locales
        )
        await self._shells.create(shell, fragments, user=self._owner)
        selector = f'<w:SelectorSet><w:Selector Name="ShellId">{escape(shell.id)}</w:Selector></w:SelectorSet>'
        created = (
            f"<x:ResourceCreated>{element('a:Address', message.to)}"
            f"<a:ReferenceParameters>{element('w:ResourceURI', shell.resource)}{selector}</a:ReferenceParameters>"
            "</x:ResourceCreated>"
        )
        return _answer(message, created + describe(shell, measured=False))

    async def _delete(self, message: soap.Message, client: str) -> Answer:
        del client
        await self._shells.delete(self._shells.find(message.require("ShellId")))
        return _answer(message, "")

    async def _get(self, message: soap.Message, client: str) -> Answer:
        del client
        if message.resource == _SHELL:
            shell = self._shells.look(message.require("ShellId"))
            if shell is None:
                raise wsman_faults.nothing_selected()
            return _answer(message, describe(shell, measured=True))
        if message.resource == _CONFIG:
            return _answer(message, configuration(self._settings, self._ports()))
        raise wsman_faults.no_such_resource(message.resource)

    async def _enumerate(self, message: soap.Message, client: str) -> Answer:
        del client
        if message.resource == _SHELL:
            items = "".join(describe(shell, measured=True) for shell in self._shells.all())
        elif message.resource == f"{_SHELL}/Command":
            request = _body(message, "n", "Enumerate")
            selector = request.findtext("w:Filter/w:SelectorSet/w:Selector", "", soap.NAMESPACES)
            items = describe_commands(self._shells.find(selector.strip()))
        else:
            raise wsman_faults.no_such_resource(message.resource)
        found = f"<w:Items>{items}</w:Items>" if items else ""
        listed = f"<n:EnumerationContext></n:EnumerationContext>{found}<w:EndOfSequence/>"
        return _answer(message, f"<n:EnumerateResponse>{listed}</n:EnumerateResponse>")

    async def _command(self, message: soap.Message, client: str) -> Answer:
        del client
        shell = self._shells.find(message.require("ShellId"))
        request = _body(message, "rsp", "CommandLine")
        pipeline = _identifier(request.get("CommandId") or str(uuid.uuid4()))
        await shell.begin(pipeline, _decode(request.findtext("rsp:Arguments", "", soap.NAMESPACES)))
        return _answer(
            message, f"<rsp:CommandResponse>{element('rsp:CommandId', _upper(pipeline))}</rsp:CommandResponse>"
        )

    async def _send(self, message: soap.Message, client: str) -> Answer:
        del client
        shell = self._shells.find(message.require("ShellId"))
        for stream in _body(message, "rsp", "Send").iterfind("rsp:Stream", soap.NAMESPACES):
            command = stream.get("CommandId")
            pipeline = _identifier(command) if command else None
            await shell.send(pipeline, _decode(stream.text), prompt=stream.get("Name") == "pr")
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
            if not delivered and pipeline is None:
                shell.forget_last_of_pool()
            if delivered and batch.last and pipeline is not None:
                shell.retire(pipeline)

        waits = pipeline is not None and shell.asks_client(pipeline)
        return Answer(_respond(message, _streams(batch, pipeline, waits=waits)), settle=settle)

    async def _signal(self, message: soap.Message, client: str) -> Answer:
        del client
        shell = self._shells.find(message.require("ShellId"))
        request = _body(message, "rsp", "Signal")
        pipeline = _identifier(request.get("CommandId"))
        code = request.findtext("rsp:Code", "", soap.NAMESPACES).strip()
        if code == _STOP:
            await shell.stop(pipeline)
        else:
            await shell.terminate(pipeline)
        return _answer(message, "<rsp:SignalResponse/>")

    async def _disconnect(self, message: soap.Message, client: str) -> Answer:
        del client
        shell = self._shells.find(message.require("ShellId"))
        if not shell.connected:
            raise wsman_faults.disconnected()
        shell.disconnect()
        return _answer(message, "")

    async def _reconnect(self, message: soap.Message, client: str) -> Answer:
        del client
        self._shells.find(message.require("ShellId")).reconnect()
        return _answer(message, "")

    async def _connect(self, message: soap.Message, client: str) -> Answer:
        shell = self._shells.look(message.require("ShellId"))
        if shell is None:
            raise wsman_faults.no_such_shell(message.require("ShellId"))
        request = _body(message, "rsp", "Connect")
        command = request.get("CommandId")
        if command:
            shell.find(_identifier(command))
            return _answer(message, "<rsp:ConnectResponse/>")
        if shell.state == CONNECTED:
            raise wsman_faults.in_use(f"shell {shell.id} has a client")
        answer = await shell.connect(_decode(request.findtext("ps:connectXml", "", soap.NAMESPACES)), client)
        content = (
            "<rsp:InputStreams>stdin pr</rsp:InputStreams><rsp:OutputStreams>stdout</rsp:OutputStreams>"
            + element("ps:connectResponseXml", base64.b64encode(answer).decode())
        )
        return _answer(message, f"<rsp:ConnectResponse>{content}</rsp:ConnectResponse>")


def _answer(message: soap.Message, body: str) -> Answer:
    return Answer(_respond(message, body))


def _respond(message: soap.Message, body: str) -> bytes:
    return soap.respond(f"{message.action}Response", message.message_id, body)


def _streams(batch: Batch, pipeline: UUID | None, *, waits: bool) -> str:
    command = f' CommandId="{_upper(pipeline)}"' if pipeline is not None else ""
    streams = "".join(
        f'<rsp:Stream Name="stdout"{command}>{base64.b64encode(fragment.raw).decode()}</rsp:Stream>'
        for fragment in batch.fragments
    )
    state = ""
    if pipeline is not None:
        name = "Done" if batch.last else "Pending" if waits else "Running"
        code = "<rsp:ExitCode>0</rsp:ExitCode>" if batch.last else ""
        state = f'<rsp:CommandState{command} State="{_SHELL}/CommandState/{name}">{code}</rsp:CommandState>'
    return f"<rsp:ReceiveResponse>{streams}{state}</rsp:ReceiveResponse>"


def _body(message: soap.Message, prefix: str, name: str) -> ET.Element:
    if message.body is None or message.body.tag != _tag(prefix, name):
        raise wsman_faults.schema_error(f"{name} is missing")
    return message.body


def _tag(prefix: str, name: str) -> str:
    return f"{{{soap.NAMESPACES[prefix]}}}{name}"


def _decode(text: str | None) -> bytes:
    try:
        return base64.b64decode((text or "").strip(), validate=True)
    except ValueError:
        raise wsman_faults.schema_error("not base64") from None


def _identifier(text: str | None) -> UUID:
    try:
        return UUID((text or "").strip())
    except ValueError:
        raise wsman_faults.schema_error("not a UUID") from None


def _upper(identity: UUID) -> str:
    return str(identity).upper()
