"""Addresses of the emulated host's networks: drawn without listing a prefix, held, given back."""

from __future__ import annotations

import ipaddress
from typing import Any

import pytest

from hnskit.emulator.host import create_host
from tests.emulator.host_scenario import hns, output

INVALID_ADDRESS = 0x803B002F


def network(host: Any, prefix: str, type: str = "L2Bridge", **more: Any) -> dict[str, Any]:
    subnets = [{"AddressPrefix": prefix, "GatewayAddress": more.pop("gateway", "")}]
    made: dict[str, Any] = output(host, "POST", "/networks", {"Type": type, "Name": "n", "Subnets": subnets, **more})
    return made


def endpoint(host: Any, on: dict[str, Any], **more: Any) -> dict[str, Any]:
    made: dict[str, Any] = output(host, "POST", "/endpoints", {"VirtualNetwork": on["ID"], **more})
    return made


def quiet(profile: str = "ws2022") -> Any:
    return create_host("lab", profile, {"cut_seconds": 0, "seed": 2})


@pytest.mark.parametrize("prefix", ["0.0.0.0/0", "10.0.0.0/8", "172.16.0.0/12", "10.0.1.0/24"])
def test_no_prefix_is_walked_address_by_address(prefix: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither for the network nor for an endpoint, with a chosen address and without."""

    def never(*_: Any) -> Any:
        raise AssertionError("a prefix was walked")

    host = quiet()
    monkeypatch.setattr(ipaddress.IPv4Network, "hosts", never)
    monkeypatch.setattr(ipaddress.IPv4Network, "__iter__", never)
    made = network(host, prefix, gateway=str(ipaddress.IPv4Network(prefix)[1]))
    first = endpoint(host, made)
    assert ipaddress.IPv4Address(first["IPAddress"]) in ipaddress.IPv4Network(prefix)
    second = endpoint(host, made, IPAddress=str(ipaddress.IPv4Network(prefix)[77]))
    assert second.get("PrefixLength", 0) == int(prefix.rpartition("/")[2])


@pytest.mark.parametrize("profile", ["rs4", "ws2019", "ws2022", "ws2025"])
def test_a_transparent_network_without_a_subnet_gives_no_address(profile: str) -> None:
    """dockerd sends 0.0.0.0/0 and 0.0.0.0 where none was given [moby#30342]."""
    host = quiet(profile)
    made = network(host, "0.0.0.0/0", "Transparent", gateway="0.0.0.0")
    assert made["Subnets"][0]["AddressPrefix"] == "0.0.0.0/0"
    assert "IPAddress" not in endpoint(host, made)


def test_a_nat_network_that_asks_for_any_subnet_gets_one_that_nobody_has() -> None:
    host = quiet()
    made = network(host, "0.0.0.0/0", "NAT", gateway="0.0.0.0")
    (taken,) = [item for item in output(host, "GET", "/networks") if item["Name"] == "nat"]
    own, other = (ipaddress.IPv4Network(item["Subnets"][0]["AddressPrefix"]) for item in (made, taken))
    assert (own.prefixlen, own.overlaps(other)) == (20, False)
    assert endpoint(host, made)["GatewayAddress"] == str(own[1])


def test_each_address_of_a_subnet_is_given_once_until_it_is_free_again() -> None:
    """Of a /29, five: not its own, .1, the broadcast (HNS facts 70, 73)."""
    host = quiet()
    made = network(host, "10.0.1.0/29")
    ends = [endpoint(host, made) for _ in range(5)]
    assert sorted(item["IPAddress"] for item in ends) == [f"10.0.1.{number}" for number in range(2, 7)]
    assert hns(host, "POST", "/endpoints", {"VirtualNetwork": made["ID"]})["ErrorCode"] == INVALID_ADDRESS
    output(host, "DELETE", f"/endpoints/{ends[2]['ID']}")
    assert endpoint(host, made)["IPAddress"] == ends[2]["IPAddress"]


def test_what_a_refused_endpoint_was_to_have_stays_free() -> None:
    host = quiet()
    made = network(host, "10.0.1.0/30")
    body = {"VirtualNetwork": made["ID"], "PrefixLength": 99}
    assert hns(host, "POST", "/endpoints", body)["Success"] is False
    assert endpoint(host, made)["IPAddress"] == "10.0.1.2"


def test_an_endpoint_that_was_left_behind_holds_its_address_against_a_new_network() -> None:
    """HNS fact 76; drawn addresses go around it."""
    host = quiet()
    old = endpoint(host, network(host, "10.0.1.0/30"))
    host.set_fault("reboot_loses_bridges", True)
    host.set_fault("reboot", True)
    again = network(host, "10.0.1.0/30")
    body = {"VirtualNetwork": again["ID"]}
    assert hns(host, "POST", "/endpoints", body)["ErrorCode"] == INVALID_ADDRESS
    assert hns(host, "POST", "/endpoints", body | {"IPAddress": old["IPAddress"]})["ErrorCode"] == INVALID_ADDRESS
    output(host, "DELETE", f"/endpoints/{old['ID']}")
    assert endpoint(host, again)["IPAddress"] == old["IPAddress"]


def test_mac_addresses_come_from_the_range_that_was_asked_for_and_run_out() -> None:
    host = quiet()
    pool = [{"StartMacAddress": "00-15-5D-52-C0-FE", "EndMacAddress": "00-15-5D-52-C1-01"}]
    made = network(host, "10.0.1.0/24", MacPools=pool)
    endpoint(host, made, MacAddress="00:15:5d:52:c0:ff")
    ends = [endpoint(host, made)["MacAddress"] for _ in range(3)]
    assert sorted(ends) == ["00-15-5D-52-C0-FE", "00-15-5D-52-C1-00", "00-15-5D-52-C1-01"]
    assert hns(host, "POST", "/endpoints", {"VirtualNetwork": made["ID"]})["Success"] is False
