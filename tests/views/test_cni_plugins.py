"""What plug-ins make of a list: addresses, gateways, and an ADD on an emulated host."""

from __future__ import annotations

import ipaddress
import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hnskit.errors import CniError
from hnskit.views.cni import export_conflist, network_configuration, validate_conflist
from hnskit.views.cni_plugins import pod_addresses
from tests import sample_facts
from tests.emulator.host_scenario import METADATA, Scenario, output

PROXY = sample_facts.PROXY_ADDRESS


def without(data: dict[str, Any], *keys: str) -> dict[str, Any]:
    plugin = {key: value for key, value in data["plugins"][0].items() if key not in keys}
    return {**data, "plugins": [plugin]}


def test_sdnbridge_hands_on_the_range_and_the_gateway() -> None:
    made = export_conflist(sample_facts.desired(), PROXY, "sdnbridge")
    found = pod_addresses(made.data)
    assert found is not None
    ipam = made.data["plugins"][0]["ipam"]
    assert (str(found.first), str(found.last), str(found.gateway)) == (
        ipam["rangeStart"], ipam["rangeEnd"], "10.0.1.2",
    )  # fmt: skip
    assert not found.network_made


def test_without_the_flag_sdnbridge_would_give_out_what_is_taken() -> None:
    """As measured: the first ADD gets the gateway endpoint's address, the second a gateway that HNS reserves."""
    made = export_conflist(sample_facts.desired(), PROXY, "sdnbridge")
    found = pod_addresses(without(made.data, "optionalFlags"))
    assert found is not None
    assert (found.may_give(ipaddress.IPv4Address("10.0.1.2")), str(found.gateway)) == (True, "10.0.1.1")
    assert found.network_made


def test_a_list_whose_plug_in_would_give_out_a_taken_address_is_not_written(monkeypatch: pytest.MonkeyPatch) -> None:
    """The check can fail."""
    monkeypatch.setattr("hnskit.views.cni._ipam", lambda *_: {"type": "host-local", "subnet": "10.0.1.0/24"})
    with pytest.raises(CniError, match=r"a pod could be given 10\.0\.1\.2, which is taken"):
        export_conflist(sample_facts.desired(), PROXY, "sdnbridge")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"subnet": "10.0.1.0/31"}, "too small"),
        ({"subnet": "10.0.1.7/24"}, "host bits"),
        ({"subnet": None}, "subnet"),
        ({"rangeStart": "10.0.2.1"}, "not in network"),
        ({"rangeEnd": "10.0.1.1"}, "not in network"),
        ({"gateway": "x"}, "gateway|'x'"),
    ],
)
def test_what_host_local_refuses_is_refused(change: dict[str, Any], said: str) -> None:
    data = export_conflist(sample_facts.desired(), PROXY, "win-bridge").data
    ipam = {key: value for key, value in {**data["plugins"][0]["ipam"], **change}.items() if value is not None}
    with pytest.raises(CniError, match=said):
        pod_addresses({"plugins": [{**data["plugins"][0], "ipam": ipam}]})


@given(length=st.integers(16, 28), gateway=st.integers(2, 13), proxy=st.integers(2, 13), api=st.sampled_from([1, 2]))
def test_no_pod_gets_what_somebody_has(length: int, gateway: int, proxy: int, api: int) -> None:
    """Whatever the prefix, the gateway endpoint and the proxy are; of plug-ins that have addresses from the list."""
    subnet = ipaddress.IPv4Network(f"10.7.0.0/{length}")
    before = sample_facts.desired()
    desired = replace(
        before,
        network=replace(before.network, prefix=str(subnet), gateway=str(subnet[1])),
        gateway=replace(before.gateway, address=str(subnet[gateway])),
    )
    for plugin in ("sdnbridge", "win-bridge"):
        if plugin == "win-bridge" and gateway != 2:
            with pytest.raises(CniError, match=r"takes the subnet's \.2, whatever is written") as caught:
                export_conflist(desired, str(subnet[proxy]), plugin, api_version=api)
            assert f"gateway_endpoint.address={subnet[2]}" in caught.value.next_step
            continue
        data = export_conflist(desired, str(subnet[proxy]), plugin, api_version=api).data
        found = pod_addresses(data)
        assert found is not None
        taken = [subnet[0], subnet[1], subnet[gateway], subnet[proxy], subnet[-1]]
        assert not [item for item in taken if found.may_give(item)]
        assert found.gateway == subnet[gateway]


def test_the_first_pod_of_sdnbridge_is_redirected_on_the_emulated_host() -> None:
    """The requests of its ADD: a namespace, an endpoint with the list's address, gateway and policies, put into it."""
    scenario = Scenario("ws2022")
    hcn = scenario.host.hns.hcn
    made = export_conflist(sample_facts.desired(), str(scenario.proxy["IPAddress"]), "sdnbridge")
    found = pod_addresses(made.data)
    assert found is not None
    policies = [item["Value"] for item in made.data["plugins"][0]["AdditionalArgs"]]
    body = {
        "Name": "pod_hnskit-l2bridge", "Policies": policies, "SchemaVersion": {"Major": 2, "Minor": 0},
        "IpConfigurations": [{"IpAddress": str(found.first), "PrefixLength": 24}],
        "Routes": [{"NextHop": str(found.gateway), "DestinationPrefix": "0.0.0.0/0"}],
    }  # fmt: skip
    code, id, record = hcn.call("CreateEndpoint", "", json.dumps(body), scenario.network["ID"])
    assert (code, record) == (0, "")
    shown = output(scenario.host, "GET", f"/endpoints/{id}")
    proxy = next(item for item in shown["Policies"] if item["Type"] == "PROXY")
    assert (shown["GatewayAddress"], proxy["IP"]) == ("10.0.1.2", METADATA)
    again = {**body, "IpConfigurations": [{"IpAddress": "10.0.1.2"}]}
    assert hcn.call("CreateEndpoint", "", json.dumps(again), scenario.network["ID"])[0] & 0xFFFFFFFF == 0x803B002F


@pytest.mark.parametrize("plugin", ["sdnbridge", "win-bridge", "azure"])
def test_a_configuration_of_one_plug_in_is_the_list_s_own(plugin: str) -> None:
    """For Mesos, which reads no lists."""
    made = export_conflist(sample_facts.desired(), PROXY, plugin)
    alone = network_configuration(made)
    assert (alone["cniVersion"], alone["name"]) == ("0.2.0", made.data["name"])
    assert {**made.data, "plugins": [{key: alone[key] for key in made.data["plugins"][0]}]} == made.data
    validate_conflist(made.data)
