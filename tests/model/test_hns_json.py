"""HNS's JSON to objects: real samples, both versions, and whatever JSON there is."""

import contextlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hnskit.errors import HostAnswerError
from hnskit.model import hns_envelope, hns_json
from hnskit.model.objects import Endpoint, EndpointState, NetworkType, Policy, Subnet
from tests.model.json_samples import JSON

SAMPLES = Path(__file__).parents[1] / "samples" / "hns"


READERS = {
    "networks": hns_json.parse_network,
    "endpoints": hns_json.parse_endpoint,
    "policylists": hns_json.parse_policy_list,
    "namespaces": hns_json.parse_namespace,
}


FILES = sorted(path for folder in READERS for path in (SAMPLES / folder).glob("*.json"))


def sample(name: str) -> Any:
    """The object of a sample file, out of its envelope if it has one."""
    text = (SAMPLES / name).read_text(encoding="utf-8")
    return hns_envelope.parse_envelope(text) if name.endswith(".response.json") else json.loads(text)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_every_sample_is_read(path: Path) -> None:
    """Every object that a real host printed is read, and what it prints of id and name is kept."""
    obj = sample(f"{path.parent.name}/{path.name}")
    read: Any = READERS[path.parent.name](obj)
    if path.parent.name == "namespaces":
        assert (read.id, read.compartment_id) == (obj["ID"], obj["CompartmentId"])
        return
    assert read.id == obj.get("ID", "")
    assert getattr(read, "name", "") == obj.get("Name", "")
    assert read.raw == obj
    assert [hns_json.policy_json(policy) for policy in read.policies] == obj.get("Policies", [])


def test_samples_are_all_documented() -> None:
    readme = (SAMPLES / "README.md").read_text(encoding="utf-8")
    assert [path.name for path in FILES if f"| {path.name} |" not in readme] == []
    assert len(FILES) == 54


def test_l2bridge_network_of_server_2019() -> None:
    network = hns_json.parse_network(sample("networks/l2bridge-ws2019-9.2-gce-create.response.json"))
    assert network.is_type(NetworkType.L2BRIDGE)
    assert network.subnets == (Subnet("192.168.255.0/30", "192.168.255.1"),)
    assert (network.management_ip, network.vfp_enabled, network.version) == ("10.138.0.5", True, (9, 2))


def test_nat_network_of_server_2022() -> None:
    network = hns_json.parse_network(sample("networks/nat-ws2022-13.3-create-1.response.json"))
    assert (network.type, network.vfp_enabled, network.version) == ("nat", False, (13, 3))
    assert network.subnets == (Subnet("172.21.16.0/20", "172.21.16.1"),)
    assert network.policies == (Policy("VLAN", {"VLAN": 1}),)


def test_network_of_the_oldest_schema() -> None:
    """HNS 1.1 has no extensions, no state and no health."""
    network = hns_json.parse_network(sample("networks/nat-hns1.1-forwin2312.json"))
    assert (network.name, network.state, network.vfp_enabled, network.version) == ("nat", 0, None, (1, 1))


def test_redirected_client_of_a_real_host() -> None:
    """The target state of the whole kit, as a real host printed it."""
    endpoint = hns_json.parse_endpoint(sample("endpoints/l2bridge-rs4-17076-5.1-client-attached-PROXY.fl.json"))
    assert (endpoint.address, endpoint.prefix_length, endpoint.gateway) == ("10.0.1.248", 24, "10.0.1.2")
    assert endpoint.state == EndpointState.ATTACHED
    assert endpoint.containers == ()
    assert endpoint.dns == ("168.63.129.16",)
    settings = hns_json.proxy_settings(endpoint.proxies[0])
    assert (settings.ip, settings.port, settings.outbound_nat) == ("169.254.169.254", "80", True)
    assert settings.target == ("10.0.1.2", 80)
    assert settings.unknown == ()


