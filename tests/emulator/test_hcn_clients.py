"""HCN as its real clients use it: requests of hcsshim's tests, of containerd and of CNI plug-ins, and their answers.

The requests are those of microsoft/hcsshim hcn/*_test.go at 7c9ff7f as Go writes them (no member that is empty, but
structs), of cases that were measured with its clients, and of the facts that are named.
"""

from __future__ import annotations

import json
from typing import Any

import pytest

from hnskit.emulator.host import EmulatedHost, create_host
from tests.emulator.host_scenario import output, run_container

ZERO = "00000000-0000-0000-0000-000000000000"
MISSING = "5f0b1190-63be-4e0c-b974-bd0f55675a42"
V2 = {"Major": 2, "Minor": 0}
SUBNET = {
    "IpAddressPrefix": "192.168.100.0/24",
    "Routes": [{"NextHop": "192.168.100.1", "DestinationPrefix": "0.0.0.0/0"}],
}
POOL = {"Ranges": [{"StartMacAddress": "00-15-5D-52-C0-00", "EndMacAddress": "00-15-5D-52-CF-FF"}]}
NOT_FOUND, INVALID_TYPE, INVALID_JSON = 0x80070490, 0x803B000E, 0x803B001B
PORT_EXISTS, UNSUPPORTED, NOT_IMPLEMENTED = 0x803B0013, 0x803B0015, 0x80004001
ALL = ["ws2019", "ws2022", "ws2025"]


class Client:
    """What hcsshim does with the functions of computenetwork.dll."""

    def __init__(self, profile: str = "ws2025") -> None:
        self.host: EmulatedHost = create_host("lab", profile, {"cut_seconds": 0, "seed": 5})

    def ask(self, operation: str, id: str = "", body: Any = None, parent: str = "") -> tuple[int, str, str]:
        text = body if isinstance(body, str) else "" if body is None else json.dumps(body)
        code, properties, record = self.host.hns.hcn.call(operation, id, text, parent)
        return code & 0xFFFFFFFF, properties, record

    def do(self, operation: str, id: str = "", body: Any = None, parent: str = "") -> str:
        code, properties, record = self.ask(operation, id, body, parent)
        assert (code, record) == (0, ""), record
        return properties

    def query(self, kind: str, id: str, version: int = 2) -> dict[str, Any]:
        self.do(f"Open{kind}", id)
        shown: dict[str, Any] = json.loads(
            self.do(f"Query{kind}", id, {"SchemaVersion": {"Major": version, "Minor": 0}})
        )
        return shown

    def found(self, kind: str, **wanted: str) -> list[dict[str, Any]]:
        """Enumerate, and ask each."""
        query: dict[str, Any] = {"SchemaVersion": V2}
        if wanted:
            query["Filter"] = json.dumps(wanted)
        return [self.query(kind, id) for id in json.loads(self.do(f"Enumerate{kind}", "", query))]

    def create(self, kind: str, body: dict[str, Any], parent: str = "") -> dict[str, Any]:
        return self.query(kind, self.do(f"Create{kind}", ZERO, body, parent))

    def delete(self, kind: str, made: dict[str, Any]) -> None:
        self.do(f"Delete{kind}", made["ID"])

    def network(self, type: str = "NAT", name: str = "GoTestNat", **more: Any) -> dict[str, Any]:
        subnet = dict(SUBNET)
        if type == "Overlay":
            subnet["Policies"] = [{"Type": "VSID", "Settings": {"IsolationId": 5000}}]
        body: dict[str, Any] = {
            "Type": type,
            "Name": name,
            "MacPool": POOL,
            "Dns": {},
            "Health": {"Extra": {}},
            "SchemaVersion": V2,
        }
        if type != "NAT":
            body["Flags"] = 8
        return self.create("Network", body | {"Ipams": [{"Type": "Static", "Subnets": [subnet]}]} | more)

    def endpoint(self, network: dict[str, Any], **more: Any) -> dict[str, Any]:
        body = {"Name": "GoTestNatEndpoint", "HostComputeNetwork": network["ID"], "Dns": {}, "Health": {"Extra": {}},
                "SchemaVersion": V2}  # fmt: skip
        return self.create("Endpoint", body | more, network["ID"])

    def namespace(self, **more: Any) -> dict[str, Any]:
        return self.create("Namespace", {"NamespaceId": 5, "Type": "HostDefault", "SchemaVersion": V2} | more)

    def change(self, kind: str, made: dict[str, Any], action: str, settings: Any, type: str = "Policy") -> int:
        """The code of HcnModify; where it is 0, the object is asked afterwards, as hcsshim does."""
        request = {"ResourceType": type, "RequestType": action, "Settings": settings}
        code = self.ask(f"Modify{kind}", made["ID"], request)[0]
        if not code:
            self.query(kind, made["ID"])
        return code

    def types(self, kind: str, made: dict[str, Any]) -> list[str]:
        return [item["Type"] for item in self.query(kind, made["ID"])["Policies"]]


def balancer(*ends: dict[str, Any], flags: int = 0, port_flags: int = 0) -> dict[str, Any]:
    mapping = {"Protocol": 6, "InternalPort": 8080, "ExternalPort": 8090}
    return {
        "HostComputeEndpoints": [item["ID"] for item in ends], "SourceVIP": "10.0.0.1",
        "FrontendVIPs": ["1.1.1.2", "1.1.1.3"], "SchemaVersion": V2,
        "PortMappings": [mapping | ({"Flags": port_flags} if port_flags else {})],
        **({"Flags": flags} if flags else {}),
    }  # fmt: skip


