"""HCN of the emulated host: strict where v1 is silent, gated by version, over the same state."""

from __future__ import annotations

import json
from typing import Any

import pytest

from hnskit.diagnosis.datapath import trace
from hnskit.emulator.host import EmulatedHost, create_host
from tests.emulator.host_scenario import Scenario, error_of, invoke, make_endpoint, make_network, output

PROXY: dict[str, Any] = {"Type": "L4Proxy", "Settings": {"IP": "169.254.169.254", "Port": "80", "Protocol": 6,
                                         "OutboundNat": True, "Destination": "10.0.1.9:80"}}  # fmt: skip
WFP: dict[str, Any] = {"Type": "L4WFPPROXY", "Settings": {"OutboundProxyPort": "15001", "UserSID": "S-1-5-18",
                                          "FilterTuple": {"Protocols": "6"}}}  # fmt: skip
INVALID_JSON, INVALID_TYPE, NOT_FOUND = 0x803B001B, 0x803B000E, 0x80070490


def hcn(host: EmulatedHost, operation: str, id: str, settings: Any = "") -> tuple[int, Any, Any]:
    """The code, the properties and the error record of one call."""
    text = settings if isinstance(settings, str) else json.dumps(settings)
    (row,) = invoke(host, "Invoke-HnskitHcn", Operation=operation, Id=id, Settings=text)
    properties, record = (json.loads(row[key]) if row[key] else None for key in ("Properties", "ErrorRecord"))
    return row["HResult"] & 0xFFFFFFFF, properties, record


def change(action: str, *policies: Any, kind: str = "Policy") -> dict[str, Any]:
    return {"RequestType": action, "ResourceType": kind, "Settings": {"Policies": list(policies)}}


def place(profile: str = "ws2022") -> tuple[EmulatedHost, dict[str, Any], dict[str, Any]]:
    """A host, its bridge, an endpoint."""
    host = create_host("lab", profile, {"cut_seconds": 0, "seed": 3})
    network = make_network(host)
    return host, network, make_endpoint(host, network, IPAddress="10.0.1.20")


