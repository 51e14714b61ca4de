"""Build the members that an HNS network prints, for each profile (HNS facts 18-21)."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from hnskit.emulator.host.allocators import Allocators
from hnskit.emulator.host.network_addresses import MacRange, SubnetAddresses
from hnskit.emulator.host.profiles import WFP_EXTENSION, Profile
from hnskit.emulator.host.text import IdGenerator
from hnskit.emulator.host.windows_network import Nic
from hnskit.model.objects import NetworkType

KEPT = ("DNSDomain", "DNSServerList", "DNSSuffix", "DrMacAddress", "NetworkAdapterName", "SourceMac")
"""Text members of a request that are echoed, only where they were sent (HNS fact 19)."""
_KEPT_FLAGS = ("AutomaticDNS",)
_MANAGED = frozenset({NetworkType.L2BRIDGE, NetworkType.OVERLAY})
"""Types that show a ManagementIP (HNS fact 19) and on which VFP is the engine (HNS fact 20)."""


@dataclass(slots=True)
class Switch:
    """An external virtual switch on a physical NIC."""

    id: str
    type: NetworkType
    nic: Nic
    vnic: Nic
    layered_on: str
    parent_id: str
    port_id: str = ""
    """Of its external port."""


@dataclass(slots=True)
class HnsNetwork:
    """A network: what it prints, and what it stands on."""

    json: dict[str, Any]
    type: NetworkType
    switch_id: str
    switch: Switch | None = None
    host_vnic: Nic | None = None
    """The gateway of a NAT network."""
    subnets: list[ipaddress.IPv4Network] = field(default_factory=list)
    addresses: SubnetAddresses = field(default_factory=lambda: SubnetAddresses((), ()))
    macs: MacRange = field(default_factory=lambda: MacRange("", ""))
    external_ports: dict[tuple[int, int], str] = field(default_factory=dict)
    """Protocol and port of the host that are led to an endpoint -> its ID."""
    management_ip_at: float = 0.0
    isolation: int = 0
    """VSID of an overlay network, VLAN of a NAT network; 0: none."""

    @property
    def id(self) -> str:
        """Its ID."""
        return str(self.json["ID"])

    def subnet_of(self, address: str) -> ipaddress.IPv4Network | None:
        """The subnet that holds an address."""
        return next((item for item in self.subnets if ipaddress.IPv4Address(address) in item), None)


class NetworkShape:
    """Makes networks' JSON for one Windows version."""

    def __init__(self, profile: Profile, mint: IdGenerator) -> None:
        self._profile = profile
        self._mint = mint
        self._allocators = Allocators(profile, mint)

    def guid(self) -> str:
        """A new id in the letter case of this Windows."""
        return self._mint.guid(self._profile.upper_network_ids)

    def mac_pool(self) -> tuple[str, str]:
        """First and last address of one block of 4096 (HNS fact 18)."""
        block = f"00-15-5D-{self._mint.below(256):02X}-{self._mint.below(16):X}"
        return f"{block}0-00", f"{block}F-FF"

    def mac(self) -> str:
        """An address of a block of its own."""
        pool = self.mac_pool()
        return f"{pool[0][:13]}{self._mint.below(16):X}-{self._mint.below(256):02X}"

    def _flags(self, value: int) -> dict[str, int]:
        return {"Flags": value} if self._profile.flags else {}

    def network(
        self,
        body: Mapping[str, Any],
        network: HnsNetwork,
        id: str,
        subnets: list[tuple[ipaddress.IPv4Network, str]],
    ) -> dict[str, Any]:
        """A new network. The request's members are of the right types already."""
        profile, activity, pool, switch = self._profile, self.guid(), self.mac_pool(), network.switch
        nat = network.type is NetworkType.NAT
        notified = {f"{kind}Notification{what}": 0 for kind in ("Address", "Interface", "Route")
                    for what in ("MissedCount", "SequenceNumber")}  # fmt: skip
        json: dict[str, Any] = {
            "ActivityId": activity,
            "CurrentEndpointCount": 0,
            "Extensions": self._extensions(vfp=network.type in _MANAGED),
            "Flags": body.get("Flags", profile.nat_flags if nat else 0),
            **self._allocators.health(**(notified if nat and profile.nat_notifications else {})),
            "ID": id,
            "IPv6": bool(body.get("IPv6", False)),
            "LayeredOn": switch.layered_on if switch else self.guid(),
            "MacPools": body.get("MacPools") or [{"EndMacAddress": pool[1], "StartMacAddress": pool[0]}],
            "MaxConcurrentEndpoints": 0,
            "Name": body.get("Name") or id.lower(),
            "Policies": [dict(item) for item in body.get("Policies") or []],
            "Resources": {
                **self._allocators.resources(activity),
                "parentId": switch.parent_id if switch else self.guid(),
            },
            "State": 1,
            "TotalEndpoints": 0,
            "Type": body["Type"],
            "Version": profile.version,
            **{key: body[key] for key in KEPT if body.get(key)},
            **{key: bool(body[key]) for key in _KEPT_FLAGS if key in body},
        }
        if subnets:
            sent = body.get("Subnets") or [{}]
            json["Subnets"] = [
                self.subnet(prefix, gateway, sent[index] if index < len(sent) else {}, nat)
                for index, (prefix, gateway) in enumerate(subnets)
            ]
        if body.get("AdditionalParams"):
            json["AdditionalParams"] = body["AdditionalParams"]
        if network.type in _MANAGED and switch and switch.vnic.addresses:
            json["ManagementIP"] = switch.vnic.addresses[0].address
        if profile.switch_guid and (switch or network.type is NetworkType.ICS):
            json["SwitchGuid"] = network.switch_id = id
        if network.type in (NetworkType.NAT, NetworkType.ICS):
            self._add_host_vnic(json, network)
        return json

    def add_overlay(self, network: HnsNetwork, dns_compartment: int) -> None:
        """Add the members that only an overlay network has (HNS fact 21).

        Args:
            dns_compartment: the number of a compartment of its own.
        """
        json, switch = network.json, network.switch
        json |= {"DNSServerCompartment": dns_compartment, "DrMacAddress": json.get("DrMacAddress") or self.mac()}
        domain = self._allocators.routing_domain(
            network_id=network.id,
            isolation=network.isolation,
            port_id=switch.port_id if switch else "",
            switch_id=network.switch_id,
        )
        json["Resources"] |= self._allocators.numbered([domain])

    def _add_host_vnic(self, json: dict[str, Any], network: HnsNetwork) -> None:
        vnic, profile, shares = network.host_vnic, self._profile, network.type is NetworkType.ICS
        if profile.flags and not shares:
            json["Policies"].append({"Type": "VLAN", "VLAN": 1})
            network.isolation = 1
        if shares:
            json |= {"GatewayMac": self.mac(), "SwitchName": json["Name"]}
        if vnic is None or not network.subnets:
            json["NatName"] = f"{'ICS' if shares else profile.nat_name}{self.guid()}"
            return
        subnet, make = network.subnets[0], self._allocators
        port = make.host_vnic(
            name=str(json["Name"]), mac=vnic.mac, switch_id=network.switch_id, isolation=network.isolation
        )
        interface = str(port["InterfaceGuid"])
        below: dict[str, Any] = {
            "prefix": subnet.prefixlen, "subnet": str(subnet.network_address), "interface": interface,
        }  # fmt: skip
        old = shares or not profile.flags
        json["NatName"] = f"{'ICS' if shares else profile.nat_name}{interface}"
        json["Resources"] |= make.numbered([port, make.ics(**below, serves=shares) if old else make.nat(**below)])

    def _extensions(self, vfp: bool) -> list[dict[str, Any]]:
        # VFP is on where it is the engine (HNS fact 20).
        return [
            {"Id": WFP_EXTENSION, "IsEnabled": False, "Name": "Microsoft Windows Filtering Platform"},
            {"Id": self._profile.vfp_extension, "IsEnabled": vfp, "Name": self._profile.vfp_name},
            {"Id": self._profile.ndis_extension, "IsEnabled": True, "Name": "Microsoft NDIS Capture"},
        ]

    def subnet(self, prefix: ipaddress.IPv4Network, gateway: str, sent: Mapping[str, Any], nat: bool) -> dict[str, Any]:
        """A subnet of a network."""
        subnet: dict[str, Any] = {
            "AddressPrefix": str(prefix),
            "GatewayAddress": gateway,
            "Policies": [dict(item) for item in sent.get("Policies") or []],
            **self._flags(0),
        }
        if self._profile.health:
            subnet |= {**self._allocators.health(), "ID": self.guid(), "State": 0}
            if not nat or self._profile.flags:  # a NAT subnet has no ObjectType on 9.x (HNS fact 21)
                subnet["ObjectType"] = 5
        if self._profile.flags:
            subnet["IpSubnets"] = [
                {
                    **self._allocators.health(),
                    "Flags": 3,
                    "ID": self.guid(),
                    "IpAddressPrefix": str(prefix),
                    "ObjectType": 6,
                    "Policies": [],
                    "State": 0,
                }
            ]
        return subnet