def route(*ends: dict[str, Any]) -> dict[str, Any]:
    setting = {"DestinationPrefix": "169.254.169.254/24", "NextHop": "127.10.0.34"}
    return {"HostComputeEndpoints": [item["ID"] for item in ends], "Setting": [setting], "SchemaVersion": V2}


def acl(direction: str) -> dict[str, Any]:
    both = "192.168.100.0/24,10.0.0.21"
    settings = {"Protocols": "6", "Action": "Allow", "Direction": direction, "LocalAddresses": both,
                "RemoteAddresses": both, "LocalPorts": "80,8080", "RemotePorts": "80,8080", "RuleType": "Switch",
                "Priority": 200}  # fmt: skip
    return {"Type": "ACL", "Settings": settings}


TIER = {
    "Type": "TierAcl",
    "Settings": {
        "Name": "TierIn1", "Direction": "In", "Order": 1001, "TierAclRules": [
            {"Id": "TierIn1Rule1", "Protocols": "6", "TierAclRuleAction": "Pass", "LocalAddresses": "10.0.0.21",
             "LocalPorts": "80", "Priority": 2001},
            {"Id": "TierIn1Rule2", "TierAclRuleAction": "Block", "Priority": 2100},
        ],
    },
}  # fmt: skip
SUBNET_ROUTE = {
    "Type": "RemoteSubnetRoute",
    "Settings": {"DestinationPrefix": "192.168.2.0/24", "IsolationId": 5000, "ProviderAddress": "1.1.1.1",
                 "DistributedRouterMacAddress": "00-12-34-56-78-9a"},
}  # fmt: skip
HOST_ROUTE = {"Type": "HostRoute", "Settings": {}}
NETWORK_ACL = {"Type": "NetworkACL", "Settings": acl("In")["Settings"]}


# Networks.


@pytest.mark.parametrize("profile", ALL)
@pytest.mark.parametrize("type", ["NAT", "Overlay", "L2Bridge"])
def test_a_network_is_made_found_by_name_and_id_and_removed(profile: str, type: str) -> None:
    client = Client(profile)
    made = client.network(type)
    (by_name,), (by_id,) = client.found("Network", Name="GoTestNat"), client.found("Network", ID=made["ID"].lower())
    assert made == by_name == by_id
    assert (made["Type"], made["MacPool"], made["SchemaVersion"]["Major"]) == (type, POOL, 2)
    (shown,) = made["Ipams"][0]["Subnets"]
    assert (shown["IpAddressPrefix"], shown["Routes"]) == ("192.168.100.0/24", SUBNET["Routes"])
    assert made in client.found("Network")
    client.delete("Network", made)
    assert client.found("Network", Name="GoTestNat") == []


def test_the_virtual_subnet_and_the_flags_of_a_network_come_back() -> None:
    """VSID is a subnet's policy in v2; in v1 it has a member of that name."""
    client = Client("ws2019")
    made = client.network("Overlay")
    assert made["Ipams"][0]["Subnets"][0]["Policies"] == [{"Type": "VSID", "Settings": {"IsolationId": 5000}}]
    assert made["Flags"] & 8
    old = output(client.host, "GET", f"/networks/{made['ID']}")
    assert old["Subnets"][0]["Policies"] == [{"Type": "VSID", "VSID": 5000}]


def test_a_nat_network_without_a_subnet_gets_one() -> None:
    client = Client()
    made = client.network("NAT", Ipams=[])
    assert len(made["Ipams"][0]["Subnets"]) == 1


def test_hcncreate_takes_the_old_form_too() -> None:
    """hcsshim's TestV1Network and TestV1Endpoint: no SchemaVersion, v1's members."""
    client = Client()
    subnets = [{"AddressPrefix": "192.168.100.0/24", "GatewayAddress": "192.168.100.1"}]
    network = client.create(
        "Network", {"Type": "NAT", "Name": "GoTestNat", "MacPools": POOL["Ranges"], "Subnets": subnets}
    )
    end = client.create("Endpoint", {"Name": "e", "VirtualNetwork": network["ID"]}, network["ID"])
    assert end["HostComputeNetwork"].lower() == network["ID"].lower()
    assert end["IpConfigurations"][0]["IpAddress"].startswith("192.168.100.")
    client.delete("Endpoint", end)
    client.delete("Network", network)


@pytest.mark.parametrize("policy", [SUBNET_ROUTE, HOST_ROUTE, NETWORK_ACL], ids=lambda item: item["Type"])
def test_a_network_policy_is_added_seen_and_removed(policy: dict[str, Any]) -> None:
    client = Client()
    made = client.network("Overlay")
    assert client.change("Network", made, "Add", {"Policies": [policy]}) == 0
    assert policy in client.query("Network", made["ID"])["Policies"]
    assert client.change("Network", made, "Remove", {"Policies": [policy]}) == 0
    assert policy["Type"] not in client.types("Network", made)


