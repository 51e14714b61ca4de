"""The commands that both engines are given side by side: right ones, wrong ones, and those of a node."""

from __future__ import annotations

import json
from typing import Any

from tests.emulator.engines import Command

HNS = "Invoke-HnskitHns"
DOCKER = "Invoke-HnskitDocker"
FORWARDING = "Set-HnskitForwarding"
CALL = "Invoke-HnskitCall"
TOOL = "Invoke-HnskitContainerTool"
HCN = "Invoke-HnskitHcn"
NOBODY = "00000000-0000-0000-0000-000000000000"
READS = (
    "Get-HnskitAdapter", "Get-HnskitAddress", "Get-HnskitCompartment", "Get-HnskitContainer", "Get-HnskitContainerd",
    "Get-HnskitInterface", "Get-HnskitRoute", "Get-HnskitSystem",
)  # fmt: skip
HOSTILE = (
    '"; Remove-Item / #',
    "' + $(Get-Date) + '",
    "$env:USERNAME `n ${x}",
    "two\nlines\r\nand a tab\t.",
    "caf\u00e9 \u65e5\u672c \U0001f600 <&>",
    'back\\slash\\ \\"quoted\\" \\\\',
    "{{.Names}} %PATH% *?[a]",
    "_x0041_ _x000A_",
    "x" * 40_000,
)


def call(id: Any, command: Any, **parameters: Any) -> str:
    return json.dumps({"id": id, "command": command, "parameters": parameters})


def marked(id: str, reads: Any) -> str:
    """A call that says whether it reads."""
    path = {"Path": r"C:\nothing"}
    return json.dumps({"id": id, "command": "Test-HnskitPath", "parameters": path, "reads": reads})


