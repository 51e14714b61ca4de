"""Addresses that more than one host has: found in facts, in parameters, and told before the first change."""

from __future__ import annotations

import json
from pathlib import Path

from hnskit.fleet import HostResult, addresses_frame, load_inventory
from hnskit.fleet.fleet_folder import envelope
from hnskit.fleet.fleet_report import render
from hnskit.fleet.shared_addresses import addresses_of, asked_for, shared_addresses, warning
from tests.fleet.fleet_hosts import inventory_file
from tests.sample_facts import PARAMS, complete


def result(name: str, **addresses: str) -> HostResult:
    found = {address.replace("_", "."): holder for address, holder in addresses.items()}
    return HostResult(name, f"winrm://{name}", "facts", "ok", "", addresses=found)


TWO = [result("a", **{"10_0_1_2": "endpoint gw", "10_0_1_9": "endpoint x"}), result("b", **{"10_0_1_2": "endpoint gw"})]


def test_an_address_of_two_hosts_is_named_with_both() -> None:
    (found,) = shared_addresses((one.name, one.addresses) for one in TWO)
    assert found.sentence == "10.0.1.2 is on 2 hosts: endpoint gw on a, b"
    assert shared_addresses([("a", {"10.0.1.2": "x"}), ("b", {"10.0.1.3": "x"})]) == ()


def test_many_hosts_are_counted() -> None:
    (found,) = shared_addresses((f"h{number}", {"10.0.1.2": f"endpoint e{number}"}) for number in range(9))
    assert found.sentence.endswith("is on 9 hosts: endpoint e0 on h0, endpoint e1 on h1, endpoint e2 on h2, 6 more")


def test_only_what_others_on_the_wire_can_see_counts() -> None:
    facts = complete()
    on_nat = {one.address for one in facts.endpoints if one.network_name.lower() == "nat"}
    found = addresses_of(facts)
    assert found
    assert not on_nat & set(found)


def test_the_frame_the_report_and_fleet_json_have_it() -> None:
    table = addresses_frame(TWO)
    assert list(table.iloc[0]) == ["10.0.1.2", "a, b", 2, "endpoint gw on a, endpoint gw on b"]
    assert str(table["count"].dtype) == "int64"
    assert "endpoint gw on a, b" in render(TWO, "facts", "i.yaml", "now")
    assert envelope(TWO, "facts", "i.yaml", "now")["shared_addresses"] == [{"address": "10.0.1.2", "hosts": ["a", "b"]}]
    assert HostResult.from_json(json.loads(json.dumps(TWO[0].to_json()))).addresses == TWO[0].addresses


def test_fixed_addresses_of_parameters_are_told_without_a_contact(tmp_path: Path) -> None:
    assert PARAMS.exists()
    same = load_inventory(inventory_file(tmp_path, ["winrm://a", "winrm://b"])).hosts
    assert warning(asked_for(same)) == (
        "10.0.1.2 is on 2 hosts: endpoint hnskit-gateway on h1, h2: right only where these hosts share no network"
    )
    assert warning(asked_for(same[:1])) == ""