@pytest.mark.parametrize(
    ("profile", "type", "code"),
    [
        ("ws2019", "RemoteSubnetRoute", 0),
        ("ws2019", "HostRoute", 0),
        ("ws2019", "SetPolicy", INVALID_TYPE),
        ("ws2022", "SetPolicy", 0),
        ("ws2022", "NetworkACL", INVALID_TYPE),
        ("ws2025", "NetworkACL", 0),
        ("ws2025", "LayerConstraint", NOT_IMPLEMENTED),
        ("ws2025", "InterfaceConstraint", NOT_IMPLEMENTED),
        ("ws2019", "VxlanPort", INVALID_TYPE),
        ("ws2022", "VxlanPort", NOT_IMPLEMENTED),
        ("ws2025", "NetAdapterName", NOT_IMPLEMENTED),
        ("ws2025", "AutomaticDNS", NOT_IMPLEMENTED),
        ("ws2025", "HostRout", INVALID_TYPE),
    ],
)
def test_network_policies_are_gated_by_version_and_named_where_they_are_not_emulated(
    profile: str, type: str, code: int
) -> None:
    """HNS fact 60; a type that a version has and the emulated host has not is no refusal of Windows'."""
    client = Client(profile)
    made = client.network("Overlay")
    settings = {"RemoteSubnetRoute": SUBNET_ROUTE["Settings"]}.get(type, {})
    assert client.change("Network", made, "Add", {"Policies": [{"Type": type, "Settings": settings}]}) == code


def test_policies_that_say_how_a_network_is_made_are_members_of_the_old_form() -> None:
    client = Client("ws2022")
    policies = [
        {"Type": "NetAdapterName", "Settings": {"NetworkAdapterName": "Ethernet"}},
        {"Type": "SourceMacAddress", "Settings": {"SourceMacAddress": "00-15-5D-01-02-03"}},
        {"Type": "DrMacAddress", "Settings": {"Address": "00-15-5D-09-09-09"}},
        {"Type": "AutomaticDNS", "Settings": {"Enable": True}},
        {"Type": "VxlanPort", "Settings": {"Port": 4790}},
        {"Type": "VSwitchExtension",
         "Settings": {"ExtensionID": "430BDADD-BAB0-41AB-A369-94B67FA5BE0A", "Enable": False}},
    ]  # fmt: skip
    made = client.network("Overlay", Policies=policies)
    old = client.query("Network", made["ID"], 1)
    assert (old["NetworkAdapterName"], old["SourceMac"], old["DrMacAddress"], old["AutomaticDNS"]) == (
        "Ethernet", "00-15-5D-01-02-03", "00-15-5D-09-09-09", True,
    )  # fmt: skip
    assert [item["IsEnabled"] for item in old["Extensions"] if item["Id"].startswith("430BDADD")] == [False]
    shown = client.query("Network", made["ID"])["Policies"]
    assert [item for item in policies[:-1] if item not in shown] == []
    assert {"Type": "ProviderAddress", "Settings": {"ProviderAddress": old["ManagementIP"]}} in shown


def test_dns_of_a_network_and_of_an_endpoint_comes_back_whole() -> None:
    client = Client()
    dns = {"Domain": "a.example", "Search": ["a.example", "b.example"], "ServerList": ["10.0.0.10", "10.0.0.11"]}
    network = client.network("L2Bridge", Dns=dns)
    end = client.endpoint(network, Dns=dns)
    assert network["Dns"] == end["Dns"] == dns
    assert client.change("Network", network, "Update", {"ServerList": ["10.0.0.12"]}, "DNS") == 0
    assert client.query("Network", network["ID"])["Dns"] == {"ServerList": ["10.0.0.12"]}
    old = client.query("Endpoint", end["ID"], 1)
    assert (old["DNSServerList"], old["DNSSuffix"]) == ("10.0.0.10,10.0.0.11", "a.example,b.example")


def test_a_subnet_is_added_and_removed() -> None:
    client = Client()
    network = client.network("L2Bridge")
    more = {"IpAddressPrefix": "10.9.0.0/16", "Routes": [{"NextHop": "10.9.0.1", "DestinationPrefix": "0.0.0.0/0"}]}
    assert client.change("Network", network, "Add", {"Subnets": [more]}, "Subnet") == 0
    end = client.endpoint(network, IpConfigurations=[{"IpAddress": "10.9.7.7"}])
    assert end["IpConfigurations"] == [{"IpAddress": "10.9.7.7", "PrefixLength": 16}]
    assert client.change("Network", network, "Remove", {"Subnets": [more]}, "Subnet") == UNSUPPORTED
    client.delete("Endpoint", end)
    assert client.change("Network", network, "Remove", {"Subnets": [more]}, "Subnet") == 0
    assert len(client.query("Network", network["ID"])["Ipams"][0]["Subnets"]) == 1


def test_a_log_collector_finds_the_allocators_of_a_network() -> None:
    """Health.Extra.Resources.Allocators, which collectlogs.ps1 reads."""
    made = Client().network("NAT")
    assert made["Health"]["Extra"]["Resources"]["Allocators"]


# Endpoints.


@pytest.mark.parametrize("profile", ALL)
def test_an_endpoint_is_made_found_and_removed(profile: str) -> None:
    client = Client(profile)
    network = client.network()
    made = client.endpoint(network)
    wanted = ({"Name": "GoTestNatEndpoint"}, {"ID": made["ID"]}, {"VirtualNetwork": network["ID"]},
              {"HostComputeNetwork": network["ID"].lower()}, {"VirtualNetworkName": "GoTestNat"})  # fmt: skip
    assert [client.found("Endpoint", **item) for item in wanted] == [[made]] * len(wanted)
    assert client.found("Endpoint", VirtualNetwork=MISSING) == []
    assert made["HostComputeNamespace"] == ZERO
    client.delete("Endpoint", made)
    assert client.found("Endpoint") == []


def test_an_endpoint_takes_the_id_that_its_caller_chose() -> None:
    client = Client()
    network = client.network()
    body = {"Name": "e", "SchemaVersion": V2}
    made = client.do("CreateEndpoint", MISSING, body, network["ID"])
    assert made.lower() == MISSING
    assert client.ask("CreateEndpoint", MISSING, body, network["ID"])[0] == 0x80071392


