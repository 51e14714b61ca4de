"""HNS JSON as text: order of members, style, ids, times."""

from __future__ import annotations

import json
import random
import time
import uuid
from collections.abc import Mapping
from typing import Any

from hnskit.emulator.host.profiles import Profile

ZERO_GUID = "00000000-0000-0000-0000-000000000000"
_FILETIME_EPOCH = 11_644_473_600  # seconds from 1601 to 1970


class IdGenerator:
    """Makes ids and times; with a seed, the same ids on every run."""

    def __init__(self, seed: int | None = None) -> None:
        self._random = random.Random(seed)  # noqa: S311 - ids of an emulated host, no secrets

    def guid(self, upper: bool = True) -> str:
        """A new GUID in the letter case that is asked for (HNS fact 62)."""
        text = str(uuid.UUID(int=self._random.getrandbits(128), version=4))
        return text.upper() if upper else text

    def hex(self, length: int = 64) -> str:
        """Hexadecimal digits, as Docker's ids are."""
        return f"{self._random.getrandbits(4 * length):0{length}x}"

    def below(self, limit: int) -> int:
        """A number from 0 to limit - 1."""
        return self._random.randrange(limit)

    @staticmethod
    def filetime() -> int:
        """Now, in 100 ns since 1601 (HNS fact 89)."""
        return time.time_ns() // 100 + _FILETIME_EPOCH * 10_000_000


def ordered(value: Any, profile: Profile) -> Any:
    """A copy with its members in the host's order: sorted by ASCII, with the profile's exceptions (HNS fact 15)."""
    if isinstance(value, list):
        return [ordered(item, profile) for item in value]
    if not isinstance(value, Mapping):
        return value
    keys = sorted(value)
    if profile.resources_last and "Resources" in value:
        keys.remove("Resources")
        keys.append("Resources")
    return {key: ordered(value[key], profile) for key in keys}


def envelope(profile: Profile, output: Any = None) -> str:
    """A success. Without an Output for attach, detach and DELETE: byte for byte UNCONFIRMED (HNS fact 12)."""
    members: dict[str, Any] = {"Success": True}
    if output is not None:
        members = {"Success": True, "Output": output} if profile.success_first else {"Output": output, "Success": True}
    return dump(members, profile)


def failure(profile: Profile, code: int, text: str) -> str:
    """A failure (HNS fact 13)."""
    members: dict[str, Any] = {"Success": False, "Error": text}
    if profile.error_code:
        members["ErrorCode"] = code
    return dump(members, profile)


def dump(value: Any, profile: Profile) -> str:
    """JSON in the profile's style."""
    if profile.spaced:
        return _spaced(value)
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def _spaced(value: Any) -> str:
    if isinstance(value, Mapping):
        if not value:
            return "{ }"
        return "{ " + ", ".join(f"{_spaced(key)} : {_spaced(item)}" for key, item in value.items()) + " }"
    if isinstance(value, list):
        return "[ " + ", ".join(_spaced(item) for item in value) + " ]" if value else "[ ]"
    return json.dumps(value, ensure_ascii=False).replace("/", "\\/")
