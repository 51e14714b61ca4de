"""What mails, logs, editors, web pages and tools do to a paste, undone: the same objects, and no others."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Callable
from typing import Any

import pytest

from hnskit.errors import SnapshotError
from hnskit.facts.dumps import read_text
from hnskit.facts.dumps.pieces import Piece
from hnskit.facts.dumps.scanning import read_pieces
from tests.facts.powershell_print import format_list

PROMPT = "PS C:\\Users\\kai> "
BRIDGE = "5D0A0000-0000-4000-8000-000000000001"


def _endpoint(number: int, name: str, *policies: dict[str, Any]) -> dict[str, Any]:
    return {
        "ActivityId": f"5D0A0000-0000-4000-8000-0000000001{number:02}",
        "GatewayAddress": "10.71.3.2",
        "ID": f"5D0A0000-0000-4000-8000-0000000000{number:02}",
        "IPAddress": f"10.71.3.{number}",
        "MacAddress": f"00-15-5D-71-03-{number:02}",
        "Name": name,
        "Policies": [{"Type": "L2Driver"}, *policies],
        "PrefixLength": 24,
        "SharedContainers": [],
        "State": 2,
        "Type": "L2Bridge",
        "VirtualNetwork": BRIDGE,
        "VirtualNetworkName": "harbour",
    }


ENDPOINTS = [
    _endpoint(11, "quay"),
    _endpoint(
        12,
        "Ethernet",
        {"Type": "PROXY", "IP": "169.254.169.254", "Port": "80", "Destination": "10.71.3.11:80", "OutboundNat": True},
        {"Type": "OutBoundNAT", "ExceptionList": "10.71.0.0/16"},
    ),
    _endpoint(13, "Ethernet"),
]
NETWORKS = [
    {
        "Extensions": [
            {"Id": "E9B59CFA-2BE1-4B21-828F-B6FBDBDDC017", "IsEnabled": True, "Name": "Azure VFP Switch Extension"},
            {"Id": "EA24CD6C-D17A-4348-9190-09F0D5BE83DD", "IsEnabled": True, "Name": "Microsoft NDIS Capture"},
        ],
        "ID": BRIDGE,
        "ManagementIP": "10.71.0.4",
        "Name": "harbour",
        "State": 1,
        "Subnets": [{"AddressPrefix": "10.71.3.0/24", "GatewayAddress": "10.71.3.1"}],
        "Type": "L2Bridge",
    }
]  # fmt: skip

TABLE = f"""{PROMPT}Get-HnsEndpoint | ft ID,Name,IPAddress,State

ID                                   Name     IPAddress  State
--                                   ----     ---------  -----
{"".join(f"{one['ID']} {one['Name']:<8} {one['IPAddress']:<10}     2" + chr(10) for one in ENDPOINTS)}
{PROMPT}
"""
RECORDS = f"{PROMPT}hnsdiag list endpoints\n" + "".join(
    f"Endpoint         : {one['ID'].lower()}\n    Name             : {one['Name']}\n"
    f"    IP Address       : {one['IPAddress']}\n\n"
    for one in ENDPOINTS
)
IPCONFIG = f"""{PROMPT}ipconfig /all

Windows IP Configuration

   Host Name . . . . . . . . . . . . : dock-5
   IP Routing Enabled. . . . . . . . : No

Ethernet adapter vEthernet (Ethernet):

   Connection-specific DNS Suffix  . : harbour.example
   Description . . . . . . . . . . . : Hyper-V Virtual Ethernet Adapter
   Physical Address. . . . . . . . . : 00-15-5D-71-00-04
   IPv4 Address. . . . . . . . . . . : 10.71.0.4(Preferred)
   Subnet Mask . . . . . . . . . . . : 255.255.255.0
   Default Gateway . . . . . . . . . : fe80::1%5
                                       10.71.0.1

