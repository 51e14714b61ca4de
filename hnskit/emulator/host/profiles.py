"""Windows versions, as data: what each prints differently.

`ws2019` and `ws2022` follow full JSON samples; `rs4` and `ws2025` only go as far as Format-List and partial
samples do (HNS facts 11, 13, 15, 20, 21, 59, 62).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Profile:
    """One version of Windows."""

    name: str
    product: str
    build: int
    revision: int
    hns: tuple[int, int]
    """(Major, Minor) of /globals/version; an object's Version is Major << 32 | Minor (HNS fact 59)."""
    docker: str
    docker_api: str
    success_first: bool
    """True if the envelope starts with Success (HNS fact 11)."""
    spaced: bool
    r"""True if JSON has spaces around its punctuation and `\/` for a slash (HNS fact 15)."""
    failing_hresult: bool
    """True if HNSCall itself returns the code of a refusal. 1809 on, by the clients' reports (HNS fact 3);
    that 1803 does not is UNCONFIRMED."""
    error_code: bool
    """True if a failure has ErrorCode (HNS fact 13). That 1803 leaves it out is UNCONFIRMED: 2016 does."""
    resources_last: bool
    lean_endpoints: bool
    """True if endpoints start with ID, Name, Version (HNS fact 15) and are printed without ActivityId, Type, Health,
    times and empty members, their ids in lower case: so on Server 2022 (13.3) and from 15.0 on."""
    upper_network_ids: bool
    upper_endpoint_ids: bool
    health: bool
    """True if objects carry Health and AdditionalParams."""
    flags: bool
    """True if subnets and allocators carry Flags, and subnets IpSubnets (HNS fact 21)."""
    isolation_type: bool
    """True if the isolation allocator has IsolationType (seen on Server 2025)."""
    switch_guid: bool
    """True if a network on a vSwitch has SwitchGuid, equal to its ID (HNS fact 21)."""
    fills_dns: bool
    """True if an endpoint without DNS servers gets the host's (HNS fact 29)."""
    nat_name: str
    """Beginning of NatName."""
    nat_flags: int
    nat_notifications: bool
    """True if a NAT network's Health counts notifications."""
    vfp_extension: str
    vfp_name: str
    ndis_extension: str

    @property
    def version(self) -> int:
        """The Version of an object."""
        return self.hns[0] << 32 | self.hns[1]


MODERN = (15, 0)
"""From this HNS on, objects carry what Windows 11's do (the samples of 15.0)."""

WFP_EXTENSION = "E7C3B2F0-F3C5-48DF-AF2B-10FED6D72E7A"
_OLD_EXTENSIONS: Mapping[str, str] = {
    "vfp_name": "Microsoft Azure VFP Switch Extension",
    "vfp_extension": "E9B59CFA-2BE1-4B21-828F-B6FBDBDDC017",
    "ndis_extension": "EA24CD6C-D17A-4348-9190-09F0D5BE83DD",
}
_NEW_EXTENSIONS: Mapping[str, str] = {
    "vfp_extension": "F74F241B-440F-4433-BB28-00F89EAD20D8",
    "ndis_extension": "430BDADD-BAB0-41AB-A369-94B67FA5BE0A",
}
_OLD: Mapping[str, Any] = {
    **_OLD_EXTENSIONS,
    "success_first": False,
    "resources_last": False,
    "lean_endpoints": False,
    "flags": False,
    "isolation_type": False,
    "switch_guid": False,
    "fills_dns": False,
    "nat_name": "ICS",
    "nat_flags": 0,
}
_SINCE_1809: Mapping[str, Any] = {
    "spaced": False,
    "failing_hresult": True,
    "error_code": True,
    "upper_network_ids": True,
    "health": True,
}
_NEW: Mapping[str, Any] = {
    **_NEW_EXTENSIONS,
    **_SINCE_1809,
    "success_first": True,
    "resources_last": True,
    "lean_endpoints": True,
    "upper_endpoint_ids": False,
    "flags": True,
    "nat_name": "NAT",
    "nat_flags": 8,
    "nat_notifications": False,
}

_ALL = (
    Profile(
        name="rs4",
        product="Windows Server Datacenter",
        build=17134,
        revision=1,
        hns=(7, 2),
        docker="18.03.1-ee-1",
        docker_api="1.37",
        spaced=True,
        failing_hresult=False,
        error_code=False,
        upper_network_ids=False,
        upper_endpoint_ids=False,
        health=False,
        nat_notifications=False,
        **_OLD,
    ),
    Profile(
        name="ws2019",
        product="Windows Server 2019 Datacenter",
        build=17763,
        revision=1457,
        hns=(9, 3),
        docker="19.03.12",
        docker_api="1.40",
        upper_endpoint_ids=True,
        nat_notifications=True,
        **_SINCE_1809,
        **_OLD,
    ),
    Profile(
        name="ws2022",
        product="Windows Server 2022 Datacenter",
        build=20348,
        revision=2527,
        hns=(13, 3),
        docker="26.1.4",
        docker_api="1.45",
        vfp_name="Microsoft Azure VFP Switch Extension",
        isolation_type=False,
        switch_guid=False,
        fills_dns=False,
        **_NEW,
    ),
    Profile(
        name="ws2025",
        product="Windows Server 2025 Datacenter",
        build=26100,
        revision=1742,
        hns=(16, 0),
        docker="28.0.4",
        docker_api="1.48",
        vfp_name="Microsoft Azure VFP Switch Filter Extension",
        isolation_type=True,
        switch_guid=True,
        fills_dns=True,
        **_NEW,
    ),
)

NAMESPACES_FROM = (9, 2)
"""The HNS that has namespaces (HNS fact 60)."""


def runtime_refusal(profile: Profile, runtime: str) -> str:
    """Return the reason why a Windows cannot run its containers so; "" where it can."""
    if runtime in ("", "docker") or profile.hns >= NAMESPACES_FROM:
        return ""
    return f"containerd needs HNS namespaces, which {profile.name} has not"


PROFILES: Mapping[str, Profile] = {profile.name: profile for profile in _ALL}
"""Name -> profile."""
