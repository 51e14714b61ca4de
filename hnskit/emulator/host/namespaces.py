"""HNS namespaces, as far as one was seen: the host's own default namespace, to be read (HNS facts 7, 79)."""

from __future__ import annotations

from typing import Any

from hnskit.emulator.host import refusals
from hnskit.emulator.host.profiles import Profile
from hnskit.emulator.host.text import Mint, ordered
from hnskit.emulator.host.windows import HOST_COMPARTMENT_GUID
from hnskit.model import HOST_COMPARTMENT

FIRST = (9, 2)
"""The HNS that has them (HNS fact 60)."""


class Namespaces:
    """The namespaces of one host. Its members and their order are those of the one print there is, of 15.0."""

    def __init__(self, profile: Profile, mint: Mint) -> None:
        self._profile = profile
        activity, health = mint.guid(), {"LastErrorCode": 0, "LastUpdateTime": mint.filetime()}
        self._default: dict[str, Any] = {
            "ActivityId": activity,
            "AdditionalParams": {},
            "CompartmentGuid": HOST_COMPARTMENT_GUID.strip("{}").upper(),
            "CompartmentId": HOST_COMPARTMENT,
            "Containers": [],
            "Flags": 0,
            "Health": health,
            "ID": mint.guid(),
            "IsDefault": True,
            "Policies": [],
            "Resources": {
                "AdditionalParams": {},
                "AllocationOrder": 0,
                "Health": health,
                "ID": activity,
                "PortOperationTime": 0,
                "State": 1,
                "SwitchOperationTime": 0,
                "VfpOperationTime": 0,
            },
            "SchemaVersion": {"Major": 1, "Minor": 0},
            "State": 1,
            "Version": profile.version,
        }

    def answer(self, method: str, rest: list[str]) -> Any:
        """What a call on /namespaces comes to."""
        if self._profile.hns < FIRST or method != "GET" or len(rest) > 1:
            raise refusals.not_emulated(f"{method} /namespaces{''.join(f'/{part}' for part in rest)}")
        if not rest:
            return [ordered(self._default, self._profile)]
        if rest[0].upper() != self._default["ID"]:
            raise refusals.not_found()
        return ordered(self._default, self._profile)
