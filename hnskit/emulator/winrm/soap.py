"""SOAP envelopes of WS-Management: read defensively, written as WinRM writes them."""

from __future__ import annotations

import re
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import NoReturn
from xml.etree import ElementTree as ET
from xml.sax.saxutils import escape, quoteattr

from hnskit.emulator.winrm.wsman_faults import Fault, invalid_timeout, no_such_shell, schema_error, too_large

NAMESPACES = {
    "s": "http://www.w3.org/2003/05/soap-envelope",
    "a": "http://schemas.xmlsoap.org/ws/2004/08/addressing",
    "w": "http://schemas.dmtf.org/wbem/wsman/1/wsman.xsd",
    "p": "http://schemas.microsoft.com/wbem/wsman/1/wsman.xsd",
    "rsp": "http://schemas.microsoft.com/wbem/wsman/1/windows/shell",
    "n": "http://schemas.xmlsoap.org/ws/2004/09/enumeration",
    "x": "http://schemas.xmlsoap.org/ws/2004/09/transfer",
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
_ADDRESSING_FAULT_ACTION = f"{NAMESPACES['a']}/fault"
_FAULT_DETAIL = "http://schemas.dmtf.org/wbem/wsman/1/wsman/faultDetail"
_PROVIDER_PATH = r"%systemroot%\system32\WsmSvc.dll"
_DURATION = re.compile(r"P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?)?")
_DECLARATIONS = "".join(f' xmlns:{prefix}="{uri}"' for prefix, uri in NAMESPACES.items())


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
    to: str
    """The URL that the client asked."""
    locales: tuple[str, str]
    """Locale and DataLocale."""
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
        """Refuse a document type: no envelope has one, and its entities are an attack."""
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
        timeout=_timeout(text("w:OperationTimeout")),
        max_envelope=min(int(size), MAX_ENVELOPE) if size.isascii() and size.isdigit() else MAX_ENVELOPE,
        operation=text("p:OperationID").lower().removeprefix("uuid:"),
        sequence=text("p:SequenceId"),
        again=_must_understand(header.find("p:OperationID", NAMESPACES)),
        to=text("a:To"),
        locales=(_language(header.find("w:Locale", NAMESPACES)), _language(header.find("p:DataLocale", NAMESPACES))),
        body=content,
    )


def seconds(duration: str, default: float) -> float:
    """An xs:duration of days, hours, minutes and seconds; the default if it is none."""
    match = _DURATION.fullmatch(duration)
    if match is None or not any(match.groups()):
        return default
    days, hours, minutes, rest = (float(group or 0) for group in match.groups())
    return ((days * 24 + hours) * 60 + minutes) * 60 + rest


def _timeout(text: str) -> float:
    wanted = seconds(text, -1.0)
    if text and wanted < 0:
        raise invalid_timeout(text)
    return wanted if text else 60.0


def _language(element: ET.Element | None) -> str:
    """Its xml:lang, or English."""
    given = element.get("{http://www.w3.org/XML/1998/namespace}lang", "") if element is not None else ""
    return given or "en-US"


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
    more = f"<w:FaultDetail>{_FAULT_DETAIL}/{fault.detail}</w:FaultDetail>" if fault.detail else ""
    if fault.code is not None:
        opening = f"<f:WSManFault Code={quoteattr(str(fault.code))} Machine={quoteattr(machine)}>"
        inner = f"{opening}<f:Message>{escape(fault.message)}</f:Message></f:WSManFault>"
        if fault.provider:
            name = f"provider={quoteattr(fault.provider)} path={quoteattr(_PROVIDER_PATH)}"
            inner = f"{opening}<f:Message><f:ProviderFault {name}>{inner}</f:ProviderFault></f:Message></f:WSManFault>"
        more += inner
    body = (
        f"<s:Fault><s:Code><s:Value>{value}</s:Value><s:Subcode><s:Value>{fault.subcode}</s:Value></s:Subcode></s:Code>"
        f'<s:Reason><s:Text xml:lang="en-US">{escape(fault.reason)}</s:Text></s:Reason>'
        + (f"<s:Detail>{more}</s:Detail>" if more else "")
        + "</s:Fault>"
    )
    action = _ADDRESSING_FAULT_ACTION if fault.subcode.startswith("a:") else _FAULT_ACTION
    return respond(action, relates_to, body)


def of_operation(envelope: bytes, operation: str) -> bytes:
    """An answer with the OperationID of its request: this service keeps it, to repeat it (MS-WSMV 3.1.6.6)."""
    identity = f'<p:OperationID s:mustUnderstand="false">uuid:{escape(operation)}</p:OperationID>'
    return envelope.replace(b"</s:Header>", f"{identity}<p:SequenceId>1</p:SequenceId></s:Header>".encode(), 1)


def acknowledge(operation: str) -> bytes:
    """Build the header of a repeated answer: how many messages of the operation the service has had (MS-WSMV 3.1.4.18).

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