GOOD: list[Command] = [
    *((name, {}) for name in READS),
    *((name, {"Verbose": True, "ErrorAction": "SilentlyContinue"}) for name in READS),
    ("Test-HnskitPath", {"Path": r"C:\images\metadata-proxy.tar.gz"}),
    ("Test-HnskitPath", {"Path": r"C:\nothing [a].tar.gz"}),
    (CALL, {"Call": [call("a", "Test-HnskitPath", Path=r"C:\nothing.tar.gz")]}),
    (HNS, {"Method": "GET", "Path": "/networks"}),
    (HNS, {"method": "get", "PATH": "/networks/"}),
    (HNS, {"M": "GET", "Pat": "/globals/version"}),
    (HNS, {"Method": "GET", "Path": "/endpoints/00000000-0000-0000-0000-000000000000"}),
    (HNS, {"Method": "GET", "Path": "/policylists", "Body": None}),
    (HNS, {"Method": "GET", "Path": "/networks", "Guard": '{"path":"/networks","none":{"Name":"other"}}'}),
    (HNS, {"Method": "GET", "Path": "/networks", "Guard": '{"path":"/globals/version","is":{"Major":9}}'}),
    (HNS, {"Method": "GET", "Path": "/networks", "Guard": '{"path":"/globals/version","is":{"Major":9,"X":null}}'}),
    (HCN, {"Operation": "QueryEndpoint", "Id": NOBODY}),
    (HCN, {"operation": "querynetwork", "ID": NOBODY, "Settings": '{"SchemaVersion":{"Major":2,"Minor":0}}'}),
    (HCN, {"Op": "ModifyNetwork", "Id": NOBODY, "Set": "{}", "Guard": '{"path":"/networks","none":{"Name":"other"}}'}),
    (HCN, {"Operation": "ModifyEndpoint", "Id": NOBODY, "Settings": None}),
    (DOCKER, {"ArgumentList": ["version", "--format", "{{json .}}"]}),
    (DOCKER, {"ArgumentList": "version"}),
    (DOCKER, {"ArgumentList": ["ps", "--all"], "TimeoutSeconds": 1}),
    (DOCKER, {"ArgumentList": ["image", "ls", "--no-trunc", "--format", "{{json .}}"], "TimeoutSeconds": "0x10"}),
    (DOCKER, {"ArgumentList": ["nope"], "ErrorAction": "Ignore"}),
    (FORWARDING, {"InterfaceIndex": 6, "State": "Enabled"}),
    (FORWARDING, {"InterfaceIndex": "6", "State": "disabled"}),
    (CALL, {"Call": [call(name, name) for name in READS]}),
    (CALL, {"Call": call("one", HNS, Method="GET", Path="/networks")}),
    (CALL, {"Call": [marked("a", True), marked("b", False), marked("c", True)]}),
    (CALL, {"Call": [marked(str(n), reads) for n, reads in enumerate((1, "true", None, [True], {"x": 1}))]}),
]
ON_A_NODE: list[Command] = [
    ("Get-HnskitContainerd", {}),
    (TOOL, {"Tool": "crictl", "ArgumentList": ["pods", "--output", "json"]}),
    (TOOL, {"tool": "CRICTL", "ArgumentList": "version"}),
    (TOOL, {"Tool": "ctr", "ArgumentList": ["containers", "list", "--quiet"], "Namespace": "k8s.io"}),
    (TOOL, {"Tool": "ctr", "ArgumentList": ["containers", "info", 'a "b" {}'], "Namespace": ""}),
    (TOOL, {"Tool": "ctr", "ArgumentList": ["tasks", "list"], "TimeoutSeconds": 5}),
    (TOOL, {"Tool": "nerdctl", "ArgumentList": ["ps"]}),
    (TOOL, {"Tool": "ctr", "ArgumentList": ["plugins", "ls"]}),
    (TOOL, {"Tool": "docker", "ArgumentList": ["ps"]}),
    (TOOL, {"Tool": "ctr"}),
    ("Invoke-HnskitDocker", {"ArgumentList": ["ps"]}),
]
BAD: list[Command] = [
    (TOOL, {"Tool": "ctr", "ArgumentList": ["version"]}),
    *((name, {"Bogus": 1}) for name in (*READS, HNS, HCN, DOCKER, FORWARDING, CALL)),
    *((name, {}) for name in (HNS, HCN, DOCKER, FORWARDING, CALL)),
    (HNS, {"Method": "GET"}),
    (HNS, {"Path": "/networks"}),
    (HNS, {"Method": "PUT", "Path": "/networks"}),
    (HNS, {"Method": "PUT", "Path": "/networks", "Bogus": 1}),
    (HNS, {"Method": None, "Path": None}),
    (HNS, {"Method": "", "Path": "/networks"}),
    (HNS, {"Method": "GET", "Path": ""}),
    (HNS, {"Method": "GET", "Path": "networks"}),
    (HNS, {"Method": "GET", "Path": 5}),
    (HNS, {"Method": ["GET", "POST"], "Path": "/networks"}),
    (HNS, {"Method": "GET", "Path": "/networks", "Body": [1, 2]}),
    (HNS, {"Method": "GET", "Path": "/networks", "Guard": '{"path":"/networks","none":{"Name":"nat"}}'}),
    (HNS, {"Method": "GET", "Path": "/networks", "Guard": '{"path":"/networks","none":{"Name":"NAT"}}'}),
    ("Test-HnskitPath", {}),
    ("Test-HnskitPath", {"Path": ""}),
    (HNS, {"Method": "GET", "Path": "/networks", "Guard": '{"path":"/globals/version","is":{"Major":"9"}}'}),
    (HNS, {"Method": "GET", "Path": "/networks", "Guard": '{"path":"/globals/version","is":{"Major":null}}'}),
    (HNS, {"Method": "GET", "Path": "/networks", "Guard": '{"path":"/networks/nope","is":{"X":null}}'}),
    (HNS, {"Method": "GET", "Path": "/networks", "Guard": '{"path":"/nope","none":{"Name":"other"}}'}),
    (HNS, {"Method": "GET", "Path": "/networks", "Guard": '{"path":"/globals/version"}'}),
    (HNS, {"Method": "GET", "Path": "/networks", "Guard": "{}"}),
    (HCN, {"Operation": "OpenEndpoint", "Id": NOBODY}),
    (HCN, {"Operation": "DeleteNetwork", "Id": NOBODY}),
    (HCN, {"Operation": "QueryEndpoint", "Id": "{" + NOBODY + "}"}),
    (HCN, {"Operation": "QueryEndpoint", "Id": ""}),
    (HCN, {"Operation": "QueryEndpoint", "Id": 7}),
    (HCN, {"Operation": "QueryEndpoint", "Id": NOBODY, "Settings": [1, 2]}),
    (HCN, {"Operation": "QueryEndpoint", "Id": NOBODY, "Guard": '{"path":"/networks","none":{"Name":"nat"}}'}),
    (DOCKER, {"ArgumentList": []}),
    (DOCKER, {"ArgumentList": None}),
    (DOCKER, {"ArgumentList": ["ps", ""]}),
    (DOCKER, {"ArgumentList": ["login"]}),
    (DOCKER, {"ArgumentList": ["PS"]}),
    (DOCKER, {"ArgumentList": ["ps", "--bogus"]}),
    (DOCKER, {"ArgumentList": [1, True, 2.5]}),
    (DOCKER, {"ArgumentList": ["ps"], "TimeoutSeconds": 0}),
    (DOCKER, {"ArgumentList": ["ps"], "TimeoutSeconds": 86401}),
    (DOCKER, {"ArgumentList": ["ps"], "TimeoutSeconds": "soon"}),
    (DOCKER, {"ArgumentList": ["ps"], "TimeoutSeconds": "4294967296"}),
    (DOCKER, {"ArgumentList": ["ps"], "TimeoutSeconds": None}),
    (DOCKER, {"ArgumentList": ["ps"], "TimeoutSeconds": [1, 2]}),
    (FORWARDING, {"InterfaceIndex": 6}),
    (FORWARDING, {"InterfaceIndex": 6, "State": "On"}),
    (FORWARDING, {"InterfaceIndex": 0, "State": "Enabled"}),
    (FORWARDING, {"InterfaceIndex": "six", "State": "Enabled"}),
    (FORWARDING, {"InterfaceIndex": 999, "State": "Enabled"}),
    (CALL, {"Call": []}),
    (CALL, {"Call": [""]}),
    (CALL, {"Call": ["nope"]}),
    (CALL, {"Call": ["[]"]}),
    (CALL, {"Call": ["5"]}),
    (CALL, {"Call": ["null"]}),
    (CALL, {"Call": ['{"id":1}']}),
    (CALL, {"Call": ['{"command":"Get-HnskitAdapter","parameters":{}}']}),
    (CALL, {"Call": ['{"id":1,"command":"Get-HnskitAdapter"}']}),
    (CALL, {"Call": ['{"id":1,"command":"Get-HnskitAdapter","parameters":null}']}),
    (CALL, {"Call": ['{"id":null,"command":null,"parameters":{}}']}),
    (CALL, {"Call": ['{"id":1.5,"command":"get-hnskitadapter","parameters":{}}']}),
    (CALL, {"Call": [call(True, CALL, Call=["{}"])]}),
    (CALL, {"Call": [marked("change", False), marked("read", True), "nope"]}),
    (CALL, {"Call": [call("x", "Get-Date"), call("y", "Get-HnskitCompartment")]}),
    ("Nope-Command", {}),
    ("nope-command", {"Bogus": 1}),
]
IN_A_BATCH = [(name, parameters) for name, parameters in [*GOOD, *BAD] if name in {HNS, HCN, DOCKER, FORWARDING}]
