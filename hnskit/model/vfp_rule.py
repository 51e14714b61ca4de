"""A rule of VFP, the switch extension that carries out HNS's policies, as vfpctrl lists it."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass

_WORD = re.compile(r"\d+\.\d+\.\d+\.\d+(?:/\d+)?")


@dataclass(frozen=True, slots=True)
class VfpRule:
    """One rule of a port.

    The port's GUID is EndpointPortGuid of the endpoint's port (HNS fact 33); form as microsoft/SDN VFP.psm1 parses it.
    """

    name: str
    """Friendly name."""
    port: str = ""
    """GUID, in lower case; "" where nothing before the list told it."""
    layer: str = ""
    group: str = ""
    direction: str = ""
    """IN or OUT, of the group; "" where it was not printed."""
    type: str = ""
    """`allow`, `block`, `nat`, `paroute`, …"""
    priority: int | None = None
    conditions: tuple[str, ...] = ()
    """A line each, such as `Destination IP : 10.0.0.0/8`; () where the rule takes everything, or none was printed."""
    details: tuple[str, ...] = ()
    """Every other line of the rule: its rewrites, flags and counters."""

    def names(self, address: str) -> bool:
        """Tell whether a condition or a rewrite of it has this address, or an IPv4 prefix around it."""
        try:
            wanted = ipaddress.IPv4Address(address)
        except ValueError:
            return any(address in line for line in (*self.conditions, *self.details))
        return any(_holds(word, wanted) for line in (*self.conditions, *self.details) for word in _WORD.findall(line))


def _holds(word: str, address: ipaddress.IPv4Address) -> bool:
    try:
        prefix = ipaddress.IPv4Network(word, strict=False)
    except ValueError:
        return False
    return prefix.prefixlen > 0 and address in prefix