{PROMPT}
"""
LISTS = (
    f"{PROMPT}Get-HnsNetwork\n\n\n{format_list(NETWORKS, 100)}\n\n"
    f"{PROMPT}Get-HnsEndpoint\n\n\n{format_list(ENDPOINTS, 100)}\n\n{PROMPT}\n"
)
JSON = (
    f"{PROMPT}Get-HnsNetwork | ConvertTo-Json -Depth 20\n{json.dumps(NETWORKS, indent=4)}\n"
    f"{PROMPT}Get-HnsEndpoint | ConvertTo-Json -Depth 20\n{json.dumps(ENDPOINTS, indent=4)}\n{PROMPT}\n"
)
FORMS = {"lists": LISTS, "JSON": JSON, "table": TABLE, "hnsdiag": RECORDS}


def _before(mark: str) -> Callable[[str], str]:
    return lambda text: "\n".join(mark + line for line in text.split("\n"))


def _numbered(form: str) -> Callable[[str], str]:
    return lambda text: "\n".join(form.format(number, line) for number, line in enumerate(text.split("\n"), start=1))


def _lines(change: Callable[[str], str]) -> Callable[[str], str]:
    return lambda text: "\n".join(map(change, text.split("\n")))


WAYS: dict[str, Callable[[str], str]] = {
    "a mail's quotation": lambda text: f"Hello,\n\non Friday Ada wrote:\n\n{_before('> ')(text)}\n\nNothing odd here.",
    "a quotation of a quotation": _before("> > "),
    "a quotation without blanks": _before(">>"),
    "moments before the lines": _before("2025-02-03T04:05:06.789012345Z "),
    "what containerd's log has": _before("2025-02-03T04:05:06.789012345Z stdout F "),
    "a pod's name": _before("[pod/probe-x7/shell] "),
    "a pod's name and a moment": _before("probe-x7 shell 2025-02-03T04:05:06Z "),
    "a mail's quotation of numbered lines": lambda text: _before("> ")(_numbered("{:6}\t{}")(text)),
    "a pod's name before a quotation": lambda text: _before("probe-x7 shell ")(_before("> ")(text)),
    "numbers of cat": _numbered("{:6}\t{}"),
    "numbers of grep": _numbered("{}:{}"),
    "numbers of an editor": _numbered("{:4} | {}"),
    "a difference": _before("+"),
    "set in with a tab": _before("\t"),
    "set in below a point of a list": _before("     "),
    "a page's table": lambda text: "\n".join(f"| {line} |" for line in text.split("\n")),
    "a page's source": lambda text: f"<pre><code>{html.escape(text)}</code></pre>",
    "a fence right behind it": lambda text: f"As you see:\n```powershell\n{text.rstrip()}\n```\nThanks.",
    "a line between the lines": lambda text: text.replace("\n", "\n\n"),
    "ends of lines of an old Mac": lambda text: text.replace("\n", "\r"),
    "letters that nobody sees": lambda text: "\u200b" + text.replace("\n", "\n\u200b"),
    "blanks taken away": _lines(str.strip),
    "one blank of many": _lines(lambda line: re.sub(" +", " ", line).strip()),
    "a chat's width": _lines(lambda line: "\n".join(line[at : at + 74] for at in range(0, len(line), 74))),
    "a terminal's colours": _lines("\x1b[92m{}\x1b[0m\x1b[K".format),
    "a terminal's title": ("\x1b]0;PowerShell\x07\x1b[?25h" + "{}").format,
    "Ansible's lines": lambda text: 'ok: [dock] => {\n    "out": ' + json.dumps(text.split("\n"), indent=8) + "\n}",
    "Ansible's answer": lambda text: json.dumps({"rc": 0, "stdout": text, "stdout_lines": text.split("\n")}, indent=4),
    "Azure's run-command": lambda text: json.dumps({"value": [{"code": "StdOut", "message": text}]}),
    "Systems Manager's answer": lambda text: json.dumps({"Status": "Success", "StandardOutputContent": text}),
    "a text as JSON": json.dumps,
}  # fmt: skip


def _seen(text: str) -> tuple[list[Any], list[Any]]:
    facts = read_text(text)
    endpoints = [
        (one.id.upper(), one.name, one.address, [item.type for item in one.policies]) for one in facts.endpoints
    ]
    networks = [(one.id, one.name, one.type, [subnet.prefix for subnet in one.subnets]) for one in facts.networks]
    return sorted(endpoints), networks  # fmt: skip


def _adapters(text: str) -> list[tuple[Any, Any]]:
    texts = [piece.value for piece in read_pieces(text) if isinstance(piece, Piece) and piece.kind == "ip_text"]
    return [(found["adapters"], found["addresses"]) for found in texts]


@pytest.mark.parametrize(("form", "endpoints", "networks"), [
    ("lists", 3, 1), ("JSON", 3, 1), ("table", 3, 0), ("hnsdiag", 3, 0)
])  # fmt: skip
@pytest.mark.parametrize("way", WAYS)
def test_what_a_paste_went_through_changes_none_of_its_objects(
    form: str, endpoints: int, networks: int, way: str
) -> None:
    seen = _seen(WAYS[way](FORMS[form]))

    assert seen == _seen(FORMS[form])
    assert (len(seen[0]), len(seen[1])) == (endpoints, networks)


@pytest.mark.parametrize("way", WAYS)
def test_what_a_paste_went_through_changes_no_address_of_ipconfig(way: str) -> None:
    adapter = {"Name": "vEthernet (Ethernet)", "MacAddress": "00-15-5D-71-00-04"}
    address = {"IPAddress": "10.71.0.4", "InterfaceAlias": adapter["Name"], "PrefixLength": 24, "AddressFamily": "IPv4"}

    assert _adapters(WAYS[way](IPCONFIG)) == [([adapter], [address])]


def test_a_value_that_a_chat_has_wrapped_is_not_held_to_be_whole() -> None:
    facts = read_text(WAYS["a chat's width"](LISTS))

    proxied = next(one for one in facts.endpoints if one.address == "10.71.3.12")
    assert "policies" in proxied.unread


def test_a_log_that_begins_each_line_alike_is_read_with_its_beginnings() -> None:
    """What looks like a mark is a part of the line here: without it nothing says that it is a request."""
    asked = json.dumps(json.dumps({"Name": "asked", "VirtualNetwork": BRIDGE, "IPAddress": "10.71.3.9"}))[1:-1]
    line = f'time="2025-02-03T04:05:06Z" level=debug msg="[POST]=>[/endpoints/] Request : {asked}"\n'

    with pytest.raises(SnapshotError):
        read_text(line * 9)


def test_a_prompt_and_a_command_s_second_line_are_no_quotation() -> None:
    facts = read_text(f"{PROMPT}Get-HnsEndpoint |\n>> Format-List\n\n\n{format_list(ENDPOINTS, 100)}\n\n{PROMPT}\n")

    assert len(facts.endpoints) == 3
