"""Connections of an emulated host: by the data plane, or as real packets where it has them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from hnskit.emulator.host.containers import DockerContainer
from hnskit.emulator.host.dataplane.fabric import Arrival, Fabric
from hnskit.emulator.host.dataplane.wiring import wire
from hnskit.emulator.host.hns_service import HnsService
from hnskit.emulator.host.profiles import Profile
from hnskit.emulator.host.surroundings import Cloud, HttpResult, Request
from hnskit.emulator.host.windows_network import Windows

if TYPE_CHECKING:
    from hnskit.emulator.packets.packet_plane import PacketPlane


class NetworkedHost(Protocol):
    """A host, as far as its connections go."""

    windows_profile: Profile
    windows: Windows
    hns: HnsService
    cloud: Cloud

    def all_containers(self) -> list[DockerContainer]:
        """Of all runtimes."""


class HostNetwork:
    """The network of one host.

    Attributes:
        packets: the kernel's side; None where the model carries packets.
        note: why it does, where real packets were wanted.
    """

    def __init__(self, host: NetworkedHost, network: str = "model") -> None:
        """Take `model`, `packets` or `auto`.

        Raises:
            PacketsError: `packets`, and there can be none here.
            ValueError: another word.
        """
        self._host = host
        self.packets: PacketPlane | None = None
        self.note = ""
        if network != "model":
            from hnskit.emulator.packets.packet_plane import chosen  # of Linux alone, and opt-in

            self.packets, self.note = chosen(network)

    def fabric(self) -> Fabric:
        """The data plane, of the host as it is now."""
        host, profile = self._host, self._host.windows_profile
        return wire(
            host.windows,
            host.hns.networks,
            list(host.hns.endpoints),
            build=profile.build,
            vfp_extension=profile.vfp_extension,
        )

    def connect(self, container: DockerContainer, address: str, port: int, protocol: str = "tcp") -> Arrival:
        """A connection from inside a container, by the data plane."""
        if not container.running:
            return Arrival("", code="not-running", reason=f"the container is {container.status} (HNS fact 80)")
        compartment = self.compartment_of(container)
        if compartment is None:
            return Arrival("", code="no-compartment", reason="the host has no compartment of it (HNS fact 80)")
        return self.fabric().connect(compartment, address, port, protocol)

    def http(self, container: DockerContainer, address: str, port: int, request: Request) -> HttpResult:
        """An HTTP request from inside a container: the network decides where it goes, then who listens there."""
        compartment = self.compartment_of(container)
        if self.packets is not None and compartment is not None:
            self.bring_packets()
            return self.packets.http(compartment, address, port, request)
        arrival = self.connect(container, address, port)
        if not arrival.answered or arrival.target is None:
            return HttpResult(arrival)
        listener: Any = None  # on the host itself nothing but WinRM listens
        if arrival.place == "compartment":
            inside = self.containers_in(arrival.compartment)
            if not inside:
                return HttpResult(arrival)  # of its compartment no container runs any more
            wanted = arrival.target[1]
            listener = next((item.listening[wanted] for item in inside if wanted in item.listening), None)
        elif arrival.place == "outside":
            listener = self._host.cloud.listener(*arrival.target)
            if listener is None and not self._host.cloud.refuses(arrival.target[0]):
                return HttpResult(arrival)
        if listener is None:
            return HttpResult(arrival, refused=True)
        return HttpResult(arrival, listener(request, arrival.source_address))

    def bring_packets(self) -> None:
        """Make the kernel's network what the host's is; nothing where it has none.

        Raises:
            PacketsError: Linux refuses a part of it.
        """
        if self.packets is not None:
            places = ((self.compartment_of(item), item) for item in self._host.all_containers())
            running = [(number, item) for number, item in places if number is not None]
            self.packets.bring_to(self.fabric(), running, self._host.cloud)

    def pcaps(self) -> dict[str, bytes]:
        """Captures of the containers' wires as pcap files, by name; nothing where the model carries packets."""
        return {} if self.packets is None else {name: item.pcap() for name, item in self.packets.captures.items()}

    def containers_in(self, number: int) -> list[DockerContainer]:
        """The containers that run in a compartment; those of one pod share it, and its ports."""
        return [item for item in self._host.all_containers() if self.compartment_of(item) == number]

    def compartment_of(self, container: DockerContainer) -> int | None:
        """The number of a running container's compartment."""
        found = self._host.windows.compartment_of(container.compartment_id) if container.running else None
        return found.id if found is not None else None

    def close(self) -> None:
        """End what is outside this process."""
        if self.packets is not None:
            self.packets.close()
