"""Windows itself: build, adapters, interfaces and their forwarding, addresses, routes, compartments."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from hnskit.errors import HostAnswerError
from hnskit.model.objects import Adapter, Address, Compartment, Interface, Route, System
from hnskit.remote.session import Call, CallResult

T = TypeVar("T")
V = TypeVar("V", str, int, bool)

_MOST = 2**63 - 1
"""No number of Windows is larger, and no table holds one."""


def fact_calls() -> list[Call]:
    """Return the calls that a snapshot makes to Windows."""
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
    """Tell whether there is a file of this path on the host."""
    return Call(id, "Test-HnskitPath", {"Path": path}, reads=True)


def _typed(row: Mapping[str, Any], key: str, kind: type[V]) -> V:
    """A member that hnskit's own command always puts out, of the type that it has there; KeyError without it."""
    value: V = row[key]
    if type(value) is kind and (kind is not int or -_MOST <= value <= _MOST):  # type: ignore[operator]  # it is an int
        return value
    # Within a process the emulated host's numbers have classes of their own; True is an int to Python.
    wrong = not isinstance(value, kind) or (kind is int and isinstance(value, bool))
    if wrong or (isinstance(value, int) and not -_MOST <= value <= _MOST):
        raise TypeError(f"{key} is {value!r}")
    found: V = value
    return found


def _system(row: Mapping[str, Any]) -> System:
    return System(
        name=_typed(row, "ComputerName", str),
        product=_typed(row, "ProductName", str),
        build=_typed(row, "Build", int),
        revision=_typed(row, "Revision", int),
        powershell=_typed(row, "PSVersion", str),
        culture=_typed(row, "Culture", str),
        administrator=_typed(row, "Administrator", bool),
        clock=_typed(row, "UtcNow", str),
    )


def _adapter(row: Mapping[str, Any]) -> Adapter:
    return Adapter(
        name=_typed(row, "Name", str),
        description=_typed(row, "Description", str),
        index=_typed(row, "Index", int),
        status=_typed(row, "Status", str),
        mac=_typed(row, "MacAddress", str),
        physical=_typed(row, "Physical", bool),
        medium=_typed(row, "Medium", int),
    )


def _interface(row: Mapping[str, Any]) -> Interface:
    return Interface(
        index=_typed(row, "Index", int),
        alias=_typed(row, "Alias", str),
        compartment_id=_typed(row, "CompartmentId", int),
        forwarding=_typed(row, "Forwarding", str) == "Enabled",
        mtu=_typed(row, "Mtu", int),
        dhcp=_typed(row, "Dhcp", str) == "Enabled",
        connected=_typed(row, "ConnectionState", str) == "Connected",
    )


def _address(row: Mapping[str, Any]) -> Address:
    return Address(
        interface_index=_typed(row, "Index", int),
        interface_alias=_typed(row, "Alias", str),
        address=_typed(row, "IPAddress", str),
        prefix_length=_typed(row, "PrefixLength", int),
        origin=_typed(row, "Origin", str),
        state=_typed(row, "State", str),
    )


def _route(row: Mapping[str, Any]) -> Route:
    return Route(
        prefix=_typed(row, "DestinationPrefix", str),
        next_hop=_typed(row, "NextHop", str),
        interface_index=_typed(row, "Index", int),
        metric=_typed(row, "Metric", int),
        compartment_id=_typed(row, "CompartmentId", int),
    )


def _compartment(row: Mapping[str, Any]) -> Compartment:
    return Compartment(_typed(row, "Id", int), _typed(row, "Description", str), _typed(row, "Guid", str))


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