def test_what_an_endpoint_is_asked_for_comes_back() -> None:
    """containerd fact 19, and a namespace in a create, which is read-only there."""
    client = Client("ws2022")
    network = client.network("L2Bridge")
    asked = {"IpConfigurations": [{"IpAddress": "192.168.100.20", "PrefixLength": 24}],
             "MacAddress": "00-11-22-33-44-55",
             "Routes": [{"NextHop": "192.168.100.2", "DestinationPrefix": "0.0.0.0/0"}]}  # fmt: skip
    made = client.endpoint(network, **asked)
    assert {key: made[key] for key in asked} == asked
    body = {"HostComputeNamespace": MISSING, "SchemaVersion": V2}
    assert client.ask("CreateEndpoint", ZERO, body, network["ID"])[0] == 0x80070057


def test_acls_are_put_in_place_of_those_that_were_there() -> None:
    client = Client()
    end = client.endpoint(client.network())
    for _ in range(2):
        assert client.change("Endpoint", end, "Update", {"Policies": [acl("In"), acl("Out")]}) == 0
    assert client.types("Endpoint", end).count("ACL") == 2


@pytest.mark.parametrize(
    ("profile", "type", "code"),
    [
        ("ws2022", "TierAcl", INVALID_TYPE),
        ("ws2025", "TierAcl", 0),
        ("ws2019", "L4WFPPROXY", INVALID_TYPE),
        ("ws2025", "L4WFPPROXY", 0),
        ("ws2019", "PortName", NOT_IMPLEMENTED),
        ("ws2019", "Iov", NOT_IMPLEMENTED),
        ("ws2019", "InterfaceConstraint", NOT_IMPLEMENTED),
        ("ws2019", "NoSuch", INVALID_TYPE),
    ],
)
def test_endpoint_policies_are_gated_by_version(profile: str, type: str, code: int) -> None:
    client = Client(profile)
    end = client.endpoint(client.network())
    wfp = {"InboundProxyPort": "80", "OutboundProxyPort": "81", "FilterTuple": {"Protocols": "6", "Priority": 8},
           "OutboundExceptions": {"IpAddressExceptions": ["10.0.1.12"], "PortExceptions": ["81"]},
           "InboundExceptions": {}}  # fmt: skip
    settings = {"TierAcl": TIER["Settings"], "L4WFPPROXY": wfp}.get(type, {})
    policy = {"Type": type, "Settings": settings}
    assert client.change("Endpoint", end, "Add", {"Policies": [policy]}) == code
    assert (policy in client.query("Endpoint", end["ID"])["Policies"]) == (code == 0)


def test_tiers_are_kept_whole_and_a_field_within_a_rule_is_checked() -> None:
    client = Client()
    end = client.endpoint(client.network("L2Bridge"))
    assert client.change("Endpoint", end, "Update", {"Policies": [TIER, TIER]}) == 0
    assert [item for item in client.query("Endpoint", end["ID"])["Policies"] if item["Type"] == "TierAcl"] == [TIER] * 2
    wrong = json.loads(json.dumps(TIER).replace("TierAclRuleAction", "Action"))
    assert client.change("Endpoint", end, "Add", {"Policies": [wrong]}) == INVALID_JSON


def test_the_overhead_of_an_encapsulation_is_a_member() -> None:
    client = Client()
    policy = {"Type": "EncapOverhead", "Settings": {"Overhead": 68}}
    end = client.endpoint(client.network("L2Bridge"), Policies=[policy])
    assert client.query("Endpoint", end["ID"], 1)["EncapOverhead"] == 68
    policy = {"Type": "EncapOverhead", "Settings": {"Overhead": 70}}
    assert client.change("Endpoint", end, "Update", {"Policies": [policy]}) == 0
    assert client.query("Endpoint", end["ID"], 1)["EncapOverhead"] == 70


@pytest.mark.parametrize("profile", ALL)
@pytest.mark.parametrize("type", ["Overlay", "L2Bridge", "NAT"])
def test_a_port_of_the_host_leads_to_one_endpoint(profile: str, type: str) -> None:
    """By protocol and port, until its endpoint is gone; v1's names of protocols count alike."""
    client = Client(profile)
    network = client.network(type)
    mapping = {"Type": "PortMapping", "Settings": {"Protocol": 17, "InternalPort": 45678, "ExternalPort": 56789}}
    first = client.endpoint(network, Policies=[mapping])
    body = {"Policies": [mapping], "SchemaVersion": V2}
    assert client.ask("CreateEndpoint", ZERO, body, network["ID"])[0] == PORT_EXISTS
    rule = {"Type": "NAT", "Protocol": "UDP", "InternalPort": 1, "ExternalPort": 56789}
    old = {"VirtualNetwork": network["ID"], "Policies": [rule]}
    assert json.loads(client.host.hns.call("POST", "/endpoints", json.dumps(old))[1])["ErrorCode"] == PORT_EXISTS
    rule["Protocol"] = "TCP"
    second = output(client.host, "POST", "/endpoints", old)
    assert client.change("Endpoint", second, "Update", {"Policies": [mapping]}) == PORT_EXISTS
    client.delete("Endpoint", first)
    assert client.change("Endpoint", second, "Update", {"Policies": [mapping]}) == 0


def test_nothing_is_removed_where_no_policy_is_named() -> None:
    """hcnproxyctl clear on an endpoint without policies; that Windows takes it is UNCONFIRMED."""
    client = Client()
    end = client.endpoint(client.network())
    before = client.types("Endpoint", end)
    assert client.change("Endpoint", end, "Remove", {}) == 0
    assert client.types("Endpoint", end) == before


