"""Namespaces of HCN as its real clients use them, and the host's answers."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.emulator.hcn_client import (
    ALL,
    INVALID_JSON,
    NOT_FOUND,
    UNSUPPORTED,
    ZERO,
    Client,
)
from tests.emulator.host_scenario import output, run_container


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
