"""Requests that a service can answer a second time: the robust connections of MS-WSMV 3.1.4.1.39, the client's side.

A request with an OperationID asks the service to keep its answer, and one that keeps it puts the OperationID into the
answer. If the answer does not arrive, the same request goes out again with the OperationID marked as one that must be
understood: the service answers with an Acknowledge and with what it kept, or, if the request never came, acts on it.
Windows PowerShell's own client sends an OperationID with each request. What Windows keeps, and that it never acts twice
on one, is UNCONFIRMED: `delivery` says what is repeated at all.
"""

from __future__ import annotations

import re
import uuid
from xml.etree import ElementTree

WSMV = "http://schemas.microsoft.com/wbem/wsman/1/wsman.xsd"
_SOAP = "http://www.w3.org/2003/05/soap-envelope"
_MUST_UNDERSTAND = f"{{{_SOAP}}}mustUnderstand"
_OPERATION = re.compile(rb"<(?:\w+:)?OperationID\b[^>]*>")
_MESSAGE = re.compile(rb"<(?:\w+:)?MessageID\b[^>]*>\s*([^<\s]+)")
_RELATES = re.compile(rb"<(?:\w+:)?RelatesTo\b[^>]*>\s*([^<\s]+)")
_END = re.compile(rb"</(?:\w+:)?Envelope\s*>")


def add_operation(header: ElementTree.Element) -> None:
    """Give a request an operation of its own."""
    for name, value in (("OperationID", f"uuid:{str(uuid.uuid4()).upper()}"), ("SequenceId", "1")):
        ElementTree.SubElement(header, f"{{{WSMV}}}{name}", {_MUST_UNDERSTAND: "false"}).text = value


def retransmission(message: bytes) -> bytes:
    """The same request once more, and marked as that."""
    found = _OPERATION.search(message)
    if found is None:
        return message
    marked = found[0].replace(b'mustUnderstand="false"', b'mustUnderstand="true"')
    return message[: found.start()] + marked + message[found.end() :]


def is_kept(answer: bytes) -> bool:
    """Tell whether the service says that it keeps this answer."""
    return _OPERATION.search(answer) is not None


def answer_to(message: bytes, body: bytes) -> bytes:
    """The one envelope of a body that answers the message: before it may go Acknowledge and Keepalive messages.

    A body of one envelope is given back as it is, whatever it is.
    """
    ends = [found.end() for found in _END.finditer(body)]
    if len(ends) < 2:
        return body
    asked = _MESSAGE.search(message)
    starts = [0, *ends[:-1]]
    for start, end in zip(starts, ends, strict=True):
        related = _RELATES.search(body, start, end)
        if asked and related and related[1].lower() == asked[1].lower():
            return body[start:end]
    return body[starts[-1] : ends[-1]]
