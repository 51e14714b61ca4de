"""SOAP envelopes of WS-Management: read defensively, written as WinRM writes them."""

from __future__ import annotations

import re
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import NoReturn
from xml.etree import ElementTree as ET
from xml.sax.saxutils import escape, quoteattr

NAMESPACES = {
    "s": "http://www.w3.org/2003/05/soap-envelope",
    "a": "http://schemas.xmlsoap.org/ws/2004/08/addressing",
    "w": "http://schemas.dmtf.org/wbem/wsman/1/wsman.xsd",
    "p": "http://schemas.microsoft.com/wbem/wsman/1/wsman.xsd",
    "rsp": "http://schemas.microsoft.com/wbem/wsman/1/windows/shell",
    "n": "http://schemas.xmlsoap.org/ws/2004/09/enumeration",
    "x": "http://schemas.xmlsoap.org/ws/2004/09/transfer",
    "wsmid": "http://schemas.dmtf.org/wbem/wsman/identify/1/wsmanidentity.xsd",
    "cfg": "http://schemas.microsoft.com/wbem/wsman/1/config",
    "f": "http://schemas.microsoft.com/wbem/wsman/1/wsmanfault",
    "ps": "http://schemas.microsoft.com/powershell",
}
CONTENT_TYPE = "application/soap+xml;charset=UTF-8"
_LEAST_ENVELOPE = 8192
MAX_ENVELOPE = 500 * 1024
"""MaxEnvelopeSizekb of Windows Server 2012 and later."""

_ANONYMOUS = "http://schemas.xmlsoap.org/ws/2004/08/addressing/role/anonymous"
_FAULT_ACTION = "http://schemas.dmtf.org/wbem/wsman/1/wsman/fault"
_DURATION = re.compile(r"P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?)?")
_DECLARATIONS = "".join(f' xmlns:{prefix}="{uri}"' for prefix, uri in NAMESPACES.items())


class Fault(Exception):  # noqa: N818 - SOAP's own word
    """A request that is answered with a fault.

    The codes and their texts are those of WsmErrors.h; a code below 2**16 is a Win32 one.
    """

    def __init__(self, code: int, subcode: str, reason: str, *, receiver: bool = False) -> None:
        super().__init__(reason)
        self.code = code
        self.subcode = subcode
        self.reason = reason
        self.receiver = receiver


TIMED_OUT = 0x80338029
INVALID_SELECTORS = 0x8033805B


def timed_out() -> Fault:
    """No output within OperationTimeout; the client asks again."""
    text = "The WS-Management service cannot complete the operation within the time specified in OperationTimeout."
    return Fault(TIMED_OUT, "w:TimedOut", text, receiver=True)


def no_such_shell(shell: str) -> Fault:
    """The shell, or the command in it, does not exist (any more)."""
    return Fault(
        INVALID_SELECTORS,
        "w:InvalidSelectors",
        f"The request for the Windows Remote Shell with ShellId {shell} failed because the shell was not found on the "
        "server. Possible causes are: the specified ShellId is incorrect or the shell no longer exists on the server. "
        "Provide the correct ShellId or create a new shell and retry the operation.",
    )


def no_such_resource(uri: str) -> Fault:
    """No resource, or session configuration, has this URI."""
    return Fault(
        0x80338000,
        "a:DestinationUnreachable",
        "The WS-Management service cannot process the request. The service cannot find the resource identified by the "
        f"resource URI and selectors. ({uri})",
    )


def action_not_supported(action: str) -> Fault:
    """The service has no such action."""
    text = f"The WS-Management service does not support the action specified in the request. ({action})"
    return Fault(0x80338013, "a:ActionNotSupported", text)


def schema_error(detail: str) -> Fault:
    """The envelope is not what it must be."""
    text = (
        "The SOAP XML in the message does not match the corresponding XML schema definition. Change the XML and retry."
    )
    return Fault(0x80338041, "w:SchemaValidationError", f"{text} ({detail})")


