"""The whole redirect on both engines, step by step, by HNS v1 and by HCN."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.emulator.differential_commands import DOCKER, HCN, HNS, READS
from tests.emulator.engine_pair import Pair, alike, unescaped
from tests.emulator.engines import needs_engine
from tests.emulator.host_scenario import NANOSERVER, URL

pytestmark = needs_engine


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    with alike(tmp_path_factory.mktemp("hosts")) as both:
        yield both


def test_the_whole_redirect_is_the_same_step_by_step(pair: Pair) -> None:
    """Networks, endpoints, containers, policies, a request from inside a client, and all of it taken away again."""

    def hns(method: str, path: str, body: Any = None) -> Any:
        said = pair.check((HNS, {"Method": method, "Path": path, "Body": "" if body is None else json.dumps(body)}))
        response = unescaped(said.of("PIPELINE_OUTPUT")[0].fields["/Response"][2:])
        return json.loads(response).get("Output")

    def docker(*words: str) -> str:
        said = pair.check((DOCKER, {"ArgumentList": list(words)}))
        return unescaped(said.of("PIPELINE_OUTPUT")[0].fields["/StdOut"][2:])

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


def test_the_v2_door_is_the_same_step_by_step(pair: Pair) -> None:
    """An endpoint and its network: asked, changed and refused through HCN, seen through v1."""

    def hns(method: str, path: str, body: Any = None) -> Any:
        said = pair.check((HNS, {"Method": method, "Path": path, "Body": "" if body is None else json.dumps(body)}))
        return json.loads(unescaped(said.of("PIPELINE_OUTPUT")[0].fields["/Response"][2:])).get("Output")

    def hcn(operation: str, id: str, settings: Any) -> tuple[str, str, str]:
        text = settings if isinstance(settings, str) else json.dumps(settings)
        said = pair.check((HCN, {"Operation": operation, "Id": id, "Settings": text}))
        fields = said.of("PIPELINE_OUTPUT")[0].fields
        properties, record = (unescaped(fields[key][2:]) for key in ("/Properties", "/ErrorRecord"))
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
