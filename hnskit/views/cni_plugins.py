"""Effects of a configuration list in its CNI plug-in: the addresses that it gives out, the gateway, the policies.

Each plug-in is done here as its source does it, so that a list is held against what becomes of it, and not only against
a schema:

- `sdnbridge` (microsoft/windows-container-networking cni/cni.go, common/core/network.go): it reads the list into a
  struct and gives its IPAM plug-in what that struct kept. Of `ipam` that is type, environment, addressSpace, subnet,
  ipAddress, queryInterval and routes; `rangeStart`, `rangeEnd` and `gateway` are lost. Only with
  `optionalFlags.enableDualStack` the IPAM plug-in gets what was written, and then the network must be there already.
- `win-bridge` (containernetworking/plugins win-bridge_windows.go): the IPAM plug-in gets what was written; the gateway
  is the subnet's .2, whatever the list says.
- `host-local` (containernetworking/plugins ipam/host-local backend/allocator): without a gateway it is .1, without a
  range all but the subnet's own address and the broadcast; the gateway is never given out.
- `azure-vnet` has an IPAM plug-in of its own, which asks Azure.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from hnskit.errors import CniError

_SDNBRIDGE_KEEPS = frozenset({
    "type", "environment", "addressspace", "subnet", "ipaddress", "queryinterval", "routes",
})  # fmt: skip
"""In lower case: Go reads JSON's members without their letter case."""


_LONGEST_PREFIX = 30


@dataclass(frozen=True, slots=True)
class PodAddresses:
    """The addresses that pods of a list get.

    Attributes:
        first: the lowest that the IPAM plug-in gives out.
        last: the highest.
        skipped: what it leaves out between them.
        gateway: of each pod.
        network_made: whether the plug-in makes a network that is missing.
    """

    first: ipaddress.IPv4Address
    last: ipaddress.IPv4Address
    skipped: frozenset[ipaddress.IPv4Address]
    gateway: ipaddress.IPv4Address
    network_made: bool

    def may_give(self, address: ipaddress.IPv4Address) -> bool:
        """Tell whether a pod can get an address."""
        return self.first <= address <= self.last and address not in self.skipped


def pod_addresses(data: Mapping[str, Any]) -> PodAddresses | None:
    """Say which addresses the plug-in of a list gives to pods; None where Azure chooses.

    Raises:
        CniError: its IPAM plug-in would refuse the configuration.
    """
    config = data["plugins"][0]
    if config["type"] == "azure-vnet":
        return None
    ipam: Mapping[str, Any] = config["ipam"]
    whole = True
    if config["type"] == "sdnbridge":
        whole = bool(config.get("optionalFlags", {}).get("enableDualStack"))
        if not whole:
            ipam = {key: value for key, value in ipam.items() if key.lower() in _SDNBRIDGE_KEEPS}
    subnet, given = _host_local(ipam)
    if config["type"] == "win-bridge":
        return PodAddresses(*given[:2], frozenset({given[2]}), subnet[2], network_made=False)
    return PodAddresses(*given[:2], frozenset({given[2]}), given[2], network_made=not whole)


Given = tuple[ipaddress.IPv4Address, ipaddress.IPv4Address, ipaddress.IPv4Address]


def _host_local(ipam: Mapping[str, Any]) -> tuple[ipaddress.IPv4Network, Given]:
    """The subnet; first and last address, and the gateway."""
    try:
        subnet = ipaddress.IPv4Network(ipam["subnet"])
        gateway, first, last = (
            ipaddress.IPv4Address(ipam.get(key) or default)
            for key, default in (("gateway", subnet[1]), ("rangeStart", subnet[1]), ("rangeEnd", subnet[-2]))
        )
    except (KeyError, ValueError, IndexError) as cause:
        raise CniError(f"host-local would refuse this configuration: {cause}") from cause
    if subnet.prefixlen > _LONGEST_PREFIX:
        raise CniError(f"host-local would refuse this configuration: network {subnet} is too small to allocate from")
    if first not in subnet or not first <= last or last not in subnet:
        raise CniError(f"host-local would refuse this configuration: {first}-{last} is not in network {subnet}")
    return subnet, (first, last, gateway)
