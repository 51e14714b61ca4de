"""Numbers of IP protocols, as HNS has them in policies, and their names."""

from __future__ import annotations

NUMBERS = {"icmp": "1", "igmp": "2", "tcp": "6", "udp": "17"}
"""From the name to the number, which HNS keeps as text."""

ANY = "256"
"""Any protocol, as hcsshim says it."""

NAMES = {**{number: name for name, number in NUMBERS.items()}, ANY: ""}
"""From the number to the name; "" for any."""
