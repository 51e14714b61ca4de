"""The objects of a Windows container host, in the platform's terms: frozen, typed, without IO.

`hns_json.py` makes these from what a host prints, and requests from them. Where an object came from HNS it
keeps the host's own JSON in `raw`, so that a key hnskit does not know survives a round trip.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum, StrEnum
from typing import Any, Literal

HOST_COMPARTMENT = 1
"""The host's own network compartment (HNS fact 79)."""

METADATA_ADDRESS = "169.254.169.254"
"""Where the clouds answer with an instance's metadata."""


class NetworkType(StrEnum):
    """HNS network types. HNS echoes the letter case it was given: compare without it (HNS fact 17)."""

    ICS = "ICS"
    INTERNAL = "Internal"
    TRANSPARENT = "Transparent"
    NAT = "NAT"
    OVERLAY = "Overlay"
    L2BRIDGE = "L2Bridge"
    L2TUNNEL = "L2Tunnel"
    LAYERED = "Layered"
    PRIVATE = "Private"
    INFINIBAND = "Infiniband"

    @classmethod
    def _missing_(cls, value: object) -> NetworkType | None:
        lowered = str(value).lower()
        return next((member for member in cls if member.value.lower() == lowered), None)


VFP_NETWORKS = frozenset({NetworkType.L2BRIDGE, NetworkType.L2TUNNEL, NetworkType.OVERLAY})
"""Types whose engine is VFP, and so on which a proxy policy can work (HNS fact 49)."""


class EndpointState(IntEnum):
    """State of an endpoint (HNS fact 31)."""

    UNINITIALIZED = 0
    CREATED = 1
    ATTACHED = 2
    ATTACHED_SHARING = 3
    DETACHED = 4
    DEGRADED = 5
    DESTROYED = 6


_ATTACHED = frozenset((int(EndpointState.ATTACHED), int(EndpointState.ATTACHED_SHARING)))  # asked 10,000 times over


@dataclass(frozen=True, slots=True)
class Subnet:
    """One subnet of a network."""

    prefix: str
    gateway: str = ""


@dataclass(frozen=True, slots=True)
class Policy:
    """One policy of an endpoint or a network (HNS fact 42).

    `settings` has every key but Type, spelt and ordered as the host has them, unknown ones included.
    """

    type: str
    settings: Mapping[str, Any] = field(default_factory=dict)
    schema: Literal[1, 2] = 1
    """1 is the flat form `{"Type", …}`, 2 is HCN's `{"Type", "Settings": {…}}`."""

    @property
    def is_proxy(self) -> bool:
        """Tell whether this is the v1 proxy policy that the redirect uses (HNS fact 44)."""
        return self.type.upper() == "PROXY"


@dataclass(frozen=True, slots=True)
class Network:
    """An HNS network."""

    id: str
    name: str
    type: str
    subnets: tuple[Subnet, ...] = ()
    policies: tuple[Policy, ...] = ()
    management_ip: str = ""
    adapter_name: str = ""
    """Only echoed where it was given at creation (HNS fact 19)."""
    state: int = 0
    endpoint_count: int = 0
    vfp_enabled: bool | None = None
    """The Azure VFP switch extension (HNS fact 20); None where the host did not list it."""
    version: tuple[int, int] | None = None
    unread: tuple[str, ...] = ()
    """Members above that the source did not print, or not whole: they prove nothing by what they lack."""
    raw: Mapping[str, Any] = field(default_factory=dict, repr=False, compare=False)

    def is_type(self, *types: NetworkType) -> bool:
        """Tell whether the network is of one of these types, in whatever letter case."""
        try:
            return NetworkType(self.type) in types
        except ValueError:
            return False


@dataclass(frozen=True, slots=True)
class Endpoint:
    """An HNS endpoint."""

    id: str
    name: str
    network_id: str
    network_name: str = ""
    type: str = ""
    address: str = ""
    prefix_length: int = 0
    gateway: str = ""
    mac: str = ""
    dns: tuple[str, ...] = ()
    state: int = 0
    policies: tuple[Policy, ...] = ()
    containers: tuple[str, ...] = ()
    """SharedContainers: only those attached with SystemType Container (HNS fact 35)."""
    compartment_id: int | None = None
    """Of its port (allocator "Endpoint Port", key CompartmendId, HNS fact 33); None while it has none."""
    remote: bool = False
    version: tuple[int, int] | None = None
    unread: tuple[str, ...] = ()
    """Members above that the source did not print, or not whole: they prove nothing by what they lack."""
    raw: Mapping[str, Any] = field(default_factory=dict, repr=False, compare=False)

    def knows(self, member: str) -> bool:
        """Tell whether the source printed a member (`policies`, `gateway`, …) whole."""
        return member not in self.unread

    @property
    def attached(self) -> bool:
        """Tell whether it is bound to a compartment or a container."""
        return self.state in _ATTACHED

    @property
    def state_known(self) -> bool:
        """Tell whether the host printed a State: v2, hcsshim's structs and cut dumps leave it out."""
        return "state" not in self.unread and (not self.raw or self.raw.get("State") is not None)

    @property
    def proxies(self) -> tuple[Policy, ...]:
        """Its v1 proxy policies."""
        return tuple(policy for policy in self.policies if policy.is_proxy)


