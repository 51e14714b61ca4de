"""HCN as its real clients use it: requests of hcsshim's tests, of containerd and of CNI plug-ins.

The requests are those of microsoft/hcsshim hcn/*_test.go at 7c9ff7f as Go writes them (no member that is empty, but
structs), of cases that were measured with its clients, and of the facts that are named.
"""

from __future__ import annotations

import json
from typing import Any

from hnskit.emulator.host import EmulatedHost, create_host

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


def acl(direction: str) -> dict[str, Any]:
    both = "192.168.100.0/24,10.0.0.21"
    settings = {"Protocols": "6", "Action": "Allow", "Direction": direction, "LocalAddresses": both,
                "RemoteAddresses": both, "LocalPorts": "80,8080", "RemotePorts": "80,8080", "RuleType": "Switch",
                "Priority": 200}  # fmt: skip
    return {"Type": "ACL", "Settings": settings}


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
