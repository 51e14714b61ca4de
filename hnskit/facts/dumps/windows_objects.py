"""Objects of Windows' own cmdlets (Get-NetIPAddress, Get-NetAdapter, …) as the model's, from their text or their JSON.

As JSON they have numbers where the text has words (MSFT_NetIPAddress, MSFT_NetAdapter). What is left out here cannot be
known: an interface whose Forwarding was not printed, an address of IPv6, one that is only in the persistent store.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Mapping
from typing import Any

from hnskit.facts.dumps.service_text import read_service
from hnskit.facts.dumps.vfp_text import read_rule
from hnskit.model.objects import (
    HOST_COMPARTMENT,
    Adapter,
    Address,
    Compartment,
    Interface,
    Route,
)
from hnskit.model.runtime_objects import DockerVersion
from hnskit.model.sdn_route import SdnRoute

_ORIGINS = {0: "Other", 1: "Manual", 2: "WellKnown", 3: "Dhcp", 4: "RouterAdvertisement"}
_ADDRESS_STATES = {0: "Invalid", 1: "Tentative", 2: "Duplicate", 3: "Deprecated", 4: "Preferred"}
_STATUSES = {1: "Up", 2: "Down", 3: "Testing", 4: "Unknown", 5: "Dormant", 6: "Not Present", 7: "Lower Layer Down"}
_NO_INDEX = -1
"""Of an interface that a dump names in no way that can be looked up."""


def read_address(row: Mapping[str, Any]) -> Address | None:
    """One row of Get-NetIPAddress."""
    address = text(row, "IPAddress", "IPv4Address").partition("%")[0]
    if not is_ipv4(address) or text(row, "PolicyStore") in ("PersistentStore", "0"):
        return None
    length = number(row, "PrefixLength")
    return Address(
        interface_index=_index(row),
        interface_alias=text(row, "InterfaceAlias"),
        address=address,
        prefix_length=length if length is not None and length <= 32 else 0,
        origin=_word(row, "PrefixOrigin", _ORIGINS),
        state=_word(row, "AddressState", _ADDRESS_STATES) or "Preferred",
    )


def read_adapter(row: Mapping[str, Any]) -> Adapter | None:
    """One row of Get-NetAdapter, of `hnsdiag list adapters`, of ipconfig."""
    name = text(row, "Name", "InterfaceAlias", "ifAlias")
    description = text(row, "InterfaceDescription", "ifDesc")
    if not name and not description:
        return None
    virtual = "Hyper-V" in description or name.startswith("vEthernet") or str(row.get("Virtual")).lower() == "true"
    return Adapter(
        name=name,
        description=description,
        index=_index(row),
        status=_word(row, "Status", _STATUSES) or _word(row, "InterfaceOperationalStatus", _STATUSES),
        mac=text(row, "MacAddress", "PermanentAddress").upper(),
        physical=bool(description) and not virtual and bool(text(row, "MacAddress")),
        medium=number(row, "NdisPhysicalMedium") or 0,
    )


def read_interface(row: Mapping[str, Any]) -> Interface | None:
    """One row of Get-NetIPInterface, if its Forwarding was printed as a word."""
    forwarding = text(row, "Forwarding").lower()
    if forwarding not in ("enabled", "disabled") or text(row, "AddressFamily") not in ("IPv4", "2"):
        return None
    return Interface(
        index=_index(row),
        alias=text(row, "InterfaceAlias", "ifAlias"),
        compartment_id=number(row, "CompartmentId") or HOST_COMPARTMENT,
        forwarding=forwarding == "enabled",
        mtu=number(row, "NlMtu", "NlMtu(Bytes)", "NlMtuBytes") or 0,
        dhcp=text(row, "Dhcp").lower() in ("enabled", "1"),
        connected=text(row, "ConnectionState").lower() in ("connected", "1"),
    )


def read_route(row: Mapping[str, Any]) -> Route | None:
    """One row of Get-NetRoute; Windows' metric is the route's and its interface's together."""
    prefix = text(row, "DestinationPrefix")
    try:
        ipaddress.IPv4Network(prefix)
    except ValueError:
        return None
    metric = (number(row, "RouteMetric") or 0) + (number(row, "InterfaceMetric", "ifMetric") or 0)
    hop = text(row, "NextHop")
    compartment = number(row, "CompartmentId") or HOST_COMPARTMENT
    return Route(prefix, hop if is_ipv4(hop) else "0.0.0.0", _index(row), metric, compartment)  # noqa: S104 - no hop


def read_sdn_route(row: Mapping[str, Any]) -> SdnRoute | None:
    """One object of `Get-HnsRoute` (hns.v2.psm1) or `hnsdiag list routes`; a value of a wrong type is left out."""
    prefix, endpoints = text(row, "DestinationPrefix"), row.get("HostComputeEndpoints")
    listed = endpoints if isinstance(endpoints, list) else [endpoints] if isinstance(endpoints, str) else []
    return SdnRoute(
        id=text(row, "ID", "Id"),
        prefix=prefix,
        next_hop=text(row, "NextHop"),
        encapsulated=row.get("NeedEncap", row.get("NeedsEncap")) is True,
        endpoints=tuple(item for item in listed if isinstance(item, str)),
    )


def read_compartment(row: Mapping[str, Any]) -> Compartment | None:
    """One row of Get-NetCompartment."""
    id = number(row, "CompartmentId", "CompartmentID")
    if id is None:
        return None
    return Compartment(id, text(row, "CompartmentDescription"), text(row, "CompartmentGuid"))


def read_silence(row: Mapping[str, Any]) -> DockerVersion | None:
    """Return the words of docker's client on a daemon that does not answer."""
    return DockerVersion("", error=text(row, "error"))


READERS: dict[str, Callable[[Mapping[str, Any]], Any]] = {
    "addresses": read_address,
    "adapters": read_adapter,
    "interfaces": read_interface,
    "routes": read_route,
    "compartments": read_compartment,
    "services": read_service,
    "docker": read_silence,
    "vfp_rules": read_rule,
    "sdn_routes": read_sdn_route,
}
"""Part of a snapshot and what reads one object of it; None where it cannot be one."""


def is_ipv4(said: str) -> bool:
    """Tell whether a text is an IPv4 address."""
    try:
        ipaddress.IPv4Address(said)
    except ValueError:
        return False
    return True


def text(row: Mapping[str, Any], *names: str) -> str:
    """A member as text; "" where there is none, or it is not a plain value."""
    for name in names:
        value = row.get(name)
        if isinstance(value, str):
            return value.strip()
        if isinstance(value, int) and not isinstance(value, bool):
            return str(value)
    return ""


def number(row: Mapping[str, Any], *names: str) -> int | None:
    """A member as a whole number of 0 or more; None where it is none."""
    said = text(row, *names)
    return int(said) if said.isascii() and said.isdigit() and len(said) < 20 else None


def _index(row: Mapping[str, Any]) -> int:
    found = number(row, "ifIndex", "InterfaceIndex")
    return _NO_INDEX if found is None else found


def _word(row: Mapping[str, Any], name: str, words: Mapping[int, str]) -> str:
    said = text(row, name)
    return words.get(int(said), said) if said.isascii() and said.isdigit() and len(said) < 4 else said
