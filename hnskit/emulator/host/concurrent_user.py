"""Another user of the same host, who makes a network, an endpoint or a policy."""

from __future__ import annotations

import json
from typing import Any

from hnskit.emulator.host.hns_service import HnsService


def act(hns: HnsService, wish: str) -> bool:
    """Do what the fault `second_user` says, through HNS, once that is possible.

    Args:
        wish: `network NAME`, `endpoint NAME` or `policy NAME`.

    Returns:
        True if it was possible: a policy needs its endpoint, an endpoint needs a bridge, and a name is not taken twice.
    """
    what, _, name = wish.partition(" ")
    endpoint = next((item for item in hns.endpoints if item.json["Name"] == name), None)
    bridge = next((item for item in hns.networks if item.switch is not None), None)
    path: str
    body: dict[str, Any]
    if what == "policy" and endpoint is not None:
        rule = {"Type": "ACL", "Action": "Block", "Direction": "Out", "Priority": 4000, "Protocols": "17"}
        path, body = f"/endpoints/{endpoint.id}", {"Policies": [*endpoint.json["Policies"], rule]}
    elif what == "endpoint" and endpoint is None and bridge is not None:
        # At the far end of the subnet: what HNS chooses might by chance be an address that the run wants.
        far = str(bridge.subnets[0][-2])
        path, body = "/endpoints", {"Name": name, "VirtualNetwork": bridge.id, "IPAddress": far}
    elif what == "network" and all(item.json["Name"] != name for item in hns.networks):
        path, body = "/networks", {"Name": name, "Type": "L2Bridge", "Subnets": [{"AddressPrefix": "10.77.0.0/24"}]}
    else:
        return False
    hns.call("POST", path, json.dumps(body))
    return True
