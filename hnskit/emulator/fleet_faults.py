"""Faults for some hosts of an emulated fleet: which hosts have one, and of which kind."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from hnskit.emulator.powershell.command import Cut

KINDS: Mapping[str, Mapping[str, Any]] = {
    "unreachable": {},
    "slow": {"docker_seconds": 3.0},
    "refusing": {"wifi": True},
    "cut": {"cut": {"seconds": 5.0, "mode": "stall"}},
    "silent": {"docker_stopped": True},
}
"""Kind -> switches of docs/faults.md. unreachable: nothing answers at its ports; slow: each docker.exe takes three
seconds longer; refusing: HNS refuses an L2Bridge; cut: its network is away for five seconds in the middle of a change;
silent: its Docker does not run."""
AWAY = Cut(365 * 86400.0, "refuse")
"""The cut of an unreachable host."""
_SHARE = re.compile(r"(\d{1,4})(%?)")


def fault_hosts(names: Sequence[str], share: str) -> dict[str, str]:
    """Spread faults evenly over hosts, the kinds in turn; the same call gives the same hosts.

    Args:
        names: of all hosts.
        share: a number of hosts, or a share of them: `5`, `5%`; of a share at least one host.

    Returns:
        Name -> kind.

    Raises:
        ValueError: it is neither, or more than there are.
    """
    found = _SHARE.fullmatch(share)
    number = int(found[1]) if found else -1
    if found and found[2]:
        number = max(1, round(len(names) * number / 100)) if 0 < number <= 100 else -1
    if not 0 <= number <= len(names):
        raise ValueError(f"{share!r} is not a number of hosts up to {len(names)}, or a share of them such as 5%")
    kinds = list(KINDS)
    places = [int((2 * turn + 1) * len(names) / (2 * number)) for turn in range(number)]
    return {names[place]: kinds[turn % len(kinds)] for turn, place in enumerate(places)}
