"""Features of a host, by its HNS version and its Windows build.

Most ranges are hcsshim's, which answers the same question for containerd (HNS fact 60). A version says that
HNS knows a feature; on which kind of network it works is another matter (`model.VFP_NETWORKS`).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

Version = tuple[int, int]
"""Of HNS: major, minor."""


class Feature(StrEnum):
    """A feature of a host; the value is its name in a sentence."""

    PROXY = "the PROXY policy"
    ACL_LISTS = "lists, ranges and ids in ACL policies"
    V2_API = "the v2 API (HCN)"
    REMOTE_SUBNET = "the RemoteSubnetRoute policy"
    HOST_ROUTE = "the HostRoute policy"
    DSR = "direct server return of a load balancer"
    SLASH_32 = "endpoints with a /32 prefix"
    L4_PROXY_NETWORK = "the L4Proxy policy of a network"
    VXLAN_PORT = "a VXLAN port of choice"
    ACL_PROTOCOL_252 = "protocol 252 in ACL policies"
    DUAL_STACK = "IPv4 and IPv6 side by side"
    SESSION_AFFINITY = "session affinity of a load balancer"
    SET_POLICY = "the SetPolicy policy of a network"
    L4_WFP_PROXY = "the L4WFPPROXY policy"
    TIER_ACL = "the TierAcl policy"
    NETWORK_ACL = "the NetworkACL policy"
    NESTED_IP_SET = "nested IP sets"
    DISABLE_HOST_PORT = "a network without a host port"
    MODIFY_LOAD_BALANCER = "changing a load balancer in place"
    ACCELNET = "accelerated networking (Accelnet)"


@dataclass(frozen=True, slots=True)
class Support:
    """From which versions on a host has a feature."""

    since: tuple[Version, ...]
    """The first HNS version of each line that has it. All but the last hold for their own major version only:
    ((9, 3), (10, 2)) is 9.3 and later 9.x, and 10.2 and everything later."""
    build: int = 0
    """The first Windows build that has it, where that is known better than the HNS version."""
    windows: str = ""
    """The first Windows that has it, in an operator's words."""
    source: str = "hcsshim hcn/hcnglobals.go (HNS fact 60)"


_1803 = "Windows Server version 1803"
_2019 = "Windows Server 2019 with the updates of April 2019"  # 9.2 was seen from 2019-04 on (HNS fact 59)
_2022 = "Windows Server 2022"  # 13.3 was seen there (HNS fact 59)

SUPPORT: dict[Feature, Support] = {
    # The build is what the policy's authors say; 7.2 is hcsshim's HNS version of that Windows.
    Feature.PROXY: Support(((7, 2),), 17134, f"{_1803} (RS4)", "soccerGB/MSIExperiment (HNS facts 49, 60)"),
    Feature.ACL_LISTS: Support(((7, 2),), windows=_1803),
    Feature.V2_API: Support(((9, 2),), windows=_2019),
    Feature.REMOTE_SUBNET: Support(((9, 2),), windows=_2019),
    Feature.HOST_ROUTE: Support(((9, 2),), windows=_2019),
    Feature.DSR: Support(((9, 3), (10, 2))),
    Feature.SLASH_32: Support(((9, 3), (10, 4))),
    Feature.L4_PROXY_NETWORK: Support(((9, 5), (10, 5), (11, 11), (12, 1), (13, 1))),
    Feature.VXLAN_PORT: Support(((10, 3),)),
    Feature.ACL_PROTOCOL_252: Support(((11, 0),)),
    Feature.DUAL_STACK: Support(((11, 10),)),
    Feature.SESSION_AFFINITY: Support(((12, 0),)),
    Feature.SET_POLICY: Support(((13, 0),), windows=_2022),
    Feature.L4_WFP_PROXY: Support(
        ((13, 2),), windows=_2022, source="hcsshim hcn/hcnglobals.go; hcnproxyctrl (HNS facts 54, 60)"
    ),
    Feature.TIER_ACL: Support(((14, 0),)),
    Feature.NETWORK_ACL: Support(((15, 0),)),
    Feature.NESTED_IP_SET: Support(((15, 0),)),
    Feature.DISABLE_HOST_PORT: Support(((15, 1),)),
    Feature.MODIFY_LOAD_BALANCER: Support(((15, 4),)),
    Feature.ACCELNET: Support(((15, 4),)),
}
"""Each feature with the versions that have it, and who says so."""


def supports(version: Version | None, build: int | None, feature: Feature) -> bool:
    """Tell whether a host has a feature; what is not known of the host counts as no.

    Args:
        version: of HNS (`Facts.hns_version`); None where the host does not tell, as before 1803 (HNS fact 8).
        build: of Windows (`System.build`); None where it is not known.
        feature: what is asked for.
    """
    row = SUPPORT[feature]
    if row.build and build is not None:
        return build >= row.build
    if version is None:
        return False
    newest = row.since[-1]
    return version >= newest or any(first <= version < (first[0] + 1, 0) for first in row.since[:-1])


def requirement(feature: Feature) -> str:
    """The sentence that names the versions which have a feature."""
    row = SUPPORT[feature]
    *lines, newest = (f"{major}.{minor}" for major, minor in row.since)
    ranges = "".join(f"{line} to {line.partition('.')[0]}.x, " for line in lines)
    hns = f"HNS {ranges}{newest} or later"
    if row.build:
        return f"Windows build {row.build} or later is needed for {feature}: {row.windows}, {hns}."
    return f"{hns} is needed for {feature}{f': {row.windows}' if row.windows else ''}."


SERVER_2025 = 26100
"""Its build; Windows 11 24H2 has the same."""


def denies_by_default(hns_version: Version | None, build: int | None) -> bool:
    """Tell whether any ACL makes an endpoint deny what goes out and none allows: so on Server 2025, by design.

    Microsoft on 2026-05-11 (microsoft/Windows-Containers#616). Before the updates of April 2026 ACLs were reported
    there to block nothing. False where neither build nor version tells; 15.4 was seen on 2025 too, and proves nothing.
    """
    if build:
        return build >= SERVER_2025
    return hns_version is not None and hns_version >= (16, 0)
