"""A trace of one connection: its hops, each with the fact that it rests on, and its end; data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from hnskit.model.objects import Endpoint, Policy

Kind = Literal["reached", "refused", "unreachable", "unknown"]
Place = Literal["container", "host", "outside"]


@dataclass(frozen=True, slots=True)
class Target:
    """The end of a connection: a container, the host itself, or something beyond it."""

    place: Place
    address: str
    port: int
    container: str = ""
    """The container's id."""
    endpoint: str = ""
    """The endpoint's ID."""


@dataclass(frozen=True, slots=True)
class Hop:
    """One thing that happens to a connection on its way."""

    where: str
    sentence: str
    fact: str = ""
    confirmed: bool = True
    """False where the fact is UNCONFIRMED, or what is said goes beyond it."""
    endpoint: str = ""
    """ID of the endpoint where it happens; "" elsewhere."""

    def __str__(self) -> str:
        source = ", ".join(part for part in (self.fact, "" if self.confirmed else "UNCONFIRMED") if part)
        return f"{self.where}: {self.sentence}" + (f" ({source})" if source else "")


@dataclass(frozen=True, slots=True)
class Verdict:
    """The verdict on a connection.

    `reached` says that it gets to `target`, not that somebody listens there; `refused` that an ACL stops it.
    """

    kind: Kind
    reason: str
    """One sentence."""
    code: str
    """A word for programs: `delivered`, `on-link`, `forwarding-off`, …"""
    target: Target | None = None
    source_address: str = ""
    """As the target sees it."""
    rewritten_by: Policy | None = None
    untraced: tuple[Policy, ...] = ()
    """L4WFPPROXY policies on the way, each of which may take the connection elsewhere (HNS fact 54)."""
    confirmed: bool = True
    """True if every hop is."""


@dataclass(frozen=True, slots=True)
class Trace:
    """The way of one connection."""

    source: str
    destination: str
    port: int
    protocol: str
    hops: tuple[Hop, ...]
    verdict: Verdict


def label(endpoint: Endpoint) -> str:
    """An endpoint in a sentence."""
    return f"endpoint {endpoint.name} ({endpoint.address})"
