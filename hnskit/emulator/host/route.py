"""route.exe, inside a container and on the host: IPv4 only.

The layout of `print` follows the samples (route-print-*.txt); its other texts are from memory: UNCONFIRMED.
"""

from __future__ import annotations

import ipaddress

from hnskit.emulator.host.containers import DockerContainer, Ran
from hnskit.emulator.host.windows_network import HostRoute, Nic, Windows, routes_of
from hnskit.model.objects import HOST_COMPARTMENT

_OK = " OK!\r\n"
_RULE = "=" * 75
_NO_ELEVATION = "The requested operation requires elevation.\r\n"
_WRONG_NETWORK = (
    "The route addition failed: Either the interface index is wrong or the gateway does not lie on the same network "
    "as the interface. Check the IP Address Table for the machine.\r\n"
)


class _RouteError(Exception):
    """route.exe ends with these words."""


def run(windows: Windows, container: DockerContainer, arguments: list[str], administrator: bool) -> Ran:
    """One run of route.exe in a container."""
    compartment = windows.compartment_of(container.compartment_id)
    nics = windows.nics_in(compartment.id) if compartment else []
    return _route(windows, nics, arguments, administrator=administrator)


def on_host(windows: Windows, arguments: list[str]) -> Ran:
    """One run of route.exe on the host."""
    nics = [nic for nic in windows.nics_in(HOST_COMPARTMENT) if nic.bound]
    return _route(windows, nics, arguments, administrator=True)


def _route(windows: Windows, nics: list[Nic], arguments: list[str], *, administrator: bool) -> Ran:
    """Do what the arguments say. That a failure's exit status is 1 is UNCONFIRMED."""
    words = [word for word in arguments if word.lower() not in ("-4", "-p", "/p", "/4")]
    persistent = any(word.lower() in ("-p", "/p") for word in arguments)
    verb = words[0].lower() if words else ""
    if verb == "print":
        return Ran(stdout=_print(nics, windows.nics_in(HOST_COMPARTMENT)))
    if verb not in ("add", "delete", "change"):
        return Ran(1, "", f"hnskit emulator: route {' '.join(arguments)} is not emulated\r\n")
    if not administrator:
        return Ran(1, "", _NO_ELEVATION)
    try:
        if verb == "delete":
            return _delete(nics, words[1:])
        if verb == "change":
            _delete(nics, words[1:2])
        return _add(nics, words[1:], persistent)
    except _RouteError as bad:
        return Ran(1, "", str(bad))
    except ValueError:
        return Ran(1, "", f"route: bad argument in {' '.join(arguments)}\r\n")


def mask(prefix_length: int) -> str:
    """A prefix length as a netmask."""
    return str(ipaddress.IPv4Network(f"0.0.0.0/{prefix_length}").netmask)


def _add(nics: list[Nic], words: list[str], persistent: bool) -> Ran:
    if not words:
        raise ValueError
    options = {words[index].lower(): words[index + 1] for index in range(1, len(words) - 1)
               if words[index].lower() in ("mask", "metric", "if")}  # fmt: skip
    taken = {position + offset for position, word in enumerate(words) if position and word.lower() in options
             for offset in (0, 1)}  # fmt: skip
    gateways = [word for position, word in enumerate(words) if position and position not in taken]
    prefix = str(ipaddress.IPv4Network(f"{words[0]}/{options.get('mask', '255.255.255.255')}"))
    gateway = str(ipaddress.IPv4Address(gateways[0] if len(gateways) == 1 else ""))
    nic = _nic_for(nics, gateway)
    if any(item.prefix == prefix and item.next_hop == gateway for item in nic.routes):
        raise _RouteError("The route addition failed: The object already exists.\r\n\r\n")
    nic.routes.append(HostRoute(prefix, gateway, int(options.get("metric", 1)), persistent))
    return Ran(stdout=_OK)


def _nic_for(nics: list[Nic], gateway: str) -> Nic:
    wanted = ipaddress.IPv4Address(gateway)
    for nic in nics:
        for item in nic.addresses:
            if not nic.loopback and wanted in ipaddress.IPv4Interface(f"{item.address}/{item.prefix_length}").network:
                return nic
    raise _RouteError(_WRONG_NETWORK)


def _delete(nics: list[Nic], words: list[str]) -> Ran:
    address = str(ipaddress.IPv4Address(words[0] if words else ""))
    found = False
    for nic in nics:
        left = [item for item in nic.routes if item.prefix.partition("/")[0] != address]
        found = found or len(left) != len(nic.routes)
        nic.routes = left
    if not found:
        raise _RouteError("The route deletion failed: Element not found.\r\n\r\n")
    return Ran(stdout=_OK)


def _shown_name(nic: Nic) -> str:
    """The adapter's name in the list: a container's loopback has a number of its own (route-print-*.txt)."""
    if nic.loopback:
        return f"Software Loopback Interface {nic.name.rpartition(' ')[2]}"
    return nic.inner_description or nic.description


def _print(nics: list[Nic], hosts: list[Nic]) -> str:
    lines = [_RULE, "Interface List"]
    for nic in nics:
        label = f"{nic.mac.lower().replace('-', ' ')} ......" if nic.mac else "." * 24
        lines.append(f"{nic.index:3d}...{label}{_shown_name(nic)}")
    lines += [_RULE, "", "IPv4 Route Table", _RULE, "Active Routes:",
              "Network Destination        Netmask          Gateway       Interface  Metric"]  # fmt: skip
    rows = [(item, nic.addresses[0].address) for nic in nics for item in routes_of(nic)]
    for item, address in sorted(rows, key=lambda row: int(ipaddress.IPv4Network(row[0].prefix).network_address)):
        network = ipaddress.IPv4Network(item.prefix)
        gateway = "On-link " if item.next_hop == "0.0.0.0" else item.next_hop  # noqa: S104
        lines.append(
            f"{network.network_address!s:>17} {network.netmask!s:>16} {gateway:>16} {address:>16} {item.metric:6d}"
        )
    lines += [_RULE, "Persistent Routes:"]
    # A container's store inherits the host's, which need not be active (HNS fact 85).
    everywhere = {nic.index: nic for nic in (*nics, *hosts)}
    kept = [item for nic in everywhere.values() for item in nic.routes if item.persistent]
    if kept:
        lines.append("  Network Address          Netmask  Gateway Address  Metric")
    for item in kept:
        network = ipaddress.IPv4Network(item.prefix)
        lines.append(f"{network.network_address!s:>17} {network.netmask!s:>16} {item.next_hop:>16} {item.metric:>7}")
    return "\r\n".join([*lines, *([] if kept else ["  None"]), _RULE, ""])
