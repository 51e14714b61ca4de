"""HNS endpoints: create, update, delete."""

from __future__ import annotations

import ipaddress
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from hnskit.emulator.host import policies, refusals
from hnskit.emulator.host.allocators import Allocators
from hnskit.emulator.host.network_shape import HnsNetwork
from hnskit.emulator.host.networks import Networks
from hnskit.emulator.host.profiles import Profile
from hnskit.emulator.host.reading import number_in, text_in
from hnskit.emulator.host.text import IdGenerator, ordered
from hnskit.emulator.host.windows_network import DNS_SERVER, DNS_SUFFIX, Windows
from hnskit.model.objects import EndpointState, NetworkType

_KEPT = ("DNSDomain", "DNSServerList", "DNSSuffix")  # echoed where sent (HNS fact 27)
_LEAN = (
    "ID", "Name", "Version", "AdditionalParams", "Resources", "State", "VirtualNetwork", "VirtualNetworkName",
    "Policies", "MacAddress", "Flags", "EnableInternalDNS", "IPAddress", "PrefixLength", "GatewayAddress", "IPSubnetId",
    "DNSServerList", "DNSSuffix", "DNSDomain", "Namespace", "EncapOverhead", "IsRemoteEndpoint", "SharedContainers",
)  # fmt: skip
"""Members and order of `Profile.lean_endpoints`; where IsRemoteEndpoint stands is UNCONFIRMED."""
_LEAN_ALWAYS = frozenset({"AdditionalParams", "SharedContainers"})
_ENCAP_OVERHEAD = {NetworkType.L2BRIDGE: 50, NetworkType.OVERLAY: 50}  # 0 elsewhere; seen from 9.3 on


@dataclass(slots=True)
class HnsEndpoint:
    """An endpoint: what it prints, and its network."""

    json: dict[str, Any]
    network: HnsNetwork

    @property
    def id(self) -> str:
        """Its ID."""
        return str(self.json["ID"])

    @property
    def attached(self) -> bool:
        """Tell whether it is bound to a compartment."""
        return self.json["State"] in (EndpointState.ATTACHED, EndpointState.ATTACHED_SHARING)


