"""HNS networks: L2Bridge, NAT and Transparent, and the virtual switches under them."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from hnskit.emulator.host import refusals
from hnskit.emulator.host.faults import Faults
from hnskit.emulator.host.profiles import WFP_EXTENSION, Profile
from hnskit.emulator.host.reading import objects_in, text_in
from hnskit.emulator.host.text import Mint, ordered
from hnskit.emulator.host.windows import IPAddress, Nic, Windows
from hnskit.model import NetworkType

EMULATED = (NetworkType.L2BRIDGE, NetworkType.NAT, NetworkType.TRANSPARENT)
"""Types that can be made here; every other one is refused by name."""

_WIFI = 9  # NdisPhysicalMediumNative802_11
_KEPT = ("DNSServerList", "DNSSuffix", "NetworkAdapterName", "SourceMac")  # echoed only where sent (HNS fact 19)


@dataclass(slots=True)
class Switch:
    """An external virtual switch on a physical NIC."""

    id: str
    type: NetworkType
    nic: Nic
    vnic: Nic
    layered_on: str
    parent_id: str


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
    reserved: set[str] = field(default_factory=set)
    """Addresses that no endpoint may have (HNS facts 70, 73)."""
    management_ip_at: float = 0.0

    @property
    def id(self) -> str:
        """Its ID."""
        return str(self.json["ID"])

    def subnet_of(self, address: str) -> ipaddress.IPv4Network | None:
        """The subnet that holds an address."""
        return next((item for item in self.subnets if ipaddress.IPv4Address(address) in item), None)


class Networks:
    """The networks of one host."""

    def __init__(
        self, profile: Profile, mint: Mint, windows: Windows, faults: Faults, host_network_moved: Callable[[], None]
    ) -> None:
        self._profile = profile
        self._mint = mint
        self._windows = windows
        self._faults = faults
        self._host_network_moved = host_network_moved
        self._networks: dict[str, HnsNetwork] = {}
        self._switches: list[Switch] = []

    def __iter__(self) -> Iterator[HnsNetwork]:
        return iter(self._networks.values())

    def get(self, id: object) -> HnsNetwork:
        """A network by id, in whatever letter case (HNS fact 10)."""
        found = self._networks.get(str(id).upper())
        if found is None:
            raise refusals.not_found()
        return found

    def show(self, network: HnsNetwork) -> dict[str, Any]:
        """What GET prints now: ManagementIP may come late (HNS fact 19)."""
        shown = network.json
        if network.management_ip_at > self._faults.now():
            shown = {key: value for key, value in shown.items() if key != "ManagementIP"}
        return dict(ordered(shown, self._profile))

    def create(self, body: Mapping[str, Any]) -> HnsNetwork:
        """POST /networks (HNS facts 16-21)."""
        kind, name = _type(body), text_in(body, "Name")
        objects_in(body, "Policies")
        adapter = text_in(body, "NetworkAdapterName")
        if name and any(item.json["Name"] == name for item in self):
            raise refusals.network_exists()
        id = text_in(body, "ID") or self._mint.guid()
        if id.upper() in self._networks:
            raise refusals.object_exists()
        subnets = _subnets(body, kind)
        network = HnsNetwork({}, kind, self._mint.guid(), subnets=[item for item, _ in subnets])
        for prefix, gateway in subnets:
            network.reserved |= {str(prefix.network_address), str(prefix.broadcast_address), str(prefix[1]), gateway}
        moved = False
        if kind is NetworkType.NAT:
            self._put_gateway(network, name or "nat", subnets)
        else:
            network.switch, moved = self._switch_for(kind, adapter)
            network.switch_id = network.switch.id
        network.json = self._json(body, network, self._case(id), subnets)
        self._networks[id.upper()] = network
        if moved:
            network.management_ip_at = self._faults.now() + self._faults.management_ip_late
            self._host_network_moved()
        return network

    def delete(self, network: HnsNetwork) -> None:
        """DELETE /networks/{id}: succeeds with endpoints on it too (HNS fact 75)."""
        del self._networks[network.id.upper()]
        if network.host_vnic is not None:
            self._windows.remove_nic(network.host_vnic)
        switch = network.switch
        if switch is not None and all(item.switch is not switch for item in self):
            self._switches.remove(switch)
            self._windows.move_back(switch.vnic, switch.nic)
            self._host_network_moved()

    def switch_extension(self, network: HnsNetwork, body: Mapping[str, Any]) -> None:
        """POST /networks/{id} with Extensions (HNS fact 9)."""
        for change in objects_in(body, "Extensions"):
            wanted = str(change.get("Id", "")).upper()
            found = next((item for item in network.json["Extensions"] if item["Id"] == wanted), None)
            if found is None:
                raise refusals.not_found()
            found["IsEnabled"] = bool(change.get("IsEnabled"))

    def count(self, network: HnsNetwork, change: int) -> None:
        """An endpoint came or went: now, high-water mark, ever (HNS fact 22)."""
        json = network.json
        json["CurrentEndpointCount"] += change
        json["MaxConcurrentEndpoints"] = max(json["MaxConcurrentEndpoints"], json["CurrentEndpointCount"])
        json["TotalEndpoints"] += max(change, 0)

    def _case(self, id: str) -> str:
        return id.upper() if self._profile.upper_network_ids else id.lower()

    def _guid(self) -> str:
        return self._mint.guid(self._profile.upper_network_ids)

    def _switch_for(self, kind: NetworkType, adapter: str) -> tuple[Switch, bool]:
        # A second L2Bridge may share the switch of the first; another type may not (HNS fact 25).
        nic = self._adapter(adapter)
        switch = next((item for item in self._switches if item.nic is nic), None)
        if switch is not None:
            if switch.type is not kind:
                raise refusals.adapter_not_found()
            return switch, False
        if nic.medium == _WIFI and kind is NetworkType.L2BRIDGE:
            raise refusals.invalid_parameter()  # the code that Wi-Fi gives is UNCONFIRMED (HNS fact 26)
        vnic = self._windows.move_to_vnic(nic)
        self._faults.lose_in_move(vnic)
        switch = Switch(self._guid(), kind, nic, vnic, self._guid(), self._guid())
        self._switches.append(switch)
        return switch, True

    def _adapter(self, name: str) -> Nic:
        if name:
            nic = self._windows.nic_named(name)
            if nic is None:
                raise refusals.adapter_not_found()
            if not nic.physical:
                raise refusals.invalid_parameter()  # a vEthernet is no adapter for a switch (HNS fact 25)
            return nic
        candidates = [nic for nic in self._windows.nics if nic.physical and nic.status == "Up"]
        if not candidates:
            raise refusals.adapter_not_found()
        return next((nic for nic in candidates if nic.bound), candidates[0])

    def _put_gateway(
        self, network: HnsNetwork, name: str, subnets: list[tuple[ipaddress.IPv4Network, str]]
    ) -> None:
        network.host_vnic = self._windows.add_vnic(name, self._mac(self._pool()), forwarding=True)
        network.host_vnic.addresses = [IPAddress(gateway, prefix.prefixlen) for prefix, gateway in subnets]

    def _pool(self) -> tuple[str, str]:
        # One block of 4096 addresses (HNS fact 18).
        block = f"00-15-5D-{self._mint.below(256):02X}-{self._mint.below(16):X}"
        return f"{block}0-00", f"{block}F-FF"

    def _mac(self, pool: tuple[str, str]) -> str:
        return f"{pool[0][:13]}{self._mint.below(16):X}-{self._mint.below(256):02X}"

    def _health(self, **more: int) -> dict[str, Any]:
        if not self._profile.health:
            return {}
        return {
            "AdditionalParams": {},
            "Health": {"LastErrorCode": 0, "LastUpdateTime": self._mint.filetime(), **more},
        }

    def _flags(self, value: int) -> dict[str, int]:
        return {"Flags": value} if self._profile.flags else {}

    def _json(
        self,
        body: Mapping[str, Any],
        network: HnsNetwork,
        id: str,
        subnets: list[tuple[ipaddress.IPv4Network, str]],
    ) -> dict[str, Any]:
        profile, nat, activity, pool = self._profile, network.type is NetworkType.NAT, self._guid(), self._pool()
        notified = {f"{kind}Notification{what}": 0 for kind in ("Address", "Interface", "Route")
                    for what in ("MissedCount", "SequenceNumber")}  # fmt: skip
        json: dict[str, Any] = {
            "ActivityId": activity,
            "CurrentEndpointCount": 0,
            "Extensions": self._extensions(vfp=network.type is NetworkType.L2BRIDGE),
            "Flags": body.get("Flags", profile.nat_flags if nat else 0),
            **self._health(**(notified if nat and profile.nat_notifications else {})),
            "ID": id,
            "IPv6": bool(body.get("IPv6", False)),
            "LayeredOn": network.switch.layered_on if network.switch else self._guid(),
            "MacPools": body.get("MacPools") or [{"EndMacAddress": pool[1], "StartMacAddress": pool[0]}],
            "MaxConcurrentEndpoints": 0,
            "Name": body.get("Name") or id.lower(),
            "Policies": [dict(item) for item in body.get("Policies") or []],
            "Resources": {
                "AllocationOrder": 0,
                **self._health(),
                **self._flags(0),
                **({"CompartmentOperationTime": 0} if profile.flags else {}),
                "ID": activity,
                "PortOperationTime": 0,
                "State": 1,
                "SwitchOperationTime": 0,
                "VfpOperationTime": 0,
                "parentId": network.switch.parent_id if network.switch else self._guid(),
            },
            "State": 1,
            "TotalEndpoints": 0,
            "Type": body["Type"],
            "Version": profile.version,
            **{key: body[key] for key in _KEPT if body.get(key)},
        }
        if subnets:
            sent = body.get("Subnets") or [{}]
            json["Subnets"] = [
                self._subnet(prefix, gateway, sent[index] if index < len(sent) else {}, nat)
                for index, (prefix, gateway) in enumerate(subnets)
            ]
        if body.get("AdditionalParams"):
            json["AdditionalParams"] = body["AdditionalParams"]
        if network.type is NetworkType.L2BRIDGE and network.switch and network.switch.vnic.addresses:
            json["ManagementIP"] = network.switch.vnic.addresses[0].address
        if network.switch and profile.switch_guid:
            json["SwitchGuid"] = id
        if nat:
            self._add_nat(json, network)
        return json

    def _add_nat(self, json: dict[str, Any], network: HnsNetwork) -> None:
        interface, vnic, profile = self._guid(), network.host_vnic, self._profile
        json["NatName"] = f"{profile.nat_name}{interface}"
        if profile.flags:
            json["Policies"].append({"Type": "VLAN", "VLAN": 1})
        if vnic is None or not network.subnets:
            return
        port: dict[str, Any] = {
            "AdapterNetCfgInstanceId": f"{{{interface}}}",
            "AllocationOrder": 0,
            "CompartmendId": 0,
            "Connected": True,
            "DNSFirewallRules": True,
            "DevicelessNic": True,
            "DhcpDisabled": True,
            "EndpointNicGuid": self._guid(),
            "EndpointPortGuid": self._guid(),
            "ID": self._guid(),
            "InterfaceGuid": interface,
            "IsPolicy": False,
            "IsolationId": 1,
            "MacAddress": vnic.mac,
            "ManagementPort": True,
            "NcfHidden": False,
            "NicFriendlyName": str(json["Name"])[:15],
            "NlmHidden": True,
            "State": 3,
            "SwitchId": network.switch_id,
            "Tag": "Host Vnic",
            "WaitForIpv6Interface": False,
            "nonPersistentPort": False,
            **self._health(),
            **self._flags(0),
        }
        port["PreferredPortFriendlyName"] = f"Container NIC {port['ID'][:8].lower()}"
        nat = {
            "AllocationOrder": 1,
            "ID": self._guid(),
            "IsPolicy": False,
            "Prefix": network.subnets[0].prefixlen,
            "PrivateInterfaceGUID": interface,
            "State": 3,
            "SubnetIPAddress": str(network.subnets[0].network_address),
            "Tag": "NAT",
            **self._health(NATState=2),
            **self._flags(0),
        }
        json["Resources"] |= {"AllocationOrder": 2, "Allocators": [port, nat]}

    def _extensions(self, vfp: bool) -> list[dict[str, Any]]:
        # VFP is on where it is the engine (HNS fact 20).
        return [
            {"Id": WFP_EXTENSION, "IsEnabled": False, "Name": "Microsoft Windows Filtering Platform"},
            {"Id": self._profile.vfp_extension, "IsEnabled": vfp, "Name": "Microsoft Azure VFP Switch Extension"},
            {"Id": self._profile.ndis_extension, "IsEnabled": True, "Name": "Microsoft NDIS Capture"},
        ]

    def _subnet(
        self, prefix: ipaddress.IPv4Network, gateway: str, sent: Mapping[str, Any], nat: bool
    ) -> dict[str, Any]:
        subnet: dict[str, Any] = {
            "AddressPrefix": str(prefix),
            "GatewayAddress": gateway,
            "Policies": [dict(item) for item in sent.get("Policies") or []],
            **self._flags(0),
        }
        if self._profile.health:
            subnet |= {**self._health(), "ID": self._guid(), "State": 0}
            if not nat or self._profile.flags:  # a NAT subnet has no ObjectType on 9.x (HNS fact 21)
                subnet["ObjectType"] = 5
        if self._profile.flags:
            subnet["IpSubnets"] = [
                {
                    **self._health(),
                    "Flags": 3,
                    "ID": self._guid(),
                    "IpAddressPrefix": str(prefix),
                    "ObjectType": 6,
                    "Policies": [],
                    "State": 0,
                }
            ]
        return subnet


def _type(body: Mapping[str, Any]) -> NetworkType:
    try:
        kind = NetworkType(str(body.get("Type")))
    except ValueError:
        raise refusals.invalid_parameter() from None  # for a type that is none: UNCONFIRMED
    if kind not in EMULATED:
        raise refusals.not_emulated(f"a network of type {kind}")
    return kind


def _subnets(body: Mapping[str, Any], kind: NetworkType) -> list[tuple[ipaddress.IPv4Network, str]]:
    sent = objects_in(body, "Subnets")
    for item in sent:
        objects_in(item, "Policies")
    if not sent and kind is NetworkType.NAT:
        sent = [{"AddressPrefix": "172.24.144.0/20"}]
    if not sent and kind is NetworkType.L2BRIDGE:
        raise refusals.invalid_parameter()  # UNCONFIRMED; L2Bridge has static addresses only (HNS fact 26)
    try:
        prefixes = [(ipaddress.IPv4Network(item["AddressPrefix"]), item.get("GatewayAddress")) for item in sent]
        # A gateway outside the prefix is accepted (HNS fact 23).
        return [(prefix, str(ipaddress.IPv4Address(gateway or prefix[1]))) for prefix, gateway in prefixes]
    except (KeyError, TypeError, AttributeError, ValueError, IndexError):
        raise refusals.invalid_parameter() from None
