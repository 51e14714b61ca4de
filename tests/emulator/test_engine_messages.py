"""The double's PSRP messages are written as recorded Windows PowerShell 5.1 hosts write them (docs/wire.md)."""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest import mock
from uuid import UUID
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pypsrp import powershell
from pypsrp.powershell import PowerShell, RunspacePool

from hnskit.emulator.engines.clixml import as_windows
from tests.emulator.door_host import Served, command

PRIVATE_DATA, SESSION_KEY, PROGRESS, STATE = 0x00021009, 0x00010006, 0x00041010, 0x00041006


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with Served(tmp_path_factory.mktemp("door")) as door:
        yield door


Raw = tuple[int, UUID, str]
"""Type, pool and text of a message."""


@contextmanager
def raw_messages() -> Iterator[list[Raw]]:
    """Every message that comes in, as it came."""
    messages: list[Raw] = []
    unpack = powershell.Message.unpack

    def keeping(data: bytes, serializer: Any) -> Any:
        (kind,) = struct.unpack_from("<I", data, 4)
        messages.append((kind, UUID(bytes_le=bytes(data[8:24])), data[40:].decode("utf-8-sig")))
        return unpack(data, serializer)

    with mock.patch.object(powershell.Message, "unpack", keeping):
        yield messages


def of(messages: list[Raw], kind: int) -> list[str]:
    return [text for number, _, text in messages if number == kind]


def keys(table: ET.Element) -> list[str]:
    return [entry.findtext("*[@N='Key']", "") for entry in table.iterfind("DCT/En")]


def test_the_private_data_have_the_members_of_5_1_in_their_order(served: Served) -> None:
    with raw_messages() as messages, served.pool(module=False):
        pass
    (text,) = of(messages, PRIVATE_DATA)
    outer = ET.fromstring(text).find("MS/Obj")
    assert outer is not None
    inner = outer.find("DCT/En/Obj")
    assert inner is not None
    assert keys(inner) == [
        *("PSVersion", "PSEdition", "PSCompatibleVersions", "CLRVersion", "BuildVersion", "WSManStackVersion"),
        *("PSRemotingProtocolVersion", "SerializationVersion"),
    ]
    assert [child.tag for child in inner] == ["TNRef", "DCT"], "the type of the table around it"
    assert outer.findtext("TN/T") == "System.Management.Automation.PSPrimitiveDictionary"
    versions = [item.text for item in inner.iterfind(".//LST/Version")]
    assert versions == ["1.0", "2.0", "3.0", "4.0", "5.0", "5.1.17763.1"]


def test_the_first_pipeline_of_a_shell_prepares_modules_and_no_other(served: Served) -> None:
    with served.pool(module=False) as pool:
        for expected in (["Preparing modules for first use."], []):
            with raw_messages() as messages:
                command(pool, "hostname").invoke()
            said = [re.findall(r'<S N="Activity">([^<]*)', text)[0] for text in of(messages, PROGRESS)]
            assert said == expected
            assert messages[0][0] == (PROGRESS if expected else 0x00041004), "it comes before all else"


def test_the_session_key_names_no_pool(served: Served) -> None:
    with raw_messages() as messages, served.pool(module=False) as pool:
        pool.exchange_keys()
    assert [pool for kind, pool, _ in messages if kind == SESSION_KEY] == [UUID(int=0)]


def failure(pool: RunspacePool, script: PowerShell) -> tuple[str, ET.Element]:
    with raw_messages() as messages:
        script.invoke()
    text = of(messages, STATE)[-1]
    record = ET.fromstring(text).find("MS/Obj[@N='ExceptionAsErrorRecord']")
    assert record is not None
    return text, record


def test_an_error_record_is_written_in_windows_order(served: Served) -> None:
    with served.pool(module=False) as pool:
        text, record = failure(pool, command(pool, "Get-Nothing"))
    assert [child.tag for child in record] == ["TN", "ToString", "MS"]
    exception = record.find("MS/Obj[@N='Exception']")
    assert exception is not None
    members = [(child.tag, child.get("N")) for child in exception.iterfind("Props/*")]
    assert members == [
        *(("S", "Message"), ("Obj", "Data"), ("Nil", "InnerException"), ("Nil", "TargetSite"), ("Nil", "StackTrace")),
        *(("Nil", "HelpLink"), ("Nil", "Source"), ("I32", "HResult")),
    ]
    data = exception.find("Props/Obj[@N='Data']")
    assert data is not None
    assert data.findtext("TN/T") == "System.Collections.ListDictionaryInternal"
    assert data.find("DCT") is not None
    assert not re.search(r'<Obj RefId="\d+" N=', text), "the name stands before the number"


def test_a_script_in_a_restricted_session_is_a_parse_error_with_the_script_as_target(served: Served) -> None:
    with served.pool(module=False, configuration="hnskit") as pool:
        script = PowerShell(pool)
        script.add_script("Get-Item C:\\")
        text, record = failure(pool, script)
    assert record.findtext("MS/Obj[@N='Exception']/TN/T") == "System.Management.Automation.ParseException"
    assert record.findtext("MS/S[@N='TargetObject']") == "Get-Item C:\\"
    assert '<I32 N="ErrorCategory_Category">17</I32>' in text
    assert '<S N="ErrorCategory_TargetType">String</S>' in text


TAGS = st.sampled_from(["TN", "TNRef", "ToString", "Props", "MS", "I32", "LST", "DCT"])


@given(st.lists(TAGS, max_size=6, unique=True), st.text(alphabet="ab<&\"'é𝄞_x000A_", max_size=8))
def test_only_the_order_changes(tags: list[str], text: str) -> None:
    """Whatever stands in an object still stands in it."""
    root = ET.Element("Obj", RefId="0")
    child = ET.SubElement(ET.SubElement(root, "MS"), "Obj", RefId="1", N=text)
    for tag in tags:
        ET.SubElement(child, tag).text = text
    written = ET.fromstring(as_windows(ET.tostring(root, encoding="utf-8")))
    (found,) = written.iterfind("MS/Obj")
    assert (found.get("N"), list(found.attrib)) == (text, ["N", "RefId"])
    assert sorted((item.tag, item.text or "") for item in found) == sorted((tag, text) for tag in tags)
    names = [item.tag for item in found]
    assert names.index("ToString") <= 2 if "ToString" in names else True
    assert not {"Props", "MS"} & set(names[: len([tag for tag in names if tag not in ("Props", "MS")])])
