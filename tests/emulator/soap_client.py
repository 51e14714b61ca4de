"""A client that sends single envelopes to a door over HTTPS with Basic, and takes the answers apart."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Any
from xml.etree import ElementTree as ET

import requests
from pypsrp.wsman import NAMESPACES

from tests.waiting import LONG

POWERSHELL = "http://schemas.microsoft.com/powershell/Microsoft.PowerShell"
SHELL = "http://schemas.microsoft.com/wbem/wsman/1/windows/shell"
CONFIG = "http://schemas.microsoft.com/wbem/wsman/1/config"
ADDRESSING = "http://schemas.xmlsoap.org/ws/2004/08/addressing"
STOP = "powershell/signal/crtl_c"
TERMINATE = f"{SHELL}/signal/Terminate"
_FAULT = {"f": "http://schemas.microsoft.com/wbem/wsman/1/wsmanfault", **NAMESPACES}


def envelope(
    action: str,
    body: str = "",
    *,
    message_id: str = "",
    shell: str = "",
    resource: str = POWERSHELL,
    timeout: str = "PT1S",
    to: str = "",
) -> str:
    """A request."""
    message_id = message_id or f"uuid:{str(uuid.uuid4()).upper()}"
    declarations = " ".join(f'xmlns:{key}="{value}"' for key, value in NAMESPACES.items() if key != "xml")
    selectors = (
        f'<wsman:SelectorSet><wsman:Selector Name="ShellId">{shell}</wsman:Selector></wsman:SelectorSet>'
        if shell
        else ""
    )
    address = f"<wsa:To>{to}</wsa:To>" if to else ""
    return (
        f"<s:Envelope {declarations}><s:Header><wsa:Action>{action}</wsa:Action>{address}"
        f"<wsa:MessageID>{message_id}</wsa:MessageID><wsman:ResourceURI>{resource}</wsman:ResourceURI>"
        f"<wsman:OperationTimeout>{timeout}</wsman:OperationTimeout>{selectors}"
        f"</s:Header><s:Body>{body}</s:Body></s:Envelope>"
    )


@dataclass(frozen=True)
class SoapAnswer:
    """What came back."""

    status: int
    text: str

    @property
    def root(self) -> ET.Element:
        """The envelope."""
        return ET.fromstring(self.text)

    @property
    def action(self) -> str:
        """Of the answer."""
        return self.root.findtext("s:Header/wsa:Action", "", _FAULT)

    @property
    def body(self) -> list[ET.Element]:
        """What is in its Body."""
        return list(self.root.find("s:Body", _FAULT) or ())

    @property
    def code(self) -> int | None:
        """Of a fault's WSManFault."""
        found = self.root.find(".//s:Detail/f:WSManFault", _FAULT)
        return int(found.get("Code", "")) if found is not None else None

    @property
    def subcode(self) -> str:
        """Of a fault."""
        return self.root.findtext(".//s:Fault/s:Code/s:Subcode/s:Value", "", _FAULT)

    @property
    def reason(self) -> str:
        """Of a fault."""
        return self.root.findtext(".//s:Reason/s:Text", "", _FAULT)

    @property
    def message(self) -> str:
        """All that a fault's WSManFault says."""
        found = self.root.find(".//s:Detail/f:WSManFault/f:Message", _FAULT)
        return "".join(found.itertext()) if found is not None else ""

    def names(self, path: str = ".") -> list[str]:
        """The names of the children of an element of the body, without their namespaces."""
        found = self.root.find(f"s:Body/{path}", _FAULT)
        return [child.tag.rpartition("}")[2] for child in found] if found is not None else []


class SoapClient:
    """Asks one door."""

    def __init__(self, door: Any, username: str, password: str) -> None:
        self.url = door.https
        self._session = requests.Session()
        self._session.trust_env = False
        self._session.auth = (username, password)
        self._session.verify = str(door.ca)

    def post(self, document: bytes | str, **headers: str) -> SoapAnswer:
        """Send a document."""
        data = document.encode() if isinstance(document, str) else document
        answer = self._session.post(self.url, data=data, headers=headers, timeout=LONG)
        return SoapAnswer(answer.status_code, answer.text)

    def ask(self, action: str, body: str = "", **settings: Any) -> SoapAnswer:
        """Send an envelope."""
        return self.post(envelope(action, body, to=self.url, **settings))

    def signal(self, shell: str, command: str, code: str) -> SoapAnswer:
        """Signal a command."""
        body = f'<rsp:Signal CommandId="{command}"><rsp:Code>{code}</rsp:Code></rsp:Signal>'
        return self.ask(f"{SHELL}/Signal", body, shell=shell)

    def receive(self, shell: str, command: str = "", timeout: str = "PT5S") -> SoapAnswer:
        """Ask for output."""
        of = f' CommandId="{command}"' if command else ""
        body = f"<rsp:Receive><rsp:DesiredStream{of}>stdout</rsp:DesiredStream></rsp:Receive>"
        return self.ask(f"{SHELL}/Receive", body, shell=shell, timeout=timeout)
