"""HNS JSON: what real hosts printed is read, nonsense is refused by name, requests are spelt right."""

import contextlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hnskit.errors import HnsError, HostAnswerError
from hnskit.model import hns_envelope, hns_json, hns_requests
from hnskit.model.objects import EndpointState, NetworkType, Policy, Subnet

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


def test_v2_endpoint() -> None:
    """The v2 spellings come to the same model; its policies keep their v2 form."""
    endpoint = hns_json.parse_endpoint(sample("endpoints/v2-create-request-containerd5729.json"))
    assert endpoint.network_id == "7198D0AB-9758-4C83-8CED-311F4DD0CF9C"
    assert (endpoint.address, endpoint.gateway) == ("100.244.206.68", "100.244.206.65")
    assert endpoint.dns == ("10.96.0.10",)
    assert endpoint.policies[2] == Policy("ProviderAddress", {"ProviderAddress": "10.0.2.15"}, schema=2)


def test_v2_network() -> None:
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


def test_v2_load_balancer() -> None:
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
    with pytest.raises(HostAnswerError, match=where.replace("[", r"\[")):
        parse(obj)


def test_output_that_powershell_cut_off_says_how_to_print_it_whole() -> None:
    with pytest.raises(HostAnswerError) as caught:
        hns_json.parse_endpoint({"Policies": ["@{Type=L2Driver}"]})
    assert "-Depth 20" in caught.value.next_step


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)
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


@pytest.mark.parametrize("member", ["Output", "Success"])
def test_member_order_of_an_envelope_does_not_matter(member: str) -> None:
    parts = {"Output": {"ID": "A"}, "Success": True}
    ordered = {member: parts.pop(member), **parts}
    assert hns_envelope.parse_envelope(json.dumps(ordered)) == {"ID": "A"}


@pytest.mark.parametrize(
    ("text", "output"),
    [
        ("", None),
        ('{"Success":true}', None),
        ('{"Success":true,"Output":null}', None),
        ('{"Success":true,"Output":""}', None),
        ('{"Output":[],"Success":true}', []),
        ('{ "Success" : true, "Output" : {"Path":"\\/networks\\/"} }', {"Path": "/networks/"}),
    ],
)
def test_success(text: str, output: dict[str, str] | list[Any] | None) -> None:
    """No text, and an envelope without Output, are successes with nothing to say."""
    assert hns_envelope.parse_envelope(text) == output


def test_filetimes_stay_integers() -> None:
    """A FILETIME is larger than what a float holds exactly."""
    read = hns_envelope.parse_envelope('{"Output":{"StartTime":131614059830560691},"Success":true}')
    assert read["StartTime"] == 131614059830560691
    assert isinstance(read["StartTime"], int)


@pytest.mark.parametrize(
    ("text", "hresult", "code"),
    [
        ('{"Success":false,"Error":"No. ","ErrorCode":2151350319}', 0, 0x803B002F),
        ('{"Success":false,"Error":"No. ","ErrorCode":2151350319}', -2147467259, 0x803B002F),
        ('{"Success":false,"Error":"No. ","ErrorCode":-2143616977}', 0, 0x803B002F),
        ('{"Success":false,"Error":"No. "}', -2147467259, 0x80004005),
        ('{"Success":false,"Error":"No. "}', 0, 0),
        ('{"Success":true}', -2147023728, 0x80070490),
        ("", 0x80070490, 0x80070490),
        ('{"Succ', -2147023728, 0x80070490),
    ],
)
def test_refusals_carry_the_best_code_there_is(text: str, hresult: int, code: int) -> None:
    """ErrorCode, else the HRESULT, else 0; the HRESULT alone is a refusal too."""
    with pytest.raises(HnsError) as caught:
        hns_envelope.parse_envelope(text, hresult)
    assert caught.value.code == code


def test_refusal_without_a_code_keeps_the_hosts_words() -> None:
    """Server 2016 gives no code."""
    with pytest.raises(HnsError, match=r"HNS refused: The parameter is incorrect\.$") as caught:
        hns_envelope.parse_envelope('{"Error":"The parameter is incorrect. ","Success":false}')
    assert (caught.value.code, caught.value.name) == (0, "")


@pytest.mark.parametrize(
    "text",
    [
        '{"Success":true,"Output":{"ID":"A"',
        "[]",
        "null",
        "<html>",
        '{"Output":{}}',
        '{"Success":"true","Output":{}}',
        '{"Success":1}',
        '{"Success":true,"Output":"text"}',
        '{"Success":true,"Output":5}',
        '{"Success":false,"Error":5}',
        '{"Success":false,"Error":"No. ","ErrorCode":"0x803b002f"}',
        '{"Success":true,"Output":{"State":NaN}}',
        "[" * 100_000,
    ],
    ids=range(13),
)
def test_nonsense_is_refused(text: str) -> None:
    with pytest.raises(HostAnswerError) as caught:
        hns_envelope.parse_envelope(text)
    assert len(str(caught.value)) < 1000


def test_list_output_of_one_object() -> None:
    assert len(hns_json.parse_all({"ID": "A"}, hns_json.parse_network)) == 1
    assert hns_json.parse_all(None, hns_json.parse_network) == ()


def test_version_of_an_object_and_of_the_service() -> None:
    assert hns_json.version_of(38654705666) == (9, 2)
    assert hns_json.parse_version({"Minor": 3, "Major": 13}) == (13, 3)


