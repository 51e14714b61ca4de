"""Whatever a client sends, HCN answers with a result, and the host goes on; what was refused changed nothing."""

from __future__ import annotations

import copy
import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from hnskit.emulator.host import create_host
from hnskit.emulator.host.hcn_service import KINDS, VERBS
from tests.emulator.hcn_client import HOST_ROUTE, NETWORK_ACL, POOL, SUBNET, SUBNET_ROUTE, TIER, V2, acl, balancer

LEAVES = st.one_of(
    st.none(), st.booleans(), st.integers(-3, 70_000), st.floats(allow_nan=False), st.text(max_size=6),
    st.sampled_from([[], {}]),
    st.sampled_from(["10.0.1.0/24", "0.0.0.0/0", "10.0.1.300", "::1", "00-15-5D-00-00-01", "NAT", "Policy", "Add"]),
    st.lists(st.integers(0, 3), max_size=2), st.dictionaries(st.text(max_size=3), st.integers(), max_size=2),
)  # fmt: skip
PROXY = {"Type": "L4Proxy", "Settings": {"IP": "169.254.169.254", "Port": "80", "Destination": "10.0.1.9:80"}}
VLAN = {"Type": "VLAN", "Settings": {"IsolationId": 3}}
BODIES: tuple[dict[str, Any], ...] = (
    {"Type": "L2Bridge", "Name": "n", "MacPool": POOL, "Dns": {"ServerList": ["10.0.0.1"]}, "Flags": 8,
     "Ipams": [{"Type": "Static", "Subnets": [{**SUBNET, "Policies": [VLAN]}]}], "SchemaVersion": V2,
     "Policies": [{"Type": "NetAdapterName", "Settings": {"NetworkAdapterName": "Ethernet"}}]},
    {"Name": "e", "SchemaVersion": V2, "IpConfigurations": [{"IpAddress": "10.0.1.9", "PrefixLength": 24}],
     "Routes": [{"NextHop": "10.0.1.2", "DestinationPrefix": "0.0.0.0/0"}], "MacAddress": "00-15-5D-00-00-01",
     "Policies": [PROXY, acl("In"), TIER], "Dns": {"Domain": "a", "Search": ["a"]}},
    {"Type": "Host", "SchemaVersion": V2},
    balancer(),
    {"HostComputeEndpoints": [], "Routes": [{"DestinationPrefix": "10.0.0.0/8", "NextHop": "10.0.0.4"}],
     "SchemaVersion": V2},
    {"ResourceType": "Policy", "RequestType": "Add",
     "Settings": {"Policies": [PROXY, acl("Out"), TIER, SUBNET_ROUTE, HOST_ROUTE, NETWORK_ACL]}},
    {"ResourceType": "Endpoint", "RequestType": "Add", "Settings": {"EndpointId": "x"}},
    {"ResourceType": "DNS", "RequestType": "Update", "Settings": {"ServerList": ["10.0.0.1"], "Search": "a"}},
    {"ResourceType": "Subnet", "RequestType": "Add", "Settings": {"Subnets": [SUBNET]}},
    {"ResourceType": "Extension", "RequestType": "Update", "Settings": {"Id": "x", "IsEnabled": True}},
    {"SchemaVersion": V2, "Filter": "{\"Name\":\"n\"}"},
    {"Type": "NAT", "Name": "v1", "Subnets": [{"AddressPrefix": "10.9.0.0/24"}]},
)  # fmt: skip


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Each place in a body."""
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(found for key, item in inside for found in places(item, (*path, key)))]


def put(body: Any, path: tuple[Any, ...], leaf: Any) -> Any:
    if not path:
        return leaf
    copied = copy.deepcopy(body)
    at = copied
    for key in path[:-1]:
        at = at[key]
    at[path[-1]] = leaf
    return copied


FITTING: tuple[tuple[str, tuple[int, ...]], ...] = (
    ("CreateNetwork", (0, 11)), ("CreateEndpoint", (1,)), ("CreateNamespace", (2,)), ("CreateLoadBalancer", (3,)),
    ("CreateSdnRoute", (4,)), ("ModifyNetwork", (5, 7, 8, 9)), ("ModifyEndpoint", (5,)), ("ModifyNamespace", (6,)),
    ("ModifyLoadBalancer", (3,)), ("EnumerateNetwork", (10,)), ("EnumerateEndpoint", (10,)), ("QueryNetwork", (10,)),
)  # fmt: skip
"""Function -> the bodies that it takes, before they are spoilt."""


@st.composite
def calls(draw: st.DrawFn) -> tuple[str, str]:
    """A function, most often with a body of its own, of which up to two places are spoilt."""
    function, fitting = draw(st.sampled_from(FITTING))
    if draw(st.integers(0, 9)) == 0:
        function, fitting = draw(st.sampled_from(VERBS)) + draw(st.sampled_from(KINDS)), tuple(range(len(BODIES)))
    body: Any = BODIES[draw(st.sampled_from(fitting))]
    for _ in range(draw(st.integers(0, 2))):
        body = put(body, draw(st.sampled_from(places(body))), draw(LEAVES))
    return function, json.dumps(body)


@settings(max_examples=400, deadline=None)
@given(asked=st.lists(calls(), min_size=1, max_size=4), profile=st.sampled_from(["ws2019", "ws2022", "ws2025"]))
def test_no_request_breaks_the_host(asked: list[tuple[str, str]], profile: str) -> None:
    host = create_host("lab", profile, {"cut_seconds": 0, "seed": 1})
    hcn = host.hns.hcn
    network = hcn.call("CreateNetwork", "", json.dumps(BODIES[0]))[1]
    endpoint = hcn.call("CreateEndpoint", "", json.dumps({"SchemaVersion": V2}), network)[1]
    made = {
        "Network": network,
        "Endpoint": endpoint,
        "Namespace": hcn.call("CreateNamespace", "", "{}")[1],
        "LoadBalancer": hcn.call("CreateLoadBalancer", "", json.dumps(balancer()))[1],
        "SdnRoute": hcn.call("CreateSdnRoute", "", json.dumps(BODIES[4]))[1],
    }
    assert all(made.values())
    for function, body in asked:
        before = [host.hns.call("GET", f"/{kind}", "")[1] for kind in ("endpoints", "networks", "policylists")]
        kind = next(item for item in KINDS if function.endswith(item))
        identity = "" if function.startswith("Create") else made[kind]
        code, properties, record = hcn.call(function, identity, body, network)
        assert isinstance(properties, str)
        assert bool(code) == bool(record)
        if code:
            now = [host.hns.call("GET", f"/{kind}", "")[1] for kind in ("endpoints", "networks", "policylists")]
            assert now == before, (function, body)
