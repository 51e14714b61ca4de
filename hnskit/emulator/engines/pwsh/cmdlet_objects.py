"""Windows' own objects for the stand-ins of `windows/`, with the properties that Windows gives them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from hnskit.emulator.host import host_programs
from hnskit.emulator.powershell.expressions import system_of
from hnskit.model.objects import HOST_COMPARTMENT

Row = dict[str, Any]


async def ask(host: Any, subject: str, request: Mapping[str, Any]) -> Any:
    """Answer a question of a stand-in.

    Args:
        host: the emulated host.
        subject: a class (`MSFT_NetAdapter`), `Registry`, `Path`, `Service`, or
            `Forwarding` and `RestartService` to change it.
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
        if request.get("AddressFamily", "IPv4") == "IPv6":
            nic.forwarding_ipv6 = request["Forwarding"] == "Enabled"
        else:
            nic.forwarding = request["Forwarding"] == "Enabled"
        return True
    if subject == "RestartService":
        return _restart(host, request["Name"])
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
            "ifAlias": row["Name"],
            "InterfaceDescription": row["Description"],
            "ifDesc": row["Description"],
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
    """Each interface for IPv4, and for IPv6, of which the emulated host has no addresses."""
    for row in host.windows.interface_rows():
        nic = host.windows.nic_at(row["Index"])
        for family, forwarding in (("IPv4", row["Forwarding"]), ("IPv6", _enabled(nic.forwarding_ipv6))):
            yield {
                "InterfaceIndex": row["Index"],
                "ifIndex": row["Index"],
                "InterfaceAlias": row["Alias"],
                "ifAlias": row["Alias"],
                "CompartmentId": row["CompartmentId"],
                "AddressFamily": family,
                "Forwarding": forwarding,
                "NlMtu": row["Mtu"],
                "Dhcp": row["Dhcp"],
                "ConnectionState": row["ConnectionState"],
            }


def _enabled(state: bool) -> str:
    return "Enabled" if state else "Disabled"


def _addresses(host: Any) -> Iterator[Row]:
    for row in host.windows.address_rows():
        yield {
            "IPAddress": row["IPAddress"],
            "IPv4Address": row["IPAddress"],
            "IPv6Address": None,
            "InterfaceIndex": row["Index"],
            "ifIndex": row["Index"],
            "InterfaceAlias": row["Alias"],
            "ifAlias": row["Alias"],
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
            "ifAlias": nic.name,
            "AddressFamily": "IPv4",
            "RouteMetric": row["Metric"],
            "CompartmentId": row["CompartmentId"],
        }


def _services(host: Any) -> Iterator[Row]:
    for item in host_programs.services(host):
        yield {
            "Name": item.name,
            "DisplayName": item.display_name,
            "Status": "Running" if item.running else "Stopped",
        }


def _restart(host: Any, name: str) -> bool:
    """Restart the one service that can be here."""
    if name.lower() == "hns":
        host.restart_hns()
    return name.lower() == "hns"


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
    "Service": _services,
}