def test_network_request() -> None:
    request = hns_requests.network_request("hnskit-l2bridge", "L2Bridge", "10.0.1.0/24", "10.0.1.1")
    subnets = [{"AddressPrefix": "10.0.1.0/24", "GatewayAddress": "10.0.1.1"}]
    assert request == {"Name": "hnskit-l2bridge", "Type": "L2Bridge", "Subnets": subnets}


def test_network_request_in_full() -> None:
    request = hns_requests.network_request(
        "n", NetworkType.L2BRIDGE, "10.0.1.0/24", "10.0.1.1", "Ethernet 2", dns=("10.0.0.1", "10.0.0.2")
    )
    assert request["NetworkAdapterName"] == "Ethernet 2"
    assert request["DNSServerList"] == "10.0.0.1,10.0.0.2"
    assert hns_json.parse_network(request).type == "L2Bridge"


def test_endpoint_request_leaves_to_hns_what_is_not_given() -> None:
    assert hns_requests.endpoint_request("client", "A") == {"Name": "client", "VirtualNetwork": "A", "Policies": []}


def test_endpoint_request_is_read_back() -> None:
    request = hns_requests.endpoint_request(
        "client",
        "A",
        address="10.0.1.5",
        gateway="10.0.1.2",
        dns=("10.0.0.1", "10.0.0.2"),
        mac="00-15-5D-00-00-01",
        policies=(hns_json.outbound_nat_policy(("10.0.0.0/8",)),),
    )
    read = hns_json.parse_endpoint(request)
    assert (read.name, read.network_id, read.address, read.gateway) == ("client", "A", "10.0.1.5", "10.0.1.2")
    assert (read.dns, read.mac) == (("10.0.0.1", "10.0.0.2"), "00-15-5D-00-00-01")
    assert read.policies == (Policy("OutBoundNAT", {"ExceptionList": ["10.0.0.0/8"]}),)


def test_attach_and_detach_requests() -> None:
    assert hns_requests.attach_request(4) == {"SystemType": "Host", "CompartmentId": 4}
    assert hns_requests.detach_request() == {"SystemType": "Host"}


@pytest.mark.parametrize("compartment", [0, -1, 65536])
def test_attach_refuses_what_is_no_compartment(compartment: int) -> None:
    with pytest.raises(ValueError, match="compartment"):
        hns_requests.attach_request(compartment)


def test_proxy_policy_is_spelt_as_hns_reads_it() -> None:
    """Port is text; the request is byte for byte what the original's own function sends."""
    policy = hns_json.proxy_policy("10.0.1.136:80", "169.254.169.254", 80)
    assert hns_requests.dump(hns_requests.policies_request("A", (Policy("L2Driver"), policy))) == (
        '{"ID":"A","Policies":[{"Type":"L2Driver"},{"Type":"PROXY","IP":"169.254.169.254","Port":"80",'
        '"Destination":"10.0.1.136:80","OutboundNat":true}]}'
    )


def test_proxy_policy_leaves_a_false_outbound_nat_out() -> None:
    policy = hns_json.proxy_policy("10.0.1.136:80", "169.254.169.254", 80, False, ("10.0.0.0/8",))
    assert "OutboundNat" not in policy.settings
    assert policy.settings["ExceptionList"] == ["10.0.0.0/8"]


def test_misspelt_key_is_named_and_does_nothing() -> None:
    """The original author's own first run failed by this key, which HNS stored without a word."""
    policy = hns_json.parse_policy({"Type": "PROXY", "OutbountNat": True, "Port": 80, "Destination": "10.0.1.2"})
    settings = hns_json.proxy_settings(policy)
    assert settings.unknown == ("OutbountNat",)
    assert not settings.outbound_nat
    assert settings.port == "80"
    assert hns_json.likely_proxy_key("OutbountNat") == "OutboundNat"
    assert hns_json.likely_proxy_key("Colour") == ""


def test_l4proxy_is_read_in_both_spellings_of_its_sources() -> None:
    settings = {
        "IP": "169.254.169.254",
        "Port": "80",
        "Protocol": 6,
        "OutboundNAT": True,
        "Exceptions": ["10.0.0.0/8"],
    }
    read = hns_json.proxy_settings(hns_json.parse_policy({"Type": "L4Proxy", "Settings": settings}))
    assert (read.protocol, read.outbound_nat, read.exceptions) == ("6", True, ("10.0.0.0/8",))
    assert read.unknown == ()


@pytest.mark.parametrize(
    ("destination", "target"),
    [
        ("10.0.1.2:80", ("10.0.1.2", 80)),
        ("10.0.1.2", None),
        ("10.0.1.2:", None),
        (":80", None),
        ("10.0.1.2:0", None),
        ("10.0.1.2:65536", None),
        ("10.0.1.2:²", None),
    ],
)
def test_target_of_a_proxy_policy(destination: str, target: tuple[int | str, ...] | None) -> None:
    assert hns_json.proxy_settings(Policy("PROXY", {"Destination": destination})).target == target


@given(st.dictionaries(st.text(), JSON))
def test_requests_are_plain_ascii_and_read_back(request_body: Any) -> None:
    text = hns_requests.dump(request_body)
    assert text.isascii()
    assert json.loads(text) == request_body