def test_compartment_is_the_endpoint_ports() -> None:
    endpoint = hns_json.parse_endpoint(sample("endpoints/overlay-ws2019-9.3-swarm-attached-10.0.0.4-5bccb19.json"))
    assert endpoint.compartment_id == 7
    assert endpoint.dns == ("10.0.1.1", "192.168.100.1")


def test_an_endpoint_of_v2_is_read() -> None:
    """The v2 spellings come to the same model; its policies keep their v2 form."""
    endpoint = hns_json.parse_endpoint(sample("endpoints/v2-create-request-containerd5729.json"))
    assert endpoint.network_id == "7198D0AB-9758-4C83-8CED-311F4DD0CF9C"
    assert (endpoint.address, endpoint.gateway) == ("100.244.206.68", "100.244.206.65")
    assert endpoint.dns == ("10.96.0.10",)
    assert endpoint.policies[2] == Policy("ProviderAddress", {"ProviderAddress": "10.0.2.15"}, schema=2)


def test_a_network_of_v2_is_read() -> None:
    subnet = {
        "IpAddressPrefix": "10.0.1.0/24",
        "Routes": [{"NextHop": "10.0.1.1", "DestinationPrefix": "0.0.0.0/0"}],
    }
    adapter = {"Type": "NetAdapterName", "Settings": {"NetworkAdapterName": "Ethernet 2"}}
    network = hns_json.parse_network({"Id": "A", "Ipams": [{"Subnets": [subnet]}], "Policies": [adapter]})
    assert network.id == "A"
    assert network.subnets == (Subnet("10.0.1.0/24", "10.0.1.1"),)
    assert network.adapter_name == "Ethernet 2"


def test_v2_remote_endpoint_is_told_by_its_flags() -> None:
    assert hns_json.parse_endpoint({"HostComputeNetwork": "A", "Flags": 1}).remote
    assert not hns_json.parse_endpoint({"VirtualNetwork": "A", "Flags": 33}).remote


def test_a_load_balancer_of_v2_is_read() -> None:
    read = hns_json.parse_policy_list({"ID": "A", "HostComputeEndpoints": ["B", "C"]})
    assert read.references == ("/endpoints/B", "/endpoints/C")


@pytest.mark.parametrize(
    ("policies", "expected"),
    [
        ({"Type": "L2Driver"}, (Policy("L2Driver"),)),
        ({"value": [{"Type": "L2Driver"}], "Count": 1}, (Policy("L2Driver"),)),
        ([None, {"Type": "L2Driver"}], (Policy("L2Driver"),)),
        (None, ()),
        ([], ()),
    ],
    ids=["scalar", "wrapped", "null-among", "null", "empty"],
)
def test_lists_as_powershell_prints_them(policies: Any, expected: tuple[Policy, ...]) -> None:
    """A list of one becomes an object, none becomes null, and one that crossed a runspace is wrapped."""
    assert hns_json.parse_endpoint({"ID": "A", "Policies": policies}).policies == expected


def test_bools_and_numbers_as_text() -> None:
    endpoint = hns_json.parse_endpoint({"IsRemoteEndpoint": "True", "State": "2", "PrefixLength": "24"})
    assert (endpoint.remote, endpoint.state, endpoint.prefix_length) == (True, 2, 24)


def test_what_remoting_adds_is_kept_but_not_read() -> None:
    endpoint = hns_json.parse_endpoint({"ID": "A", "RunspaceId": "B", "PSComputerName": "C"})
    assert endpoint == hns_json.parse_endpoint({"ID": "A"})
    assert endpoint.raw["RunspaceId"] == "B"