def v1(host: EmulatedHost, endpoint: dict[str, Any]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = output(host, "GET", f"/endpoints/{endpoint['ID']}")["Policies"]
    return found


def test_what_v2_makes_is_seen_through_v1_and_the_other_way() -> None:
    """One state, two forms (HNS fact 42)."""
    host, network, endpoint = place()
    assert hcn(host, "ModifyEndpoint", endpoint["ID"], change("Add", PROXY, WFP)) == (0, None, None)
    assert v1(host, endpoint)[-2:] == [
        {"Type": "PROXY", **PROXY["Settings"]}, {"Type": "L4WFPPROXY", **WFP["Settings"]},
    ]  # fmt: skip
    query = {"SchemaVersion": {"Major": 2, "Minor": 0}}
    _, shown, _ = hcn(host, "QueryEndpoint", endpoint["ID"].lower(), query)
    assert [item["Type"] for item in shown["Policies"]] == ["OutBoundNAT", "L2Driver", "L4Proxy", "L4WFPPROXY"]
    assert shown["Policies"][2:] == [PROXY, WFP]
    assert (shown["HostComputeNetwork"], shown["SchemaVersion"]) == (network["ID"], {"Major": 2, "Minor": 11})
    _, old, _ = hcn(host, "QueryEndpoint", endpoint["ID"], {"SchemaVersion": {"Major": 1, "Minor": 0}})
    assert old == output(host, "GET", f"/endpoints/{endpoint['ID']}")
    assert hcn(host, "QueryNetwork", network["ID"])[1]["Ipams"][0]["Subnets"][0]["IpAddressPrefix"] == "10.0.1.0/24"


@pytest.mark.parametrize("key", ["Exceptions", "OutboundNAT", "OutbountNat", "ip"])
def test_a_field_that_the_schema_has_not_is_refused_by_name(key: str) -> None:
    """hcsshim's spelling too: UNCONFIRMED which one a build takes (HNS fact 51)."""
    host, _, endpoint = place()
    wrong = {"Type": "L4Proxy", "Settings": {**PROXY["Settings"], key: True}}
    code, _, record = hcn(host, "ModifyEndpoint", endpoint["ID"], change("Add", wrong))
    assert (code, record["Success"], record["ErrorCode"]) == (INVALID_JSON, False, INVALID_JSON)
    assert record["Error"] == f"Invalid JSON document string. {{{{{key},UnknownField}}}}"
    assert len(v1(host, endpoint)) == 2


@pytest.mark.parametrize(
    ("profile", "on", "policy", "code"),
    [
        ("ws2019", "Endpoint", PROXY, 0),
        ("ws2019", "Endpoint", WFP, INVALID_TYPE),
        ("ws2019", "Network", PROXY, INVALID_TYPE),
        ("ws2022", "Network", PROXY, 0),
        ("ws2025", "Endpoint", WFP, 0),
        ("rs4", "Endpoint", PROXY, 0x80070032),
    ],
)
def test_versions_have_what_they_have(profile: str, on: str, policy: dict[str, Any], code: int) -> None:
    """HNS fact 60."""
    host, network, endpoint = place(profile)
    id = (network if on == "Network" else endpoint)["ID"]
    assert hcn(host, f"Modify{on}", id, change("Add", policy))[0] == code


def test_add_doubles_update_replaces_its_kind_and_remove_takes_one() -> None:
    """HNS facts 52 and 53."""
    host, _, endpoint = place()
    other = {"Type": "L4Proxy", "Settings": {"Destination": "10.0.1.9:81"}}
    for action, count in (("Add", 1), ("Add", 2), ("Remove", 1)):
        hcn(host, "ModifyEndpoint", endpoint["ID"], change(action, PROXY))
        assert sum(item["Type"] == "PROXY" for item in v1(host, endpoint)) == count
    hcn(host, "ModifyEndpoint", endpoint["ID"], change("Update", other))
    assert [item.get("Destination") for item in v1(host, endpoint)] == [None, None, "10.0.1.9:81"]
    assert hcn(host, "ModifyEndpoint", endpoint["ID"], change("Remove", PROXY))[0] == NOT_FOUND
    nat = {"Type": "OutBoundNAT", "Settings": {}}
    assert hcn(host, "ModifyEndpoint", endpoint["ID"], change("Remove", nat))[0] == 0
    assert [item["Type"] for item in v1(host, endpoint)] == ["L2Driver", "PROXY"]


@pytest.mark.parametrize("request_", ["{", "[]", {"RequestType": "Add", "ResourceType": "Policy"},
                                      {**change("Add", PROXY), "More": 1}])  # fmt: skip
def test_what_is_no_request_is_invalid_json(request_: Any) -> None:
    host, _, endpoint = place()
    assert hcn(host, "ModifyEndpoint", endpoint["ID"], request_)[0] == INVALID_JSON


@pytest.mark.parametrize("request_", [change("Reset", PROXY), change("Add", PROXY, kind="Port"), change("Add", {})])
def test_what_the_emulator_has_not_it_says(request_: dict[str, Any]) -> None:
    host, _, endpoint = place()
    code, _, record = hcn(host, "ModifyEndpoint", endpoint["ID"], request_)
    assert (code, "is not emulated" in record["Error"]) == (0x80004001, True)


def test_an_object_that_is_not_there_and_a_host_without_hns() -> None:
    host, _, endpoint = place()
    assert hcn(host, "QueryNetwork", endpoint["ID"])[0] == NOT_FOUND
    host.set_fault("hns_missing", True)
    error = error_of(host, "Invoke-HnskitHcn", Operation="QueryEndpoint", Id=endpoint["ID"])
    assert (error.error_id, error.target) == ("Hnskit.HcnMissing", "computenetwork.dll")


def test_a_redirect_by_l4proxy_redirects() -> None:
    """The data path is the same, whichever door the policy came through; for UDP only, it lets HTTP go by."""
    scenario = Scenario()
    rule = {**PROXY["Settings"], "Destination": f"{scenario.proxy['IPAddress']}:80"}
    hcn(scenario.host, "ModifyEndpoint", scenario.client["ID"], change("Add", {"Type": "L4Proxy", "Settings": rule}))
    code, out, _ = scenario.ask()
    assert (code, "Via: 1.1 metadata-proxy" in out) == (0, True)
    udp = {"Type": "L4Proxy", "Settings": {**rule, "Protocol": 17}}
    hcn(scenario.host, "ModifyEndpoint", scenario.client["ID"], change("Update", udp))
    assert "Via: 1.1 metadata-proxy" not in scenario.ask()[1]


def test_an_l4proxy_of_the_network_redirects_every_endpoint_on_it() -> None:
    """But for what it excepts; and explain says that this is UNCONFIRMED."""
    scenario = Scenario("ws2022")
    address = scenario.proxy["IPAddress"]
    rule = {**PROXY["Settings"], "Destination": f"{address}:80"}
    hcn(scenario.host, "ModifyNetwork", scenario.network["ID"], change("Add", {"Type": "L4Proxy", "Settings": rule}))
    assert "Via: 1.1 metadata-proxy" in scenario.ask()[1]
    now = scenario.host.snapshot()
    way = trace(now, next(item for item in now.containers if item.id == scenario.client_id), "169.254.169.254", 80)
    assert any("hnskit-l2bridge: the proxy policy redirects" in hop.sentence and not hop.confirmed for hop in way.hops)


def test_a_walk_past_an_l4wfpproxy_says_that_it_is_not_walked() -> None:
    scenario = Scenario("ws2022")
    scenario.redirect()
    hcn(scenario.host, "ModifyEndpoint", scenario.client["ID"], change("Add", WFP))
    now = scenario.host.snapshot()
    way = trace(now, next(item for item in now.containers if item.id == scenario.client_id), "169.254.169.254", 80)
    assert any("port 15001 of the container itself" in hop.sentence and not hop.confirmed for hop in way.hops)
