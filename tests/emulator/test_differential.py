"""The python engine is a double of hnskit's commands: here each of them runs on it and on a real engine, side by side.

Both hosts are made alike and get the same commands in the same order, so that they are in the same state at
any moment. What is compared: every output record with its types, the errors' ids, categories, targets and
exception types, the sequence of messages (and so the streams), and the state of the host afterwards. The
words of errors are not: the double has those of Windows PowerShell 5.1, the engine its own version's.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import partial
from importlib import resources
from typing import Any, NamedTuple

import pytest
from pypsrp.powershell import RunspacePool

from tests.emulator.engines import Command, Message, Served, StreamRecord, needs_engine, say, steady
from tests.emulator.host_scenario import NANOSERVER, URL

pytestmark = needs_engine

HNS, DOCKER, FORWARDING, CALL = "Invoke-HnskitHns", "Invoke-HnskitDocker", "Set-HnskitForwarding", "Invoke-HnskitCall"
TOOL = "Invoke-HnskitContainerTool"
HCN, NOBODY = "Invoke-HnskitHcn", "00000000-0000-0000-0000-000000000000"
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


class Pair(NamedTuple):
    """Two hosts, alike, and a pool on each."""

    python: Served
    pwsh: Served
    pools: tuple[RunspacePool, RunspacePool]

    def say(self, *commands: Command | str) -> tuple[StreamRecord, StreamRecord]:
        """The same on both."""
        python, pwsh = (say(pool, *commands) for pool in self.pools)
        return python, pwsh

    def states(self) -> tuple[str, str]:
        """All that hnskit can know of each host."""
        python, pwsh = (
            steady(json.dumps(served.call(served.host.snapshot).to_json(), indent=1, default=str))
            for served in (self.python, self.pwsh)
        )
        return python, pwsh

    def check(self, *commands: Command) -> StreamRecord:
        """Run it on both; whatever differs is a failure."""
        python, pwsh = self.say(*commands)
        assert seen(python) == seen(pwsh)
        states = self.states()
        assert states[0] == states[1]
        return python


@pytest.fixture(scope="module")
def nodes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    """Two hosts with containerd and no Docker."""
    place = tmp_path_factory.mktemp("nodes")
    with (
        Served("python", place / "python", profile="ws2022", runtime="containerd") as python,
        Served("pwsh", place / "pwsh", profile="ws2022", runtime="containerd") as pwsh,
        python.pool() as one,
        pwsh.pool() as other,
    ):
        yield Pair(python, pwsh, (one, other))


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    place = tmp_path_factory.mktemp("hosts")
    with (
        Served("python", place / "python") as python,
        Served("pwsh", place / "pwsh") as pwsh,
        python.pool() as one,
        pwsh.pool() as other,
    ):
        yield Pair(python, pwsh, (one, other))


# What is compared.


def seen(said: StreamRecord) -> list[Any]:
    """Of what a pipeline said, all that must be the same."""
    return [(message.type, _record(message)) for message in said.messages]


def _record(message: Message) -> dict[str, str]:
    if message.type in {"PIPELINE_STATE", "ERROR_RECORD"}:
        record = {key.rpartition("Record/")[2]: value for key, value in message.fields.items() if _ERROR.search(key)}
        if record.get("FullyQualifiedErrorId", "").endswith("ConvertFromJsonCommand"):
            # Its class and its category belong to whoever wrote the module: Windows' is Microsoft's own.
            record["FullyQualifiedErrorId"] = "ConvertFromJsonCommand"
            record["ErrorCategory_Category"] = ""
        return record
    return {key: _value(key, value) for key, value in message.fields.items()}


_ERROR = re.compile(
    r"PipelineState$|(FullyQualifiedErrorId|ErrorCategory_(Category|Activity|Reason|TargetName|TargetType)|TargetObject)$"
    r"|/Exception/type$"
)


def _value(key: str, text: str) -> str:
    if key == "/PSVersion":
        return "<the engine's own version>"
    text = steady(text)
    if text.startswith('S:{"id":'):
        answer = json.loads(re.sub(r'"ms":<ms>', '"ms":0', _unescaped(text[2:])))
        if "error" in answer:
            answer["error"].pop("message")
            if answer["error"]["id"].endswith("ConvertFromJsonCommand"):
                answer["error"] |= {"id": "ConvertFromJsonCommand", "category": ""}
        for row in answer.get("output", ()):
            if isinstance(row, dict):
                row.pop("PSVersion", None)
        return json.dumps(answer, sort_keys=True)
    return text


def _unescaped(text: str) -> str:
    """A CLIXML string, read; a JSON text means the same with and without \\u escapes."""
    raw = re.sub(r"_x([0-9A-F]{4})_", lambda match: chr(int(match[1], 16)), text)
    return raw.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


# The commands.


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


def _name(case: Command) -> str:
    return f"{case[0]} {str(dict(case[1]))[:60]}"


@pytest.mark.parametrize("case", GOOD, ids=_name)
def test_what_is_right_does_the_same(pair: Pair, case: Command) -> None:
    pair.check(case)


@pytest.mark.parametrize("case", ON_A_NODE, ids=_name)
def test_the_tools_of_containerd_do_the_same(nodes: Pair, case: Command) -> None:
    nodes.check(case)


@pytest.mark.parametrize("case", BAD, ids=_name)
def test_what_is_wrong_is_refused_alike(pair: Pair, case: Command) -> None:
    pair.check(case)


@pytest.mark.parametrize("case", IN_A_BATCH, ids=_name)
def test_a_call_of_a_batch_is_the_same(pair: Pair, case: Command) -> None:
    """There the parameters come from JSON, and errors go into the answer."""
    pair.check((CALL, {"Call": [call("x", case[0], **case[1])]}))


@pytest.mark.parametrize("text", HOSTILE, ids=lambda text: repr(text[:24]))
def test_hostile_text_stays_text(pair: Pair, text: str) -> None:
    """In every parameter that takes text, alone and in a batch."""
    for command in (
        (HNS, {"Method": "POST", "Path": "/networks", "Body": text}),
        (HNS, {"Method": "POST", "Path": "/networks", "Body": json.dumps({"Name": text, "Type": text})}),
        (HNS, {"Method": text, "Path": "/networks"}),
        (HNS, {"Method": "GET", "Path": f"/networks/{text}"}),
        (HNS, {"Method": "GET", "Path": "/networks", "Guard": text}),
        (HCN, {"Operation": "QueryEndpoint", "Id": text}),
        (HCN, {"Operation": "ModifyNetwork", "Id": NOBODY, "Settings": text}),
        (DOCKER, {"ArgumentList": ["inspect", text, "--", text]}),
        (DOCKER, {"ArgumentList": [text]}),
        (FORWARDING, {"InterfaceIndex": text, "State": "Enabled"}),
        (FORWARDING, {"InterfaceIndex": 6, "State": text}),
    ):
        pair.check(command)
        pair.check((CALL, {"Call": [call(text, command[0], **command[1])]}))
    pair.check((CALL, {"Call": [text]}))
    pair.check((text, {}))


def test_the_whole_redirect_is_the_same_step_by_step(pair: Pair) -> None:
    """Networks, endpoints, containers, policies, a request from inside a client, and all of it taken away again."""

    def hns(method: str, path: str, body: Any = None) -> Any:
        said = pair.check((HNS, {"Method": method, "Path": path, "Body": "" if body is None else json.dumps(body)}))
        response = _unescaped(said.of("PIPELINE_OUTPUT")[0].fields["/Response"][2:])
        return json.loads(response).get("Output")

    def docker(*words: str) -> str:
        said = pair.check((DOCKER, {"ArgumentList": list(words)}))
        return _unescaped(said.of("PIPELINE_OUTPUT")[0].fields["/StdOut"][2:])

    subnet = {"AddressPrefix": "10.0.1.0/24", "GatewayAddress": "10.0.1.1"}
    network = hns("POST", "/networks", {"Name": "bridge", "Type": "L2Bridge", "Subnets": [subnet]})
    made = []
    for name, image in (("proxy", NANOSERVER), ("client", NANOSERVER)):
        container = docker("run", "--detach", "--name", name, "--network", "none", image, "ping.exe", "-t", "localhost")
        endpoint = hns("POST", "/endpoints", {"VirtualNetwork": network["ID"], "Name": name, "Policies": []})
        rows = pair.check(("Get-HnskitCompartment", {})).of("PIPELINE_OUTPUT")
        (compartment,) = (row.fields["/Id"][4:] for row in rows if container.strip() in row.fields["/Description"])
        attach = {"SystemType": "Host", "CompartmentId": int(compartment)}
        hns("POST", f"/endpoints/{endpoint['ID']}/attach", attach)
        made.append(endpoint)
    policy = {"Type": "PROXY", "IP": "169.254.169.254", "Port": "80", "Destination": "10.0.1.9:80", "OutboundNat": True}
    hns("POST", f"/endpoints/{made[1]['ID']}", {"ID": made[1]["ID"], "Policies": [*made[1]["Policies"], policy]})
    docker("exec", "client", "curl.exe", "--silent", "--show-error", "--include", "--max-time", "1", URL)
    pair.check((DOCKER, {"ArgumentList": ["exec", "client", "ping.exe", "-t", "localhost"], "TimeoutSeconds": 1}))
    for name in READS:
        pair.check((name, {}))
    for endpoint in made:
        hns("POST", f"/endpoints/{endpoint['ID']}/detach", {"SystemType": "Host"})
        hns("DELETE", f"/endpoints/{endpoint['ID']}")
    docker("rm", "--force", "proxy", "client")
    hns("DELETE", f"/networks/{network['ID']}")


def test_a_guard_knows_what_is_not_there(pair: Pair) -> None:
    """A list that HNS does not show proves nothing; an object that has got a member is another one."""
    hns = {"Method": "GET", "Path": "/networks"}
    unread = pair.check((HNS, {**hns, "Guard": '{"path":"/nope","none":{"Name":"other"}}'}))
    assert "Hnskit.HnsUnread" in json.dumps(unread.messages[-1].fields)
    grown = pair.check((HNS, {**hns, "Guard": '{"path":"/globals/version","is":{"Major":null}}'}))
    assert "Hnskit.Changed" in json.dumps(grown.messages[-1].fields)
    assert pair.check((HNS, {**hns, "Guard": '{"path":"/globals/version","is":{"X":null}}'})).of("PIPELINE_OUTPUT")


def test_many_containers_are_asked_about_in_several_runs_of_docker(pair: Pair) -> None:
    """Each fits a command line of Windows, and nothing is asked twice or left out."""
    names = [f"many{number}" for number in range(251)]
    for served in (pair.python, pair.pwsh):
        for name in names:
            words = ["run", "--detach", "--name", name, "--network", "none", NANOSERVER, "ping.exe", "-t", "localhost"]
            served.call(partial(served.host.docker.run, words))
    said = pair.check(("Get-HnskitContainer", {}))
    lists = [json.loads(_unescaped(row.fields["/StdOut"][2:])) for row in said.of("PIPELINE_OUTPUT")]
    assert [len(found) for found in lists] == [250, 1]
    assert {item["Name"].strip("/") for found in lists for item in found} == set(names)
    for served in (pair.python, pair.pwsh):
        served.call(partial(served.host.docker.run, ["rm", "--force", *names]))


def test_the_v2_door_is_the_same_step_by_step(pair: Pair) -> None:
    """An endpoint and its network: asked, changed and refused through HCN, seen through v1."""

    def hns(method: str, path: str, body: Any = None) -> Any:
        said = pair.check((HNS, {"Method": method, "Path": path, "Body": "" if body is None else json.dumps(body)}))
        return json.loads(_unescaped(said.of("PIPELINE_OUTPUT")[0].fields["/Response"][2:])).get("Output")

    def hcn(operation: str, id: str, settings: Any) -> tuple[str, str, str]:
        text = settings if isinstance(settings, str) else json.dumps(settings)
        said = pair.check((HCN, {"Operation": operation, "Id": id, "Settings": text}))
        fields = said.of("PIPELINE_OUTPUT")[0].fields
        properties, record = (_unescaped(fields[key][2:]) for key in ("/Properties", "/ErrorRecord"))
        return fields["/HResult"], properties, record

    def change(action: str, *policies: Any) -> Any:
        return {"RequestType": action, "ResourceType": "Policy", "Settings": {"Policies": list(policies)}}

    subnet = {"AddressPrefix": "10.0.1.0/24", "GatewayAddress": "10.0.1.1"}
    network = hns("POST", "/networks", {"Name": "bridge", "Type": "L2Bridge", "Subnets": [subnet]})["ID"]
    wanted = {"VirtualNetwork": network, "Name": "caf\u00e9 \U0001f600", "Policies": []}
    endpoint = hns("POST", "/endpoints", wanted)["ID"]
    proxy = {"Type": "L4Proxy", "Settings": {"IP": "169.254.169.254", "Port": "80", "Destination": "10.0.1.9:80"}}
    misspelt = {"Type": "L4Proxy", "Settings": {"Destination": "10.0.1.9:80", "OutbountNat": True}}
    wfp = {"Type": "L4WFPPROXY", "Settings": {"OutboundProxyPort": "15001"}}
    assert hcn("ModifyEndpoint", endpoint, change("Add", proxy)) == ("I32:0", "", "")
    assert hns("GET", f"/endpoints/{endpoint}")["Policies"][-1]["Type"] == "PROXY"
    versions = ('{"SchemaVersion":{"Major":2,"Minor":0}}', '{"SchemaVersion":{"Major":1,"Minor":0}}')
    for settings in ("", *versions, "{", "[]"):
        hcn("QueryEndpoint", endpoint, settings)
        hcn("QueryEndpoint", endpoint.lower(), settings)
        hcn("QueryNetwork", network, settings)
    assert "{{OutbountNat,UnknownField}}" in hcn("ModifyEndpoint", endpoint, change("Add", misspelt))[2]
    bodies: tuple[Any, ...] = (change("Add", wfp), change("Update", proxy), change("Reset", proxy), change("Add", {}))
    for request in (*bodies, {}, "{"):
        hcn("ModifyEndpoint", endpoint, request)
        hcn("ModifyNetwork", network, request)
    assert hcn("ModifyEndpoint", endpoint, change("Remove", proxy)) == ("I32:0", "", "")
    assert hcn("ModifyEndpoint", endpoint, change("Remove", proxy))[0] != "I32:0"
    hns("DELETE", f"/endpoints/{endpoint}")
    hns("DELETE", f"/networks/{network}")


def test_every_command_of_the_kit_is_compared() -> None:
    manifest = resources.files("hnskit.remote").joinpath("scripts/hnskit.psd1").read_text(encoding="utf-8")
    exported = set(re.findall(r"'([A-Z]\w+-Hnskit\w+)'", manifest))
    watching = {"Watch-HnskitEvent"}  # it does not end by itself: tests/emulator/test_watching.py has both engines
    assert exported == {name for name, _ in [*GOOD, *ON_A_NODE]} | watching