def test_an_update_with_an_empty_policy_takes_the_proxy_away() -> None:
    """hns.v2.psm1's Remove-HnsProxyPolicy (HNS fact 51)."""
    client = Client()
    end = client.endpoint(client.network("L2Bridge"))
    proxy = {"Type": "L4Proxy", "Settings": {"IP": "169.254.169.254", "Port": "80", "Destination": "10.0.1.9:80"}}
    assert client.change("Endpoint", end, "Update", {"Policies": [proxy, acl("In")]}) == 0
    assert client.change("Endpoint", end, "Update", {"Policies": [{}]}) == 0
    assert sorted(client.types("Endpoint", end)) == ["ACL", "L2Driver"]


@pytest.mark.parametrize("profile", ["ws2019", "ws2025"])
def test_statistics_have_their_eight_members(profile: str) -> None:
    client = Client(profile)
    end = client.endpoint(client.network())
    stats = output(client.host, "GET", f"/endpointstats/{end['ID']}")
    assert sorted(stats) == ["BytesReceived", "BytesSent", "DroppedPacketsIncoming", "DroppedPacketsOutgoing",
                             "EndpointId", "InstanceId", "PacketsReceived", "PacketsSent"]  # fmt: skip
    assert json.loads(client.do("StatsEndpoint", end["ID"])) == stats
    assert output(client.host, "GET", "/endpointstats/") == [stats]


def test_management_macs_are_kept_from_15_4() -> None:
    client = Client()
    macs = {"MacAddressList": [{"MacAddress": "00-15-5D-0A-B7-C6"}, {"MacAddress": "00-15-5D-38-01-00"}]}
    assert output(client.host, "POST", "/accelnet/", macs) == output(client.host, "GET", "/accelnet/") == macs
    assert output(client.host, "DELETE", "/accelnet/")["MacAddressList"] == []
    assert output(client.host, "GET", "/accelnet/")["MacAddressList"] == []
    old = Client("ws2022").host.hns.call("GET", "/accelnet/", "")[1]
    assert json.loads(old)["Success"] is False


# Namespaces.


@pytest.mark.parametrize("profile", ALL)
@pytest.mark.parametrize("type", ["Host", "HostDefault", "Guest", "GuestDefault"])
def test_a_namespace_of_each_kind_is_made_found_and_removed(profile: str, type: str) -> None:
    client = Client(profile)
    made = client.namespace(Type=type)
    assert (made["Type"], made["ID"]) == (type, made["ID"].lower())
    assert client.found("Namespace", ID=made["ID"]) == [made]
    assert made["Resources"] == []
    client.delete("Namespace", made)
    assert client.found("Namespace", ID=made["ID"]) == []


@pytest.mark.parametrize("profile", ALL)
def test_an_endpoint_is_in_a_namespace_from_add_to_remove(profile: str) -> None:
    """containerd facts 11, 14, 17, 24 and 30: in v1 and in v2, and in the endpoint."""
    client = Client(profile)
    end = client.endpoint(client.network())
    made = client.namespace(Type="Host")
    request = {"EndpointId": end["ID"].lower()}
    assert client.change("Namespace", made, "Add", request, "Endpoint") == 0
    shown = client.query("Namespace", made["ID"])
    assert shown["Resources"] == [{"Type": "Endpoint", "Data": {"ID": end["ID"].lower()}}]
    old = output(client.host, "GET", f"/namespaces/{made['ID']}")
    assert old["ResourceList"] == [{"Data": {"Id": end["ID"]}, "Type": "Endpoint"}]
    assert client.query("Endpoint", end["ID"])["HostComputeNamespace"] == made["ID"]
    assert client.found("Endpoint", HostComputeNamespace=made["ID"])[0]["ID"] == end["ID"]
    assert client.change("Namespace", made, "Add", request, "Endpoint") == 0x803B002B
    assert client.change("Namespace", made, "Remove", request, "Endpoint") == 0
    assert client.query("Namespace", made["ID"])["Resources"] == []
    assert client.query("Endpoint", end["ID"])["HostComputeNamespace"] == ZERO
    assert client.change("Namespace", made, "Remove", request, "Endpoint") == NOT_FOUND


def test_the_old_calls_fill_and_empty_a_namespace_too() -> None:
    """containerd fact 14."""
    client = Client("ws2022")
    end = client.endpoint(client.network())
    made = output(client.host, "POST", "/namespaces", {"IsDefault": False})
    resource = {"Type": "Endpoint", "Data": {"Id": end["ID"].upper()}}
    output(client.host, "POST", f"/namespaces/{made['ID'].lower()}/addresource", resource)
    assert client.query("Namespace", made["ID"])["Resources"][0]["Data"] == {"ID": end["ID"].lower()}
    output(client.host, "POST", f"/namespaces/{made['ID']}/removeresource", resource)
    assert output(client.host, "GET", f"/namespaces/{made['ID']}")["ResourceList"] == []


def test_enums_may_be_numbers() -> None:
    """containerd fact 12: ResourceType Endpoint 1, RequestType Add 0."""
    client = Client()
    end, made = client.endpoint(client.network()), client.namespace()
    body = {"ResourceType": 1, "RequestType": 0, "Settings": {"EndpointId": end["ID"]}}
    client.do("ModifyNamespace", made["ID"], body)
    assert len(client.query("Namespace", made["ID"])["Resources"]) == 1


