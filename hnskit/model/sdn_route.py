"""A route of HCN, in force on the endpoints that it names."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SdnRoute:
    """An object of HcnEnumerateRoutes (hcsshim hcnroute.go); v1 has none."""

    id: str
    prefix: str
    """Destination."""
    next_hop: str = ""
    encapsulated: bool = False
    """NeedEncap: the packets leave encapsulated."""
    endpoints: tuple[str, ...] = ()
    """Ids of the endpoints that it is for."""
