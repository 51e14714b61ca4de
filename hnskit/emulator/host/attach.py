"""Attach and detach: an endpoint gets a port, its policies get allocators, a compartment gets a vNIC."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from hnskit.emulator.host import refusals
from hnskit.emulator.host.allocators import VSWITCH_MTU, Allocators
from hnskit.emulator.host.endpoints import HnsEndpoint, provider_address
from hnskit.emulator.host.policies import kind
from hnskit.emulator.host.profiles import Profile
from hnskit.emulator.host.reading import number_in, text_in
from hnskit.emulator.host.text import IdGenerator
from hnskit.emulator.host.windows_network import HostRoute, IPAddress, Windows
from hnskit.model.objects import HOST_COMPARTMENT, VFP_NETWORKS, EndpointState, NetworkType

_NO_GATEWAY = ("", "0.0.0.0")  # noqa: S104 - the vNIC gets no default gateway (HNS fact 29)
_GATEWAY_METRIC = 256


class Ports:
    """Puts endpoints into compartments and takes them out."""

    def __init__(
        self, profile: Profile, mint: IdGenerator, windows: Windows, running: Callable[[str], str | None]
    ) -> None:
        self._profile = profile
        self._mint = mint
        self._allocators = Allocators(profile, mint)
        self._windows = windows
        self._running = running
        """Container id or its beginning -> the whole id of a container that runs."""

    def attach(self, endpoint: HnsEndpoint, body: Mapping[str, Any]) -> None:
        """POST /endpoints/{id}/attach (HNS facts 37, 38, 40)."""
        system = text_in(body, "SystemType")
        if endpoint.json.get("IsRemoteEndpoint"):
            raise refusals.invalid_parameter()  # UNCONFIRMED
        if endpoint.json["State"] == EndpointState.DEGRADED:
            raise refusals.degraded()
        if system == "Host":
            self._attach_host(endpoint, _compartment_id(body))
        elif system == "Container":
            self._attach_container(endpoint, body)
        elif system == "VirtualMachine":
            raise refusals.not_emulated("attaching to a virtual machine")
        else:
            raise refusals.invalid_parameter()

    def detach(self, endpoint: HnsEndpoint, body: Mapping[str, Any]) -> None:
        """POST /endpoints/{id}/detach; of one that is not attached, the answer is UNCONFIRMED."""
        if not endpoint.attached:
            raise refusals.not_found()
        json = endpoint.json
        json["RemoveProcessingStartTime"] = self._mint.filetime()
        if body.get("SystemType") == "Container":
            wanted = text_in(body, "ContainerId")
            left = [id for id in json["SharedContainers"] if not (wanted and id.startswith(wanted))]
            if len(left) == len(json["SharedContainers"]):
                raise refusals.container_gone()
            json["SharedContainers"] = left
            if left:
                return  # it stays AttachedSharing (HNS fact 31)
        self.leave(endpoint)

    def enter(self, endpoint: HnsEndpoint, compartment_id: int) -> None:
        """Its namespace has a compartment: the vNIC appears there. An attached endpoint is refused (HNS fact 40)."""
        if endpoint.json.get("IsRemoteEndpoint"):
            raise refusals.invalid_parameter()  # UNCONFIRMED
        if endpoint.attached:
            raise refusals.already_attached()
        self._bind(endpoint, compartment_id)

    def leave(self, endpoint: HnsEndpoint) -> None:
        """Take its vNIC away."""
        nic = self._windows.nic_of(endpoint.id)
        if nic is not None:
            self._windows.remove_nic(nic)
        # That a detached endpoint shows Detached, and what else it loses, is UNCONFIRMED.
        json = endpoint.json
        json["State"] = int(EndpointState.DETACHED)
        json["Resources"]["AllocationOrder"] = 0
        json["Resources"].pop("Allocators", None)
        json.pop("StartTime", None)

    def refresh(self, endpoint: HnsEndpoint) -> None:
        """The policies of an attached endpoint changed: so do its allocators (HNS fact 32)."""
        if endpoint.attached:
            port = endpoint.json["Resources"]["Allocators"][0]
            self._allocate(endpoint, port)

    def _attach_host(self, endpoint: HnsEndpoint, compartment_id: int) -> None:
        if endpoint.attached:
            raise refusals.already_attached()
        if self._windows.compartment(compartment_id) is None:
            raise refusals.compartment_gone()
        self._bind(endpoint, compartment_id)  # SharedContainers stays empty (HNS fact 35)

    def _attach_container(self, endpoint: HnsEndpoint, body: Mapping[str, Any]) -> None:
        id = self._running(text_in(body, "ContainerId"))
        compartment = self._windows.compartment_of(id) if id else None
        if id is None or compartment is None:
            raise refusals.container_gone()
        shared = endpoint.json["SharedContainers"]
        if id in shared or (endpoint.attached and not shared):
            raise refusals.already_attached()
        if shared:
            endpoint.json["State"] = int(EndpointState.ATTACHED_SHARING)
        else:
            self._bind(endpoint, _compartment_id(body, compartment.id))
        shared.append(id)

    def _bind(self, endpoint: HnsEndpoint, compartment_id: int) -> None:
        json = endpoint.json
        nic = self._windows.add_vnic(
            json["Name"], json["MacAddress"], mtu=VSWITCH_MTU, compartment_id=compartment_id, endpoint_id=endpoint.id
        )
        if json.get("IPAddress"):
            nic.addresses = [IPAddress(json["IPAddress"], json["PrefixLength"])]
        if json.get("GatewayAddress", "") not in _NO_GATEWAY:
            nic.routes = [HostRoute("0.0.0.0/0", json["GatewayAddress"], _GATEWAY_METRIC)]
        json["State"] = int(EndpointState.ATTACHED)
        json["StartTime"] = self._mint.filetime()
        self._allocate(endpoint, self._port(endpoint, compartment_id))

    def _allocate(self, endpoint: HnsEndpoint, port: dict[str, Any]) -> None:
        # Order and number as attached endpoints have them: 5 with OutBoundNAT, L2Driver and PROXY on an L2Bridge.
        make, policies, network = self._allocators, endpoint.json["Policies"], endpoint.network
        made = [port]
        if network.isolation:
            made.append(make.isolation(network.isolation))
        made.append(make.acl([item for item in policies if kind(item) == "ACL"]))
        address, provider = endpoint.json.get("IPAddress", ""), ""
        if network.type is NetworkType.OVERLAY:
            provider = provider_address(policies) or network.json.get("ManagementIP", "")
            made.append(make.vnet(address=address, provider=provider, local=True))
        if network.type in VFP_NETWORKS:
            made += [make.policy(Tag="L2Driver Policy") for item in policies if kind(item) == "L2DRIVER"]
            made += [
                make.outbound_nat(item, address=address, provider=provider)
                for item in policies
                if kind(item) == "OUTBOUNDNAT"
            ]
            # The Tag of a PROXY allocator is UNCONFIRMED: this one has none (HNS fact 33).
            made += [make.policy() for item in policies if kind(item) == "PROXY"]
        endpoint.json["Resources"] |= make.numbered(made)

    def _port(self, endpoint: HnsEndpoint, compartment_id: int) -> dict[str, Any]:
        return self._allocators.endpoint_port(
            id=endpoint.id.lower() if self._profile.lean_endpoints else endpoint.id,
            name=endpoint.json["Name"],
            mac=endpoint.json["MacAddress"],
            switch_id=endpoint.network.switch_id,
            compartment_id=compartment_id,
            isolation=endpoint.network.isolation,
        )


def _compartment_id(body: Mapping[str, Any], default: int = HOST_COMPARTMENT) -> int:
    value = number_in(body, "CompartmentId") or default
    if not 0 < value <= 0xFFFF:  # a uint16 (HNS fact 37)
        raise refusals.invalid_parameter()
    return value