@pytest.mark.parametrize(
    ("parse", "obj", "where"),
    [
        (hns_json.parse_endpoint, {"ID": 5}, "endpoint.ID"),
        (hns_json.parse_endpoint, {"IPAddress": ["10.0.1.2"]}, "endpoint.IPAddress"),
        (hns_json.parse_endpoint, {"State": True}, "endpoint.State"),
        (hns_json.parse_endpoint, {"State": 1.5}, "endpoint.State"),
        (hns_json.parse_endpoint, {"Version": -1}, "endpoint.Version"),
        (hns_json.parse_endpoint, {"IsRemoteEndpoint": "maybe"}, "endpoint.IsRemoteEndpoint"),
        (hns_json.parse_endpoint, {"Policies": [{"Type": "ACL"}, 7]}, "endpoint.Policies[1]"),
        (hns_json.parse_endpoint, {"Policies": [{"Type": 7}]}, "endpoint.Policies[0].Type"),
        (hns_json.parse_endpoint, {"Resources": {"Allocators": "x"}}, "endpoint.Resources.Allocators"),
        (hns_json.parse_endpoint, {"SharedContainers": [1]}, "endpoint.SharedContainers[0]"),
        (hns_json.parse_network, {"Subnets": [{"AddressPrefix": 1}]}, "network.Subnets[0].AddressPrefix"),
        (hns_json.parse_network, [], "network"),
        (hns_json.parse_policy_list, {"References": 5}, "policy list.References"),
        (hns_json.parse_policy, "PROXY", "policy"),
        (hns_json.parse_version, {"Major": 9}, "Minor"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_garbage_is_refused_by_its_key(parse: Callable[..., Any], obj: Any, where: str) -> None:
    with pytest.raises(HostAnswerError, match=where.replace("[", r"\[")) as caught:
        parse(obj)
    assert caught.value.path == where.partition(".")[2]


def test_output_that_powershell_cut_off_says_how_to_print_it_whole() -> None:
    with pytest.raises(HostAnswerError) as caught:
        hns_json.parse_endpoint({"Policies": ["@{Type=L2Driver}"]})
    assert "-Depth 20" in caught.value.next_step


KEYS = st.text().filter(lambda key: key != "Type")


@given(st.text(min_size=1), st.dictionaries(KEYS, JSON))
def test_v1_policies_survive_a_round_trip(kind: str, settings: Any) -> None:
    """Unknown keys, their values and their order come back as they were."""
    back = hns_json.policy_json(hns_json.parse_policy({"Type": kind, **settings}))
    assert list(back.items()) == [("Type", kind), *settings.items()]


@given(st.text(min_size=1), st.dictionaries(st.text(), JSON))
def test_v2_policies_survive_a_round_trip(kind: str, settings: Any) -> None:
    """A policy that came in the v2 form goes back in the v2 form."""
    back = hns_json.policy_json(hns_json.parse_policy({"Type": kind, "Settings": settings}))
    assert back == {"Type": kind, "Settings": settings}
    assert list(back["Settings"]) == list(settings)


@given(JSON)
def test_no_json_makes_the_codec_fail_in_another_way(value: Any) -> None:
    """Whatever a host says, it is read or refused with HostAnswerError."""
    for parse in (*READERS.values(), hns_json.parse_policy):
        for obj in (
            value,
            dict.fromkeys(("Policies", "Resources", "Subnets", "Version", "Dns", "Routes"), value),
        ):
            with contextlib.suppress(HostAnswerError):
                parse(obj)


@pytest.mark.parametrize(
    ("resources", "guid"),
    [
        ({"Allocators": [{"Tag": "Other"}, {"Tag": "Endpoint Port", "EndpointPortGuid": "{A1}"}]}, "a1"),
        ({"Allocators": {"Tag": "Endpoint Port", "EndpointPortGuid": "A1"}}, "a1"),
        ({"Allocators": [{"Tag": "Endpoint Port"}]}, ""),
        (None, ""),
        ("@{Allocators=System.Object[]}", ""),
    ],
    ids=["a list", "PowerShell's list of one", "no GUID", "no resources", "cut off"],
)
def test_the_port_of_an_endpoint_is_read_in_every_form(resources: Any, guid: str) -> None:
    """As the compartment is: from the same allocator."""
    assert hns_json.port_guid(Endpoint("1", "a", "n", raw={"ID": "1", "Resources": resources})) == guid