def test_a_fresh_namespace_has_no_compartment_and_echoes_its_schema() -> None:
    """containerd facts 9 and 25: what containerd sends, and what a host shows of it."""
    client = Client()
    made = client.create("Namespace", {"SchemaVersion": {"Major": 0, "Minor": 0}})
    assert (made["Type"], made["NamespaceId"]) == ("Host", 0)
    old = output(client.host, "GET", f"/namespaces/{made['ID']}")
    assert (old["CompartmentId"], old["Containers"], old["Resources"]["AllocationOrder"]) == (0, [], 0)
    assert "CompartmentGuid" not in old
    assert "Allocators" not in old["Resources"]
    assert old["SchemaVersion"] == {"Major": 0, "Minor": 0}


def test_the_first_container_brings_the_compartment_and_the_adapters() -> None:
    """containerd facts 3, 26, 31, 38 and 41; a second container changes nothing, a later endpoint appears at once."""
    client = Client("ws2022")
    network = client.network("L2Bridge")
    first, made = client.endpoint(network, Name="pod_a"), client.namespace(Type="Host")
    client.change("Namespace", made, "Add", {"EndpointId": first["ID"]}, "Endpoint")
    windows, hns = client.host.windows, client.host.hns
    assert windows.nic_of(first["ID"]) is None
    namespace = hns.namespaces.get(made["ID"])
    hns.namespaces.add_container(namespace, "c" * 64)
    hns.namespaces.add_container(namespace, "d" * 64)
    shown = client.query("Namespace", made["ID"])
    number = shown["NamespaceId"]
    assert number > 1
    assert [item["Data"]["ID"] for item in shown["Resources"]] == ["c" * 64, "d" * 64, first["ID"].lower()]
    old = output(client.host, "GET", f"/namespaces/{made['ID']}")
    (allocator,) = old["Resources"]["Allocators"]
    assert (allocator["CompartmentId"], allocator["CompartmentGuid"]) == (number, old["CompartmentGuid"])
    second = client.endpoint(network, Name="pod_b")
    client.change("Namespace", made, "Add", {"EndpointId": second["ID"]}, "Endpoint")
    names = [nic.name for nic in windows.nics_in(number) if not nic.loopback]
    assert names == ["vEthernet (pod_a)", "vEthernet (pod_b)"]
    assert client.query("Endpoint", first["ID"], 1)["State"] == 2
    client.change("Namespace", made, "Remove", {"EndpointId": first["ID"]}, "Endpoint")
    assert [nic.name for nic in windows.nics_in(number) if not nic.loopback] == ["vEthernet (pod_b)"]


def test_a_namespace_with_a_container_in_it_is_not_removed() -> None:
    """containerd fact 27; after the container has ended it is, and its endpoints are in none."""
    client = Client()
    end, made = client.endpoint(client.network("L2Bridge")), client.namespace(Type="Host")
    client.change("Namespace", made, "Add", {"EndpointId": end["ID"]}, "Endpoint")
    store = client.host.hns.namespaces
    store.add_container(store.get(made["ID"]), "c" * 64)
    assert client.ask("DeleteNamespace", made["ID"])[0] == UNSUPPORTED
    assert client.change("Namespace", made, "Remove", {"ContainerId": "c" * 64}, "Container") == 0
    assert client.query("Namespace", made["ID"])["NamespaceId"] == 0
    client.delete("Namespace", made)
    assert "Namespace" not in client.query("Endpoint", end["ID"], 1)
    assert [item.id for item in client.host.windows.compartments] == [1]


def test_a_leaked_namespace_is_not_removed_even_when_its_container_was_taken_out() -> None:
    """containerd fact 27: State 4, no resources but the dead container's name, 0x803b0015 for ever."""
    client = Client("ws2022")
    end, made = client.endpoint(client.network("L2Bridge")), client.namespace(Type="Host")
    client.change("Namespace", made, "Add", {"EndpointId": end["ID"]}, "Endpoint")
    store = client.host.hns.namespaces
    store.add_container(store.get(made["ID"]), "c" * 64)
    store.leak(store.get(made["ID"]))
    old = output(client.host, "GET", f"/namespaces/{made['ID']}")
    assert (old["State"], old["ResourceList"], old["Containers"]) == (4, [], ["c" * 64])
    assert client.ask("DeleteNamespace", made["ID"])[0] == UNSUPPORTED
    assert client.change("Namespace", made, "Remove", {"ContainerId": "c" * 64}, "Container") == 0
    assert client.ask("DeleteNamespace", made["ID"])[0] == UNSUPPORTED


def test_an_endpoint_of_v1_keeps_its_proxy_policy_in_a_namespace_of_v2() -> None:
    """containerd fact 15: all steps of v1, and only the attachment by HCN; a second endpoint may be beside it (16)."""
    client = Client("ws2019")
    network = client.network("L2Bridge")
    proxy = {"Type": "PROXY", "IP": "169.254.169.254", "Port": "80", "Destination": "10.0.1.9:80", "OutboundNat": True}
    body = {"VirtualNetwork": network["ID"], "Name": "own", "Policies": [{"Type": "OutBoundNAT"}]}
    own = output(client.host, "POST", "/endpoints", body)
    output(client.host, "POST", f"/endpoints/{own['ID']}", {"ID": own["ID"], "Policies": [*own["Policies"], proxy]})
    made, other = client.namespace(Type="Host"), client.endpoint(client.network("NAT", "second"))
    for end in (own, other):
        assert client.change("Namespace", made, "Add", {"EndpointId": end["ID"]}, "Endpoint") == 0
    store = client.host.hns.namespaces
    store.add_container(store.get(made["ID"]), "c" * 64)
    shown = output(client.host, "GET", f"/endpoints/{own['ID']}")
    assert (shown["Policies"][-1], shown["State"]) == (proxy, 2)
    number = client.query("Namespace", made["ID"])["NamespaceId"]
    assert len([nic for nic in client.host.windows.nics_in(number) if not nic.loopback]) == 2