class Endpoints:
    """The endpoints of one host."""

    def __init__(self, profile: Profile, mint: IdGenerator, windows: Windows, networks: Networks) -> None:
        self._profile = profile
        self._mint = mint
        self._windows = windows
        self._networks = networks
        self._allocators = Allocators(profile, mint)
        self._endpoints: dict[str, HnsEndpoint] = {}
        self._macs: Counter[str] = Counter()
        """Addresses of all endpoints, as HNS itself writes them."""
        self.on_delete: list[Callable[[HnsEndpoint], None]] = []
        """Called with each endpoint that is going."""

    def __iter__(self) -> Iterator[HnsEndpoint]:
        return iter(self._endpoints.values())

    def get(self, id: object) -> HnsEndpoint:
        """An endpoint by id, in whatever letter case. Its ActivityId is not an id (HNS fact 39)."""
        found = self._endpoints.get(str(id).upper())
        if found is None:
            raise refusals.not_found()
        return found

    def show(self, endpoint: HnsEndpoint) -> dict[str, Any]:
        """Return the object as GET prints it."""
        shown = ordered(endpoint.json, self._profile)
        if not self._profile.lean_endpoints:
            return dict(shown)
        lower = {key: shown[key].lower() for key in ("ID", "VirtualNetwork")}
        return {key: lower.get(key, shown[key]) for key in _LEAN if shown.get(key) or key in _LEAN_ALWAYS}

    def create(self, body: Mapping[str, Any]) -> HnsEndpoint:
        """POST /endpoints (HNS facts 27-30); two of the same Name are legal (HNS fact 73)."""
        if not text_in(body, "VirtualNetwork"):
            raise refusals.invalid_parameter()  # UNCONFIRMED
        network = self._networks.get(body["VirtualNetwork"])
        id = text_in(body, "ID") or self._mint.guid()
        if id.upper() in self._endpoints:
            raise refusals.object_exists()
        requested = self._requested(body.get("Policies", []), network)
        remote = bool(body.get("IsRemoteEndpoint", False))
        if remote and not (body.get("IPAddress") and body.get("MacAddress")):
            raise refusals.invalid_parameter()  # UNCONFIRMED
        length = _checked(body)
        self._free_ports(network, requested)
        address = self._address(network, text_in(body, "IPAddress"), remote)
        mac = text_in(body, "MacAddress") or network.macs.draw(self._mint.below, self._macs.__contains__)
        if not mac:
            network.addresses.release(address)
            raise refusals.unspecified()  # what HNS says when the pool is used up is UNCONFIRMED
        subnet = network.subnet_of(address) if address else None
        endpoint = HnsEndpoint(self._json(body, network, id, address, mac), network)
        json = endpoint.json
        json["Policies"] = policies.created(requested, network.type)
        if not policies.workable(requested):
            json["State"] = int(EndpointState.DEGRADED)
        if length or subnet is not None:
            json["PrefixLength"] = length or (subnet.prefixlen if subnet is not None else 0)
        if subnet is not None:
            if gateway := self._gateway(body, network, subnet):
                json["GatewayAddress"] = gateway
            if self._profile.lean_endpoints:
                json["IPSubnetId"] = _subnet_id(network, subnet)
        if remote:
            self._make_remote(endpoint)
        self._endpoints[id.upper()] = endpoint
        self._take(endpoint)
        self._networks.count(network, +1)
        return endpoint

    def _take(self, endpoint: HnsEndpoint) -> None:
        """It has its addresses and ports from now on."""
        json, network = endpoint.json, endpoint.network
        if json.get("IPAddress"):
            network.addresses.hold(str(json["IPAddress"]))
        network.macs.hold(str(json["MacAddress"]))
        self._macs[_mac_text(json["MacAddress"])] += 1
        network.external_ports |= dict.fromkeys(policies.external_ports(json["Policies"]), endpoint.id)

    def _give_back(self, endpoint: HnsEndpoint) -> None:
        json, network = endpoint.json, endpoint.network
        if json.get("IPAddress"):
            network.addresses.release(str(json["IPAddress"]))
        mac = _mac_text(json["MacAddress"])
        self._macs[mac] -= 1
        if not self._macs[mac]:
            del self._macs[mac]
            network.macs.release(mac)
        for port in policies.external_ports(json["Policies"]):
            network.external_ports.pop(port, None)

    def _free_ports(self, network: HnsNetwork, requested: list[dict[str, Any]], but: str = "") -> None:
        """Refuse a port of the host that is led to another endpoint of the network already."""
        for port in policies.external_ports(requested):
            if network.external_ports.get(port, but) != but:
                raise refusals.port_exists()

    def _make_remote(self, endpoint: HnsEndpoint) -> None:
        """An address of another host: it has the allocators of its policies at once, and no times (the 1709 prints)."""
        json, made = endpoint.json, []
        json["IsRemoteEndpoint"] = True
        json.pop("CreateProcessingStartTime")
        if endpoint.network.type is NetworkType.L2BRIDGE:
            made.append(self._allocators.policy(Tag="L2Driver Policy"))
        if endpoint.network.type is NetworkType.OVERLAY:
            provider = provider_address(json["Policies"])
            made.append(self._allocators.vnet(address=json["IPAddress"], provider=provider, local=False))
        json["Resources"] |= self._allocators.numbered(made)

    def update(self, endpoint: HnsEndpoint, body: Mapping[str, Any]) -> None:
        """POST /endpoints/{id}: its policies; other keys are taken in silence (HNS facts 45, 47, 53)."""
        if "Policies" in body:
            sent = self._requested(body["Policies"], endpoint.network)
            self.set_policies(endpoint, policies.updated(endpoint.json["Policies"], sent))

    def set_policies(self, endpoint: HnsEndpoint, wanted: list[dict[str, Any]]) -> None:
        """Put other policies in the place of its own.

        Raises:
            HostRefusal: one of them wants a port of the host that another endpoint has.
        """
        self._free_ports(endpoint.network, wanted, endpoint.id)
        self._give_back(endpoint)
        endpoint.json["Policies"] = wanted
        self._take(endpoint)

    def delete(self, endpoint: HnsEndpoint) -> None:
        """DELETE /endpoints/{id}: in whatever state (HNS fact 36)."""
        for tell in self.on_delete:
            tell(endpoint)
        del self._endpoints[endpoint.id.upper()]
        self._give_back(endpoint)
        nic = self._windows.nic_of(endpoint.id)
        if nic is not None:
            self._windows.remove_nic(nic)
        self._networks.count(endpoint.network, -1)

    def _requested(self, sent: Any, network: HnsNetwork) -> list[dict[str, Any]]:
        requested = policies.read(sent)
        policies.check(requested, network.type)
        return policies.scoped(requested) if self._profile.flags else requested

    def _case(self, id: str) -> str:
        return id.upper() if self._profile.upper_endpoint_ids else id.lower()

    def _address(self, network: HnsNetwork, wanted: str, remote: bool) -> str:
        # Never reserved, never in use (HNS facts 70, 73), nor held by an endpoint that was left behind (HNS fact 76).
        if not wanted:
            if _without_addresses(network):
                return ""
            free = network.addresses.draw(self._mint.below, self._networks.left_behind)
            if not free:
                raise refusals.address_invalid()  # for a full subnet: UNCONFIRMED
            return free
        try:
            address = str(ipaddress.IPv4Address(wanted))
        except ValueError:
            raise refusals.invalid_parameter() from None  # UNCONFIRMED
        outside = bool(network.subnets) and network.subnet_of(address) is None
        taken = address in network.addresses or self._networks.left_behind(address)
        if taken or (outside and not remote):  # a remote one is where its own host's subnet is
            raise refusals.address_invalid()
        return address

    @staticmethod
    def _gateway(body: Mapping[str, Any], network: HnsNetwork, subnet: ipaddress.IPv4Network) -> str:
        if body.get("IsRemoteEndpoint"):
            return ""  # remote endpoints show none (flannel's, 1709)
        if gateway := text_in(body, "GatewayAddress"):
            return gateway
        shown = network.json["Subnets"][network.subnets.index(subnet)]
        return str(shown["GatewayAddress"])

    def _json(self, body: Mapping[str, Any], network: HnsNetwork, id: str, address: str, mac: str) -> dict[str, Any]:
        profile, now = self._profile, self._mint.filetime()
        activity = self._case(self._mint.guid())
        json: dict[str, Any] = {
            "ActivityId": activity,
            "CreateProcessingStartTime": now,
            "ID": self._case(id),
            "MacAddress": mac,
            "Name": text_in(body, "Name") or "Ethernet",
            "Resources": {**self._allocators.resources(activity), "parentId": network.json["ActivityId"]},
            "SharedContainers": [],
            "State": int(EndpointState.CREATED),
            "Type": network.json["Type"],
            "Version": profile.version,
            "VirtualNetwork": network.id,
            "VirtualNetworkName": network.json["Name"],
            **{key: body[key] for key in _KEPT if text_in(body, key)},
        }
        if address:
            json["IPAddress"] = address
        if body.get("EnableInternalDNS") is True:
            json["EnableInternalDNS"] = True
        if profile.health:
            overhead = number_in(body, "EncapOverhead") or _ENCAP_OVERHEAD.get(network.type, 0)
            json |= {**self._allocators.health(), "EncapOverhead": overhead}
        elif network.type is NetworkType.OVERLAY:  # flannel's on 1709 shows it, those of an L2Bridge do not
            json["EncapOverhead"] = _ENCAP_OVERHEAD[network.type]
        if profile.flags:
            json["Flags"] = number_in(body, "Flags")
        if profile.fills_dns and address:
            json.setdefault("DNSServerList", DNS_SERVER)
            json.setdefault("DNSSuffix", DNS_SUFFIX)
        if body.get("AdditionalParams"):
            json["AdditionalParams"] = body["AdditionalParams"]
        return json


