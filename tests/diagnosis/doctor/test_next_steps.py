"""The next step names what may be removed only where that is known, and asks for nothing that was read already."""

from __future__ import annotations

import json
from typing import Any

from hnskit.diagnosis.doctor import diagnose
from hnskit.facts.dumps import read_text
from hnskit.facts.finding import Finding

NETWORK = {
    "CurrentEndpointCount": 2, "ID": "73C00000-0000-4000-8000-00000000000A", "Name": "basin", "Type": "L2Bridge",
    "Policies": [], "Subnets": [{"AddressPrefix": "10.73.1.0/24", "GatewayAddress": "10.73.1.1"}],
}  # fmt: skip


def _endpoint(number: int, address: str, state: int, *policies: dict[str, Any]) -> dict[str, Any]:
    return {
        "ID": f"73C00000-0000-4000-8000-0000000000{number:02}", "Name": f"berth{number}", "IPAddress": address,
        "MacAddress": f"00-15-5D-73-01-{number:02}", "Policies": list(policies), "PrefixLength": 24, "State": state,
        "SharedContainers": [], "GatewayAddress": "0.0.0.0", "VirtualNetwork": NETWORK["ID"],
        "Resources": {"Allocators": [{"Tag": "Endpoint Port", "CompartmendId": number}]},
    }  # fmt: skip


def _found(check: str, *endpoints: dict[str, Any]) -> Finding:
    text = "".join(
        f"PS C:\\> {command} | ConvertTo-Json -Depth 20\n{json.dumps(objects, indent=4)}\n"
        for command, objects in (("Get-HnsNetwork", [NETWORK]), ("Get-HnsEndpoint", list(endpoints)))
    )
    return next(item for item in diagnose(read_text(f"{text}PS C:\\>\n")) if item.check == check)


def test_of_two_endpoints_with_one_address_the_unused_one_is_to_be_removed() -> None:
    found = _found("address-twice", _endpoint(11, "10.73.1.5", 1), _endpoint(12, "10.73.1.5", 2))

    assert "Remove-HnsEndpoint" in found.next_step
    assert "0000000011" in found.next_step


def test_of_two_endpoints_in_use_with_one_address_none_is_told_to_be_removed() -> None:
    found = _found("address-twice", _endpoint(11, "10.73.1.5", 2), _endpoint(12, "10.73.1.5", 2))

    assert "Remove-HnsEndpoint" not in found.next_step
    assert "another address" in found.next_step


def test_a_target_that_no_listed_endpoint_has_is_looked_for_where_nobody_looked_yet() -> None:
    policy = {
        "Type": "PROXY",
        "IP": "169.254.169.254",
        "Port": "80",
        "Destination": "10.73.1.99:80",
        "OutboundNat": True,
    }
    found = _found("policy-target", _endpoint(11, "10.73.1.5", 2, policy), _endpoint(12, "10.73.1.6", 2))

    assert "its addresses were not read" in found.next_step
    assert not found.confirmed
