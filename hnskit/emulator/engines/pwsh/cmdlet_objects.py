"""Windows' own objects for the stand-ins of `windows/`, with the properties that Windows gives them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from hnskit.emulator.powershell.expressions import system_of
from hnskit.model.objects import HOST_COMPARTMENT

Row = dict[str, Any]


async def ask(host: Any, subject: str, request: Mapping[str, Any]) -> Any:
    """Answer a question of a stand-in.

    Args:
        host: the emulated host.
        subject: a class (`MSFT_NetAdapter`), `Registry`, `Path`, or `Forwarding` to change it.
        request: what is asked of it.

    Raises:
        ValueError: there is no such subject.
    """
    if subject in _CLASSES:
        return list(_CLASSES[subject](host))
    if subject == "Registry":
        return await _current_version(host) if _key(request["Path"]) == _CURRENT_VERSION else None
    if subject == "Path":
        return host.docker.engine.disk.tarball(request["Path"]) is not None  # of all files it has the tarballs
    if subject == "Forwarding":
        nic = host.windows.nic_at(request["InterfaceIndex"])
        if nic is None or not nic.bound:
            return False
        nic.forwarding = request["Forwarding"] == "Enabled"
        return True
    raise ValueError(f"no stand-in asks for {subject}")


_CURRENT_VERSION = r"hklm:\software\microsoft\windows nt\currentversion"


def _key(path: str) -> str:
    short = path.lower().removeprefix("registry::").removeprefix("microsoft.powershell.core\\registry::")
    return short.replace("hkey_local_machine\\", "hklm:\\").replace("/", "\\").rstrip("\\")


async def _current_version(host: Any) -> Row:
    system = await system_of(host)
    return {
        "ProductName": system["ProductName"],
        "CurrentBuild": str(system["Build"]),
        "CurrentBuildNumber": str(system["Build"]),
        "UBR": system["Revision"],
        "InstallationType": "Server",
    }


def _adapters(host: Any) -> Iterator[Row]:
    for row in host.windows.adapter_rows():
        yield {
            "Name": row["Name"],
            "InterfaceAlias": row["Name"],
            "InterfaceDescription": row["Description"],
            "InterfaceIndex": row["Index"],
            "ifIndex": row["Index"],
            "Status": row["Status"],
            "MacAddress": row["MacAddress"],
            "HardwareInterface": row["Physical"],
            "Virtual": not row["Physical"],
            "Hidden": False,
            "NdisPhysicalMedium": row["Medium"],
        }


def _interfaces(host: Any) -> Iterator[Row]:
    for row in host.windows.interface_rows():
        yield {
            "InterfaceIndex": row["Index"],
            "ifIndex": row["Index"],
            "InterfaceAlias": row["Alias"],
            "CompartmentId": row["CompartmentId"],
            "AddressFamily": "IPv4",
            "Forwarding": row["Forwarding"],
            "NlMtu": row["Mtu"],
            "Dhcp": row["Dhcp"],
            "ConnectionState": row["ConnectionState"],
        }


def _addresses(host: Any) -> Iterator[Row]:
    for row in host.windows.address_rows():
        yield {
            "IPAddress": row["IPAddress"],
            "InterfaceIndex": row["Index"],
            "ifIndex": row["Index"],
            "InterfaceAlias": row["Alias"],
            "AddressFamily": "IPv4",
            "PrefixLength": row["PrefixLength"],
            "PrefixOrigin": row["Origin"],
            "AddressState": row["State"],
            "CompartmentId": HOST_COMPARTMENT,
        }


def _routes(host: Any) -> Iterator[Row]:
    for row in host.windows.route_rows():
        nic = host.windows.nic_at(row["Index"])
        yield {
            "DestinationPrefix": row["DestinationPrefix"],
            "NextHop": row["NextHop"],
            "InterfaceIndex": row["Index"],
            "ifIndex": row["Index"],
            "InterfaceAlias": nic.name,
            "AddressFamily": "IPv4",
            "RouteMetric": row["Metric"],
            "CompartmentId": row["CompartmentId"],
        }


def _compartments(host: Any) -> Iterator[Row]:
    for row in host.windows.compartment_rows():
        yield {
            "CompartmentId": row["Id"],
            "CompartmentDescription": row["Description"],
            "CompartmentGuid": row["Guid"],
        }


_CLASSES: Mapping[str, Callable[[Any], Iterator[Row]]] = {
    "MSFT_NetAdapter": _adapters,
    "MSFT_NetIPInterface": _interfaces,
    "MSFT_NetIPAddress": _addresses,
    "MSFT_NetRoute": _routes,
    "MSFT_NetCompartment": _compartments,
}
