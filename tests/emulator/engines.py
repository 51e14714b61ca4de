"""Two hosts in the same state behind two engines, and what their shells say, message by message."""

from __future__ import annotations

import contextlib
import os
import re
import struct
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from unittest import mock
from xml.etree import ElementTree as ET

import pytest
from pypsrp import powershell
from pypsrp.powershell import PowerShell, RunspacePool
from pypsrp.wsman import WSMan

from hnskit.emulator.engines.pwsh import native_build
from hnskit.emulator.engines.pwsh.locate import VARIABLE, find_engine
from hnskit.emulator.host import EmulatedHost, create_host
from hnskit.emulator.winrm.service_settings import ServiceSettings
from hnskit.errors import ConnectError
from tests.door_thread import DoorThread, pool_of

USER, PASSWORD = "Administrator", "correct-horse-battery"


def why_no_engine() -> str:
    """Why no real engine can be used here; empty if one can, and where one is named: that one has to be there."""
    if os.environ.get(VARIABLE):
        return ""
    try:
        find_engine()
    except ConnectError as error:
        return error.message
    return ""


def engines_here() -> list[str]:
    """The engines that there are here: the double, and a real one beside it."""
    try:
        find_engine()
    except ConnectError:
        return ["python"]
    return ["python", "pwsh"]


needs_compiler = pytest.mark.skipif(
    native_build.compiler() is None and not os.environ.get("HNSKIT_NEEDS_COMPILER"),
    reason="there is no C compiler (Debian: gcc)",
)
"""With HNSKIT_NEEDS_COMPILER set, as CI does, a missing one is a failure."""
needs_engine = pytest.mark.skipif(bool(why_no_engine()), reason=why_no_engine() or "there is one")


class Served(DoorThread):
    """An emulated host behind its door, in a thread of its own."""

    def __init__(
        self,
        engine: str,
        directory: Path,
        *,
        profile: str = "ws2019",
        restricted: bool = False,
        minimum_idle: float = 60.0,
        host: Any = None,
        settings: ServiceSettings | None = None,
        **options: Any,
    ) -> None:
        self.engine = engine
        self.host: EmulatedHost = host or create_host("lab", profile, {"cut_seconds": 0, "seed": 7, **options})
        rest = {"minimum_idle": minimum_idle, "engine": engine, "restricted": restricted, "settings": settings}
        super().__init__(self.host, directory, USER, PASSWORD, **rest)

    def call(self, function: Callable[[], Any]) -> Any:
        """Call something in the host's own thread."""

        async def now() -> Any:
            return function()

        return self.run(now())

    def wsman(self) -> WSMan:
        """A connection to it."""
        return WSMan(
            "127.0.0.1",
            port=self.port_of("http"),
            username=USER,
            password=PASSWORD,
            ssl=False,
            auth="negotiate",
            # A real engine takes seconds to start; on a busy machine, many.
            operation_timeout=20,
            read_timeout=120,
            no_proxy=True,
        )

    @contextlib.contextmanager
    def pool(self, *, module: bool = True, **settings: Any) -> Iterator[RunspacePool]:
        """A pool, in which hnskit's commands are there already."""
        with pool_of(self.wsman(), module=module, **settings) as pool:
            yield pool


# What a shell says.

Path_ = tuple[str, ...]
Fields = dict[str, str]
"""From the path of a value in a message to its type and text: `MS/Exception/Props/Message` -> `S:...`."""

TYPES = {
    0x00021004: "INFORMATION",
    0x00021005: "RUNSPACEPOOL_STATE",
    0x00021006: "CREATE_PIPELINE",
    0x00021009: "APPLICATION_PRIVATE_DATA",
    0x00021100: "RUNSPACEPOOL_HOST_CALL",
    0x00041004: "PIPELINE_OUTPUT",
    0x00041005: "ERROR_RECORD",
    0x00041006: "PIPELINE_STATE",
    0x00041007: "DEBUG_RECORD",
    0x00041008: "VERBOSE_RECORD",
    0x00041009: "WARNING_RECORD",
    0x00041010: "PROGRESS_RECORD",
    0x00041011: "INFORMATION_RECORD",
    0x00041100: "PIPELINE_HOST_CALL",
    0x00010002: "SESSION_CAPABILITY",
    0x00010006: "ENCRYPTED_SESSION_KEY",
    0x00021008: "RUNSPACE_AVAILABILITY",
}