@pytest.mark.parametrize(
    "policy",
    [
        {"Type": "OutBoundNAT",
         "Settings": {"VirtualIP": "10.0.0.5", "Exceptions": ["10.0.0.0/8"], "MaxPortPoolUsage": 9}},
        {"Type": "OutBoundNAT", "Settings": {"Destinations": ["169.254.169.254"]}},
        {"Type": "SDNRoute",
         "Settings": {"DestinationPrefix": "10.96.0.0/12", "NextHop": "10.0.0.4", "NeedEncap": True}},
        {"Type": "PortMapping", "Settings": {"Protocol": 6, "InternalPort": 80, "ExternalPort": 8080, "Flags": 1}},
        {"Type": "ACL", "Settings": {"Protocols": "6", "Action": "Block", "Direction": "Out", "Priority": 200,
                                     "RemoteAddresses": "169.254.169.254/32", "RemotePorts": "80",
                                     "RuleType": "Switch"}},
        {"Type": "QOS", "Settings": {"MaximumOutgoingBandwidthInBytes": 1000000}},
        {"Type": "ProviderAddress", "Settings": {"ProviderAddress": "10.0.0.5"}},
    ],
    ids=lambda item: item["Type"],
)  # fmt: skip
def test_each_policy_comes_back_as_it_was_sent(policy: dict[str, Any]) -> None:
    """containerd fact 21; through v1 in v1's names (HNS fact 42)."""
    client = Client("ws2019")
    end = client.endpoint(client.network("Overlay"), Policies=[policy])
    assert policy in client.query("Endpoint", end["ID"])["Policies"]
    names = {"SDNRoute": "ROUTE", "PortMapping": "NAT", "ProviderAddress": "PA"}
    assert client.query("Endpoint", end["ID"], 1)["Policies"][0]["Type"] == names.get(policy["Type"], policy["Type"])


def test_a_container_that_nobody_runs_cannot_be_put_in() -> None:
    """One that Docker runs can."""
    client = Client()
    made = client.namespace(Type="Host")
    assert client.change("Namespace", made, "Add", {"ContainerId": "nobody"}, "Container") == 0xC037010E
    id = run_container(client.host, "somebody")
    assert client.change("Namespace", made, "Add", {"ContainerId": id}, "Container") == 0


def test_a_degraded_endpoint_does_not_get_in() -> None:
    """HNS fact 40, seen from a namespace."""
    client = Client()
    network = client.network("L2Bridge")
    broken = {"Type": "OutBoundNAT", "Settings": {"Exceptions": ["not-a-prefix"]}}
    end, made = client.endpoint(network, Policies=[broken]), client.namespace()
    assert client.change("Namespace", made, "Add", {"EndpointId": end["ID"]}, "Endpoint") == 0x803B002E


def test_an_endpoint_that_is_removed_leaves_its_namespace() -> None:
    client = Client()
    end, made = client.endpoint(client.network()), client.namespace()
    client.change("Namespace", made, "Add", {"EndpointId": end["ID"]}, "Endpoint")
    client.delete("Endpoint", end)
    assert client.query("Namespace", made["ID"])["Resources"] == []


@pytest.mark.parametrize(("profile", "code"), [("ws2022", 0), ("ws2025", INVALID_JSON)])
def test_a_host_of_windows_11_does_not_know_createwithcompartment(profile: str, code: int) -> None:
    """containerd fact 10; that an older one takes it is UNCONFIRMED."""
    client = Client(profile)
    body = {"CreateWithCompartment": True, "SchemaVersion": {"Major": 2, "Minor": 2}}
    got, id, record = client.ask("CreateNamespace", ZERO, body)
    assert got == code
    if code:
        assert json.loads(record)["Error"] == "Invalid JSON document string. {{CreateWithCompartment,UnknownField}}"
    else:
        assert client.query("Namespace", id)["NamespaceId"] > 1


def test_the_hosts_own_namespace_is_the_known_one_and_stays() -> None:
    """containerd fact 28."""
    client = Client()
    (own,) = client.found("Namespace")
    assert (own["ID"].upper(), own["NamespaceId"], own["Type"]) == (
        "910F7D92-BA2D-4C3F-98AE-7C0AC590D2DC", 1, "HostDefault",
    )  # fmt: skip
    assert client.ask("DeleteNamespace", own["ID"])[0] == UNSUPPORTED


# Load balancers and routes.


@pytest.mark.parametrize("profile", ALL)
def test_a_load_balancer_is_made_seen_in_both_forms_and_removed(profile: str) -> None:
    client = Client(profile)
    end = client.endpoint(client.network("Overlay"))
    made = client.create("LoadBalancer", balancer(end))
    assert client.found("LoadBalancer", ID=made["ID"]) == client.found("LoadBalancer") == [made]
    assert (made["HostComputeEndpoints"], made["FrontendVIPs"], made["SourceVIP"], made["Flags"]) == (
        [end["ID"]], ["1.1.1.2", "1.1.1.3"], "10.0.0.1", 0,
    )  # fmt: skip
    (old,) = output(client.host, "GET", "/policylists")
    (rule,) = old["Policies"]
    assert (old["References"], rule["Type"], rule["ExternalPort"]) == ([f"/endpoints/{end['ID']}"], "ELB", 8090)
    client.delete("LoadBalancer", made)
    assert client.found("LoadBalancer") == []