@dataclass(frozen=True, slots=True)
class PolicyList:
    """An HNS policy list (a load balancer): policies that refer to endpoints by path."""

    id: str
    policies: tuple[Policy, ...] = ()
    references: tuple[str, ...] = ()
    unread: tuple[str, ...] = ()
    """Members above that the source did not print, or not whole: they prove nothing by what they lack."""
    raw: Mapping[str, Any] = field(default_factory=dict, repr=False, compare=False)


@dataclass(frozen=True, slots=True)
class System:
    """The Windows of a host."""

    name: str
    product: str
    build: int
    revision: int
    powershell: str
    culture: str
    administrator: bool
    clock: str = field(compare=False)
    """The host's UTC time when it was asked, ISO 8601."""


@dataclass(frozen=True, slots=True)
class Adapter:
    """A network adapter as Get-NetAdapter lists it."""

    name: str
    description: str
    index: int
    status: str
    mac: str
    physical: bool
    medium: int = 0
    """NdisPhysicalMedium; 9 is Native 802.11 (Wi-Fi), where L2Bridge does not work (HNS fact 26)."""

    def is_named(self, name: str) -> bool:
        """Tell whether this is its name: names are case-insensitive on Windows."""
        return self.name.lower() == name.lower()


@dataclass(frozen=True, slots=True)
class Interface:
    """An IPv4 interface as Get-NetIPInterface lists it."""

    index: int
    alias: str
    compartment_id: int
    forwarding: bool
    mtu: int
    dhcp: bool
    connected: bool


@dataclass(frozen=True, slots=True)
class Address:
    """An IPv4 address of the host's own compartment."""

    interface_index: int
    interface_alias: str
    address: str
    prefix_length: int
    origin: str
    """PrefixOrigin: Manual, Dhcp, WellKnown, …"""
    state: str = "Preferred"


@dataclass(frozen=True, slots=True)
class Route:
    """An active IPv4 route."""

    prefix: str
    next_hop: str
    interface_index: int
    metric: int
    compartment_id: int = HOST_COMPARTMENT


@dataclass(frozen=True, slots=True)
class Compartment:
    """A network compartment (HCN calls it a namespace)."""

    id: int
    description: str
    guid: str = ""

    @property
    def container_id(self) -> str:
        r"""The container it belongs to, from `\Container_<id>` (HNS fact 79); "" for any other."""
        prefix = "\\Container_"
        return self.description[len(prefix) :] if self.description.startswith(prefix) else ""


@dataclass(frozen=True, slots=True)
class Namespace:
    """An HNS namespace: what containers share one network compartment, and its endpoints (HNS facts 34, 79)."""

    id: str
    compartment_id: int | None = None
    guid: str = ""
    """Of its compartment."""
    type: str = ""
    """v2: Host, HostDefault, Guest, GuestDefault."""
    state: int = 0
    """v1 only; 4 while its removal hangs (microsoft/Windows-Containers#485)."""
    containers: tuple[str, ...] = ()
    """Ids as HNS has them, each once; v1 prints short ones."""
    endpoints: tuple[str, ...] = ()
    """Ids."""
    unread: tuple[str, ...] = ()
    """Members above that the source did not print, or not whole: they prove nothing by what they lack."""
    raw: Mapping[str, Any] = field(default_factory=dict, repr=False, compare=False)


@dataclass(frozen=True, slots=True)
class Container:
    """A container of Docker or of containerd."""

    id: str
    name: str
    """Docker's or nerdctl's name, ctr's id; of a pod's container `namespace/pod/container`."""
    image: str
    image_id: str
    status: str
    """Docker's State.Status: created, running, exited, …; containerd's states are told in the same words."""
    command: tuple[str, ...] = ()
    labels: Mapping[str, str] = field(default_factory=dict)
    network_mode: str = ""
    isolation: str = ""
    started_at: str = ""
    runtime: Literal["docker", "containerd"] = "docker"
    runtime_namespace: str = ""
    """containerd's namespace: `k8s.io` has the pods, `default` those of ctr and nerdctl."""
    pod_id: str = ""
    """Of the sandbox it belongs to; "" outside of pods."""
    network_namespace: str = ""
    """GUID of its HNS namespace, as far as its runtime tells (containerd facts 32-34)."""

    @property
    def running(self) -> bool:
        """Tell whether it runs now; only then it has a compartment (HNS fact 80)."""
        return self.status == "running"

    @property
    def pod_name(self) -> str:
        """The `namespace/pod` it belongs to; "" outside of pods."""
        return self.name.rpartition("/")[0] if self.pod_id else ""


@dataclass(frozen=True, slots=True)
class Image:
    """An image of Docker or containerd, under one of its names."""

    id: str
    name: str
    """repository:tag"""
    size: str = ""
    runtime: Literal["docker", "containerd"] = "docker"
    runtime_namespace: str = ""
    """containerd's: each namespace has images of its own."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """An answer of HNS that says no, as a log or a console has it."""

    code: int
    """Unsigned; 0 where none was printed."""
    message: str
    """HNS's own words, in the language of its Windows; may be empty."""
    call: str = ""
    """Request, as far as the line tells: `hcnCreateNetwork`, `POST /networks`."""
    place: str = ""
    """Where the first such line stands."""
    times: int = 1
    """Number of times that it was said."""