@dataclass(frozen=True)
class Message:
    """A PSRP message from the host, taken apart."""

    type: str
    fields: Fields = field(default_factory=dict)

    @classmethod
    def parse(cls, raw: bytes) -> Message:
        """Read a message as it comes over the wire."""
        (number,) = struct.unpack_from("<I", raw, 4)
        text = raw[40:].decode("utf-8-sig")
        fields: Fields = {}
        if text:
            _flatten(ET.fromstring(text), "", fields, {})
        return cls(TYPES.get(number, hex(number)), fields)


def _flatten(element: ET.Element, path: str, fields: Fields, types: dict[str, str]) -> None:
    tag = element.tag.rpartition("}")[2]
    name = element.get("N", "")
    here = f"{path}/{name}" if name else path
    if tag == "Obj":
        for child in element:
            kind = child.tag.rpartition("}")[2]
            if kind == "TN":
                names = "|".join(item.text or "" for item in child)
                types[child.get("RefId", "")] = names
                fields[f"{here}/type"] = names
            elif kind == "TNRef":
                fields[f"{here}/type"] = types.get(child.get("RefId", ""), "?")
            elif kind == "ToString":
                fields[f"{here}/ToString"] = child.text or ""
            elif kind in {"Props", "MS"}:
                for item in child:
                    _flatten(item, here, fields, types)
            elif kind in {"LST", "IE", "STK", "QUE"}:
                fields[f"{here}/kind"] = kind
                for number, item in enumerate(child):
                    _flatten(item, f"{here}/{number}", fields, types)
            elif kind == "DCT":
                fields[f"{here}/kind"] = kind
                for entry in child:
                    key = next(item for item in entry if item.get("N") == "Key")
                    value = next(item for item in entry if item.get("N") == "Value")
                    value.attrib.pop("N")
                    _flatten(value, f"{here}/{key.text}", fields, types)
            else:
                fields[f"{here}/value"] = f"{kind}:{child.text or ''}"
    else:
        fields[here or "/"] = f"{tag}:{_text(element)}"


def _text(element: ET.Element) -> str:
    return element.text or ""


@contextlib.contextmanager
def recorded() -> Iterator[list[Message]]:
    """Keep every PSRP message that this process gets."""
    messages: list[Message] = []
    unpack = powershell.Message.unpack

    def recording(data: bytes, serializer: Any) -> Any:
        messages.append(Message.parse(data))
        return unpack(data, serializer)

    with mock.patch.object(powershell.Message, "unpack", recording):
        yield messages


@dataclass
class StreamRecord:
    """What became of a pipeline."""

    messages: list[Message]
    raised: str = ""

    def of(self, *types: str) -> list[Message]:
        """The messages of these types."""
        return [message for message in self.messages if message.type in types]


Command = tuple[str, Mapping[str, Any]]


def say(pool: RunspacePool, *commands: Command | str, inputs: Sequence[Any] | None = None) -> StreamRecord:
    """Run statements (a command with its parameters, or a script) as one pipeline."""
    pipeline = PowerShell(pool)
    for number, command in enumerate(commands):
        if number:
            pipeline.add_statement()
        if isinstance(command, str):
            pipeline.add_script(command)
            continue
        name, parameters = command
        pipeline.add_cmdlet(name)
        for key, value in parameters.items():
            pipeline.add_parameter(key, value)
    raised = ""
    with recorded() as messages:
        try:
            pipeline.invoke(list(inputs) if inputs is not None else None)
        except powershell.WinRMError as error:
            raised = type(error).__name__
    return StreamRecord(messages, raised)


_VOLATILE = (
    (re.compile(r'"createdAt": "[^"]*"'), '"createdAt": "<moment>"'),
    (re.compile(r'"(Crea|Upda)tedAt": "[^"]*"'), '"At": "<moment>"'),
    (re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)?"), "<time>"),
    (re.compile(r"\d\d/[A-Z][a-z]{2}/\d{4} \d\d:\d\d:\d\d"), "<time>"),
    (re.compile(r"\b1[23]\d{16}\b"), "<filetime>"),
    (re.compile(r'(\\?"ms\\?":)\d+'), r"\1<ms>"),
    (re.compile(r"\b(\d+ (second|minute)s?|Less than a second|About a minute)( ago)?"), "<age>"),
)


def steady(text: str) -> str:
    """A text without what differs between two moments."""
    for pattern, replacement in _VOLATILE:
        text = pattern.sub(replacement, text)
    return text
