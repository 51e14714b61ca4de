"""HNS networks: L2Bridge, Overlay, Transparent, NAT and ICS, and the virtual switches under them."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from hnskit.emulator.host import refusals
from hnskit.emulator.host.faults import Faults
from hnskit.emulator.host.network_addresses import MacRange, SubnetAddresses
from hnskit.emulator.host.network_shape import KEPT, HnsNetwork, NetworkShape, Switch
from hnskit.emulator.host.profiles import MODERN, Profile
from hnskit.emulator.host.reading import number_in, objects_in, text_in
from hnskit.emulator.host.text import IdGenerator, ordered
from hnskit.emulator.host.windows_network import IPAddress, Nic, Windows
from hnskit.model.objects import NetworkType

EMULATED = frozenset({
    NetworkType.L2BRIDGE, NetworkType.OVERLAY, NetworkType.NAT, NetworkType.TRANSPARENT, NetworkType.ICS,
})  # fmt: skip
"""Types that can be made here; every other one is refused by name. ICS was only seen from 15.0 on."""
_BEHIND_HOST = (NetworkType.NAT, NetworkType.ICS)
_NEED_SUBNET = (NetworkType.L2BRIDGE, NetworkType.OVERLAY)

ANY_SUBNET = "0.0.0.0/0"
"""The subnet that dockerd sends where none was given [moby#30342]."""
_FIRST_OWN, _OWN_RANGE = ipaddress.IPv4Network("172.24.144.0/20"), ipaddress.IPv4Network("172.16.0.0/12")

_WIFI = 9  # NdisPhysicalMediumNative802_11


class Networks:
    """The networks of one host."""

    def __init__(
        self,
        profile: Profile,
        mint: IdGenerator,
        windows: Windows,
        faults: Faults,
        host_network_moved: Callable[[], None],
    ) -> None:
        self._profile = profile
        self._mint = mint
        self._shape = NetworkShape(profile, mint)
        self._windows = windows
        self._faults = faults
        self._host_network_moved = host_network_moved
        self._networks: dict[str, HnsNetwork] = {}
        self._switches: list[Switch] = []
        self._left_behind: list[HnsNetwork] = []
        """Networks that are gone, whose endpoints still hold addresses (HNS fact 76)."""

    def __iter__(self) -> Iterator[HnsNetwork]:
        return iter(self._networks.values())

    def get(self, id: object) -> HnsNetwork:
        """A network by id, in whatever letter case (HNS fact 10)."""
        found = self._networks.get(str(id).upper())
        if found is None:
            raise refusals.not_found()
        return found

    def show(self, network: HnsNetwork) -> dict[str, Any]:
        """Return the network as GET prints it now: ManagementIP may come late (HNS fact 19)."""
        shown = network.json
        if network.management_ip_at > self._faults.now():
            shown = {key: value for key, value in shown.items() if key != "ManagementIP"}
        return dict(ordered(shown, self._profile))

    def create(self, body: Mapping[str, Any]) -> HnsNetwork:
        """POST /networks (HNS facts 16-21)."""
        kind, name = self._type(body), text_in(body, "Name")
        objects_in(body, "Policies")
        number_in(body, "Flags")
        pools = objects_in(body, "MacPools")
        if not all(text_in(item, end) for item in pools for end in ("StartMacAddress", "EndMacAddress")):
            raise refusals.invalid_parameter()  # UNCONFIRMED
        for key in KEPT:
            text_in(body, key)
        adapter = text_in(body, "NetworkAdapterName")
        if name and any(item.json["Name"] == name for item in self):
            raise refusals.network_exists()
        id = text_in(body, "ID") or self._mint.guid()
        if id.upper() in self._networks:
            raise refusals.object_exists()
        subnets = _subnets(body, kind, self._own_subnet)
        network = HnsNetwork({}, kind, self._shape.guid(), subnets=[item for item, _ in subnets])
        if kind is NetworkType.OVERLAY:
            network.isolation = _vsid(body)
        network.addresses = _addresses(subnets)
        moved = False
        if kind in _BEHIND_HOST:
            self._put_gateway(network, name or "nat", subnets)
        else:
            network.switch, moved = self._switch_for(kind, adapter)
            network.switch_id = network.switch.id
        network.json = self._shape.network(body, network, self._case(id), subnets)
        if kind is NetworkType.OVERLAY:
            self._shape.add_overlay(network, self._windows.reserve_compartment())
        block = network.json["MacPools"][0]
        network.macs = MacRange(block["StartMacAddress"], block["EndMacAddress"])
        self._networks[id.upper()] = network
        if moved:
            network.management_ip_at = self._faults.now() + self._faults.management_ip_late
            self._tell(network.switch)
        return network

    def delete(self, network: HnsNetwork, *, cut: bool = True) -> None:
        """DELETE /networks/{id}: succeeds with endpoints on it too (HNS fact 75). Without `cut` nobody is told."""
        del self._networks[network.id.upper()]
        if network.addresses.held:
            self._left_behind.append(network)
        if network.host_vnic is not None:
            self._windows.remove_nic(network.host_vnic)
        switch = network.switch
        if switch is not None and all(item.switch is not switch for item in self):
            self._switches.remove(switch)
            self._windows.move_back(switch.vnic, switch.nic)
            if cut:
                self._tell(switch)

    def switch_extension(self, network: HnsNetwork, body: Mapping[str, Any]) -> None:
        """POST /networks/{id} with Extensions (HNS fact 9)."""
        there = {item["Id"]: item for item in network.json["Extensions"]}
        changes = objects_in(body, "Extensions")
        if any(str(item.get("Id", "")).upper() not in there for item in changes):
            raise refusals.not_found()
        for change in changes:
            there[str(change["Id"]).upper()]["IsEnabled"] = bool(change.get("IsEnabled"))

    def add_subnet(self, network: HnsNetwork, body: Mapping[str, Any]) -> None:
        """HcnModifyNetwork: one subnet more. One that overlaps another of the network is refused (UNCONFIRMED)."""
        ((prefix, gateway),) = _subnets({"Subnets": [body]}, network.type, self._own_subnet)
        if any(prefix.overlaps(item) for item in network.subnets):
            raise refusals.object_exists()
        network.subnets.append(prefix)
        network.addresses.add(prefix, _reserved(prefix, gateway))
        shown = self._shape.subnet(prefix, gateway, body, network.type is NetworkType.NAT)
        network.json.setdefault("Subnets", []).append(shown)

    def remove_subnet(self, network: HnsNetwork, body: Mapping[str, Any]) -> None:
        """HcnModifyNetwork: a subnet less, by its prefix; not while an endpoint has an address of it (UNCONFIRMED)."""
        shown = network.json.get("Subnets", [])
        found = next((item for item in shown if item["AddressPrefix"] == body.get("AddressPrefix")), None)
        if found is None:
            raise refusals.not_found()
        prefix = ipaddress.IPv4Network(found["AddressPrefix"])
        if any(ipaddress.IPv4Address(item) in prefix for item in network.addresses.held):
            raise refusals.request_unsupported()
        shown.remove(found)
        network.subnets.remove(prefix)
        network.addresses.drop(prefix)

    def left_behind(self, address: str) -> bool:
        """Tell whether an endpoint of a network that is gone still holds an address (HNS fact 76)."""
        self._left_behind = [item for item in self._left_behind if item.addresses.held]
        return any(address in item.addresses.held for item in self._left_behind)

    def count(self, network: HnsNetwork, change: int) -> None:
        """An endpoint came or went: now, high-water mark, ever (HNS fact 22)."""
        json = network.json
        json["CurrentEndpointCount"] += change
        json["MaxConcurrentEndpoints"] = max(json["MaxConcurrentEndpoints"], json["CurrentEndpointCount"])
        json["TotalEndpoints"] += max(change, 0)

    def _tell(self, switch: Switch | None) -> None:
        # A bridge on an adapter that clients do not come in by cuts nobody off (HNS fact 68).
        if switch is not None and switch.nic.mac == self._windows.management_mac:
            self._host_network_moved()

    def _case(self, id: str) -> str:
        return id.upper() if self._profile.upper_network_ids else id.lower()

    def _switch_for(self, kind: NetworkType, adapter: str) -> tuple[Switch, bool]:
        # A second L2Bridge may share the switch of the first; another type may not (HNS fact 25).
        nic = self._adapter(adapter)
        switch = next((item for item in self._switches if item.nic is nic), None)
        if switch is not None:
            if switch.type is not kind:
                raise refusals.adapter_not_found()
            return switch, False
        if nic.medium == _WIFI and kind in _NEED_SUBNET:
            raise refusals.invalid_parameter()  # the code that Wi-Fi gives is UNCONFIRMED (HNS fact 26)
        vnic = self._windows.move_to_vnic(nic)
        self._faults.lose_in_move(vnic)
        guid = self._shape.guid
        switch = Switch(guid(), kind, nic, vnic, guid(), guid(), guid())
        self._switches.append(switch)
        return switch, True

    def _adapter(self, name: str) -> Nic:
        if name:
            nic = self._windows.nic_named(name)
            if nic is None:
                raise refusals.adapter_not_found()
            if not nic.physical:
                raise refusals.invalid_parameter()  # a vEthernet is not an adapter for a switch (HNS fact 25)
            return nic
        candidates = [nic for nic in self._windows.nics if nic.physical and nic.status == "Up"]
        if not candidates:
            raise refusals.adapter_not_found()
        return next((nic for nic in candidates if nic.bound), candidates[0])

    def _type(self, body: Mapping[str, Any]) -> NetworkType:
        try:
            kind = NetworkType(str(body.get("Type")))
        except ValueError:
            raise refusals.invalid_parameter() from None  # for a type that is none: UNCONFIRMED
        if kind not in EMULATED or (kind is NetworkType.ICS and self._profile.hns < MODERN):
            raise refusals.not_emulated(f"a network of type {kind}")
        return kind

    def _own_subnet(self) -> ipaddress.IPv4Network:
        """The subnet that HNS gives a NAT network which asks for none; which one Windows takes is UNCONFIRMED."""
        used = [prefix for item in self for prefix in item.subnets]
        free = (_FIRST_OWN, *_OWN_RANGE.subnets(new_prefix=20))
        return next((item for item in free if not any(item.overlaps(prefix) for prefix in used)), _FIRST_OWN)

    def _put_gateway(self, network: HnsNetwork, name: str, subnets: list[tuple[ipaddress.IPv4Network, str]]) -> None:
        network.host_vnic = self._windows.add_vnic(name, self._shape.mac(), forwarding=True)
        network.host_vnic.addresses = [IPAddress(gateway, prefix.prefixlen) for prefix, gateway in subnets]


def _vsid(body: Mapping[str, Any]) -> int:
    """The virtual subnet of an overlay network: a VSID policy of its subnet, which every client sends."""
    for subnet in objects_in(body, "Subnets"):
        for policy in objects_in(subnet, "Policies"):
            if str(policy.get("Type")).upper() == "VSID":
                return number_in(policy, "VSID")
    raise refusals.invalid_parameter()  # without one: UNCONFIRMED


def _addresses(subnets: list[tuple[ipaddress.IPv4Network, str]]) -> SubnetAddresses:
    """Of each subnet its own address, the broadcast, .1 and the gateway are reserved (HNS facts 70, 73)."""
    reserved = {address for prefix, gateway in subnets for address in _reserved(prefix, gateway)}
    return SubnetAddresses([prefix for prefix, _ in subnets], reserved)


def _reserved(prefix: ipaddress.IPv4Network, gateway: str) -> tuple[str, ...]:
    return str(prefix.network_address), str(prefix.broadcast_address), str(prefix[1]), gateway


def _subnets(
    body: Mapping[str, Any], kind: NetworkType, own: Callable[[], ipaddress.IPv4Network]
) -> list[tuple[ipaddress.IPv4Network, str]]:
    """Subnets with their gateways; `own` gives one where HNS is to choose."""
    sent = objects_in(body, "Subnets")
    for item in sent:
        objects_in(item, "Policies")
    if kind in _BEHIND_HOST and (not sent or sent[0].get("AddressPrefix") == ANY_SUBNET):
        sent = [{"AddressPrefix": str(own())}]
    if not sent and kind in _NEED_SUBNET:
        raise refusals.invalid_parameter()  # UNCONFIRMED; L2Bridge has static addresses only (HNS fact 26)
    try:
        prefixes = [(_network(item["AddressPrefix"]), item.get("GatewayAddress")) for item in sent]
        # A gateway outside the prefix is accepted (HNS fact 23).
        return [(prefix, _address(gateway or str(prefix[1]))) for prefix, gateway in prefixes]
    except (KeyError, TypeError, AttributeError, ValueError, IndexError):
        raise refusals.invalid_parameter() from None


def _network(text: Any) -> ipaddress.IPv4Network:
    """A prefix; a number is none, though Python's own reader takes one for an address."""
    if not isinstance(text, str):
        raise TypeError
    return ipaddress.IPv4Network(text)


def _address(text: Any) -> str:
    if not isinstance(text, str):
        raise TypeError
    return str(ipaddress.IPv4Address(text))
