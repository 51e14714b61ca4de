"""The CNI lists: what the plug-ins read, and CNI's own rules."""

from __future__ import annotations

import ipaddress
import json
from typing import Any

import pytest

from hnskit.errors import CniError
from hnskit.model import hns_json
from hnskit.model.objects import Policy
from hnskit.views.cni import PLUGINS, Conflist, export_conflist, validate_conflist
from tests import sample_facts

PROXY = sample_facts.PROXY_ADDRESS


def policies(made: Conflist) -> list[Policy]:
    """The endpoint policies of a list, in either spelling."""
    (plugin,) = made.data["plugins"]
    rows = plugin.get("AdditionalArgs") or plugin["policies"]
    return [hns_json.parse_policy(row.get("Value") or row["value"]) for row in rows]


@pytest.mark.parametrize(("plugin", "api"), [("sdnbridge", 2), ("win-bridge", 2), ("win-bridge", 1), ("azure", 2)])
def test_a_list_has_the_same_redirect_as_the_host(plugin: str, api: int) -> None:
    """v1 or v2 in form, the same address, port and destination, with source NAT beside it."""
    made = export_conflist(sample_facts.desired(), PROXY, plugin, api_version=api)
    nat, proxy = policies(made)
    said = hns_json.proxy_settings(proxy)
    assert nat.type == "OutBoundNAT"
    assert (said.ip, said.port, said.destination, said.outbound_nat) == ("169.254.169.254", "80", f"{PROXY}:80", True)
    assert said.unknown == ()
    v1 = plugin == "azure" or api == 1
    assert (proxy.type, proxy.schema) == (("PROXY", 1) if v1 else ("L4Proxy", 2))
    assert json.loads(made.to_json()) == made.data


@pytest.mark.parametrize("plugin", PLUGINS)
def test_a_list_keeps_cni_s_rules(plugin: str) -> None:
    """And those of its plug-in."""
    validate_conflist(export_conflist(sample_facts.desired(), PROXY, plugin).data)


@pytest.mark.parametrize("plugin", ["sdnbridge", "azure"])
def test_what_nobody_has_seen_is_said(plugin: str) -> None:
    """In a note of its own."""
    assert any("UNCONFIRMED" in note for note in export_conflist(sample_facts.desired(), PROXY, plugin).notes)


def test_the_range_of_addresses_leaves_out_what_is_taken() -> None:
    """The subnet's gateway, the gateway endpoint, the proxy."""
    for proxy in ("10.0.1.3", "10.0.1.20", "10.0.1.136", "10.0.1.254"):
        ipam = export_conflist(sample_facts.desired(), proxy, "win-bridge").data["plugins"][0]["ipam"]
        first, last = (ipaddress.IPv4Address(ipam[key]) for key in ("rangeStart", "rangeEnd"))
        assert first <= last
        taken = [ipaddress.IPv4Address(item) for item in ("10.0.1.0", "10.0.1.1", "10.0.1.2", proxy, "10.0.1.255")]
        assert not [item for item in taken if first <= item <= last]
        assert int(last) - int(first) > 100
        assert ipam["gateway"] == ipam["routes"][0]["gw"] == "10.0.1.2"


@pytest.mark.parametrize(
    ("change", "place"),
    [
        ({"cniVersion": "0.2.0"}, "cniVersion"),
        ({"cniVersion": None}, "cniVersion"),
        ({"name": "-x"}, "name"),
        ({"plugins": []}, "plugins"),
        ({"plugins": [{}]}, "type"),
        ({"plugins": [{"type": "a/b"}]}, "type"),
        ({"plugins": [{"type": "x", "ipam": {}}]}, "ipam"),
        ({"plugins": [{"type": "sdnbridge"}]}, "AdditionalArgs"),
        ({"plugins": [{"type": "sdnbridge", "AdditionalArgs": [
            {"Name": "EndpointPolicy", "Value": {"Type": "PROXY"}}]}]}, "Settings"),
        ({"plugins": [{"type": "azure-vnet", "AdditionalArgs": [
            {"Name": "EndpointPolicy", "Value": {"Type": "L4Proxy", "Settings": {}}}]}]}, "Value"),
        ({"plugins": [{"type": "win-bridge", "policies": [
            {"Name": "EndpointPolicy", "Value": {"Type": "X"}}]}]}, "name"),
    ],
)  # fmt: skip
def test_a_list_that_breaks_a_rule_is_refused_by_its_place(change: Any, place: str) -> None:
    """Each rule by itself."""
    good = export_conflist(sample_facts.desired(), PROXY, "sdnbridge").data
    bad = {key: value for key, value in {**good, **change}.items() if value is not None}
    with pytest.raises(CniError, match=place):
        validate_conflist(bad)


def test_a_list_needs_the_proxy_s_address() -> None:
    """It is not guessed."""
    with pytest.raises(CniError, match="no address yet"):
        export_conflist(sample_facts.desired(), "", "sdnbridge")
    with pytest.raises(CniError, match="none of"):
        export_conflist(sample_facts.desired(), PROXY, "calico")
    with pytest.raises(CniError, match="API"):
        export_conflist(sample_facts.desired(), PROXY, "win-bridge", api_version=3)


def test_a_proxy_that_is_no_address_is_refused() -> None:
    """By every plug-in alike, before anything is written."""
    for plugin in PLUGINS:
        with pytest.raises(CniError, match="'nonsense' is not an IPv4 address"):
            export_conflist(sample_facts.desired(), "nonsense", plugin)