def provider_address(requested: list[dict[str, Any]]) -> str:
    """The address of a PA policy; "" where there is none."""
    return next((str(item.get("PA", "")) for item in requested if policies.kind(item) == "PA"), "")


def _mac_text(mac: Any) -> str:
    return str(mac).replace(":", "-").upper()


def _without_addresses(network: HnsNetwork) -> bool:
    """Tell whether HNS gives its endpoints none: that of ICS has one only where it was asked for (the print of 15.0),
    one of a transparent network that has no subnet gets it from outside [moby#30342]."""
    if not network.subnets or network.type is NetworkType.ICS:
        return True
    return network.type is NetworkType.TRANSPARENT and not network.subnets[0].prefixlen


def _subnet_id(network: HnsNetwork, subnet: ipaddress.IPv4Network) -> str:
    shown = network.json["Subnets"][network.subnets.index(subnet)]
    return str(shown["IpSubnets"][0]["ID"]).lower()


def _checked(body: Mapping[str, Any]) -> int:
    """The length of the prefix, 0 where none is asked for; the other members are of the right types."""
    for key in ("MacAddress", "Name", "GatewayAddress", *_KEPT):
        text_in(body, key)
    for key in ("EncapOverhead", "Flags"):
        number_in(body, key)
    length = number_in(body, "PrefixLength")
    if not 0 <= length <= 32:
        raise refusals.invalid_parameter()  # UNCONFIRMED
    return length
