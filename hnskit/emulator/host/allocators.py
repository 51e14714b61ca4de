"""Build the `Resources` of an object and its Allocators as HNS prints them (HNS facts 18, 21, 32, 33).

`Host Vnic` and `Endpoint Port` have the same members on every version of which a whole print is known, so that
of a version where only one of them was seen stands for the other.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from hnskit.emulator.host.profiles import MODERN, Profile
from hnskit.emulator.host.text import IdGenerator

VSWITCH_MTU = 1450
"""Of the management vNIC and of container vNICs (HNS facts 33, 66)."""

_VM_SWITCH_VNIC = "Host Vnic"
_TCP = 6
_ANY_PROTOCOL = 0


def bare_resources(activity: str) -> dict[str, Any]:
    """The Resources that every object has, nothing being allocated; `activity` is its ActivityId."""
    return {
        "AllocationOrder": 0,
        "ID": activity,
        "PortOperationTime": 0,
        "State": 1,
        "SwitchOperationTime": 0,
        "VfpOperationTime": 0,
    }


class Allocators:
    """Makes allocators for one Windows version; whoever uses them gives them their AllocationOrder by `numbered`."""

    def __init__(self, profile: Profile, mint: IdGenerator) -> None:
        self._profile = profile
        self._mint = mint

    def guid(self) -> str:
        """A new id in the letter case of this Windows."""
        return self._mint.guid(self._profile.upper_network_ids)

    def health(self, **more: int) -> dict[str, Any]:
        """Health and AdditionalParams of an object, where this Windows prints them."""
        if not self._profile.health:
            return {}
        health = {"LastErrorCode": 0, "LastUpdateTime": self._mint.filetime(), **more}
        return {"AdditionalParams": {}, "Health": health}

    def resources(self, activity: str) -> dict[str, Any]:
        """`bare_resources`, and what this Windows prints besides."""
        newer = {"CompartmentOperationTime": 0, "Flags": 0} if self._profile.flags else {}
        return {**bare_resources(activity), **self.health(), **newer}

    @staticmethod
    def numbered(made: Sequence[dict[str, Any]]) -> dict[str, Any]:
        """The members of Resources that hold them: each in its place, and their number (HNS fact 32)."""
        for order, allocator in enumerate(made):
            allocator["AllocationOrder"] = order
        return {"AllocationOrder": len(made), "Allocators": list(made)}

    def _made(self, fields: Mapping[str, Any], policy: bool, **health: int) -> dict[str, Any]:
        profile = self._profile
        allocator: dict[str, Any] = {"ID": self.guid(), "IsPolicy": policy, **fields}
        # HNS 5.1 prints a Type of 3 where 9.x prints a State of 3 (flannel's remote endpoint on 1709).
        allocator.setdefault("State" if profile.health else "Type", 3)
        allocator |= self.health(**health)
        if profile.flags:
            allocator.setdefault("Flags", 0)
        return allocator

    def policy(self, **fields: Any) -> dict[str, Any]:
        """An allocator of a policy that has no members of its own."""
        return self._made(fields, policy=True)

    def _port(self, fields: Mapping[str, Any]) -> dict[str, Any]:
        interface = self.guid()
        port: dict[str, Any] = {
            "AdapterNetCfgInstanceId": f"{{{interface}}}",
            "Connected": True,
            "DevicelessNic": True,
            "EndpointNicGuid": self.guid(),
            "EndpointPortGuid": self.guid(),
            "InterfaceGuid": interface,
            "WaitForIpv6Interface": False,
            "nonPersistentPort": False,
            **fields,
        }
        if self._profile.flags:
            port |= {"DNSFirewallRules": True, "DhcpDisabled": True, "NcfHidden": False, "NlmHidden": True}
        else:
            port |= {"Hidden": False, "MTU": VSWITCH_MTU}
        if self._profile.hns >= MODERN:
            port |= {
                "DeviceInstanceID": "",
                "NetworkId": fields["SwitchId"],
                "PortFriendlyNamePrefix": fields["Tag"],
                "VmPort": False,
            }
        return self._made(port, policy=False)

    def endpoint_port(
        self, *, id: str, name: str, mac: str, switch_id: str, compartment_id: int, isolation: int
    ) -> dict[str, Any]:
        """The port of an endpoint on its switch (HNS fact 33)."""
        return self._port({
            "CompartmendId": compartment_id,  # HNS's spelling
            "IsolationId": isolation,
            "MacAddress": mac,
            "ManagementPort": False,
            "NicFriendlyName": name,
            "PreferredPortFriendlyName": id,
            "SwitchId": switch_id,
            "Tag": "Endpoint Port",
        })  # fmt: skip

    def host_vnic(self, *, name: str, mac: str, switch_id: str, isolation: int) -> dict[str, Any]:
        """The host's own vNIC on a NAT or ICS network."""
        port = self._port({
            "CompartmendId": 0,
            "DevicelessNic": self._profile.flags,
            "IsolationId": isolation,
            "MacAddress": mac,
            "ManagementPort": True,
            "NicFriendlyName": name[:15],
            "PreferredPortFriendlyName": f"{_VM_SWITCH_VNIC} {switch_id}",
            "SwitchId": switch_id,
            "Tag": _VM_SWITCH_VNIC,
        })  # fmt: skip
        if self._profile.hns < MODERN:
            port["PreferredPortFriendlyName"] = f"Container NIC {port['ID'][:8].lower()}"
        return port

    def compartment(self, *, number: int, guid: str) -> dict[str, Any]:
        """The compartment of a namespace in which a container was started (containerd facts 24, 26).

        Which members it has besides these two is UNCONFIRMED.
        """
        return self._made({"CompartmentGuid": guid, "CompartmentId": number}, policy=False)

    def nat(self, *, prefix: int, subnet: str, interface: str) -> dict[str, Any]:
        """WinNAT of a NAT network, from 13.x on."""
        fields = {"Prefix": prefix, "PrivateInterfaceGUID": interface, "SubnetIPAddress": subnet, "Tag": "NAT"}
        return self._made(fields, policy=False, NATState=2)

    def ics(self, *, prefix: int, subnet: str, interface: str, serves: bool) -> dict[str, Any]:
        """Internet connection sharing: under a NAT network of 9.x, and of an ICS network, which also serves."""
        fields: dict[str, Any] = {
            "Dhcp": serves,
            "Dns": serves,
            "ExternalInterfaceConstraint": 0,
            "ICSFlags": 0,
            "Prefix": prefix,
            "PrivateInterfaceGUID": interface,
            "SubnetIPAddress": subnet,
            "Tag": "ICS",
        }
        if self._profile.flags:
            fields |= {"DisableSharing": False, "ICSDHCPFlags": 0}
        state = 2 if serves else 1
        return self._made(fields, policy=False, DHCPState=state, DNSState=state, ICSState=2)

    def routing_domain(self, *, network_id: str, isolation: int, port_id: str, switch_id: str) -> dict[str, Any]:
        """RDID: the routing domain of an overlay network (HNS fact 21)."""
        fields = {"Isolation_0": isolation, "PortId": port_id, "RDID": network_id, "SwitchId": switch_id, "Tag": "RDID"}
        return self._made(fields, policy=False)

    def isolation(self, number: int) -> dict[str, Any]:
        """The virtual subnet or VLAN of an endpoint."""
        newest = {"IsolationType": 3} if self._profile.isolation_type else {}
        return self.policy(InDefaultIsolation=False, IsolationID=number, Tag="Isolation Policy", **newest)

    def acl(self, own: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
        """An endpoint's rules, and then those that let everything pass."""
        default = [{"Action": "Allow", "Direction": way, "Priority": 65500, "Type": "ACL"} for way in ("In", "Out")]
        return self.policy(Rules=[*(dict(rule) for rule in own), *default], Tag="ACL Policy")

    def vnet(self, *, address: str, provider: str, local: bool) -> dict[str, Any]:
        """Build the allocator that maps a customer's address to the provider's network: overlay endpoints have it."""
        return self.policy(CA=address, IsLocal=local, PA=provider, Tag="VNET Policy")

    def outbound_nat(self, policy: Mapping[str, Any], *, address: str, provider: str) -> dict[str, Any]:
        """Source NAT by VFP; its pools are printed only for overlay endpoints, which have a provider's address."""
        exceptions = policy.get("ExceptionList")
        exceptions = exceptions if isinstance(exceptions, list) else []
        numbered = {f"NatExceptions_{index}": item for index, item in enumerate(exceptions)}
        made = self.policy(LocalRoutedVip=False, Tag="VFP OutBound NAT Policy", VIP=policy.get("VIP", ""), **numbered)
        if provider:
            made |= {
                f"{name}NatPool": f"SLB_NATPOOL_IPV4_{name.upper()}_{address}{provider}{made['ID']}0"
                for name in ("Tcp", "Udp")
            }
        return made

    def load_balancer(self, policy: Mapping[str, Any], *, served: bool) -> dict[str, Any]:
        """An ELB policy of a policy list; `served`: an endpoint that it leads to is attached.

        The Tag of one with direct server return is UNCONFIRMED: it has none here.
        """
        vips = policy.get("VIPs")
        vips = vips if isinstance(vips, list) else []
        protocol, direct = policy.get("Protocol", _ANY_PROTOCOL), bool(policy.get("IsDSR", False))
        references = len(vips) + 1 if served else 0
        made = self.policy(
            DestinationVIPMappingRef=references if vips else 0,
            ExternalPort=policy.get("ExternalPort", 0),
            ILB=bool(policy.get("ILB", False)),
            InternalPort=policy.get("InternalPort", 0),
            IsDSR=direct,
            LocalRoutedVip=bool(policy.get("LocalRoutedVip", False)),
            NatPool=f"SLB_NATPOOL_IPV4_{'TCP' if protocol == _TCP else 'UDP'}_0",
            Protocol=protocol,
            SourceVIPMappingRe=references,  # HNS's spelling
            SourceVip=policy.get("SourceVIP", ""),
            TCPPortAllocate=served,
            UDPPortAllocate=served and protocol != _TCP,
            **{f"VIP_{index}": address for index, address in enumerate(vips)},
        )
        return made if direct else made | {"Tag": "VFP ELB Policy Non Dsr"}
