"""Windows itself: build, adapters, interfaces and their forwarding, addresses, routes, compartments."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from hnskit.errors import HostAnswerError
from hnskit.model.objects import Adapter, Address, Compartment, Interface, Route, System
from hnskit.remote.session import Call, CallResult

T = TypeVar("T")


def fact_calls() -> list[Call]:
    """What a snapshot asks of Windows."""
    return [
        Call("system", "Get-HnskitSystem", reads=True),
        Call("adapters", "Get-HnskitAdapter", reads=True),
        Call("interfaces", "Get-HnskitInterface", reads=True),
        Call("addresses", "Get-HnskitAddress", reads=True),
        Call("routes", "Get-HnskitRoute", reads=True),
        Call("compartments", "Get-HnskitCompartment", reads=True),
    ]


def set_forwarding(id: str, interface_index: int, enabled: bool) -> Call:
    """Switch IPv4 forwarding of one host interface (HNS fact 71)."""
    return Call(
        id,
        "Set-HnskitForwarding",
        {"InterfaceIndex": interface_index, "State": "Enabled" if enabled else "Disabled"},
    )


def test_path(id: str, path: str) -> Call:
    """Whether there is a file of this path on the host."""
    return Call(id, "Test-HnskitPath", {"Path": path}, reads=True)


def _system(row: Mapping[str, Any]) -> System:
    return System(
        name=row["ComputerName"],
        product=row["ProductName"],
        build=row["Build"],
        revision=row["Revision"],
        powershell=row["PSVersion"],
        culture=row["Culture"],
        administrator=row["Administrator"],
        clock=row["UtcNow"],
    )


def _adapter(row: Mapping[str, Any]) -> Adapter:
    return Adapter(
        name=row["Name"],
        description=row["Description"],
        index=row["Index"],
        status=row["Status"],
        mac=row["MacAddress"],
        physical=row["Physical"],
        medium=row["Medium"],
    )


def _interface(row: Mapping[str, Any]) -> Interface:
    return Interface(
        index=row["Index"],
        alias=row["Alias"],
        compartment_id=row["CompartmentId"],
        forwarding=row["Forwarding"] == "Enabled",
        mtu=row["Mtu"],
        dhcp=row["Dhcp"] == "Enabled",
        connected=row["ConnectionState"] == "Connected",
    )


def _address(row: Mapping[str, Any]) -> Address:
    return Address(
        interface_index=row["Index"],
        interface_alias=row["Alias"],
        address=row["IPAddress"],
        prefix_length=row["PrefixLength"],
        origin=row["Origin"],
        state=row["State"],
    )


def _route(row: Mapping[str, Any]) -> Route:
    return Route(
        prefix=row["DestinationPrefix"],
        next_hop=row["NextHop"],
        interface_index=row["Index"],
        metric=row["Metric"],
        compartment_id=row["CompartmentId"],
    )


def _compartment(row: Mapping[str, Any]) -> Compartment:
    return Compartment(id=row["Id"], description=row["Description"], guid=row["Guid"])


def _rows(read: Callable[[Mapping[str, Any]], T]) -> Callable[[CallResult], tuple[T, ...]]:
    def reader(result: CallResult) -> tuple[T, ...]:
        try:
            return tuple(read(row) for row in result.values())
        except (KeyError, TypeError) as cause:
            raise HostAnswerError(f"{result.id} is not what Windows prints", got=result.output) from cause

    return reader


def _one_system(result: CallResult) -> System:
    rows = _rows(_system)(result)
    if len(rows) != 1:
        raise HostAnswerError("one system was expected", got=result.output)
    return rows[0]


READERS: dict[str, Callable[[CallResult], Any]] = {
    "system": _one_system,
    "adapters": _rows(_adapter),
    "interfaces": _rows(_interface),
    "addresses": _rows(_address),
    "routes": _rows(_route),
    "compartments": _rows(_compartment),
}
"""Call id of `fact_calls` -> what makes the model's objects of its result."""