def too_large(what: str) -> Fault:
    """An envelope above MaxEnvelopeSizekb, or an answer that may be smaller than 8 KiB (MS-WSMV 3.1.4.1.7, 3.1.4.1.20).

    The subcode is that of the specification, the code is UNCONFIRMED.
    """
    text = f"The WS-Management service cannot process the request because an encoding limit was exceeded. ({what})"
    return Fault(0x8033803A, "w:EncodingLimit", text)


def invalid_header(what: str) -> Fault:
    """A header that cannot be right. The code is the one that Windows gives to an OperationTimeout below zero."""
    text = "The WS-Management service cannot process the request because a message information header is not valid."
    return Fault(0x8033800F, "a:InvalidMessageInformationHeader", f"{text} ({what})")


def already_exists(what: str) -> Fault:
    """A shell or a command of this id is there already."""
    text = f"The WS-Management service cannot create the resource because it already exists. ({what})"
    return Fault(0x80338033, "w:AlreadyExists", text)


def in_use(what: str) -> Fault:
    """Somebody else has it."""
    text = (
        "The WS-Management service cannot complete the WS-Addressing Action URI in the request because the resource "
        f"was already in use. ({what})"
    )
    return Fault(0x80338032, "w:Concurrency", text)


def disconnected() -> Fault:
    """The shell is disconnected: reconnect first."""
    text = "The WS-Management service cannot process the request because the stream is currently disconnected."
    return Fault(0x803381DE, "w:InternalError", text, receiver=True)


def aborted() -> Fault:
    """A Receive that another one has taken the place of (ERROR_OPERATION_ABORTED)."""
    text = "The I/O operation has been aborted because of either a thread exit or an application request."
    return Fault(995, "w:InternalError", text, receiver=True)


def access_denied() -> Fault:
    """The account may not use remoting: ERROR_ACCESS_DENIED, as WinRM gives it to who is no administrator."""
    return Fault(5, "w:AccessDenied", "Access is denied. ")


def bad_data(detail: str) -> Fault:
    """The fragments inside are not PSRP (ERROR_INVALID_DATA)."""
    return Fault(13, "w:InternalError", f"The data is invalid. ({detail})", receiver=True)


@dataclass(frozen=True, slots=True)
class Message:
    """A request, taken out of its envelope."""

    action: str
    message_id: str
    resource: str
    selectors: Mapping[str, str]
    timeout: float
    """OperationTimeout in seconds."""
    max_envelope: int
    """Bytes that the answer may have."""
    operation: str
    """OperationID: the client can take the answer a second time (MS-WSMV 3.1.4.1.39); "" if it cannot."""
    sequence: str
    """SequenceId within the operation."""
    again: bool
    """A retransmission: its OperationID must be understood."""
    body: ET.Element | None
    """The only child of the Body, if there is one."""

    def require(self, selector: str) -> str:
        """A selector's value.

        Raises:
            Fault: it is not there.
        """
        try:
            return self.selectors[selector]
        except KeyError:
            raise no_such_shell("") from None


class _NoDoctype(ET.TreeBuilder):
    def doctype(self, *_: object) -> NoReturn:
        """No envelope has one; what has one is an attack (entities)."""
        raise schema_error("a document type declaration")