@pytest.mark.parametrize(("flags", "port_flags"), [(1, 8), (0, 1), (0, 2), (1, 0)])
def test_flags_of_a_load_balancer_come_back(flags: int, port_flags: int) -> None:
    client = Client()
    end = client.endpoint(client.network("Overlay"))
    made = client.create("LoadBalancer", balancer(end, flags=flags, port_flags=port_flags))
    assert (made["Flags"], made["PortMappings"][0]["Flags"]) == (flags, port_flags)


def test_a_load_balancer_is_changed_in_place_from_15_4() -> None:
    client = Client()
    network = client.network("Overlay")
    first, second = client.endpoint(network), client.endpoint(network)
    made = client.create("LoadBalancer", balancer(first))
    for ends in ((first, second), (first,)):
        client.do("ModifyLoadBalancer", made["ID"], {"ID": made["ID"], **balancer(*ends)})
        assert client.query("LoadBalancer", made["ID"])["HostComputeEndpoints"] == [item["ID"] for item in ends]
    old = Client("ws2022")
    end = old.endpoint(old.network("Overlay"))
    made = old.create("LoadBalancer", balancer(end))
    assert old.ask("ModifyLoadBalancer", made["ID"], balancer(end))[0] == UNSUPPORTED


def test_a_load_balancer_comes_and_goes_with_another_backend() -> None:
    """hcsshim's AddEndpoint: removed, and made anew with the same id."""
    client = Client("ws2019")
    network = client.network("Overlay")
    first, second = client.endpoint(network), client.endpoint(network)
    made = client.create("LoadBalancer", balancer(first))
    client.delete("LoadBalancer", made)
    again = client.create("LoadBalancer", {"ID": made["ID"], **balancer(first, second)})
    assert (again["ID"], len(again["HostComputeEndpoints"])) == (made["ID"], 2)


def test_session_affinity_is_from_12_0() -> None:
    body = balancer()
    body["PortMappings"][0]["DistributionType"] = 2
    old, new = Client("ws2019"), Client("ws2022")
    assert old.ask("CreateLoadBalancer", ZERO, body)[0] == 0x80070057
    assert new.create("LoadBalancer", body)["PortMappings"][0]["DistributionType"] == 2


@pytest.mark.parametrize("key", ["Setting", "Routes"])
@pytest.mark.parametrize("profile", ALL)
def test_a_route_is_made_found_and_removed_and_is_no_load_balancer(profile: str, key: str) -> None:
    """hcsshim writes Setting, the schema and hns.v2.psm1 Routes: both are taken and given, which is UNCONFIRMED."""
    client = Client(profile)
    end = client.endpoint(client.network("Overlay"))
    body = route(end)
    body[key] = body.pop("Setting")
    made = client.create("SdnRoute", body)
    assert client.found("SdnRoute", ID=made["ID"]) == [made]
    assert made["Routes"] == made["Setting"] == body[key]
    assert (client.found("LoadBalancer"), client.ask("OpenLoadBalancer", made["ID"])[0]) == ([], NOT_FOUND)
    client.delete("SdnRoute", made)
    assert client.found("SdnRoute") == []


def test_a_route_comes_and_goes_with_another_endpoint() -> None:
    client = Client()
    network = client.network("Overlay")
    first, second = client.endpoint(network), client.endpoint(network)
    made = client.create("SdnRoute", route(first))
    client.delete("SdnRoute", made)
    assert len(client.create("SdnRoute", {"ID": made["ID"], **route(first, second)})["HostComputeEndpoints"]) == 2


# Refusals.


@pytest.mark.parametrize("kind", ["Network", "Endpoint", "Namespace", "LoadBalancer", "SdnRoute"])
def test_what_is_not_there_is_not_found(kind: str) -> None:
    client = Client()
    for verb in ("Open", "Query", "Modify", "Delete"):
        code, properties, record = client.ask(f"{verb}{kind}", MISSING, {})
        assert (code, properties, json.loads(record)["ErrorCode"]) == (NOT_FOUND, "", NOT_FOUND)
    assert client.found(kind, ID=MISSING) == []


@pytest.mark.parametrize("kind", ["Network", "Endpoint", "Namespace", "LoadBalancer", "SdnRoute"])
def test_a_field_that_the_schema_has_not_is_named(kind: str) -> None:
    client = Client()
    network = client.network("L2Bridge")
    body = {"Nmae": "x", "SchemaVersion": V2}
    code, _, record = client.ask(f"Create{kind}", ZERO, body, network["ID"])
    assert (code, json.loads(record)["Error"]) == (INVALID_JSON, "Invalid JSON document string. {{Nmae,UnknownField}}")


def test_before_1809_there_is_no_hcn_and_what_the_host_has_not_says_so() -> None:
    assert Client("rs4").ask("EnumerateNetwork", "", {})[0] == 0x80070032
    code, _, record = Client().ask("EnumerateGuestNetworkService", "", {})
    assert (code, "HcnEnumerateGuestNetworkService is not emulated" in record) == (NOT_IMPLEMENTED, True)


@pytest.mark.parametrize("text", ["{", "[]", '{"Filter":"x"}', '{"Filter":"[]"}'])
def test_a_query_that_is_none_is_invalid_json(text: str) -> None:
    assert Client().ask("EnumerateNetwork", "", text)[0] == INVALID_JSON
