"""Kinds of policies that can be set, and which of them are proxies."""

from __future__ import annotations

from enum import StrEnum


class Kind(StrEnum):
    """Kinds of policies that can be set."""

    PROXY = "PROXY"
    L4PROXY = "L4Proxy"
    L4WFPPROXY = "L4WFPPROXY"
    OUTBOUND_NAT = "OutBoundNAT"
    ROUTE = "ROUTE"
    ACL = "ACL"

    @classmethod
    def _missing_(cls, value: object) -> Kind | None:
        wanted = {"SDNROUTE": "ROUTE"}.get(str(value).upper(), str(value).upper())
        return next((member for member in cls if member.value.upper() == wanted), None)


PROXIES = frozenset({"PROXY", "L4WFPPROXY"})
"""Types of proxy policies, as `v1_v2.kind_of` has them."""