def parse(envelope: bytes) -> Message:
    """Read a request.

    Raises:
        Fault: it is not an envelope that WS-Management knows.
    """
    if len(envelope) > MAX_ENVELOPE:
        raise too_large(f"{len(envelope)} bytes, {MAX_ENVELOPE} are allowed")
    parser = ET.XMLParser(target=_NoDoctype())  # noqa: S314 - document types are refused, so there are no entities
    try:
        root = ET.fromstring(envelope, parser)  # noqa: S314
    except (ET.ParseError, ValueError, LookupError) as problem:
        raise schema_error(f"not XML: {problem}") from problem
    if root.tag != _tag("s:Envelope"):
        raise schema_error("not a SOAP 1.2 envelope")
    body = root.find("s:Body", NAMESPACES)
    content = next(iter(body), None) if body is not None else None
    header = root.find("s:Header", NAMESPACES)
    if header is None:
        header = ET.Element("none")

    def text(path: str) -> str:
        return (header.findtext(path, "", NAMESPACES) or "").strip()

    selectors = {
        item.get("Name", ""): (item.text or "").strip()
        for item in header.iterfind("w:SelectorSet/w:Selector", NAMESPACES)
    }
    size = text("w:MaxEnvelopeSize")
    if size.isascii() and size.isdigit() and int(size) < _LEAST_ENVELOPE:
        raise too_large(f"MaxEnvelopeSize {size}, at least {_LEAST_ENVELOPE} are needed")
    return Message(
        action=text("a:Action"),
        message_id=text("a:MessageID"),
        resource=text("w:ResourceURI"),
        selectors=selectors,
        timeout=seconds(text("w:OperationTimeout"), 60.0),
        max_envelope=min(int(size), MAX_ENVELOPE) if size.isascii() and size.isdigit() else MAX_ENVELOPE,
        operation=text("p:OperationID").lower().removeprefix("uuid:"),
        sequence=text("p:SequenceId"),
        again=_must_understand(header.find("p:OperationID", NAMESPACES)),
        body=content,
    )


def seconds(duration: str, default: float) -> float:
    """An xs:duration of days, hours, minutes and seconds; the default if it is none."""
    match = _DURATION.fullmatch(duration)
    if match is None or not any(match.groups()):
        return default
    days, hours, minutes, rest = (float(group or 0) for group in match.groups())
    return ((days * 24 + hours) * 60 + minutes) * 60 + rest


def respond(action: str, relates_to: str, body: str) -> bytes:
    """An answer; `body` is XML with the prefixes of NAMESPACES."""
    return (
        f'<s:Envelope xml:lang="en-US"{_DECLARATIONS}><s:Header><a:Action>{escape(action)}</a:Action>'
        f"<a:MessageID>uuid:{str(uuid.uuid4()).upper()}</a:MessageID><a:To>{_ANONYMOUS}</a:To>"
        f"<a:RelatesTo>{escape(relates_to)}</a:RelatesTo></s:Header><s:Body>{body}</s:Body></s:Envelope>"
    ).encode()


def respond_fault(fault: Fault, relates_to: str, machine: str) -> bytes:
    """A fault as WinRM words it."""
    value = "s:Receiver" if fault.receiver else "s:Sender"
    reason = escape(fault.reason)
    body = (
        f"<s:Fault><s:Code><s:Value>{value}</s:Value><s:Subcode><s:Value>{fault.subcode}</s:Value></s:Subcode></s:Code>"
        f'<s:Reason><s:Text xml:lang="en-US">{reason}</s:Text></s:Reason><s:Detail>'
        f"<f:WSManFault Code={quoteattr(str(fault.code))} Machine={quoteattr(machine)}>"
        f"<f:Message>{reason}</f:Message></f:WSManFault></s:Detail></s:Fault>"
    )
    return respond(_FAULT_ACTION, relates_to, body)


def of_operation(envelope: bytes, operation: str) -> bytes:
    """An answer with the OperationID of its request: this service keeps it, to repeat it (MS-WSMV 3.1.6.6)."""
    identity = f'<p:OperationID s:mustUnderstand="false">uuid:{escape(operation)}</p:OperationID>'
    return envelope.replace(b"</s:Header>", f"{identity}<p:SequenceId>1</p:SequenceId></s:Header>".encode(), 1)


def acknowledge(operation: str) -> bytes:
    """What goes before a repeated answer: how many messages of the operation the service has had (MS-WSMV 3.1.4.18).

    Its spelling is made after the specification; what Windows sends is UNCONFIRMED.
    """
    action = f"{NAMESPACES['p'].rpartition('.')[0]}/Acknowledge"
    body = "<p:Acknowledge><p:LastSequenceIdReceived>1</p:LastSequenceIdReceived></p:Acknowledge>"
    return of_operation(respond(action, "", body), operation)


def _must_understand(element: ET.Element | None) -> bool:
    return element is not None and element.get(_tag("s:mustUnderstand"), "") in ("true", "1")


def _tag(name: str) -> str:
    prefix, _, local = name.partition(":")
    return f"{{{NAMESPACES[prefix]}}}{local}"
