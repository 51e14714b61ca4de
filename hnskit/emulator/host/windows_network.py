"""The emulated host's own network: adapters, interfaces, addresses, routes, compartments."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from hnskit.emulator.host.allocators import VSWITCH_MTU
from hnskit.emulator.host.text import IdGenerator
from hnskit.emulator.powershell.command import Int64
from hnskit.model.objects import HOST_COMPARTMENT, METADATA_ADDRESS

HOST_COMPARTMENT_GUID = "{b1062982-2b18-4b4f-b3d5-a78ddb9cdd49}"
"""The same on every host (HNS fact 79)."""

DNS_SERVER = "168.63.129.16"
"""The fabric's resolver, as a cloud's DHCP gives it."""

DNS_SUFFIX = "internal.cloudapp.net"
"""The host's own, as a cloud's DHCP gives it."""

_ETHERNET, _WIFI = 14, 9  # NdisPhysicalMedium802_3, NdisPhysicalMediumNative802_11
_CONNECTED_METRIC = 256


@dataclass(slots=True)
class IPAddress:
    """An address on a NIC."""

    address: str
    prefix_length: int
    origin: str = "Manual"


@dataclass(slots=True)
class HostRoute:
    """A route that somebody gave, as opposed to one that follows from an address."""

    prefix: str
    next_hop: str
    metric: int = 0
    persistent: bool = False


@dataclass(slots=True)
class Nic:
    """A network adapter with its IPv4 interface."""

    name: str
    description: str
    index: int
    mac: str
    physical: bool = False
    medium: int = _ETHERNET
    status: str = "Up"
    compartment_id: int = HOST_COMPARTMENT
    bound: bool = True
    """True if IPv4 is bound: a NIC under a virtual switch has no interface (HNS fact 66)."""
    forwarding: bool = False
    forwarding_ipv6: bool = False
    dhcp: bool = False
    mtu: int = 1500
    loopback: bool = False
    addresses: list[IPAddress] = field(default_factory=list)
    routes: list[HostRoute] = field(default_factory=list)
    endpoint_id: str = ""
    inner_description: str = ""
    """The description as its own compartment's programs show it, where the host's list has none (HNS fact 82)."""


@dataclass(slots=True)
class NetCompartment:
    """A network compartment."""

    id: int
    description: str
    guid: str


class Windows:
    """Adapters, interfaces and compartments of one host."""

    def __init__(
        self, name: str, mint: IdGenerator, *, static: bool = False, wifi: bool = False, second_adapter: bool = False
    ) -> None:
        self.computer_name = name.upper()[:15]
        self._made_static, self._made_wifi = static, wifi
        self._mint = mint
        self._next_index = 12
        self._virtual_count = 0
        self._last_compartment = self._reserved_compartment = HOST_COMPARTMENT
        self.nics: list[Nic] = [
            Nic(
                "Loopback Pseudo-Interface 1", "", 1, "", mtu=4294967295, loopback=True,
                addresses=[IPAddress("127.0.0.1", 8, "WellKnown")],
            ),
            Nic(
                "Ethernet", "Microsoft Hyper-V Network Adapter", 6, _mac(mint, "00-0D-3A"), physical=True,
                dhcp=not static, medium=_WIFI if wifi else _ETHERNET,
                addresses=[IPAddress("10.0.0.5", 24, "Manual" if static else "Dhcp")],
                routes=[
                    HostRoute("0.0.0.0/0", "10.0.0.1"),
                    HostRoute(f"{DNS_SERVER}/32", "10.0.0.1"),
                    HostRoute(f"{METADATA_ADDRESS}/32", "10.0.0.1"),
                ],
            ),
        ]  # fmt: skip
        if second_adapter:
            self.nics.append(
                Nic(
                    "Ethernet 2", "Microsoft Hyper-V Network Adapter #2", 9, _mac(mint, "00-0D-3A"), physical=True,
                    dhcp=True, addresses=[IPAddress("10.0.9.5", 24, "Dhcp")],
                )
            )  # fmt: skip
        self.management_mac = self.nics[1].mac
        """Of the adapter that clients come in by."""
        self.compartments: list[NetCompartment] = [
            NetCompartment(HOST_COMPARTMENT, "Default Compartment", HOST_COMPARTMENT_GUID)
        ]

    def change_adapter(self, *, static: bool, wifi: bool) -> None:
        """Make the management adapter one with a typed-in address, or a Wi-Fi one; one that was made so stays so."""
        static, wifi = static or self._made_static, wifi or self._made_wifi
        nic = next(nic for nic in self.nics if nic.physical)
        nic.medium = _WIFI if wifi else _ETHERNET
        nic.dhcp = not static
        for item in nic.addresses:
            item.origin = "Manual" if static else "Dhcp"

    def nic_named(self, name: str) -> Nic | None:
        """The adapter of this name."""
        return next((nic for nic in self.nics if nic.name.lower() == name.lower()), None)

    def nic_at(self, index: int) -> Nic | None:
        """The adapter with this ifIndex."""
        return next((nic for nic in self.nics if nic.index == index), None)

    def nic_of(self, endpoint_id: str) -> Nic | None:
        """The vNIC of an endpoint."""
        return next((nic for nic in self.nics if nic.endpoint_id and nic.endpoint_id == endpoint_id), None)

    def nics_in(self, compartment_id: int) -> list[Nic]:
        """Adapters of one compartment, loopback first."""
        return [nic for nic in self.nics if nic.compartment_id == compartment_id]

    def compartment(self, id: int) -> NetCompartment | None:
        """The compartment of this number."""
        return next((item for item in self.compartments if item.id == id), None)

    def compartment_of(self, container_id: str) -> NetCompartment | None:
        """A running container's compartment (HNS fact 79)."""
        wanted = f"\\Container_{container_id}"
        return next((item for item in self.compartments if item.description == wanted), None)

    def add_compartment(self, container_id: str) -> NetCompartment:
        """A container starts: it gets the next number, no old one again until a reboot (HNS facts 80, 81)."""
        self._last_compartment += 1
        made = NetCompartment(
            self._last_compartment, f"\\Container_{container_id}", "{" + self._mint.guid(upper=False) + "}"
        )
        self.compartments.append(made)
        self.nics.append(
            Nic(
                f"Loopback Pseudo-Interface {made.id}", "", self._index(), "", mtu=4294967295, loopback=True,
                compartment_id=made.id, addresses=[IPAddress("127.0.0.1", 8, "WellKnown")],
            )
        )  # fmt: skip
        return made

    def reserve_compartment(self) -> int:
        """A number for the compartment in which HNS serves the DNS of an overlay network (HNS fact 21).

        That the host lists that compartment is UNCONFIRMED: it is not listed here.
        """
        self._last_compartment += 1
        self._reserved_compartment = self._last_compartment
        return self._last_compartment

    def count_compartments_anew(self) -> None:
        """The host has started again: what numbers containers get then is UNCONFIRMED, small ones were seen."""
        self._last_compartment = self._reserved_compartment

    def remove_compartment(self, container_id: str) -> None:
        """A container stops: its compartment and what was in it are gone (HNS fact 80)."""
        gone = self.compartment_of(container_id)
        if gone is not None:
            self.drop_compartment(gone.id)

    def drop_compartment(self, number: int) -> None:
        """A compartment and what was in it are gone."""
        self.compartments = [item for item in self.compartments if item.id != number]
        self.nics = [nic for nic in self.nics if nic.compartment_id != number]

    def add_vnic(self, name: str, mac: str, **fields: Any) -> Nic:
        """A virtual adapter `vEthernet (name)`, with a number where the name is taken (HNS facts 41, 66).

        One in a container's compartment has a blank description in the host's list (HNS fact 82).
        """
        self._virtual_count += 1
        number = f" #{self._virtual_count}" if self._virtual_count > 1 else ""
        description = f"Hyper-V Virtual Ethernet Adapter{number}"
        own = fields.get("compartment_id", HOST_COMPARTMENT) == HOST_COMPARTMENT
        nic = Nic(
            self._free_name(f"vEthernet ({name})"), description if own else "", self._index(), mac,
            inner_description=description, **fields,
        )  # fmt: skip
        self.nics.append(nic)
        return nic

    def remove_nic(self, nic: Nic) -> None:
        """Take an adapter away."""
        self.nics.remove(nic)

    def move_to_vnic(self, nic: Nic) -> Nic:
        """An external virtual switch takes a NIC: its address and routes go to a vNIC with its MAC (HNS fact 66)."""
        vnic = self.add_vnic(nic.name, nic.mac, mtu=VSWITCH_MTU, dhcp=nic.dhcp, forwarding=nic.forwarding)
        self._move(nic, vnic)
        nic.bound = False
        return vnic

    def move_back(self, vnic: Nic, nic: Nic) -> None:
        """The switch goes: the NIC has its address again (HNS fact 78)."""
        nic.bound = True
        self._move(vnic, nic)
        self.remove_nic(vnic)

    def has_our_label(self, address: str) -> bool:
        """Tell whether the address is the host's own."""
        return any(
            item.address == address
            for nic in self.nics
            if nic.compartment_id == HOST_COMPARTMENT
            for item in nic.addresses
        )

    @staticmethod
    def _move(source: Nic, target: Nic) -> None:
        target.addresses, source.addresses = source.addresses, []
        target.routes, source.routes = source.routes, []

    def _index(self) -> int:
        index = self._next_index
        self._next_index += 1
        return index

    def _free_name(self, name: str) -> str:
        free, number = name, 2
        while self.nic_named(free) is not None:
            free, number = f"{name} {number}", number + 1
        return free

    # What the host's commands print: properties as scripts/host_windows.ps1 names, types and orders them.

    def adapter_rows(self) -> Iterator[dict[str, Any]]:
        """Get-NetAdapter, container vNICs among them (HNS fact 82)."""
        for nic in self.nics:
            if not nic.loopback:
                yield {
                    "Name": nic.name,
                    "Description": nic.description,
                    "Index": nic.index,
                    "Status": nic.status,
                    "MacAddress": nic.mac,
                    "Physical": nic.physical,
                    "Medium": nic.medium if nic.physical else 0,
                }

    def interface_rows(self) -> Iterator[dict[str, Any]]:
        """Get-NetIPInterface -IncludeAllCompartments."""
        for nic in self.nics:
            if nic.bound:
                yield {
                    "Index": nic.index,
                    "Alias": nic.name,
                    "CompartmentId": nic.compartment_id,
                    "Forwarding": "Enabled" if nic.forwarding else "Disabled",
                    "Mtu": Int64(nic.mtu),
                    "Dhcp": "Enabled" if nic.dhcp else "Disabled",
                    "ConnectionState": "Connected" if nic.status == "Up" else "Disconnected",
                }

    def address_rows(self) -> Iterator[dict[str, Any]]:
        """Get-NetIPAddress: the host's own only (HNS fact 82)."""
        for nic in self.nics_in(HOST_COMPARTMENT):
            for item in nic.addresses:
                yield {
                    "Index": nic.index,
                    "Alias": nic.name,
                    "IPAddress": item.address,
                    "PrefixLength": item.prefix_length,
                    "Origin": item.origin,
                    "State": "Preferred",
                }

    def route_rows(self) -> Iterator[dict[str, Any]]:
        """Get-NetRoute -IncludeAllCompartments."""
        for nic in self.nics:
            for route in routes_of(nic):
                yield {
                    "DestinationPrefix": route.prefix,
                    "NextHop": route.next_hop,
                    "Index": nic.index,
                    "Metric": route.metric,
                    "CompartmentId": nic.compartment_id,
                }

    def compartment_rows(self) -> Iterator[dict[str, Any]]:
        """Get-NetCompartment."""
        for item in self.compartments:
            yield {"Id": item.id, "Description": item.description, "Guid": item.guid}


def routes_of(nic: Nic) -> Iterator[HostRoute]:
    """A NIC's active routes: those that were given, then those that follow from its addresses."""
    if not nic.bound or not nic.addresses:
        return
    yield from nic.routes
    for item in nic.addresses:
        network = ipaddress.IPv4Interface(f"{item.address}/{item.prefix_length}").network
        connected = [str(network), f"{item.address}/32", f"{network.broadcast_address}/32"]
        for prefix in dict.fromkeys(connected):
            yield HostRoute(prefix, "0.0.0.0", _CONNECTED_METRIC)  # noqa: S104 - on-link, as Get-NetRoute prints it
    for prefix in ("224.0.0.0/4", "255.255.255.255/32"):
        yield HostRoute(prefix, "0.0.0.0", _CONNECTED_METRIC)  # noqa: S104


def _mac(mint: IdGenerator, vendor: str) -> str:
    return "-".join([vendor, *(f"{mint.below(256):02X}" for _ in range(3))])
